"""ONNX, for every runtime that reads it."""

from pathlib import Path
from typing import Any

import numpy as np

from posters.classifier import Manifest
from posters.extras import require
from posters.log import stderr_held_back
from posters.network.exports.contents import contents_json
from posters.network.exports.format import Runtime
from posters.network.exports.graph import OUTPUT, calibrated_graph

METADATA = "posters"
# Old enough that ONNX Runtime 1.7, TensorRT 8 and whatever is newer read it.
_OPSET = 13
_EXTRA = "onnx"


def write_onnx(model: Any, manifest: Manifest, path: Path) -> None:
    """Write one file: input "poster", uint8 (N, H, W, 3); output "probabilities"; `metadata_props` has the contents.

    Raises:
        MissingExtraError: onnx or tf2onnx is not installed.
    """
    onnx, tf2onnx = require("onnx", _EXTRA), require("tf2onnx", _EXTRA)
    graph = calibrated_graph(model, manifest.calibration)
    with stderr_held_back():
        network, _ = tf2onnx.convert.from_function(graph.predict, graph.predict.input_signature, opset=_OPSET)
    for value in (*network.graph.input, *network.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    onnx.helper.set_model_props(network, {METADATA: contents_json(manifest)})
    onnx.checker.check_model(network)
    onnx.save(network, path)


def open_onnx(path: Path, manifest: Manifest) -> Runtime:
    """Run it by ONNX Runtime on the CPU.

    Raises:
        MissingExtraError: onnxruntime is not installed.
    """
    session = require("onnxruntime", _EXTRA).InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(posters: np.ndarray) -> np.ndarray:
        return session.run([OUTPUT], {"poster": posters})[0]

    return run
