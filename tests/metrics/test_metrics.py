"""Metrics against scikit-learn, against their definitions, by hand, and by what must hold for each of them."""

import doctest
import importlib
import subprocess
import sys
from itertools import permutations

import numpy as np
import pytest
import sklearn.metrics as oracle

from posters import metrics
from posters.metrics import METRICS

# Genres from common to rare, as in real catalogues.
PREVALENCE = np.array([0.5, 0.3, 0.2, 0.1, 0.05])


def without_full_rows(y_true, y):
    """scikit-learn counts a poster with all genres as 0, and here it has no ranking loss."""
    rows = ~y_true.all(axis=1)
    return y_true[rows], y[rows]


def by_all_orders(y_true, y, k, of):
    """Precision or recall at k: the mean over every order in which genres that tie may stand."""

    def hits(labels, values):
        orders = [order for order in permutations(range(len(values))) if (np.diff(values[list(order)]) <= 0).all()]
        return np.mean([labels[list(order[:k])].sum() for order in orders])

    return np.mean([hits(labels, values) / of(labels) for labels, values in zip(y_true, y, strict=True)])


# What scikit-learn calls the same figure, for tables where every genre and every poster has a positive.
ORACLES = {
    "macro_map": lambda y_true, y: oracle.average_precision_score(y_true, y, average="macro"),
    "micro_map": lambda y_true, y: oracle.average_precision_score(y_true, y, average="micro"),
    "macro_roc_auc": lambda y_true, y: oracle.roc_auc_score(y_true, y, average="macro"),
    "lrap": oracle.label_ranking_average_precision_score,
    "coverage_error": oracle.coverage_error,
    "ranking_loss": lambda y_true, y: oracle.label_ranking_loss(*without_full_rows(y_true, y)),
    "precision_at_1": lambda y_true, y: by_all_orders(y_true, y, 1, lambda labels: 1),
    "precision_at_3": lambda y_true, y: by_all_orders(y_true, y, 3, lambda labels: 3),
    "recall_at_3": lambda y_true, y: by_all_orders(y_true, y, 3, np.sum),
    "ndcg_at_3": lambda y_true, y: oracle.ndcg_score(y_true, y, k=3),
    "log_loss": lambda y_true, y: oracle.log_loss(y_true.ravel(), y.ravel()),
    "macro_f1": lambda y_true, y: oracle.f1_score(y_true, y, average="macro", zero_division=0),
    "micro_f1": lambda y_true, y: oracle.f1_score(y_true, y, average="micro", zero_division=0),
    "weighted_f1": lambda y_true, y: oracle.f1_score(y_true, y, average="weighted", zero_division=0),
    "samples_f1": lambda y_true, y: oracle.f1_score(y_true, y, average="samples", zero_division=0),
    "macro_precision": lambda y_true, y: oracle.precision_score(y_true, y, average="macro", zero_division=0),
    "macro_recall": lambda y_true, y: oracle.recall_score(y_true, y, average="macro", zero_division=0),
    "micro_precision": lambda y_true, y: oracle.precision_score(y_true, y, average="micro", zero_division=0),
    "micro_recall": lambda y_true, y: oracle.recall_score(y_true, y, average="micro", zero_division=0),
    "subset_accuracy": oracle.accuracy_score,
    "hamming_loss": oracle.hamming_loss,
    "binary_accuracy": lambda y_true, y: 1 - oracle.hamming_loss(y_true, y),
}


def each(metrics_to_test):
    return pytest.mark.parametrize("metric", metrics_to_test, ids=lambda metric: metric.name)


every_metric = each(METRICS.values())
macro_metrics = each([metric for metric in METRICS.values() if metric.over == "genres"])
ranking_metrics = each([m for m in METRICS.values() if m.needs == "score" and m.name != "log_loss"])
poster_metrics = each([m for m in METRICS.values() if m.over == "posters" and m.name != "subset_accuracy"])


def labels_and_scores(seed, posters=60, decimals=1):
    """Labels with a positive in every row and column, and scores with many ties that know a little of them."""
    random = np.random.default_rng(seed)
    y_true = (random.random((posters, len(PREVALENCE))) < PREVALENCE).astype(np.uint8)
    y_true[y_true.sum(axis=1) == 0, 0] = 1
    y_true[0], y_true[1] = 1, [1, 0, 0, 0, 0]
    y_true[2, 0], y_true[2, 1] = 0, 1
    y_score = (0.25 * y_true + 0.7 * random.random(y_true.shape)).round(decimals).clip(0.05, 0.95)
    return y_true, y_score


def reads(metric, y_score):
    """What the metric reads of a predictor with these scores."""
    return y_score if metric.needs == "score" else (y_score >= 0.5).astype(np.uint8)


