"""posters.keras: ten lines of plain Keras on our posters and weights."""

from dataclasses import replace

import numpy as np
import pytest

import posters.keras
from posters.classifier import load_classifier
from posters.errors import SplitError
from posters.network import keras


@pytest.fixture(scope="module")
def run(colours, small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    posters.train(colours, folder / "run", small, cache=folder / "cache", epochs=1)
    return folder / "run"


def test_a_run_is_an_ordinary_keras_model_that_learns_on(run, colours, tmp_path):
    model, classifier = posters.keras.load(run), load_classifier(run)
    preprocess = classifier.manifest.preprocess
    data = posters.keras.dataset(colours, preprocess=preprocess, batch_size=16, cache=tmp_path)
    before = model.predict(data, verbose=0)
    expected = classifier.score_uncalibrated(colours, progress=iter).y_score
    np.testing.assert_allclose(before, expected, atol=1e-3)
    history = model.fit(data.shuffle(9, seed=0), shuffle=False, epochs=2, verbose=0)
    assert history.history["loss"][1] < history.history["loss"][0]


def test_the_classifier_of_the_package_is_one_too():
    model = posters.keras.load()
    assert model.input_shape == (None, 288, 192, 3)
    assert isinstance(model.optimizer, keras.optimizers.AdamW)


def test_a_network_of_ones_own_learns_from_the_dataset(colours, small, tmp_path):
    splits = {id: "train" if number < 90 else "validation" for number, id in enumerate(colours.ids)}
    options = {"preprocess": small.preprocess, "splits": splits, "batch_size": 30, "cache": tmp_path}
    train = posters.keras.dataset(colours, "train", **options)
    validation = posters.keras.dataset(colours, "validation", **options)
    shapes = [(x.shape, y.shape) for x, y in train]
    assert shapes == [((30, 36, 24, 3), (30, 3))] * 3
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(3, activation="sigmoid")]
    model = keras.Sequential(layers)
    model.compile("adam", "binary_crossentropy")
    history = model.fit(train, validation_data=validation, shuffle=False, epochs=2, verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()
    labels = np.concatenate([y for _, y in validation])
    np.testing.assert_array_equal(labels, colours.multi_hot()[90:])


def test_the_tables_own_splits_are_used_and_an_empty_one_is_refused(colours, small, tmp_path):
    rows = tuple(replace(poster, split="test" if number < 7 else "train") for number, poster in enumerate(colours))
    own = replace(colours, posters=rows)
    data = posters.keras.dataset(own, "test", small.preprocess, cache=tmp_path)
    assert sum(len(y) for _, y in data) == 7
    with pytest.raises(SplitError, match=r"no poster of .* is in the split 'validation'"):
        posters.keras.dataset(own, "validation", small.preprocess, cache=tmp_path)
