"""A researcher adds a backbone, a loss and a schedule through public names, and the package stays as it is."""

import importlib
import sys
from dataclasses import replace

import numpy as np
import pytest

import posters
from posters.cli import main
from posters.errors import ConfigError
from posters.extensions import load_extensions
from posters.network import keras
from posters.network.backbones import backbone_names, find_backbone
from posters.network.fit import FitState
from posters.network.schedules import make_schedule
from posters.runs import Run


def tiny_cnn(weights, input_shape):
    model = keras.Sequential([keras.Input(input_shape), keras.layers.Conv2D(8, 3, strides=2, activation="relu")])
    if weights:
        model.load_weights(weights)
    return model


class SquaredError(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def test_an_own_backbone_trains_predicts_and_exports(colours, small, tmp_path):
    posters.register_backbone("tiny_cnn", tiny_cnn, scaling="unit")
    assert "tiny_cnn" in backbone_names()
    config = replace(small, backbone="tiny_cnn", epochs=1)
    classifier = posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache")
    assert classifier.manifest.provenance["backbone"] == "tiny_cnn, weights none"
    prediction = classifier.predict(colours.image_path(colours.posters[0]))
    assert set(prediction.probabilities) == {"Blue", "Green", "Red"}
    body = keras.models.load_model(classifier.directory / "network.keras").layers[2]
    assert body.output_shape[-1] == 8
    assert Run(tmp_path / "run").config().backbone == "tiny_cnn"


def test_an_own_backbone_that_was_edited_computes_its_features_anew(colours, small, tmp_path):
    """The name is the same, and frozen features of the old one would be wrong."""

    def wider(weights, input_shape):
        return keras.Sequential([keras.Input(input_shape), keras.layers.Conv2D(9, 3, strides=2)])

    config = replace(small, backbone="edited", epochs=0, head_epochs=1)
    for name, build in (("first", tiny_cnn), ("second", tiny_cnn), ("third", wider)):
        posters.register_backbone("edited", build, scaling="unit")
        posters.train(colours, tmp_path / name, config, cache=tmp_path / "cache")
    widths = [np.load(path).shape[1] for path in (tmp_path / "cache").glob("features-*.npy")]
    assert sorted(widths) == [8, 9]


def test_an_own_loss_trains_with_the_prevalence_of_the_training_posters(colours, small, tmp_path):
    given = []

    def squared_error(prevalence):
        given.append(prevalence)
        return SquaredError()

    posters.register_loss("squared_error", squared_error)
    posters.train(colours, tmp_path / "run", replace(small, loss="squared_error", epochs=1), cache=tmp_path / "cache")
    run = Run(tmp_path / "run")
    trained = [id for id, split in run.splits().items() if split == "train"]
    np.testing.assert_allclose(given[0], colours.among(trained).multi_hot().mean(axis=0))
    assert run.config().loss == "squared_error"


def test_an_own_loss_says_which_head_it_is_for():
    posters.register_loss("own_softmax_loss", lambda prevalence: SquaredError(), head="softmax")
    assert posters.TrainConfig(head="softmax", loss="own_softmax_loss").head == "softmax"
    with pytest.raises(ConfigError, match="head 'sigmoid' can't learn with loss 'own_softmax_loss'"):
        posters.TrainConfig(loss="own_softmax_loss")


def test_an_own_schedule_sets_the_learning_rate_of_both_stages(colours, small, tmp_path, monkeypatch):
    given = []

    def stepwise(peak, steps, warmup):
        given.append((peak, steps, warmup))
        return keras.optimizers.schedules.PiecewiseConstantDecay([steps // 2], [peak, peak / 10])

    posters.register_schedule("stepwise", stepwise)
    rates = []
    finish = FitState.finish_epoch

    def noted(state, *arguments):
        logs = finish(state, *arguments)
        rates.append(state.history[-1]["learning_rate"])
        return logs

    monkeypatch.setattr(FitState, "finish_epoch", noted)
    config = replace(small, weights=str(weights_of(small, tmp_path)), schedule="stepwise", epochs=2, head_epochs=2)
    posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache")
    assert [peak for peak, _, _ in given] == [config.head_learning_rate, config.learning_rate]
    assert [warmup for _, _, warmup in given] == [0, given[1][1] // 10]
    assert rates[-1] == pytest.approx(config.learning_rate / 10)


def weights_of(small, folder):
    path = folder / "body.weights.h5"
    find_backbone("small_cnn").build(weights=None, input_shape=small.preprocess.shape).save_weights(path)
    return path


@pytest.mark.parametrize(("name", "last"), [("cosine", 0.0), ("constant", 0.1)])
def test_the_schedules_of_the_package_warm_up_and_differ_in_their_end(name, last):
    schedule = make_schedule(name, peak=0.1, steps=100, warmup=10)
    rates = [float(schedule(step)) for step in (0, 5, 10, 100)]
    np.testing.assert_allclose(rates, [0.0, 0.05, 0.1, last], atol=1e-7)


# Names that are refused


@pytest.mark.parametrize(
    ("register", "name"),
    [
        (lambda name: posters.register_backbone(name, tiny_cnn), "small_cnn"),
        (lambda name: posters.register_loss(name, lambda prevalence: None), "focal"),
        (lambda name: posters.register_schedule(name, lambda peak, steps, warmup: peak), "cosine"),
        (lambda name: posters.register_loss(name, lambda prevalence: None), ""),
    ],
)
def test_names_of_the_package_are_not_replaced(register, name):
    with pytest.raises(ConfigError, match=rf"can't be registered as '{name}': choose a name that is not built in"):
        register(name)


def test_wrong_options_of_an_extension_are_refused_when_it_is_registered():
    with pytest.raises(ConfigError, match="scaling must be one of own, unit, tf, caffe, torch, lite, but got 'zscore'"):
        posters.register_backbone("other", tiny_cnn, scaling="zscore")
    with pytest.raises(ConfigError, match="head must be one of sigmoid, softmax, but got 'tanh'"):
        posters.register_loss("other", lambda prevalence: None, head="tanh")


def test_a_run_of_a_loss_that_is_not_registered_is_refused_in_one_line(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text('loss = "of_a_colleague"\n')
    with pytest.raises(ConfigError, match=r"loss must be one of binary_crossentropy, .*, but got 'of_a_colleague'"):
        posters.config.read_config(path)


# An installed package


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install a package that names an extension module, as pip would: by its metadata."""

    def install(code):
        (tmp_path / "colleague.py").write_text(code)
        metadata = tmp_path / "colleague-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: colleague\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text("[posters.extensions]\nmine = colleague\n")
        importlib.invalidate_caches()
        load_extensions.cache_clear()

    monkeypatch.syspath_prepend(tmp_path)
    yield install
    load_extensions.cache_clear()
    sys.modules.pop("colleague", None)


def test_an_installed_package_adds_names_to_the_command_line(installed, tmp_path, capsys):
    installed(
        "import posters\nposters.register_schedule('of_an_installed_package', lambda peak, steps, warmup: peak)\n"
    )
    (tmp_path / "config.toml").write_text('schedule = "of_an_installed_package"\n')
    assert posters.config.read_config(tmp_path / "config.toml").schedule == "of_an_installed_package"
    words = ["train", "none.csv", "--run", str(tmp_path / "run")]
    assert main([*words, "--schedule", "of_an_installed_package"]) == 2
    assert "none.csv" in capsys.readouterr().err
    assert main([*words, "--schedule", "of_nobody"]) == 2
    assert "schedule must be one of cosine, constant" in capsys.readouterr().err


def test_an_installed_package_that_fails_is_named(installed):
    installed("raise RuntimeError('no licence')\n")
    with pytest.raises(ConfigError, match=r"the extension mine \(colleague\) can't be imported: no licence"):
        posters.TrainConfig(schedule="of_nobody")
