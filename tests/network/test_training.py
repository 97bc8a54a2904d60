"""Real small trainings through `posters.train`: learning, resuming, and what a run leaves behind."""

import csv
import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import posters
from posters.calibration import cross_calibrated, fit_calibration
from posters.catalogue import Catalogue, Poster
from posters.errors import ConfigError, PostersError, RunError, TrainingError
from posters.images.perceptual_hash import perceptual_hash
from posters.metrics import METRICS, log_loss
from posters.network import fit as fitting
from posters.network import keras
from posters.network.features import compute_features
from posters.network.model import build_network
from posters.runs import Run
from posters.scores import read_scores
from posters.splitting.groups import group_posters
from posters.tasks import decide
from posters.thresholds import fit_rules


@pytest.fixture(scope="module")
def trained(tmp_path_factory, colours, small):
    """A finished run of the smallest network, shared by the tests that only look."""
    folder = tmp_path_factory.mktemp("trained")
    config = replace(small, epochs=12, patience=12)
    classifier = posters.train(colours, folder / "run", config, cache=folder / "cache")
    return classifier, Run(folder / "run"), colours


def test_it_learns_what_can_be_learnt(trained):
    _, run, _ = trained
    figures = posters.evaluate_run(run.path)
    learnt = figures.of("model").figures["macro_map"].value
    chance = figures.of("prior").figures["macro_map"].value
    assert chance < 0.6
    assert learnt > 0.9


def test_what_ships_gives_the_probabilities_of_the_keras_network(trained):
    classifier, run, colours = trained
    network = keras.models.load_model(run.classifier / "network.keras")
    for poster in colours.posters[:5]:
        path = colours.image_path(poster)
        pixels = posters.decode(path, classifier.manifest.preprocess)
        light = list(classifier.predict(path).probabilities.values())
        calibrated = classifier.manifest.calibration.apply(network(pixels[None]).numpy())[0]
        np.testing.assert_allclose(light, calibrated, atol=1e-4)


def test_calibration_and_rules_are_fitted_on_the_validation_scores_that_the_run_keeps(trained):
    classifier, run, colours = trained
    manifest, kept = classifier.manifest, read_scores(run.scores("validation"))
    assert set(kept.ids) == {id for id, split in run.splits().items() if split == "validation"}
    hashes = [perceptual_hash(posters.decode(colours.image_path(poster), manifest.preprocess)) for poster in colours]
    groups = dict(zip(colours.ids, group_posters(colours, np.array(hashes, np.uint64)), strict=True))
    own = np.array([groups[id] for id in kept.ids])
    refitted = fit_calibration(kept, own)
    assert manifest.calibration == refitted
    assert manifest.rules == fit_rules(kept, refitted, groups=own)
    worth = manifest.metrics["calibration"]
    assert worth["log_loss_before"] == log_loss(kept.labelled("validation").y_true, kept.y_score)
    card = (run.classifier / "MODEL_CARD.md").read_text()
    assert f"log loss from {worth['log_loss_before']:.4f} to {worth['log_loss_after']:.4f}" in card


def test_posters_of_one_film_calibrate_together(colours, small, tmp_path, monkeypatch):
    given = {}

    def noted(function, scores, groups, **options):
        given[function.__name__] = dict(zip(scores.ids, groups, strict=True))
        return function(scores, groups, **options)

    for function in (fit_calibration, cross_calibrated):
        monkeypatch.setattr(decide, function.__name__, partial(noted, function))
    films = tuple(replace(poster, title=f"Film {row // 4}", year=1979) for row, poster in enumerate(colours))
    posters.train(replace(colours, posters=films), tmp_path / "run", small, cache=tmp_path / "cache", epochs=1)
    titles = {poster.id: poster.title for poster in films}
    for groups in (given["fit_calibration"], given["cross_calibrated"]):
        groups_of_films = {(titles[id], group) for id, group in groups.items()}
        assert len(groups_of_films) == len({titles[id] for id in groups}) < len(groups)
        assert len(set(groups.values())) > 1


def test_what_ships_is_an_ordinary_keras_model_that_anyone_may_fit(trained):
    _, run, _ = trained
    network = keras.models.load_model(run.classifier / "network.keras")
    network.compile(optimizer="adam", loss="binary_crossentropy")
    x = np.zeros((4, 36, 24, 3), np.uint8)
    history = network.fit(x, np.ones((4, 3)), epochs=2, verbose=0).history["loss"]
    assert history[1] < history[0]


