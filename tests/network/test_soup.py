"""One classifier from a cross-validation: the average of its networks, and out-of-fold scores to decide by."""

import json
from dataclasses import replace

import numpy as np
import pytest

from posters.calibration import fit_calibration
from posters.classifier import load_classifier, read_manifest
from posters.errors import RunError, TrainingError
from posters.images.decoding import decode
from posters.metrics import METRICS
from posters.network import keras
from posters.network.model import build_network
from posters.network.weights import average_networks, load_shipped_network
from posters.scores import read_scores
from posters.splitting.folds import draw_folds
from posters.splitting.groups import group_posters
from posters.tasks.crossvalidate import crossvalidate
from posters.tasks.soup import soup
from posters.thresholds import fit_rules


@pytest.fixture(scope="module")
def made(tmp_path_factory, colours, small):
    folder = tmp_path_factory.mktemp("soup")
    config = replace(small, epochs=0, head_epochs=20, head_learning_rate=1e-2, head_batch_size=16)
    folds = draw_folds(colours, np.arange(len(colours)), count=2, seed=1)
    judged = crossvalidate(colours, folder / "cv", config, folds=folds, cache=folder / "cache")
    (folder / "judged.json").write_text(json.dumps(judged.to_dict()))
    classifier = soup(folder / "cv", colours, folder / "soup", command="make it so", cache=folder / "cache")
    return classifier, folder


def test_the_soup_is_the_mean_of_the_networks(made):
    _, folder = made
    paths = [folder / "cv" / f"fold-{fold}" / "classifier" / "network.keras" for fold in range(2)]
    one, other = (keras.models.load_model(path).get_weights() for path in paths)
    for mean, a, b in zip(average_networks(paths).get_weights(), one, other, strict=True):
        np.testing.assert_allclose(mean, (a + b) / 2, atol=1e-6)


def test_what_ships_is_one_network_in_three_files(made, colours):
    classifier, folder = made
    network = load_shipped_network(folder / "soup", classifier.manifest).whole
    for poster in colours.posters[:5]:
        path = colours.image_path(poster)
        kept = network(decode(path, classifier.manifest.preprocess)[None]).numpy()
        light = list(classifier.predict(path).probabilities.values())
        np.testing.assert_allclose(light, classifier.manifest.calibration.apply(kept)[0], atol=1e-4)


def test_it_tells_pictures_unlike_its_posters(made, colours):
    classifier, _ = made
    posters = [classifier.predict(colours.image_path(poster)).novelty for poster in colours.posters]
    # Fitted on one half of them, its threshold on the other: the farthest of these has the novelty 1, but for rounding.
    assert max(posters) < 2
    assert np.mean(np.array(posters) <= 1.01) > 0.8
    assert classifier.predict(np.random.default_rng(0).integers(0, 256, (90, 60, 3), np.uint8)).novelty > max(posters)


def test_its_backbone_starts_another_training(made, colours, small, tmp_path):
    _, folder = made
    weights = str(folder / "soup" / "backbone.weights.h5")
    network = build_network(replace(small, weights=weights), 3)
    kept = load_shipped_network(folder / "soup", read_manifest(folder / "soup"))
    for own, shipped in zip(network.features.get_weights(), kept.features.get_weights(), strict=True):
        np.testing.assert_array_equal(own, shipped)


def test_it_decides_by_the_out_of_fold_scores_of_all_posters(made, colours):
    classifier, folder = made
    parts = [read_scores(folder / "cv" / f"fold-{fold}" / "scores" / "light-test.npz") for fold in range(2)]
    manifest = classifier.manifest
    assert manifest.calibration.fitted_on == "out-of-fold scores, 120 posters"
    assert {rule.fitted_on for rule in manifest.rules} == {"out-of-fold scores, 120 posters", "nothing"}
    ids = [id for part in parts for id in part.ids]
    assert sorted(ids) == sorted(colours.ids)
    rows = [colours.ids.index(id) for id in ids]
    labels = colours.multi_hot()[rows]
    np.testing.assert_allclose(manifest.prior, labels.mean(axis=0))
    pooled = replace(parts[0], ids=tuple(ids), y_score=np.concatenate([p.y_score for p in parts]), y_true=labels)
    calibration = fit_calibration(pooled, group_posters(colours.among(ids)), split="out-of-fold scores")
    assert manifest.calibration == calibration
    assert manifest.rules == fit_rules(pooled, calibration, split="out-of-fold scores")
    decided = read_scores(folder / "cv" / "decisions.npz")
    figures = manifest.metrics["out_of_fold"]
    assert figures["macro_f1"] == METRICS["macro_f1"](decided.y_true, decided.y_score.astype(np.uint8))


def test_its_figures_are_those_that_the_cross_validation_prints(made):
    classifier, folder = made
    figures, judged = classifier.manifest.metrics["out_of_fold"], json.loads((folder / "judged.json").read_text())
    model, prior = (
        next(row for row in judged["predictors"] if row["predictor"] == name) for name in ("model", "prior")
    )
    assert figures["macro_map"] == pytest.approx(model["pooled"]["value"])
    assert [figures["low"], figures["high"]] == pytest.approx([model["pooled"]["interval"][e] for e in ("low", "high")])
    for name in ("micro_map", "macro_roc_auc", "log_loss", "macro_f1", "micro_f1"):
        assert figures[name] == pytest.approx(model["figures"][name])
    assert figures["macro_map_of_the_prior"] == pytest.approx(prior["pooled"]["value"])
    # With three genres, the 20 commonest are all of them.
    assert [figures[name] for name in ("macro_map_20", "low_20", "high_20")] == pytest.approx(
        [figures[name] for name in ("macro_map", "low", "high")]
    )


def test_the_card_says_whose_figures_they_are(made):
    classifier, folder = made
    card = (folder / "soup" / "MODEL_CARD.md").read_text()
    figures = classifier.manifest.metrics["out_of_fold"]
    assert figures["low"] <= figures["macro_map"] <= figures["high"]
    assert f"**{figures['macro_map']:.3f}**" in card
    assert "2-fold cross-validation" in card
    assert "make it so" in card
    for name in classifier.genre_names:
        assert f"| {name} |" in card


def test_a_soup_needs_a_whole_cross_validation(made, colours, tmp_path):
    _, folder = made
    with pytest.raises(RunError, match="holds no cross-validation"):
        soup(tmp_path, colours, tmp_path / "soup", command="", cache=folder / "cache")
    (tmp_path / "fold-0").symlink_to(folder / "cv" / "fold-0")
    (tmp_path / "fold-1").mkdir()
    with pytest.raises(RunError, match="has no classifier yet"):
        soup(tmp_path, colours, tmp_path / "soup", command="", cache=folder / "cache")
    assert not (tmp_path / "soup").exists()


def test_networks_of_other_shapes_are_not_averaged(made, small, tmp_path):
    _, folder = made
    build_network(small, 5).whole.save(tmp_path / "other.keras")
    first = folder / "cv" / "fold-0" / "classifier" / "network.keras"
    with pytest.raises(TrainingError, match="holds another network"):
        average_networks([first, tmp_path / "other.keras"])


def test_a_classifier_opens_whatever_lies_beside_its_network(made):
    _, folder = made
    assert {"backbone.weights.h5", "head.weights.h5", "seen.npy"} < set(read_manifest(folder / "soup").files)
    assert load_classifier(folder / "soup").genre_names == ("Blue", "Green", "Red")