# --- Independent oracles ---


def test_every_metric_has_an_oracle():
    assert ORACLES.keys() == METRICS.keys()


@every_metric
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("decimals", [1, 12], ids=["ties", "no ties"])
def test_agrees_with_scikit_learn(metric, seed, decimals):
    y_true, y_score = labels_and_scores(seed, decimals=decimals)
    y = reads(metric, y_score)
    assert metric(y_true, y) == pytest.approx(ORACLES[metric.name](y_true, y), abs=1e-12)


def test_average_precision_is_the_step_wise_sum():
    y_true, y_score = (column[:, 2] for column in labels_and_scores(3))
    total, last_recall = 0.0, 0.0
    for threshold in sorted(set(y_score), reverse=True):
        passing = y_true[y_score >= threshold]
        recall = passing.sum() / y_true.sum()
        total += (recall - last_recall) * passing.mean()
        last_recall = recall
    assert metrics.average_precision(y_true[:, None], y_score[:, None]) == pytest.approx([total], abs=1e-12)


def test_roc_auc_is_the_share_of_pairs_in_the_right_order():
    y_true, y_score = (column[:, 1] for column in labels_and_scores(4))
    pairs = [
        1.0 if positive > negative else 0.5 if positive == negative else 0.0
        for positive in y_score[y_true == 1]
        for negative in y_score[y_true == 0]
    ]
    assert metrics.roc_auc(y_true[:, None], y_score[:, None]) == pytest.approx([np.mean(pairs)], abs=1e-12)


def test_figures_by_hand():
    y_true = np.array([[1, 0], [1, 1], [0, 0], [0, 1]], np.uint8)
    y_score = np.array([[0.9, 0.6], [0.4, 0.4], [0.4, 0.1], [0.2, 0.8]])
    y_pred = (y_score >= 0.5).astype(np.uint8)
    # First genre: the second positive shares 0.4 with a negative, so 2 of 3 pass; second: ranks 1 and 3.
    assert metrics.average_precision(y_true, y_score) == pytest.approx([(1 + 2 / 3) / 2, (1 + 2 / 3) / 2])
    assert metrics.roc_auc(y_true, y_score) == pytest.approx([3.5 / 4, 3 / 4])
    assert metrics.precision(y_true, y_pred).tolist() == [1, 0.5]
    assert metrics.recall(y_true, y_pred).tolist() == [0.5, 0.5]
    assert metrics.f1(y_true, y_pred) == pytest.approx([2 / 3, 1 / 2])
    assert METRICS["micro_f1"](y_true, y_pred) == pytest.approx(2 * 2 / (3 + 4))
    assert METRICS["samples_f1"](y_true, y_pred) == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert METRICS["hamming_loss"](y_true, y_pred) == 3 / 8
    assert METRICS["subset_accuracy"](y_true, y_pred) == 2 / 4
    # The second poster's two true genres tie: both are needed, and both are right.
    assert METRICS["coverage_error"](y_true, y_score) == pytest.approx((1 + 2 + 1) / 3)
    assert METRICS["lrap"](y_true, y_score) == 1


# --- What must hold for every metric ---


@every_metric
def test_the_order_of_posters_does_not_matter(metric):
    y_true, y_score = labels_and_scores(0)
    y, order = reads(metric, y_score), np.random.default_rng(1).permutation(len(y_true))
    assert metric(y_true[order], y[order]) == pytest.approx(metric(y_true, y), abs=1e-12)


@every_metric
def test_the_order_of_genres_does_not_matter_to_the_whole_and_permutes_the_parts(metric):
    y_true, y_score = labels_and_scores(0)
    y, order = reads(metric, y_score), [3, 0, 4, 1, 2]
    assert metric(y_true[:, order], y[:, order]) == pytest.approx(metric(y_true, y), abs=1e-12)
    if metric.over == "genres":
        assert metric.parts(y_true[:, order], y[:, order]).tolist() == metric.parts(y_true, y)[order].tolist()


@every_metric
def test_every_poster_twice_is_the_same_figure(metric):
    y_true, y_score = labels_and_scores(0)
    y = reads(metric, y_score)
    assert metric(np.tile(y_true, (2, 1)), np.tile(y, (2, 1))) == pytest.approx(metric(y_true, y), abs=1e-12)


@every_metric
def test_the_truth_is_the_best_and_its_opposite_the_worst(metric):
    y_true, y_score = labels_and_scores(0)
    figures = [metric(y_true, reads(metric, y)) for y in (1.0 - y_true, y_score, 1.0 * y_true)]
    assert figures == sorted(figures, reverse=not metric.larger_is_better)
    assert figures[0] != figures[1] != figures[2]