def test_a_run_records_how_it_was_made(trained):
    classifier, run, _ = trained
    assert run.config().backbone == "small_cnn"
    assert sorted(set(run.splits().values())) == ["test", "train", "validation"]
    rows = list(csv.DictReader((run.path / "history.csv").read_text().splitlines()))
    assert [row["stage"] for row in rows] == ["network"] * 12
    best = max(float(row["validation_macro_map"]) for row in rows)
    assert classifier.manifest.metrics["validation"]["macro_map"] == pytest.approx(best, abs=1e-5)
    assert json.loads((run.path / "environment.json").read_text())["keras"] == keras.__version__
    assert "posters" in (run.path / "train.log").read_text()


def test_a_run_warns_of_few_validation_posters(trained):
    _, run, _ = trained
    assert "validation has only 27 posters, and at least 50 should" in run.log.read_text(encoding="utf-8")


def test_a_finished_run_is_refused_and_resuming_it_changes_nothing(trained, tmp_path):
    classifier, run, colours = trained
    before = (run.classifier / "network.tflite").read_bytes()
    with pytest.raises(RunError, match="exists already"):
        posters.train(colours, run.path, run.config(), cache=tmp_path)
    again = posters.train(colours, run.path, run.config(), cache=tmp_path, resume=True)
    assert again.manifest == classifier.manifest
    assert (run.classifier / "network.tflite").read_bytes() == before


def test_it_learns_from_smaller_posters_and_predicts_from_whole_ones(colours, small, tmp_path, monkeypatch):
    shapes = set()
    fit = fitting.fit

    def noted(state, batches, *arguments, **options):
        shapes.add((state.model.input_shape[1:], batches.x.shape[1:]))
        fit(state, batches, *arguments, **options)

    monkeypatch.setattr(fitting, "fit", noted)
    config = replace(small, train_scale=0.75, epochs=12, patience=12)
    classifier = posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache")
    assert shapes == {((27, 18, 3), (27, 18, 3))}
    assert classifier.manifest.preprocess.shape == (36, 24, 3)
    figures = posters.evaluate_run(tmp_path / "run")
    assert figures.of("model").figures["macro_map"].value > 0.8 > figures.of("prior").figures["macro_map"].value


class Killed(BaseException):
    """Stands for a kill: nothing of ours catches it."""


