"""The formats of `posters export` by name: how to write each, and how to run it without Keras."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from posters._base.log import stderr_held_back
from posters._base.optional_imports import require
from posters.classifier import Manifest
from posters.network.export.graph import OUTPUT, calibrated_graph, contents_json
from posters.network.export.litert import METADATA, open_litert, write_litert, write_litert_int8
from posters.network.tensorflow import tf

# An opened file: uint8 posters (n, H, W, 3) to calibrated probabilities (n, G).
Runtime: TypeAlias = Callable[[np.ndarray], np.ndarray]

# Old enough that ONNX Runtime 1.7, TensorRT 8 and whatever is newer read it.
_OPSET = 13
_ONNX_EXTRA = "onnx"
_SIGNATURE = "serving_default"  # of a SavedModel; TensorFlow Serving's own name for what answers unless asked otherwise
_LABELS, _CONTENTS = "labels.txt", "classifier.json"


@dataclass(frozen=True)
class Format:
    """One kind of file that a classifier can be exported as.

    Attributes:
        write: (Keras model, manifest, path of the file to write or of the folder to fill); one that rounds to 8 bits
            also takes posters, uint8 (n, H, W, 3), to choose its steps by.
        open: (path, manifest) to what runs there, in the format's own runtime.

    Examples:
        >>> FORMATS["litert"] == Format(write_litert, open_litert)
        True
    """

    write: Callable[..., None]
    open: Callable[[Path, Manifest], Runtime]


def write_onnx(model: Any, manifest: Manifest, path: Path, opset: int = _OPSET) -> None:
    """Write one file: input "poster", uint8 (N, H, W, 3); output "probabilities"; `metadata_props` has the contents.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).
        manifest: of the classifier.
        path: of the file.
        opset: version of ONNX's operators, which a runtime must be new enough for.

    Raises:
        MissingExtraError: onnx or tf2onnx is not installed.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "drama.onnx"
        >>> write_onnx(model, manifest, path)
        >>> path.is_file()
        True
    """
    onnx, tf2onnx = require("onnx", _ONNX_EXTRA), require("tf2onnx", _ONNX_EXTRA)
    graph = calibrated_graph(model, manifest.calibration)
    with stderr_held_back():
        network, _ = tf2onnx.convert.from_function(graph.predict, graph.predict.input_signature, opset=opset)
    for value in (*network.graph.input, *network.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    onnx.helper.set_model_props(network, {METADATA: contents_json(manifest)})
    onnx.checker.check_model(network)
    onnx.save(network, path)


def open_onnx(path: Path, manifest: Manifest) -> Runtime:
    """Return what runs a file by ONNX Runtime on the CPU.

    Raises:
        MissingExtraError: onnxruntime is not installed.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "drama.onnx"
        >>> write_onnx(model, manifest, path)
        >>> open_onnx(path, manifest)(np.zeros((2, *manifest.preprocess.shape), np.uint8)).tolist()
        [[0.5], [0.5]]
    """
    session = require("onnxruntime", _ONNX_EXTRA).InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda posters: session.run([OUTPUT], {"poster": posters})[0]


def write_saved_model(model: Any, manifest: Manifest, folder: Path) -> None:
    r"""Fill one version's folder, as TensorFlow Serving finds it.

    Its signature `serving_default` takes "poster" and gives "probabilities". The genre names are a signature of their
    own, `genre_names`, for TensorFlow Serving answers row by row only where every output has a row for each poster.
    `assets` holds them too, one on a line, and beside them the contents.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).
        manifest: of the classifier.
        folder: of the version.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "1"
        >>> write_saved_model(model, manifest, folder)
        >>> (folder / "assets" / "labels.txt").read_text()
        'Drama\n'
    """
    graph = calibrated_graph(model, manifest.calibration)
    names = tf.function(lambda: {"genre_names": tf.constant(manifest.genre_names)}, input_signature=[])
    signatures = {_SIGNATURE: graph.predict.get_concrete_function(), "genre_names": names.get_concrete_function()}
    saved = tf.Module()  # Of its own: a function that lay in it would be written once more, with all its constants.
    with tempfile.TemporaryDirectory() as assets, stderr_held_back():
        labels, contents = Path(assets) / _LABELS, Path(assets) / _CONTENTS
        labels.write_text("".join(f"{name}\n" for name in manifest.genre_names), encoding="utf-8")
        contents.write_text(contents_json(manifest), encoding="utf-8")
        saved.labels, saved.contents = (tf.saved_model.Asset(str(path)) for path in (labels, contents))
        tf.saved_model.save(saved, str(folder), signatures)


def open_saved_model(folder: Path, manifest: Manifest) -> Runtime:
    """Return what runs a folder's default signature, as TensorFlow Serving does.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "1"
        >>> write_saved_model(model, manifest, folder)
        >>> open_saved_model(folder, manifest)(np.zeros((2, *manifest.preprocess.shape), np.uint8)).tolist()
        [[0.5], [0.5]]
    """
    loaded = tf.saved_model.load(str(folder))
    predict = loaded.signatures[_SIGNATURE]

    def run(posters: np.ndarray, owner: Any = loaded) -> np.ndarray:  # A signature alone doesn't keep its model.
        probabilities: np.ndarray = predict(poster=tf.constant(posters))[OUTPUT].numpy()
        return probabilities

    return run


# By the names of `posters.tasks.export.TARGETS`.
FORMATS: dict[str, Format] = {
    "litert": Format(write_litert, open_litert),
    "litert-int8": Format(write_litert_int8, open_litert),
    "onnx": Format(write_onnx, open_onnx),
    "saved_model": Format(write_saved_model, open_saved_model),
}
