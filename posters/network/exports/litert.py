"""LiteRT, in float32."""

from pathlib import Path
from typing import Any

import numpy as np

from posters.classifier import Manifest
from posters.classifier.runtime import LiteNetwork
from posters.log import stderr_held_back
from posters.network.exports.contents import contents_json
from posters.network.exports.flatbuffer import with_metadata
from posters.network.exports.format import Runtime
from posters.network.exports.graph import calibrated_graph
from posters.network.tensorflow import tf

METADATA = "posters"


def write_litert(model: Any, manifest: Manifest, path: Path) -> None:
    """Write one file; its signature names "poster" and "probabilities", its metadata "posters" holds the contents."""
    graph = calibrated_graph(model, manifest.calibration)
    path.write_bytes(with_metadata(converted(converter_of(graph)), METADATA, contents_json(manifest)))


def converter_of(graph: Any) -> Any:
    """TensorFlow's converter of a graph as `calibrated_graph` makes it."""
    return tf.lite.TFLiteConverter.from_concrete_functions([graph.predict.get_concrete_function()], graph)


def converted(converter: Any) -> bytes:
    with stderr_held_back():
        return converter.convert()


def open_litert(path: Path, manifest: Manifest) -> Runtime:
    """Run it by the interpreter that predicts, one poster at a time."""
    network = LiteNetwork(path, manifest.preprocess.shape, len(manifest.genre_names))
    return lambda posters: np.stack([network(poster) for poster in posters])
