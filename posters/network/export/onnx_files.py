"""ONNX files: a whole one for any runtime, and a small one for browsers."""

from pathlib import Path
from typing import Any

import numpy as np

from posters._base.log import stderr_held_back
from posters._base.optional_imports import require
from posters.classifier import Manifest
from posters.classifier.manifest import METADATA, WEB_NETWORK
from posters.classifier.novelty import Novelty
from posters.classifier.runtime import FEATURES, MAPS, NOVELTY
from posters.network.export.graph import OUTPUT, Runtime, calibrated_graph, contents_json, graph_of, told
from posters.network.light_network import FEATURE_MAP, maps_of, whole_outputs

# Old enough that ONNX Runtime 1.7, TensorRT 8 and whatever is newer read it.
_OPSET = 13
_EXTRA = "onnx"
_SMALL = 256  # numbers; in halves, fewer would save nothing


def write_onnx(model: Any, manifest: Manifest, path: Path, opset: int = _OPSET, novelty: Novelty | None = None) -> None:
    """Write one file: input "poster", uint8 (N, H, W, 3); output "probabilities"; `metadata_props` has the contents.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).
        manifest: of the classifier.
        path: of the file.
        novelty: as in `calibrated_graph`; the second output.
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
    network = _converted(calibrated_graph(model, manifest.calibration, novelty), opset)
    _save(network, contents_json(manifest, novelty), path)


def open_onnx(path: Path, manifest: Manifest) -> Runtime:
    """Return what runs a file by ONNX Runtime on the CPU.

    Raises:
        MissingExtraError: onnxruntime is not installed.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "drama.onnx"
        >>> write_onnx(model, manifest, path)
        >>> posters = np.zeros((2, *manifest.preprocess.shape), np.uint8)
        >>> open_onnx(path, manifest)(posters)["probabilities"].tolist()
        [[0.5], [0.5]]
    """
    session = require("onnxruntime", _EXTRA).InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs() if each.name in (OUTPUT, NOVELTY)]
    return lambda posters: dict(zip(names, session.run(names, {"poster": posters}), strict=True))


def write_web_network(model: Any, manifest: Manifest, folder: Path, novelty: Novelty | None = None) -> None:
    """Write `network.onnx` for a browser: weights in float16, another output "maps" if the network has maps.

    It computes in float32, as a browser's processor does fastest: each weight is widened when the file is opened.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).
        manifest: of the classifier.
        folder: of the page.
        novelty: as in `calibrated_graph`.

    Raises:
        MissingExtraError: onnx or tf2onnx is not installed.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_web_network(model, manifest, folder)
        >>> [path.name for path in folder.iterdir()]
        ['network.onnx']
    """
    whole = whole_outputs(model)
    maps = maps_of(model) if FEATURE_MAP in whole.output else None

    def finish(outputs: Any) -> dict[str, Any]:
        given = told(outputs, manifest.calibration, novelty)
        if maps:
            given[MAPS] = maps(outputs[FEATURE_MAP], outputs[FEATURES])
        return given

    network = _converted(graph_of(whole, finish), _OPSET)
    _halve(network)
    _save(network, contents_json(manifest, novelty), folder / WEB_NETWORK)


def open_web_network(folder: Path, manifest: Manifest) -> Runtime:
    """Return what runs the network of a page's folder by ONNX Runtime on the CPU, which is also what a browser runs.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> write_web_network(model, manifest, folder)
        >>> posters = np.zeros((2, *manifest.preprocess.shape), np.uint8)
        >>> open_web_network(folder, manifest)(posters)["probabilities"].tolist()
        [[0.5], [0.5]]
    """
    return open_onnx(folder / WEB_NETWORK, manifest)


def _converted(graph: Any, opset: int) -> Any:
    tf2onnx = require("tf2onnx", _EXTRA)
    with stderr_held_back():
        network, _ = tf2onnx.convert.from_function(graph.predict, graph.predict.input_signature, opset=opset)
    for value in (*network.graph.input, *network.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    # Whoever takes the first output, whatever its name, gets what he got before there was a novelty.
    outputs = sorted(network.graph.output, key=lambda value: value.name == NOVELTY)
    del network.graph.output[:]
    network.graph.output.extend(outputs)
    return network


def _halve(network: Any) -> None:
    """Keep weights as float16, with a node before all others that widens each."""
    onnx = require("onnx", _EXTRA)
    widened = []
    for weights in network.graph.initializer:
        values = onnx.numpy_helper.to_array(weights)
        if values.dtype == np.float32 and values.size >= _SMALL:
            name = weights.name
            weights.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
            widened.append(onnx.helper.make_node("Cast", [weights.name], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*widened, *network.graph.node]
    del network.graph.node[:]
    network.graph.node.extend(nodes)


def _save(network: Any, contents: str, path: Path) -> None:
    onnx = require("onnx", _EXTRA)
    onnx.helper.set_model_props(network, {METADATA: contents})
    onnx.checker.check_model(network)
    onnx.save(network, path)
