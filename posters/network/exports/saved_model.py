"""SavedModel, as TensorFlow Serving finds it: a folder of numbered versions, of which this is the first."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from posters.classifier import Manifest
from posters.log import stderr_held_back
from posters.network.exports.contents import contents_json
from posters.network.exports.format import Runtime
from posters.network.exports.graph import OUTPUT, calibrated_graph
from posters.network.tensorflow import tf

_DEFAULT = "serving_default"
_LABELS, _CONTENTS = "labels.txt", "classifier.json"


def write_saved_model(model: Any, manifest: Manifest, folder: Path) -> None:
    """Fill one version's folder.

    Its signature `serving_default` takes "poster" and gives "probabilities". The genre names are a signature of their
    own, `genre_names`, for TensorFlow Serving answers row by row only where every output has a row for each poster.
    `assets` holds them too, one on a line, and beside them the contents.
    """
    graph = calibrated_graph(model, manifest.calibration)
    names = tf.function(lambda: {"genre_names": tf.constant(manifest.genre_names)}, input_signature=[])
    signatures = {_DEFAULT: graph.predict.get_concrete_function(), "genre_names": names.get_concrete_function()}
    saved = tf.Module()  # Of its own: a function that lay in it would be written once more, with all its constants.
    with tempfile.TemporaryDirectory() as assets, stderr_held_back():
        saved.labels = _asset(Path(assets) / _LABELS, "".join(f"{name}\n" for name in manifest.genre_names))
        saved.contents = _asset(Path(assets) / _CONTENTS, contents_json(manifest))
        tf.saved_model.save(saved, str(folder), signatures)


def _asset(path: Path, text: str) -> Any:
    path.write_text(text, encoding="utf-8")
    return tf.saved_model.Asset(str(path))


def open_saved_model(folder: Path, manifest: Manifest) -> Runtime:
    """Run its default signature as TensorFlow Serving does."""
    loaded = tf.saved_model.load(str(folder))
    predict = loaded.signatures[_DEFAULT]

    def run(posters: np.ndarray, owner: Any = loaded) -> np.ndarray:  # A signature alone doesn't keep its model.
        return predict(poster=tf.constant(posters))[OUTPUT].numpy()

    return run
