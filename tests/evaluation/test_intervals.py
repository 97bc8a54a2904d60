"""The bootstrap's draws and intervals, and how often they hold a truth that is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posters.evaluation import bootstrap
from posters.evaluation.bootstrap import (
    Interval,
    centred_interval,
    draw_counts,
    normal_interval,
    resampled_average_precision,
    standard_error,
)

ALONE = np.arange(40)


def test_as_many_posters_are_drawn_as_there_are():
    counts = draw_counts(ALONE, 50, seed=0)
    assert (counts.shape, counts.dtype.kind) == ((50, 40), "u")
    assert (counts.sum(axis=1) == 40).all()
    # With replacement: the share of posters that stand in no resample is (1 - 1/40)^40 = 0.363.
    assert (counts == 0).mean() == pytest.approx(0.363, abs=0.02)


def test_a_seed_gives_the_same_draws_and_another_seed_others():
    assert (draw_counts(ALONE, 5, seed=1) == draw_counts(ALONE, 5, seed=1)).all()
    assert (draw_counts(ALONE, 5, seed=1) != draw_counts(ALONE, 5, seed=2)).any()


def test_no_posters_and_no_genres_have_resamples_too():
    assert draw_counts(np.array([], int), 3, seed=0).shape == (3, 0)
    assert resampled_average_precision(np.ones((4, 0)), np.ones((4, 0)), np.ones((3, 4), int)).shape == (3, 0)


def test_resamples_are_the_same_in_blocks_of_any_size(monkeypatch):
    rng = np.random.default_rng(0)
    y_true, y_score, counts = rng.random((30, 2)) < 0.3, rng.random((30, 2)), draw_counts(np.arange(30), 7, seed=0)
    at_once = resampled_average_precision(y_true, y_score, counts)
    monkeypatch.setattr(bootstrap, "_BLOCK", 3)
    assert (resampled_average_precision(y_true, y_score, counts) == at_once).all()


# 101 resamples of the mean 0.52, from whose quantiles the intervals follow by hand.
RESAMPLES = np.append(np.linspace(0.4, 0.6, 100), 2.52)


def test_each_interval_by_hand():
    low, high = np.quantile(RESAMPLES, [0.1, 0.9])
    assert RESAMPLES.mean() == pytest.approx(0.52)
    assert centred_interval(RESAMPLES, 0.5, level=0.8) == Interval(
        pytest.approx(low - 0.02), pytest.approx(high - 0.02), 0.8
    )
    # 1.2816 is the 90% quantile of the normal distribution.
    reach = 1.2816 * RESAMPLES.std(ddof=1)
    wanted = Interval(pytest.approx(-0.1 - reach, abs=1e-4), pytest.approx(-0.1 + reach, abs=1e-4), 0.8)
    assert normal_interval(RESAMPLES, -0.1, level=0.8) == wanted


def test_an_interval_of_a_figure_lies_between_0_and_1():
    spread = np.linspace(0, 1, 50)
    assert centred_interval(spread, 0.01).low == 0
    assert centred_interval(spread, 0.99).high == 1


def test_undefined_resamples_are_left_out_until_they_are_the_most():
    values = np.array([0.2, 0.3, 0.4, np.nan, np.nan, np.nan])
    assert centred_interval(values, 0.3) == centred_interval(values[:3], 0.3)
    assert centred_interval(np.append(values, np.nan), 0.3) is None
    assert centred_interval(np.array([]), 0.3) is None


@pytest.mark.parametrize("values", [[], [np.nan], [0.3], [0.3, np.nan], [0.3, 0.3]])
def test_what_never_moves_has_no_error(values):
    assert standard_error(np.array(values)) == 0
    assert normal_interval(np.array(values), 0.1) == Interval(0.1, 0.1, 0.95)


@settings(max_examples=30)
@given(values=hnp.arrays(float, 20, elements=st.floats(0, 1)), estimate=st.floats(0, 1))
def test_an_interval_begins_below_its_end(values, estimate):
    for interval in (centred_interval, normal_interval):
        made = interval(values, estimate)
        assert made is None or made.low <= made.high
