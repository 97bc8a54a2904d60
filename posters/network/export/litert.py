"""LiteRT, in float32, and in 8 bits wherever the work is.

In 8 bits the backbone alone is rounded: pooling, head and calibration are a hundredth of the work, and probabilities in
steps of 1/256 would be too coarse for rare genres. Rounded as a whole, MobileNetV2 came to a macro mAP of 0.3080 on
1,136 real posters; with the backbone alone rounded to 0.3115; in float32 it has 0.3087.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from posters._base.log import stderr_held_back
from posters.classifier import Manifest
from posters.classifier.manifest import METADATA
from posters.classifier.novelty import Novelty
from posters.classifier.runtime import FEATURES, NOVELTY, PROBABILITIES, LiteNetwork
from posters.errors import ClassifierError
from posters.network.export.flatbuffer import joined, with_metadata, with_output_last
from posters.network.export.graph import Runtime, calibrated_graph, contents_json, graph_of
from posters.network.tensorflow import keras, tf

_POOLINGS = ("average", "maximum")
_FEATURE_MAP = "feature_map"


def write_litert(model: Any, manifest: Manifest, path: Path, novelty: Novelty | None = None) -> None:
    """Write one file; its signature names inputs and outputs, its metadata "posters" holds the contents.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).
        manifest: of the classifier.
        path: of the file.
        novelty: as in `calibrated_graph`.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "drama.tflite"
        >>> write_litert(model, manifest, path)
        >>> path.read_bytes()[4:8]
        b'TFL3'
    """
    _write(converted(converter_of(calibrated_graph(model, manifest.calibration, novelty))), manifest, path, novelty)


def converter_of(graph: Any) -> Any:
    """Return TensorFlow's converter of a graph as `calibrated_graph` makes it.

    Examples:
        >>> converter_of(calibrated_graph(model, manifest.calibration)).optimizations
        set()
    """
    return tf.lite.TFLiteConverter.from_concrete_functions([graph.predict.get_concrete_function()], graph)


def converted(converter: Any) -> bytes:
    """Convert, keeping the converter's chatter off stderr.

    Examples:
        >>> converted(converter_of(calibrated_graph(model, manifest.calibration)))[4:8]
        b'TFL3'
    """
    with stderr_held_back():
        network: bytes = converter.convert()
    return network


def open_litert(path: Path, manifest: Manifest) -> Runtime:
    """Return what runs a file by the interpreter that `posters predict` uses, one poster at a time.

    Args:
        path: of the file.
        manifest: of the classifier.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "drama.tflite"
        >>> write_litert(model, manifest, path)
        >>> posters = np.zeros((2, *manifest.preprocess.shape), np.uint8)
        >>> open_litert(path, manifest)(posters)["probabilities"].tolist()
        [[0.5], [0.5]]
    """
    network = LiteNetwork(path, manifest.preprocess.shape, len(manifest.genre_names))

    def run(posters: np.ndarray) -> dict[str, np.ndarray]:
        given = [network.outputs(poster) for poster in posters]
        return {name: np.stack([getattr(each, name) for each in given]) for name in sorted(network.output_names)}

    return run


def write_litert_int8(
    model: Any, manifest: Manifest, path: Path, posters: np.ndarray, novelty: Novelty | None = None
) -> None:
    """Write one file, as `write_litert`; weights and activations of the backbone are integers of 8 bits.

    Args:
        model: Keras, as `build_network` builds it.
        manifest: of the classifier.
        path: of the file.
        posters: uint8 (n, H, W, 3); the range of each activation on them decides its step.
        novelty: as in `calibrated_graph`.

    Raises:
        ClassifierError: it is another network, without a pooling layer to split it at.

    Examples:
        >>> write_litert_int8(keras.Sequential([keras.layers.Flatten()]), manifest, Path("drama.tflite"), np.zeros(0))
        Traceback (most recent call last):
        posters.errors.ClassifierError: only a network that `posters train` built can be exported in 8 bits, and ...
    """
    pooling = next((layer for layer in model.layers if layer.name in _POOLINGS), None)
    if pooling is None:
        raise ClassifierError(
            "only a network that `posters train` built can be exported in 8 bits, and this one has no layer "
            f"{' or '.join(_POOLINGS)}: export it as litert"
        )
    # The network takes floats here, so that the converter turns bytes into integers without a float between.
    pixels = keras.Input(model.input_shape[1:], dtype="float32", name=model.input.name)
    backbone = keras.Model(model.input, pooling.input)
    front = graph_of(keras.Model(pixels, backbone(pixels)), lambda outputs: {_FEATURE_MAP: outputs})
    outputs = model.output if novelty is None else {PROBABILITIES: model.output, FEATURES: pooling.output}
    back = calibrated_graph(keras.Model(pooling.input, outputs), manifest.calibration, novelty)
    converter = converter_of(front)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.representative_dataset = lambda: _samples(posters)
    converter.inference_input_type, converter.inference_output_type = tf.uint8, tf.float32
    _write(joined(converted(converter), converted(converter_of(back))), manifest, path, novelty)


def _write(network: bytes, manifest: Manifest, path: Path, novelty: Novelty | None) -> None:
    # Whoever takes the first output, whatever its name, gets what he got before there was a novelty.
    ordered = network if novelty is None else with_output_last(network, NOVELTY)
    path.write_bytes(with_metadata(ordered, METADATA, contents_json(manifest, novelty)))


def _samples(posters: np.ndarray) -> Iterator[list[np.ndarray]]:
    for poster in posters:
        pixels = poster[None].astype(np.float32)
        pixels[0, 0, :2] = [[0.0], [255.0]]  # Two pixels, so that one step of the input is one level of brightness.
        yield [pixels]