@every_metric
def test_figures_lie_in_their_range(metric):
    y_true, y_score = labels_and_scores(0)
    highest = {"coverage_error": len(PREVALENCE), "log_loss": np.inf}.get(metric.name, 1)
    assert 0 <= metric(y_true, reads(metric, y_score)) <= highest


@ranking_metrics
def test_rankings_ignore_the_scale_of_scores(metric):
    y_true, y_score = labels_and_scores(0)
    assert metric(y_true, y_score**3 / 2) == pytest.approx(metric(y_true, y_score), abs=1e-12)


@macro_metrics
def test_macro_is_the_mean_of_the_genres_by_themselves(metric):
    y_true, y_score = labels_and_scores(0)
    y = reads(metric, y_score)
    alone = [metric(y_true[:, [g]], y[:, [g]]) for g in range(len(PREVALENCE))]
    assert metric(y_true, y) == pytest.approx(np.mean(alone), abs=1e-12)


# --- What is undefined ---


@macro_metrics
def test_a_genre_without_positives_leaves_macro_figures_as_they_were(metric):
    y_true, y_score = labels_and_scores(0)
    wider_true = np.c_[y_true, np.zeros(len(y_true), np.uint8)]
    wider = reads(metric, np.c_[y_score, np.linspace(0, 1, len(y_true))])
    assert metric(wider_true, wider) == metric(y_true, reads(metric, y_score))
    assert np.isnan(metric.parts(wider_true, wider)[-1])


@poster_metrics
def test_a_poster_without_genres_is_left_out_of_means_over_posters(metric):
    y_true, y_score = labels_and_scores(0)
    longer_true = np.r_[y_true, np.zeros((1, 5), np.uint8)]
    longer = reads(metric, np.r_[y_score, np.full((1, 5), 0.9)])
    assert metric(longer_true, longer) == metric(y_true, reads(metric, y_score))
    assert np.isnan(metric.parts(longer_true, longer)[-1])


@every_metric
def test_without_any_positive_only_what_counts_pairs_is_defined(metric):
    y_true, y_score = np.zeros((4, 5), np.uint8), labels_and_scores(0, posters=4)[1]
    defined = {"log_loss", "hamming_loss", "binary_accuracy", "subset_accuracy"}
    assert np.isnan(metric(y_true, reads(metric, y_score))) == (metric.name not in defined)


def test_only_roc_auc_needs_a_negative():
    y_true, y_score = np.ones((3, 1), np.uint8), np.array([[0.2], [0.6], [0.7]])
    missing = [m.name for m in METRICS.values() if m.over == "genres" and np.isnan(m(y_true, reads(m, y_score)))]
    assert missing == ["macro_roc_auc"]


def test_silence_about_a_genre_that_is_there_scores_zero():
    y_true, silent = np.array([[1], [0]], np.uint8), np.zeros((2, 1), np.uint8)
    assert [metric(y_true, silent).tolist() for metric in (metrics.precision, metrics.recall, metrics.f1)] == [
        [0.0]
    ] * 3


# --- Known facts ---


def test_predicting_nothing_is_as_accurate_as_genres_are_rare():
    y_true, _ = labels_and_scores(0)
    assert METRICS["binary_accuracy"](y_true, np.zeros_like(y_true)) == pytest.approx(1 - y_true.mean())


def test_the_prior_ranks_by_chance_and_costs_its_entropy():
    y_true, _ = labels_and_scores(0)
    p = y_true.mean(axis=0)
    prior = np.tile(p, (len(y_true), 1))
    assert metrics.average_precision(y_true, prior) == pytest.approx(p)
    assert METRICS["macro_map"](y_true, prior) == pytest.approx(y_true.mean())
    assert metrics.roc_auc(y_true, prior).tolist() == [0.5] * len(p)
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    assert METRICS["log_loss"](y_true, prior) == pytest.approx(entropy.mean())


def test_a_sure_mistake_costs_what_it_costs_in_keras_and_not_infinity():
    assert metrics.log_loss(np.array([[1]]), np.array([[0.0]])) == pytest.approx(-np.log(1e-7))


# --- The package ---


@pytest.mark.parametrize("module", ["averages", "decisions", "ranking", "registry"])
def test_examples_in_docstrings(module):
    outcome = doctest.testmod(importlib.import_module(f"posters.metrics.{module}"))
    assert outcome.attempted
    assert not outcome.failed


def test_nothing_heavy_is_loaded():
    heavy = "{'sklearn', 'pandas', 'tensorflow', 'matplotlib', 'scipy'}"
    check = f"import sys, posters.metrics, posters.report; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
