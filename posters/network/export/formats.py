"""The formats of `posters export` by name: how to write each, and how to run it without Keras."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posters._base.log import stderr_held_back
from posters.classifier import Manifest
from posters.classifier.novelty import Novelty
from posters.network.export.graph import OUTPUT, Runtime, calibrated_graph, contents_json
from posters.network.export.litert import open_litert, write_litert, write_litert_int8
from posters.network.export.onnx_files import open_onnx, open_web_network, write_onnx, write_web_network
from posters.network.saved_model import SIGNATURE, WITH_NOVELTY
from posters.network.tensorflow import tf

_LABELS, _CONTENTS = "labels.txt", "classifier.json"


@dataclass(frozen=True)
class Format:
    """One kind of file that a classifier can be exported as.

    Attributes:
        write: (Keras model, manifest, path of the file to write or of the folder to fill, novelty=); one that rounds to
            8 bits also takes posters, uint8 (n, H, W, 3), to choose its steps by.
        open: (path, manifest) to what runs there, in the format's own runtime.

    Examples:
        >>> FORMATS["litert"] == Format(write_litert, open_litert)
        True
    """

    write: Callable[..., None]
    open: Callable[[Path, Manifest], Runtime]


def write_saved_model(model: Any, manifest: Manifest, folder: Path, novelty: Novelty | None = None) -> None:
    r"""Fill one version's folder, as TensorFlow Serving finds it.

    Its signature `serving_default` takes "poster" and gives "probabilities" and nothing else, since TensorFlow Serving
    words its answer otherwise where there are two outputs; `with_novelty` gives "novelty" as well. The genre names are
    a signature of their own, `genre_names`, for it answers row by row only where every output has a row for each
    poster. `assets` holds them too, one on a line, and beside them the contents.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).
        manifest: of the classifier.
        folder: of the version.
        novelty: as in `calibrated_graph`.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "1"
        >>> write_saved_model(model, manifest, folder)
        >>> (folder / "assets" / "labels.txt").read_text()
        'Drama\n'
    """
    graph = calibrated_graph(model, manifest.calibration, novelty)
    names = tf.function(lambda: {"genre_names": tf.constant(manifest.genre_names)}, input_signature=[])
    predict = graph.predict.get_concrete_function()
    signatures = {SIGNATURE: predict, "genre_names": names.get_concrete_function()}
    if novelty is not None:
        pixels = graph.predict.input_signature
        # It calls the other, so that weights are written once.
        alone = tf.function(lambda poster: {OUTPUT: predict(poster=poster)[OUTPUT]}, input_signature=pixels)
        signatures |= {SIGNATURE: alone.get_concrete_function(), WITH_NOVELTY: predict}
    saved = tf.Module()  # Of its own: a function that lay in it would be written once more, with all its constants.
    with tempfile.TemporaryDirectory() as assets, stderr_held_back():
        labels, contents = Path(assets) / _LABELS, Path(assets) / _CONTENTS
        labels.write_text("".join(f"{name}\n" for name in manifest.genre_names), encoding="utf-8")
        contents.write_text(contents_json(manifest, novelty), encoding="utf-8")
        saved.labels, saved.contents = (tf.saved_model.Asset(str(path)) for path in (labels, contents))
        tf.saved_model.save(saved, str(folder), signatures)


def open_saved_model(folder: Path, manifest: Manifest) -> Runtime:
    """Return what runs a folder's signature with all outputs, as TensorFlow Serving does.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()) / "1"
        >>> write_saved_model(model, manifest, folder)
        >>> posters = np.zeros((2, *manifest.preprocess.shape), np.uint8)
        >>> open_saved_model(folder, manifest)(posters)["probabilities"].tolist()
        [[0.5], [0.5]]
    """
    loaded = tf.saved_model.load(str(folder))
    predict = loaded.signatures[WITH_NOVELTY if WITH_NOVELTY in loaded.signatures else SIGNATURE]

    # A signature alone doesn't keep its model.
    def run(posters: np.ndarray, owner: Any = loaded) -> dict[str, np.ndarray]:
        return {name: value.numpy() for name, value in predict(poster=tf.constant(posters)).items()}

    return run


# By the names of `posters.tasks.export.TARGETS`.
FORMATS: dict[str, Format] = {
    "litert": Format(write_litert, open_litert),
    "litert-int8": Format(write_litert_int8, open_litert),
    "onnx": Format(write_onnx, open_onnx),
    "saved_model": Format(write_saved_model, open_saved_model),
    "web": Format(write_web_network, open_web_network),
}