def save_every_step_until(step, monkeypatch):
    """Write a checkpoint after each step, and be killed at the moment of that of step `step`."""
    write, written = fitting.write_checkpoint, []

    def counted(*arguments):
        written.append(1)
        if len(written) == step:
            raise Killed
        write(*arguments)

    monkeypatch.setattr(fitting, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(fitting, "write_checkpoint", counted)


@pytest.mark.parametrize("step", [2, 5, 9])
def test_a_killed_training_resumes_as_if_nothing_had_happened(step, colours, small, tmp_path, monkeypatch):
    config = replace(small, augment=True, mixup=0.4, train_scale=0.5)
    whole = posters.train(colours, tmp_path / "whole", config, cache=tmp_path / "cache")
    save_every_step_until(step, monkeypatch)
    with pytest.raises(Killed):
        posters.train(colours, tmp_path / "cut", config, cache=tmp_path / "cache")
    resumed = posters.train(colours, tmp_path / "cut", config, cache=tmp_path / "cache", resume=True)
    monkeypatch.undo()
    assert resumed.manifest.metrics == whole.manifest.metrics
    assert resumed.manifest.rules == whole.manifest.rules
    assert resumed.manifest.calibration == whole.manifest.calibration
    for poster in colours.posters[:10]:
        path = colours.image_path(poster)
        assert resumed.predict(path).probabilities == whole.predict(path).probabilities
    histories = [(tmp_path / name / "history.csv").read_text().splitlines() for name in ("whole", "cut")]
    without_seconds = [[line.rpartition(",")[0] for line in history] for history in histories]
    assert without_seconds[0] == without_seconds[1]


def test_a_run_is_resumed_by_its_own_config_only(trained, colours, tmp_path):
    _, run, _ = trained
    with pytest.raises(RunError, match=r"began with epochs = 12, and can't be resumed with 13"):
        posters.train(colours, run.path, run.config(), cache=tmp_path, resume=True, epochs=13)
    with pytest.raises(RunError, match="another catalogue"):
        posters.train(colours.take(range(100)), run.path, run.config(), cache=tmp_path, resume=True)


def test_the_head_alone_reuses_its_features(colours, small, tmp_path, monkeypatch):
    """A second try with another loss computes no features."""
    options = {"epochs": 0, "head_epochs": 5, "cache": tmp_path / "cache"}
    posters.train(colours, tmp_path / "first", small, **options)
    monkeypatch.setattr("posters.network.features.in_order", lambda *_: pytest.fail("computed features again"))
    second = posters.train(colours, tmp_path / "second", small, loss="asymmetric", **options)
    assert second.manifest.provenance["config"]["loss"] == "asymmetric"


def test_features_go_on_where_they_were_interrupted(colours, small, tmp_path, monkeypatch):
    arrays = posters.pack(colours, tmp_path / "packed", small.preprocess)
    network = build_network(small, 3)
    whole = compute_features(network.features, arrays, tmp_path / "whole.npy")
    from posters.network import features

    in_order = features.in_order

    def one_batch(*arguments):
        yield next(iter(in_order(*arguments)))
        raise Killed

    monkeypatch.setattr(features, "in_order", one_batch)
    with pytest.raises(Killed):
        compute_features(network.features, arrays, tmp_path / "cut.npy")
    monkeypatch.undo()
    np.testing.assert_array_equal(compute_features(network.features, arrays, tmp_path / "cut.npy"), whole)


def test_fine_tuning_holds_pretrained_statistics_still(small):
    """Called for training, even by a user's own fit."""
    size = posters.PreprocessConfig(height=48, width=32)
    config = replace(small, epochs=1, weights="imagenet", backbone="mobilenet_v2", preprocess=size)
    network = build_network(config, 3, load_weights=False).whole
    statistics = [v for v in network.variables if "moving" in v.path]
    before = [v.value.numpy() for v in statistics]
    network(np.random.default_rng(0).integers(0, 256, (4, 48, 32, 3), np.uint8), training=True)
    assert statistics
    for variable, value in zip(statistics, before, strict=True):
        np.testing.assert_array_equal(variable.value, value)


def test_no_epoch_that_is_worse_than_the_head_is_kept(colours, small, tmp_path):
    """A learning rate that wrecks everything leaves the head's network."""
    config = replace(small, weights="none", epochs=0, head_epochs=8)
    head = posters.train(colours, tmp_path / "head", config, cache=tmp_path / "cache")
    weights = tmp_path / "body.weights.h5"
    build_network(config, 3).whole.layers[2].save_weights(weights)
    wrecked = posters.train(
        colours, tmp_path / "wrecked", small, cache=tmp_path / "cache", weights=str(weights), epochs=1,
        head_epochs=8, learning_rate=1.0,
    )  # fmt: skip
    assert head.manifest.metrics["validation"]["posters"] == wrecked.manifest.metrics["validation"]["posters"]
    rows = list(csv.DictReader((tmp_path / "wrecked" / "history.csv").read_text().splitlines()))
    best = max(float(row["validation_macro_map"]) for row in rows)
    # Logistic regression may have taken the head's place before.
    assert wrecked.manifest.metrics["validation"]["macro_map"] > best - 1e-5
    (fine_tuned,) = [float(row["validation_macro_map"]) for row in rows if row["stage"] == "network"]
    assert wrecked.manifest.metrics["validation"]["macro_map"] > fine_tuned


def test_a_softmax_predicts_one_genre(colours, small, tmp_path):
    options = {"head": "softmax", "loss": "categorical_crossentropy", "epochs": 1, "cache": tmp_path / "cache"}
    classifier = posters.train(colours, tmp_path / "run", small, **options)
    prediction = classifier.predict(colours.image_path(colours.posters[0]))
    assert len(prediction.genres) == 1
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-4)


