"""Real small trainings. Everything in this folder loads TensorFlow."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posters.catalogue import Catalogue, Poster
from posters.config import PreprocessConfig, TrainConfig

# Keras reads this once, when it is imported.
SHARED = Path(os.environ.get("POSTERS_SHARED") or Path(__file__).parents[2].parent / "shared")
if (SHARED / "keras").is_dir():
    os.environ.setdefault("KERAS_HOME", str(SHARED / "keras"))

GENRES = ("Blue", "Green", "Red")


def draw(path: Path, genres: tuple[str, ...], rng: np.random.Generator) -> None:
    """A noisy picture with a band of colour for each genre: learnable in seconds, and not quite by one pixel."""
    pixels = rng.integers(0, 90, (36, 24, 3))
    for band, name in enumerate(genres):
        pixels[band * 12 : band * 12 + 12, :, 2 - GENRES.index(name)] += rng.integers(90, 160)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


@pytest.fixture(scope="session")
def colours(tmp_path_factory) -> Catalogue:
    """120 posters whose genres are colours."""
    folder = tmp_path_factory.mktemp("colours")
    rng = np.random.default_rng(0)
    posters = []
    for number in range(120):
        genres = tuple(sorted(rng.choice(GENRES, rng.integers(1, 3), replace=False).tolist()))
        draw(folder / f"{number}.png", genres, rng)
        posters.append(Poster(f"{number}", f"{number}.png", genres))
    return Catalogue(tuple(posters), GENRES, folder)


@pytest.fixture(scope="session")
def small() -> TrainConfig:
    """The smallest config that still learns something."""
    return TrainConfig(
        preprocess=PreprocessConfig(height=36, width=24),
        backbone="small_cnn",
        weights="none",
        epochs=3,
        learning_rate=3e-3,
        batch_size=16,
        dropout=0.1,
        ema=0.5,
        augment=False,
        mixup=0.0,
        train_scale=1.0,
        validation=0.2,
        test=0.2,
        look=False,
    )
