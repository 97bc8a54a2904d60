"""Make the tiny classifier that gives features, for the tests of look-alikes. Needs TensorFlow; these tests don't.

Run `python tests/similar/make_classifier.py` only where a change to the artefact's format is meant.
"""

from pathlib import Path
from typing import Any

import numpy as np

from posters.calibration import no_calibration
from posters.classifier import Manifest, write_classifier
from posters.config import PreprocessConfig, TrainConfig
from posters.network.light_network import write_light_network
from posters.network.model import build_head
from posters.network.tensorflow import keras
from posters.thresholds import fixed_thresholds

FOLDER = Path(__file__).parent / "classifier"
GENRES = ("Comedy", "Drama")
PREPROCESS = PreprocessConfig(height=24, width=16)
N_FEATURES = 12


def build_network() -> Any:
    """uint8 (B, 24, 16, 3) -> one convolution with weights from a seed -> average -> the head of every classifier."""
    rng = np.random.default_rng(5)
    pixels = keras.Input(PREPROCESS.shape, dtype="uint8", name="poster")
    convolution = keras.layers.Conv2D(N_FEATURES, 4, strides=4, activation="relu")
    feature_map = convolution(keras.layers.Rescaling(1 / 127.5, offset=-1)(pixels))
    convolution.set_weights([rng.normal(0, 0.3, (4, 4, 3, N_FEATURES)).astype("float32"), np.zeros(N_FEATURES)])
    features = keras.layers.GlobalAveragePooling2D(name="average")(feature_map)
    head = build_head(TrainConfig(), N_FEATURES, len(GENRES))
    head.get_layer("genres").kernel.assign(rng.normal(0, 1, (N_FEATURES, len(GENRES))))
    return keras.Model(pixels, head(features), name="posters")


def main() -> None:
    network = build_network()
    posters = np.random.default_rng(6).integers(0, 256, (4, *PREPROCESS.shape), dtype=np.uint8)
    y_score = network.predict(posters, verbose=0)
    manifest = Manifest(
        genre_names=GENRES,
        preprocess=PREPROCESS,
        head="sigmoid",
        calibration=no_calibration(GENRES),
        rules=(fixed_thresholds(GENRES),),
        prior=(0.5, 0.5),
        provenance={"made": "2026-01-01", "catalogue": "nothing: its weights were drawn from a seed"},
    )
    card = "A network for tests. Its weights were drawn from a seed.\n"

    def write_network(folder: Path) -> None:
        write_light_network(network, folder / "network.tflite", posters, y_score)

    write_classifier(FOLDER, manifest, card, write_network)


if __name__ == "__main__":
    main()