def test_class_weight_is_refused_by_name(colours, tmp_path):
    with pytest.raises(ConfigError, match="takes the argmax of a multi-hot label"):
        posters.train(colours, tmp_path / "run", class_weight={0: 2.0})


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"backbone": "mobilenet_v9"}, "there is no backbone"),
        ({"weights": "imagenet"}, "no ImageNet weights for small_cnn"),
        ({"weights": "nowhere.h5"}, "a file of weights, and there is no"),
    ],
)
def test_a_run_that_never_began_training_leaves_no_directory(options, error, colours, small, tmp_path):
    with pytest.raises(PostersError, match=error):
        posters.train(colours, tmp_path / "run", small, cache=tmp_path / "cache", **options)
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_no_number_stops_the_training(colours, small, tmp_path):
    class NoNumber(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(y_pred, axis=-1) * float("nan")

    posters.register_loss("no_number", lambda prevalence: NoNumber())
    with pytest.raises(TrainingError, match="the loss became nan in step 1 of epoch 1"):
        posters.train(colours, tmp_path / "run", small, cache=tmp_path / "cache", loss="no_number")


def test_the_head_is_about_as_good_as_logistic_regression(shared, tmp_path):
    """On real posters, at a small size: the same frozen features, split and posters for both."""
    from sklearn.linear_model import LogisticRegression

    catalogue = posters.read_catalogue(
        shared / "imdb-posters/posters.csv", shared / "imdb-posters/images", report=False
    )
    catalogue = _common(catalogue.take(range(0, len(catalogue), 3)))
    classifier = posters.train(catalogue, tmp_path / "run", cache=tmp_path, epochs=0, height=96, width=64)
    run = Run(tmp_path / "run")
    ours = posters.evaluate_run(run.path).of("model").figures["macro_map"].value
    assert "at least should" not in run.log.read_text(encoding="utf-8"), "there are enough validation posters here"

    features = np.load(next(tmp_path.glob("features-*.npy")))
    x = features / np.sqrt(np.abs(features) + 1e-3)
    splits = np.array([run.splits()[id] for id in catalogue.ids])
    x = (x - x[splits == "train"].mean(axis=0)) / (x[splits == "train"].std(axis=0) + 1e-6)
    y = catalogue.multi_hot()
    scores = [
        LogisticRegression(C=1e-3, max_iter=300)
        .fit(x[splits == "train"], column[splits == "train"])
        .predict_proba(x)[:, 1]
        for column in y.T
    ]
    theirs = METRICS["macro_map"](y[splits == "test"], np.array(scores).T[splits == "test"])
    prior = METRICS["macro_map"](y[splits == "test"], np.tile(classifier.manifest.prior, ((splits == "test").sum(), 1)))
    assert theirs > 1.3 * prior
    # A few hundred test posters leave two equal models this far apart.
    assert ours > theirs - 0.015


def _common(catalogue: Catalogue) -> Catalogue:
    """Only genres with enough positives to compare by."""
    names = tuple(name for name, count in catalogue.genre_counts().items() if count >= 100)
    rows = [
        Poster(poster.id, poster.image, tuple(genre for genre in poster.genres if genre in names))
        for poster in catalogue
    ]
    return Catalogue(tuple(row for row in rows if row.genres), names, catalogue.image_root)


@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_trains_and_ships_float32(precision, colours, small, tmp_path):
    config = replace(small, precision=precision, epochs=6, patience=6)
    classifier = posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache")
    network = keras.models.load_model(classifier.directory / "network.keras")
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    figures = posters.evaluate_run(tmp_path / "run")
    assert figures.of("model").figures["macro_map"].value > figures.of("prior").figures["macro_map"].value + 0.1


@pytest.fixture
def partly_known(colours):
    """The colours, where of each second poster it is unknown whether it has blue."""
    posters = [
        replace(poster, genres=tuple(set(poster.genres) - {"Blue"}), unknown=("Blue",)) if number % 2 else poster
        for number, poster in enumerate(colours)
    ]
    return Catalogue(tuple(posters), colours.genre_names, colours.image_root)


def test_unknown_labels_are_filled_in_if_one_asks_for_it(partly_known, colours, small, tmp_path):
    """The stand-in for pretrained weights is a run on the same posters."""
    posters.train(colours, tmp_path / "first", small)
    config = replace(small, weights=str(tmp_path / "first"), epochs=1, head_epochs=2)
    losses = {}
    for name, catalogue in {"whole": colours, "partly": partly_known}.items():
        for impute in (False, True):
            run = tmp_path / f"{name}-{impute}"
            posters.train(catalogue, run, replace(config, impute=impute))
            losses[name, impute] = [epoch.train_loss for epoch in Run(run).epochs()]
    assert losses["whole", True] == losses["whole", False]
    # In the head and in fine-tuning.
    assert all(filled != masked for filled, masked in zip(losses["partly", True], losses["partly", False], strict=True))
