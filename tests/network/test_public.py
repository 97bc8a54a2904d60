"""The examples in the docstrings of the network folder, whose import takes TensorFlow."""

import doctest
import importlib
from pathlib import Path

import pytest

import posters.network
from posters.calibration import no_calibration
from posters.classifier import Manifest
from posters.config import PreprocessConfig
from posters.network import keras
from posters.thresholds import fixed_thresholds

FOLDER = Path(posters.network.__file__).parent
NAMES = [path.relative_to(FOLDER.parents[1]).with_suffix("") for path in sorted(FOLDER.rglob("*.py"))]


@pytest.fixture(scope="module")
def given():
    """What examples of exports use without making it: a network that gives 0.5 for every poster, and its manifest."""
    pixels = keras.Input((32, 32, 3), dtype="uint8")
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(pixels))
    manifest = Manifest(
        genre_names=("Drama",),
        preprocess=PreprocessConfig(height=32, width=32),
        head="sigmoid",
        calibration=no_calibration(("Drama",)),
        rules=(fixed_thresholds(("Drama",)),),
        prior=(0.5,),
        metrics={},
        provenance={},
    )
    head = keras.layers.Dense(1, activation="sigmoid", kernel_initializer="zeros")
    return {"model": keras.Model(pixels, head(pooled)), "manifest": manifest}


@pytest.mark.parametrize("name", [".".join(path.parts).removesuffix(".__init__") for path in NAMES])
def test_the_examples_in_docstrings_are_true(name, given):
    module = importlib.import_module(name)
    assert module.__doc__
    extra = given if name.startswith("posters.network.export") else {}
    assert doctest.testmod(module, extraglobs=extra, optionflags=doctest.ELLIPSIS).failed == 0
