"""The linear probe against scikit-learn's own pipeline, and what it may look at."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from posters.baselines import standardised
from posters.baselines.linear_probe import STRENGTHS, WEAKER, fit_probe, out_of_fold_scores
from posters.errors import SplitError

TRAIN, VALIDATION, TEST = np.arange(0, 120), np.arange(120, 180), np.arange(180, 240)


@pytest.fixture
def features():
    """Skewed and not negative, like pooled activations."""
    return np.random.default_rng(0).gamma(0.5, 2.0, (240, 12)).astype(np.float32)


@pytest.fixture
def y(features):
    """Three genres that depend on the features, and on chance."""
    noise = np.random.default_rng(1).normal(size=(240, 3))
    return (features[:, :3] + features[:, 3:6] + noise > 2.5).astype(np.uint8)


@pytest.mark.parametrize("memory", [standardised.MEMORY, 0])
def test_it_is_scikit_learns_logistic_regression_with_the_c_that_is_best_on_validation(
    features, y, memory, monkeypatch
):
    monkeypatch.setattr(standardised, "MEMORY", memory)
    monkeypatch.setattr(standardised, "BLOCK", 1000)
    root = FunctionTransformer(lambda x: np.sign(x) * np.abs(x) / np.sqrt(np.abs(x) + 1e-3))
    expected, exact = {}, features.astype(np.float64)
    for strength in (1.0, 0.3, 0.1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4):
        pipelines = [
            make_pipeline(root, StandardScaler(), LogisticRegression(C=strength, tol=1e-9, max_iter=5000))
            for _ in range(3)
        ]
        fitted = [pipeline.fit(exact[TRAIN], genre) for pipeline, genre in zip(pipelines, y[TRAIN].T, strict=True)]
        expected[strength] = np.stack([pipeline.predict_proba(exact)[:, 1] for pipeline in fitted], axis=1)
    best = max(expected, key=lambda c: average_precision_score(y[VALIDATION], expected[c][VALIDATION], average="macro"))
    probe = fit_probe(features, y, TRAIN, VALIDATION)
    assert probe.strength == best
    # Of features in float32: scikit-learn itself, with its own tolerance, is off by 0.0003.
    np.testing.assert_allclose(probe.score(features), expected[best], atol=2e-4)


def test_a_genre_is_fitted_on_the_posters_of_which_it_is_known(features, y):
    rng = np.random.default_rng(2)
    partly = y.astype(np.int8)
    partly[TRAIN] = np.where(rng.random((120, 3)) < 0.4, -1, partly[TRAIN])
    probe = fit_probe(features, partly, TRAIN, VALIDATION)
    root = np.sign(features) * np.abs(features) / np.sqrt(np.abs(features) + 1e-3)
    # Standardised by all training posters: what a poster looks like is known of each.
    x = (root - root[TRAIN].mean(axis=0)) / root[TRAIN].std(axis=0)
    for genre in range(3):
        rows = TRAIN[partly[TRAIN, genre] >= 0]
        assert 40 < len(rows) < 100
        fitted = LogisticRegression(C=probe.strength, max_iter=500).fit(x[rows], y[rows, genre])
        np.testing.assert_allclose(probe.score(features)[:, genre], fitted.predict_proba(x)[:, 1], atol=5e-4)


def test_unknown_labels_of_a_genre_with_one_class_give_its_share(features, y):
    partly = y.astype(np.int8)
    partly[TRAIN, 0], partly[TRAIN[:50], 0], partly[TRAIN, 1] = 1, -1, -1
    y_score = fit_probe(features, partly, TRAIN, VALIDATION).score(features)
    np.testing.assert_allclose(y_score[:, :2], [[1.0, 0.0]] * 240, atol=1e-12)


def test_a_poster_counts_by_its_weight(features, y):
    """As scikit-learn's sample_weight; unknown labels count nothing."""
    rng = np.random.default_rng(3)
    partly = y.astype(np.int8)
    partly[TRAIN] = np.where(rng.random((120, 3)) < 0.2, -1, partly[TRAIN])
    weights = np.full(len(y), np.nan)  # Of other rows it is not asked.
    weights[TRAIN] = rng.choice([0.1, 1.0], 120)
    probe = fit_probe(features, partly, TRAIN, VALIDATION, weights)
    root = np.sign(features) * np.abs(features) / np.sqrt(np.abs(features) + 1e-3)
    x = (root - root[TRAIN].mean(axis=0)) / root[TRAIN].std(axis=0)
    for genre in range(3):
        known = TRAIN[partly[TRAIN, genre] >= 0]
        exact = LogisticRegression(C=probe.strength, tol=1e-9, max_iter=5000)
        exact.fit(x[known].astype(np.float64), partly[known, genre], sample_weight=weights[known])
        np.testing.assert_allclose(probe.score(features)[:, genre], exact.predict_proba(x)[:, 1], atol=5e-4)


