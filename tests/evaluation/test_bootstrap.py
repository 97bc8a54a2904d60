"""The bootstrap: each resample's figure as if its rows were copied, whole groups, and intervals that hold the truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score

from posters.evaluation.bootstrap import (
    centred_interval,
    draw_counts,
    nan_mean,
    resampled_average_precision,
    resampled_mean,
)
from posters.metrics import average_precision


@settings(deadline=None, max_examples=50)
@given(st.data(), st.integers(1, 12), st.integers(1, 3), st.integers(0, 9))
def test_a_resample_scores_as_if_its_rows_were_copied(data, posters, genres, seed):
    y_true = data.draw(hnp.arrays(np.uint8, (posters, genres), elements=st.integers(0, 1)))
    # Few levels, so that there are ties.
    y_score = data.draw(hnp.arrays(np.float64, (posters, genres), elements=st.sampled_from([0, 0.2, 0.5, 0.5001, 1])))
    counts = draw_counts(np.arange(posters), 5, seed)
    found = resampled_average_precision(y_true, y_score, counts)
    for row, count in zip(found, counts, strict=True):
        copied = np.repeat(np.arange(posters), count)
        np.testing.assert_allclose(row, average_precision(y_true[copied], y_score[copied]), rtol=1e-12)


def test_a_resample_scores_as_scikit_learn_weighs_it():
    random = np.random.default_rng(0)
    y_true, y_score = random.integers(0, 2, (300, 2)), random.random((300, 2)).round(2)
    counts = draw_counts(np.arange(300), 70, 1)
    found = resampled_average_precision(y_true, y_score, counts)
    for sample in (0, 69):
        oracle = average_precision_score(y_true, y_score, average=None, sample_weight=counts[sample])
        np.testing.assert_allclose(found[sample], oracle)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30), st.integers(0, 5))
def test_whole_groups_are_drawn_as_many_as_there_are(groups, seed):
    counts = draw_counts(np.array(groups), 20, seed)
    first = {group: groups.index(group) for group in groups}
    for row in counts:
        assert all(row[place] == row[first[group]] for place, group in enumerate(groups))
        assert sum(row[place] for place in first.values()) == len(first)
    np.testing.assert_array_equal(counts, draw_counts(np.array(groups), 20, seed))


def test_a_mean_is_that_of_the_copied_rows_without_what_is_undefined():
    values = np.array([1.0, np.nan, 4.0])
    assert resampled_mean(values, np.array([[1, 5, 1], [2, 0, 1], [0, 3, 0]])) == pytest.approx(
        [2.5, 2.0, np.nan], nan_ok=True
    )
    assert nan_mean(np.array([[1.0, np.nan, 3.0], [np.nan] * 3])) == pytest.approx([2.0, np.nan], nan_ok=True)


def test_intervals_by_hand():
    values = np.append(np.linspace(0.4, 0.6, 41), [np.nan] * 5)
    assert centred_interval(values, 0.45).low == pytest.approx(0.405 - 0.05)
    assert centred_interval(values, 0.45).high == pytest.approx(0.595 - 0.05)
    assert centred_interval(np.array([0.5, np.nan, np.nan]), 0.5) is None
    assert centred_interval(np.array([]), 0.5) is None
    # Resamples of one group, or of posters that are all alike: they show nothing.
    assert centred_interval(np.full(9, 0.5), 0.5) is None
