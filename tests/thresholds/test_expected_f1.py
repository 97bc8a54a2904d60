"""The best expected F1 of a poster: as trying every set of genres shows."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.errors import ScoresError
from posters.thresholds import expected_f1_decisions

probabilities = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5)


def expected_f1(p, chosen):
    """By its definition: over all sets of true genres, each with its probability."""
    total = 0.0
    for y in product((0, 1), repeat=len(p)):
        chance = np.prod([q if true else 1 - q for q, true in zip(p, y, strict=True)])
        total += chance * 2 * sum(y[g] for g in chosen) / (len(chosen) + sum(y))
    return total


def best_by_trying(p, most):
    genres = range(len(p))
    return max(expected_f1(p, chosen) for size in range(1, most + 1) for chosen in combinations(genres, size))


@given(probabilities, st.integers(1, 5))
def test_no_set_of_genres_is_expected_to_do_better(p, most):
    chosen = np.flatnonzero(expected_f1_decisions(np.array([p]), most)[0]).tolist()
    assert 1 <= len(chosen) <= most
    assert expected_f1(p, chosen) == pytest.approx(best_by_trying(p, min(most, len(p))), abs=1e-9)


def test_a_poster_is_never_without_genres():
    assert expected_f1_decisions(np.array([[0.001, 0.05, 0.001], [0.0, 0.0, 0.0]])).sum(axis=1).min() == 1


def test_no_posters_are_no_decisions():
    assert expected_f1_decisions(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("y_score", [np.zeros(3), np.zeros((2, 0))])
def test_what_is_no_matrix_is_refused(y_score):
    with pytest.raises(ScoresError, match="y_score must have the shape"):
        expected_f1_decisions(y_score)


def test_at_most_no_genre_is_refused():
    with pytest.raises(ScoresError, match="most must be 1 or more genres, but got 0"):
        expected_f1_decisions(np.zeros((1, 2)), 0)