def test_out_of_fold_scores_are_fitted_on_known_labels_alone(features, y):
    """Labels that are hidden may be anything."""
    hidden = np.random.default_rng(3).random(y.shape) < 0.3
    groups = np.arange(240)
    y_score = out_of_fold_scores(features, np.where(hidden, -1, y.astype(np.int8)), groups)
    assert roc_auc_score(y, y_score, average="macro") > 0.7
    assert y_score.shape == (240, 3)


def test_the_labels_on_validation_decide_for_c(features, y):
    chosen = {fit_probe(features, _with_validation(y, seed), TRAIN, VALIDATION).strength for seed in range(12)}
    assert chosen <= {*STRENGTHS, *WEAKER}
    assert len(chosen) > 1


def _with_validation(y, seed):
    changed = y.copy()
    changed[VALIDATION] = np.random.default_rng(seed).permutation(changed[VALIDATION])
    return changed


def test_the_test_side_changes_nothing(features, y):
    before = fit_probe(features, y, TRAIN, VALIDATION)
    changed_y, changed_features = y.copy(), features.copy()
    changed_y[TEST] = 1 - changed_y[TEST]
    changed_features[TEST] *= 100
    after = fit_probe(changed_features, changed_y, TRAIN, VALIDATION)
    seen = np.concatenate([TRAIN, VALIDATION])
    assert after.strength == before.strength
    np.testing.assert_array_equal(after.score(features)[seen], before.score(features)[seen])


def test_a_genre_that_all_or_none_of_the_training_posters_have_gets_that_share(features, y):
    y[TRAIN, 0], y[TRAIN, 1] = 0, 1
    y_score = fit_probe(features, y, TRAIN, VALIDATION).score(features)
    np.testing.assert_allclose(y_score[:, :2], [[0.0, 1.0]] * 240, atol=1e-12)
    assert len(set(y_score[:, 2])) > 100


def test_a_poster_is_scored_by_a_probe_that_never_saw_its_group():
    """The features tell the group and nothing else, and the labels are by group: seen groups are known by heart."""
    groups = np.repeat(np.arange(60), 4)
    features = np.eye(60, dtype=np.float32)[groups]
    y = np.random.default_rng(0).integers(0, 2, (60, 1), np.uint8)[groups]
    seen = fit_probe(features, y, np.arange(240), np.arange(240)).score(features)
    unseen = out_of_fold_scores(features, y, groups)
    by_poster = out_of_fold_scores(features, y, np.arange(240))
    assert roc_auc_score(y, seen) == 1
    assert roc_auc_score(y, by_poster) > 0.95
    assert roc_auc_score(y, unseen) < 0.6


def test_out_of_fold_scores_are_of_every_poster_and_know_what_can_be_known(features, y):
    y_score = out_of_fold_scores(features, y, np.arange(240))
    assert y_score.shape == (240, 3)
    assert ((y_score > 0) & (y_score < 1)).all()
    assert roc_auc_score(y, y_score, average="macro") > 0.75
    np.testing.assert_array_equal(y_score, out_of_fold_scores(features, y, np.arange(240)))
    assert not np.array_equal(y_score, out_of_fold_scores(features, y, np.arange(240), seed=1))


@pytest.mark.parametrize(("groups", "folds"), [(np.arange(240) % 4, 5), (np.arange(240), 1)])
def test_folds_that_can_not_be_made_are_refused(features, y, groups, folds):
    with pytest.raises(SplitError, match="out-of-fold scores need 2 folds at least, and as many films"):
        out_of_fold_scores(features, y, groups, folds=folds)


def test_weaker_regularisation_is_tried_where_the_weakest_was_best():
    """A genre by the sum of many weak signs, without noise: the larger the weights may be, the better."""
    features = np.random.default_rng(0).normal(size=(600, 40))
    y = (features @ np.random.default_rng(1).normal(size=(40, 2)) > 0).astype(np.uint8)
    rows = np.arange(600)
    probe = fit_probe(features, y, rows[:100], rows[100:350])
    assert probe.strength in WEAKER
    root = np.sign(features) * np.sqrt(np.abs(features))
    strongest = [
        LogisticRegression(C=STRENGTHS[-1]).fit(root[:100], genre[:100]).decision_function(root) for genre in y.T
    ]
    before = average_precision_score(y[350:], np.stack(strongest, axis=1)[350:], average="macro")
    assert average_precision_score(y[350:], probe.score(features)[350:], average="macro") > before
