"""Unknown labels (-1) in every metric: against scikit-learn on the known cells, and by what can't matter."""

import warnings

import numpy as np
import pytest
import sklearn.metrics as oracle

from posters.metrics import METRICS, Metric, register_metric, unregister_metric
from tests.metrics.test_metrics import by_all_orders, labels_and_scores

SEEDS = range(5)


def hidden(seed, share=0.4):
    """Labels and scores of which some labels are unknown, and the labels as they were."""
    y_true, y_score = labels_and_scores(seed)
    gone = np.random.default_rng(seed + 100).random(y_true.shape) < share
    gone[7] = True  # Nothing is known of one poster, and of a genre only what is no positive.
    gone[:, 4] |= y_true[:, 4] == 1
    return np.where(gone, -1, y_true).astype(np.int8), y_score


def needed(metric, y_score):
    return y_score if metric.needs == "score" else (y_score >= 0.4).astype(np.uint8)


def over_genres(figure):
    """The mean over genres, each on the posters for which it is known, of those that have positives."""

    def mean(y_true, y):
        columns = [(y_true[y_true[:, g] >= 0, g], y[y_true[:, g] >= 0, g]) for g in range(y_true.shape[1])]
        return np.mean([figure(labels, values) for labels, values in columns if labels.any()])

    return mean


def over_posters(figure, needs_genre=True, mean=np.mean):
    def over(y_true, y):
        rows = [(labels[labels >= 0], values[labels >= 0]) for labels, values in zip(y_true, y, strict=True)]
        counted = [row for row in rows if len(row[0]) and (row[0].any() or not needs_genre)]
        return mean([figure(labels, values) for labels, values in counted])

    return over


def over_pairs(figure):
    return lambda y_true, y: figure(y_true[y_true >= 0], y[y_true >= 0])


def weighted_f1(y_true, y):
    columns = [(y_true[y_true[:, g] >= 0, g], y[y_true[:, g] >= 0, g]) for g in range(y_true.shape[1])]
    weights = [labels.sum() for labels, _ in columns]
    return np.average([oracle.f1_score(*column, zero_division=0) for column in columns], weights=weights)


def zero(figure):
    return lambda labels, values: figure(labels, values, zero_division=0)


ORACLES = {
    "macro_map": over_genres(oracle.average_precision_score),
    "micro_map": over_pairs(oracle.average_precision_score),
    "macro_roc_auc": over_genres(oracle.roc_auc_score),
    "lrap": over_posters(lambda y, p: oracle.label_ranking_average_precision_score([y], [p])),
    # scikit-learn takes no single genre: one more that the poster lacks, and that is never reached.
    "coverage_error": over_posters(lambda y, p: oracle.coverage_error([[*y, 0]], [[*p, -1]])),
    "ranking_loss": over_posters(
        lambda y, p: np.mean(p[y == 0] >= p[y == 1][:, None]) if len(set(y)) == 2 else np.nan, mean=np.nanmean
    ),
    "precision_at_1": over_posters(lambda y, p: by_all_orders([y], [p], 1, lambda labels: 1)),
    "precision_at_3": over_posters(lambda y, p: by_all_orders([y], [p], 3, lambda labels: min(3, len(labels)))),
    "recall_at_3": over_posters(lambda y, p: by_all_orders([y], [p], 3, np.sum)),
    "ndcg_at_3": over_posters(lambda y, p: oracle.ndcg_score([[*y, 0]], [[*p, -1]], k=3)),
    "log_loss": over_pairs(lambda y, p: oracle.log_loss(y, p)),
    "macro_f1": over_genres(zero(oracle.f1_score)),
    "micro_f1": over_pairs(zero(oracle.f1_score)),
    "weighted_f1": weighted_f1,
    "samples_f1": over_posters(zero(oracle.f1_score)),
    "macro_precision": over_genres(zero(oracle.precision_score)),
    "macro_recall": over_genres(zero(oracle.recall_score)),
    "micro_precision": over_pairs(zero(oracle.precision_score)),
    "micro_recall": over_pairs(zero(oracle.recall_score)),
    "subset_accuracy": over_posters(lambda y, p: float((y == p).all()), needs_genre=False),
    "hamming_loss": over_pairs(lambda y, p: np.mean(y != p)),
    "binary_accuracy": over_pairs(oracle.accuracy_score),
}

every_metric = pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)


@every_metric
@pytest.mark.parametrize("seed", SEEDS)
def test_a_metric_is_that_of_the_known_cells(metric, seed):
    y_true, y_score = hidden(seed)
    y = needed(metric, y_score)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = ORACLES[metric.name](y_true, y)
    assert metric(y_true, y) == pytest.approx(expected, rel=1e-12)


@every_metric
def test_what_is_predicted_where_nobody_knows_changes_nothing(metric):
    y_true, y_score = hidden(0)
    other = np.where(y_true < 0, np.random.default_rng(9).random(y_true.shape), y_score)
    before, after = (metric.known_parts(y_true, needed(metric, y)) for y in (y_score, other))
    np.testing.assert_array_equal(before, after)


@every_metric
def test_labels_that_are_known_are_judged_as_ever(metric):
    y_true, y_score = labels_and_scores(3)
    y = needed(metric, y_score)
    assert metric(y_true.astype(np.int8), y) == metric(y_true, y) == metric(y_true.astype(int), y)


@every_metric
def test_a_metric_of_nothing_known_is_undefined(metric):
    assert np.isnan(metric(np.full((3, 2), -1, np.int8), needed(metric, np.full((3, 2), 0.7))))


@pytest.mark.parametrize("over", ["genres", "posters", "pairs"])
def test_a_metric_of_ones_own_never_sees_an_unknown_label(over):
    def share(y_true, y_pred):
        assert ((y_true == 0) | (y_true == 1)).all()
        right = y_true == y_pred
        return {"genres": right.mean(axis=0), "posters": right.mean(axis=1), "pairs": right.mean()}[over]

    register_metric(Metric("share_right", "share right", "decision", over, "never", share))
    try:
        found = METRICS["share_right"](np.array([[1, -1], [0, 1], [-1, -1]]), np.array([[1, 1], [1, 1], [0, 0]]))
    finally:
        unregister_metric("share_right")
    # Genre by genre 1/2 and 1; poster by poster 1 and 1/2, and the third unknown.
    assert np.isnan(found) if over == "pairs" else found == 0.75


def test_a_metric_of_ones_own_may_take_unknown_labels_itself():
    own = Metric("unknown", "unknown", "decision", "pairs", "never", lambda y, _: np.mean(y < 0), takes_unknown=True)
    assert own(np.array([[1, -1]]), np.array([[1, 1]])) == 0.5
