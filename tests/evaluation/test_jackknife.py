"""Jackknife intervals: each figure as if a film had been deleted, coverage of truths, and none where none can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from posters.evaluation.jackknife import LEAST_POSITIVE_FILMS, jackknife, leave_one_out
from posters.metrics import average_precision
from scripts.promises import coverage, genre_coverage


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0, 0.25, 0.5, 1]) | st.floats(0, 1), st.integers(0, 5)), min_size=1
    )
)
def test_it_is_as_if_the_posters_of_a_film_had_been_deleted(posters):
    y_true, y_score, film = (np.array(column) for column in zip(*posters, strict=True))
    film = np.unique(film, return_inverse=True)[1]
    rests = [film != number for number in range(film.max() + 1)]
    wanted = [
        average_precision(y_true[rest, None].astype(np.int8), y_score[rest, None])[0] if rest.any() else np.nan
        for rest in rests
    ]
    np.testing.assert_allclose(leave_one_out(y_true.astype(np.int8), y_score, film), wanted, rtol=1e-9)


def drawn(seed=0, films=60, genres=3):
    rng = np.random.default_rng(seed)
    y_true = (rng.random((films, genres)) < 0.3).astype(np.int8)
    return y_true, rng.random((films, genres)) + 0.4 * y_true


def test_bias_and_variance_are_those_of_the_textbook():
    y_true, y_score = drawn()
    without = np.array([average_precision(np.delete(y_true, n, 0), np.delete(y_score, n, 0)) for n in range(60)])
    found, p = jackknife(y_true, y_score, np.arange(60)), (y_true == 1).sum(axis=0)
    np.testing.assert_allclose(found.bias, 59 * (without.mean(axis=0) - average_precision(y_true, y_score)))
    covariance = 59 / 60 * (without - without.mean(axis=0)).T @ (without - without.mean(axis=0))
    np.testing.assert_allclose(found.covariance, covariance)
    np.testing.assert_allclose(found.variances, np.diag(covariance) * p / (p - 1))


def test_a_cell_that_is_unknown_counts_as_if_its_row_were_missing():
    y_true, y_score = drawn()
    y_true[:20, 0] = -1
    found, alone = jackknife(y_true, y_score, np.arange(60)), jackknife(y_true[20:], y_score[20:], np.arange(40))
    assert found.of_genre(0) == alone.of_genre(0)


def test_what_is_too_rare_has_no_interval():
    y_true, y_score = drawn()
    # All of them in one film, one fewer than enough, and just enough.
    for column, positives in enumerate((3, LEAST_POSITIVE_FILMS - 1, LEAST_POSITIVE_FILMS)):
        y_true[:, column] = np.arange(60) % 12 < 1 if positives == LEAST_POSITIVE_FILMS else np.arange(60) < positives
    film = np.where(np.arange(60) < 3, 0, np.arange(60))
    found = jackknife(y_true, y_score, film)
    assert [found.of_genre(genre) is None for genre in range(3)] == [True, True, False]


@pytest.mark.parametrize("groups", [np.zeros(60, int), np.arange(60)])
def test_one_film_and_a_figure_that_nothing_moves_have_no_interval(groups):
    y_true, y_score = drawn()
    perfect = y_true.astype(float)
    assert jackknife(y_true, perfect if groups.any() else y_score, groups).interval() is None


def test_one_poster_and_no_positives_have_no_interval():
    assert jackknife(np.ones((1, 2), np.int8), np.ones((1, 2)), np.zeros(1, int)).interval() is None
    assert jackknife(np.zeros((9, 1), np.int8), np.ones((9, 1)), np.arange(9)).interval() is None


def test_one_interval_is_the_same_whatever_the_order_of_posters():
    y_true, y_score = drawn()
    film, order = np.arange(60) // 2, np.random.default_rng(1).permutation(60)
    found = jackknife(y_true[order], y_score[order], film[order]).interval()
    assert found.low == pytest.approx(jackknife(y_true, y_score, film).interval().low, rel=1e-12)


@pytest.mark.parametrize(("films", "size"), [(200, 1), (850, 1), (120, 3)])
def test_the_interval_of_a_macro_map_covers_the_truth(films, size):
    sets = 60
    held = coverage(films, size, sets, seed=3)["jackknife (ours)"][0]
    # Fewer are exceeded by chance in one of a thousand such tests, if 0.94 is the truth.
    assert held * sets >= stats.binom.ppf(0.001, sets, 0.94)


def test_percentiles_do_not():
    """Otherwise the test above could not fail."""
    assert coverage(200, 1, 30, samples=100, seed=3)["percentiles"][0] * 30 < stats.binom.ppf(0.001, 30, 0.94)


def test_the_interval_of_a_genre_covers_the_truth_from_the_rarest_on():
    for covers, _, number in genre_coverage(300, 1, 40, seed=4).values():
        assert covers * number >= stats.binom.ppf(0.0001, number, 0.93)
