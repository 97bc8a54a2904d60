"""Prevalence and F1 without labels: by hand, and on drawn posters whose truth is known."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from posters.drift.without_labels import expected_macro_f1, label_shift, lost_f1_p_value


def drawn(prevalence, count, rng):
    """Labels, and decisions with a recall of 0.7 and 0.1 of false alarms."""
    y_true = (rng.random(count) < prevalence).astype(int)
    return y_true, (rng.random(count) < np.where(y_true, 0.7, 0.1)).astype(int)


def test_prevalence_by_hand():
    # Recall 0.8, false alarms 0.2; 0.5 of the new posters are predicted: (0.5 - 0.2) / 0.6.
    y_true = np.repeat([1, 0], [10, 20])
    y_pred = np.concatenate([np.repeat([1, 0], [8, 2]), np.repeat([1, 0], [4, 16])])
    found = label_shift("War", y_true, y_pred, np.array([1, 0] * 10), np.random.default_rng(7))
    assert (found.reference, found.new) == (pytest.approx(1 / 3), pytest.approx(0.5))
    assert found.low < 0.5 < found.high


def test_the_interval_covers_the_truth():
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(100):
        found = label_shift("War", *drawn(0.2, 800, rng), drawn(0.4, 800, rng)[1], rng)
        hits += found.low <= 0.4 <= found.high
    assert hits >= 88


@pytest.mark.parametrize("y_true", [[1] * 20, [0] * 20, [-1] * 20, [0, 1] * 10])
def test_a_genre_whose_predictions_tell_nothing_has_no_estimate(y_true):
    y_pred = np.repeat([0, 1], 10)
    assert label_shift("War", np.array(y_true), y_pred, y_pred, np.random.default_rng(7)).new is None


def test_unknown_labels_do_not_count():
    rng = np.random.default_rng(7)
    y_true, y_pred = drawn(0.3, 200, rng)
    more = [np.concatenate([one, other]) for one, other in ((y_true, np.full(50, -1)), (y_pred, np.ones(50, int)))]
    assert label_shift("War", *more, y_pred, rng).new == label_shift("War", y_true, y_pred, y_pred, rng).new


def test_expected_f1_is_the_true_one_of_calibrated_probabilities():
    rng = np.random.default_rng(7)
    y_score = rng.beta(1, 2, (20_000, 3))
    y_true, y_pred = rng.random(y_score.shape) < y_score, y_score >= 0.4
    found, (low, high) = expected_macro_f1(y_score, y_pred, rng)
    assert found == pytest.approx(f1_score(y_true, y_pred, average="macro"), abs=0.01)
    assert low < found < high


@pytest.mark.slow
def test_a_loss_of_f1_rarely_alarms_between_halves_of_one_set():
    """Rare genres and few posters, where the estimate jumps: at 10%, more than 20 of 100 in one of 1,000 runs."""
    rng = np.random.default_rng(11)
    found = []
    for _ in range(100):
        one, other = rng.beta(0.3, 3, (2, 30, 8))
        found.append(lost_f1_p_value((one, one >= 0.4), (other, other >= 0.4), rng))
    assert sum(p_value <= 0.1 for p_value in found) <= 20


def test_a_genre_never_predicted_has_an_f1_of_0():
    assert expected_macro_f1(np.full((5, 1), 0.2), np.zeros((5, 1)), np.random.default_rng(7))[0] == 0.0
