"""The best expected F1 of a poster: as trying every set of genres shows."""

import json
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.errors import ScoresError
from posters.scores import Scores
from posters.thresholds import Balanced, balanced_rule, expected_f1_decisions, read_rule

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


# The rule


def labelled(y_true):
    y_true = np.array(y_true)
    names = tuple(f"genre {g}" for g in range(y_true.shape[1]))
    return Scores(tuple(map(str, range(len(y_true)))), names, np.full(y_true.shape, 0.5), y_true)


def test_the_rule_predicts_as_many_genres_as_posters_have():
    assert balanced_rule(labelled([[1, 0, 0], [1, 1, 0]])).most == 2


def test_one_overfull_poster_in_two_hundred_changes_nothing():
    y_true = np.zeros((200, 6), np.int8)
    y_true[:, :2], y_true[0] = 1, 1
    assert balanced_rule(labelled(y_true)).most == 2


def test_unknown_labels_count_as_missing():
    assert balanced_rule(labelled([[1, -1, -1], [1, 0, -1]])).most == 1


def test_posters_without_genres_still_get_one():
    rule = balanced_rule(labelled([[0, 0], [0, 0]]))
    assert rule.apply(np.array([[0.1, 0.3]])).tolist() == [[0, 1]]


def test_no_posters_are_refused():
    with pytest.raises(ScoresError, match="fitting a rule needs at least one poster"):
        balanced_rule(labelled(np.zeros((0, 2), np.int8)))


@given(st.integers(1, 9), st.text(min_size=1), st.text())
def test_json_gives_the_same_rule_back(most, genre, fitted_on):
    rule = Balanced((genre,), most, fitted_on)
    assert read_rule(json.loads(json.dumps(rule.to_dict()))) == rule


def test_no_genre_has_a_threshold():
    assert Balanced(("Drama", "War"), 2, "nothing").values == (None, None)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"most": 0}, "most must be 1 or more genres, but got 0"),
        ({"most": True}, "most must be 1 or more genres, but got True"),
        ({"most": None}, "most must be 1 or more genres, but got None"),
        ({"genre_names": ["War", "War"]}, "a rule must name each genre once"),
        ({"values": [0.5]}, "the rule balanced can't be read"),
    ],
)
def test_a_damaged_rule_is_refused(changed, message):
    with pytest.raises(ScoresError, match=message):
        read_rule({**Balanced(("War",), 2, "nothing").to_dict(), **changed})


def test_scores_of_other_genres_are_refused():
    with pytest.raises(ScoresError, match=r"y_score must have the shape \(N, 2\)"):
        Balanced(("Drama", "War"), 2, "nothing").apply(np.zeros((1, 3)))


def test_blocks_of_posters_decide_as_each_poster_alone():
    y_score = np.random.default_rng(0).beta(0.4, 2, (2500, 5))
    together = expected_f1_decisions(y_score, 3)
    for row in (0, 1023, 1024, 2047, 2048, 2499):
        np.testing.assert_array_equal(together[row], expected_f1_decisions(y_score[row : row + 1], 3)[0])
    assert expected_f1_decisions(np.empty((0, 5))).shape == (0, 5)
