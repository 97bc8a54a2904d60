"""Make the golden classifier, its posters and their scores. Needs TensorFlow; the tests that read them don't.

Run `python tests/golden/make_classifier.py` only where a change to the artefact's format or to the decoder is meant,
and look at what `git diff tests/golden/scores.json` says of it.

The scores come from Keras, so that comparing them with what LiteRT gives checks the export as well.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from posters.calibration import no_calibration
from posters.classifier import Manifest, write_classifier
from posters.config import PreprocessConfig
from posters.images.decoding import decode
from posters.network.light_network import write_light_network
from posters.network.tensorflow import keras
from posters.report.model_card import model_card
from posters.thresholds import NEVER, Thresholds, fixed_thresholds

GOLDEN = Path(__file__).parent
GENRES = ("Comedy", "Drama", "Horror", "Western")
PREPROCESS = PreprocessConfig(height=24, width=16)


def draw_posters(folder: Path) -> list[Path]:
    """Three tiny posters that differ in size, mode, and in what is where, so that a mirrored or swapped axis shows."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:1:36j, 0:1:24j]
    dusk = np.stack([255 * x, 160 * (1 - y), 90 + 120 * y], axis=-1) + rng.uniform(-20, 20, (36, 24, 3))
    night = np.where((x + y)[:24, :16, None] > 0.7, (20, 10, 60), (200, 30, 30))
    ghost = np.dstack([np.full((30, 30, 3), (10, 90, 30)), np.tile(np.linspace(0, 255, 30), (30, 1))])
    posters = {"dusk.png": dusk, "night.png": night, "ghost.png": ghost}
    for name, pixels in posters.items():
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / name, optimize=True)
    return [folder / name for name in posters]


def build_network() -> Any:
    """uint8 (B, 24, 16, 3) -> the means of 3x2 tiles -> Dense(4, sigmoid), with weights from a seed."""
    pixels = keras.Input(PREPROCESS.shape, dtype="uint8", name="poster")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(pixels)
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D(8)(x))
    network = keras.Model(pixels, keras.layers.Dense(len(GENRES), activation="sigmoid", name="genres")(x))
    rng = np.random.default_rng(3)
    network.get_layer("genres").set_weights([rng.normal(0, 0.9, (18, 4)).astype("float32"), np.zeros(4, "float32")])
    return network


def main() -> None:
    paths = draw_posters(GOLDEN / "posters")
    network = build_network()
    posters = np.stack([decode(path, PREPROCESS) for path in paths])
    y_score = network.predict(posters, verbose=0)
    manifest = Manifest(
        genre_names=GENRES,
        preprocess=PREPROCESS,
        head="sigmoid",
        calibration=no_calibration(GENRES),
        rules=(
            Thresholds(GENRES, (0.5, 0.25, 0.4, 0.6), "f1", "validation, 12 posters"),
            fixed_thresholds(GENRES),
            Thresholds(GENRES, (NEVER, 0.8, 0.9, NEVER), "precision=0.8", "validation, 12 posters"),
        ),
        prior=(0.4, 0.5, 0.1, 0.05),
        metrics={"validation": {"posters": 12, "macro_map": 0.5, "macro_map_of_the_prior": 0.25}},
        provenance={"made": "2026-01-01", "catalogue": "nothing: its weights were drawn from a seed"},
    )
    write_classifier(
        GOLDEN / "classifier",
        manifest,
        model_card(manifest),
        lambda folder: write_light_network(network, folder / "network.tflite", posters, y_score, tolerance=1e-5),
    )
    scores = {
        path.name: dict(zip(GENRES, map(float, row.round(7)), strict=True))
        for path, row in zip(paths, y_score.astype(float), strict=True)
    }
    (GOLDEN / "scores.json").write_text(json.dumps(scores, indent=2) + "\n")
    print(json.dumps(scores, indent=2))


if __name__ == "__main__":
    main()
