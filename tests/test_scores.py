"""`Scores`: every rule is checked when one is made, and the message names the rule and what was received."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posters.errors import ScoresError
from posters.scores import LabelledScores, Scores, joined_scores

IDS = ("a", "b")
GENRES = ("Comedy", "Drama", "Horror")
Y_SCORE = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
Y_TRUE = np.array([[0, 1, 1], [1, 0, 0]])


def with_value(table, value):
    changed = table.astype(float)
    changed[1, 2] = value
    return changed


def test_scores_hold_probabilities_and_labels_that_nobody_can_change():
    given_scores = Y_SCORE.astype(np.float32)
    scores = Scores(IDS, GENRES, given_scores, Y_TRUE.tolist())
    given_scores[:] = 0
    assert (scores.y_score == Y_SCORE.astype(np.float32)).all()
    assert (scores.y_score.dtype, scores.y_true.dtype) == (np.float64, np.int8)
    for array in (scores.y_score, scores.y_true):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


def test_lists_become_tuples_and_labels_may_be_unknown():
    scores = Scores(list(IDS), list(GENRES), Y_SCORE)
    assert (scores.ids, scores.genre_names, scores.y_true, len(scores)) == (IDS, GENRES, None, 2)
    with pytest.raises(ScoresError, match="tuning needs y_true, but these scores have no labels"):
        scores.labelled("tuning")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_score": Y_SCORE.T}, r"y_score must have the shape \(2, 3\).*but got \(3, 2\)"),
        ({"y_score": Y_SCORE[0]}, r"y_score must have the shape \(2, 3\).*but got \(3,\)"),
        ({"y_score": [["high"] * 3] * 2}, "y_score must be a table of numbers, but got list"),
        ({"y_score": [[0.1], [0.2, 0.3]]}, "y_score must be a table of numbers, but got list"),
        ({"y_true": Y_TRUE[:1]}, r"y_true must have the shape \(2, 3\).*but got \(1, 3\)"),
        (
            {"y_score": with_value(Y_SCORE, np.nan)},
            "y_score must be finite, but got nan for poster 'b', genre 'Horror'",
        ),
        ({"y_score": with_value(Y_SCORE, -np.inf)}, "must be finite, but got -inf for poster 'b', genre 'Horror'"),
        ({"y_score": with_value(Y_SCORE, 1.5)}, "between 0 and 1 .* but got 1.5 for poster 'b', genre 'Horror'"),
        ({"y_score": with_value(Y_SCORE, -1e-9)}, "between 0 and 1 .* but got -1e-09 for poster 'b'"),
        (
            {"y_true": with_value(Y_TRUE, 2)},
            "y_true must hold 0 and 1 only, or -1 for unknown, but got 2 for poster 'b', genre 'Horror'",
        ),
        ({"y_true": with_value(Y_TRUE, 0.5)}, "y_true must hold 0 and 1 only, or -1 for unknown, but got 0.5"),
        ({"y_true": with_value(Y_TRUE, np.nan)}, "y_true must hold 0 and 1 only, or -1 for unknown, but got nan"),
        ({"ids": ("a", "a")}, "ids must be unique, but got 'a' more than once"),
        ({"ids": ("a", 7)}, "ids must be text, but got 7"),
        ({"genre_names": ("Comedy", "Drama", "Drama")}, "genre_names must be unique, but got 'Drama' more than once"),
        ({"genre_names": ()}, "genre_names must name at least one genre"),
    ],
)
def test_each_rule_is_named_when_it_is_broken(changes, message):
    fields = {"ids": IDS, "genre_names": GENRES, "y_score": Y_SCORE, "y_true": Y_TRUE, **changes}
    with pytest.raises(ScoresError, match=message) as caught:
        Scores(**fields)
    assert "\n" not in str(caught.value)


def test_take_follows_the_rows():
    scores = Scores(IDS, GENRES, Y_SCORE, Y_TRUE)
    turned = scores.take([1, 0])
    assert turned.ids == ("b", "a")
    assert (turned.y_score == Y_SCORE[::-1]).all()
    assert (turned.y_true == Y_TRUE[::-1]).all()
    assert scores.take(np.array([1])).ids == ("b",)
    assert Scores(IDS, GENRES, Y_SCORE).take([0]).y_true is None


def test_no_posters_are_scores_but_nothing_can_be_judged_by_them():
    nothing = Scores(IDS, GENRES, Y_SCORE, Y_TRUE).take([])
    assert nothing.y_score.shape == (0, 3)
    with pytest.raises(ScoresError, match="an evaluation needs at least one poster, but got none"):
        nothing.labelled("an evaluation")


@given(hnp.arrays(np.float64, (3, 2), elements=st.floats()))
def test_a_table_is_taken_exactly_when_all_of_it_are_probabilities(table):
    right = all(0 <= value <= 1 for value in table.ravel())
    if right:
        assert (Scores("xyz", ("Comedy", "Drama"), table).y_score == table).all()
    else:
        with pytest.raises(ScoresError, match="y_score must be"):
            Scores("xyz", ("Comedy", "Drama"), table)


@given(hnp.arrays(np.int8, (2, 2), elements=st.integers(-2, 3)))
def test_labels_are_taken_exactly_when_all_of_them_are_0_or_1_or_unknown(labels):
    if set(labels.ravel().tolist()) <= {-1, 0, 1}:
        assert (Scores("xy", ("Comedy", "Drama"), np.zeros((2, 2)), labels).y_true == labels).all()
    else:
        with pytest.raises(ScoresError, match="y_true must hold 0 and 1 only"):
            Scores("xy", ("Comedy", "Drama"), np.zeros((2, 2)), labels)


@given(st.permutations(range(4)), st.permutations(range(4)))
def test_taking_twice_is_taking_once(first, second):
    scores = Scores("wxyz", ("Comedy",), np.array([[0.1], [0.2], [0.3], [0.4]]))
    twice = scores.take(first).take(second)
    assert twice.ids == scores.take([first[row] for row in second]).ids


def test_joined_scores_come_one_after_the_other():
    one = Scores(("a", "b"), ("X", "Y"), [[0.1, 0.2], [0.3, 0.4]], [[0, 1], [1, 0]])
    other = Scores(("c",), ("X", "Y"), np.array([[0.5, 0.6]]), np.array([[1, 1]]))
    joined = joined_scores([one, other])
    assert joined.ids == ("a", "b", "c")
    np.testing.assert_array_equal(joined.y_score, [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])
    np.testing.assert_array_equal(joined.y_true, [[0, 1], [1, 0], [1, 1]])


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (Scores(("c",), ("Y", "X"), np.array([[0.5, 0.6]]), np.array([[1, 1]])), "same genres"),
        (Scores(("b",), ("X", "Y"), np.array([[0.5, 0.6]]), np.array([[1, 1]])), "'b' more than once"),
        (Scores(("c",), ("X", "Y"), np.array([[0.5, 0.6]])), "no labels"),
    ],
)
def test_scores_that_can_not_be_joined_are_refused(other, message):
    one = Scores(("a", "b"), ("X", "Y"), [[0.1, 0.2], [0.3, 0.4]], [[0, 1], [1, 0]])
    with pytest.raises(ScoresError, match=message):
        joined_scores([one, other])


def test_scores_become_frames():
    scores = Scores(("7", "8"), ("Drama", "War"), [[0.9, 0.2], [0.4, 0.7]], [[1, 0], [0, 1]])
    frame = scores.to_pandas()
    assert (list(frame.index), frame.index.name, list(frame.columns)) == (["7", "8"], "id", ["Drama", "War"])
    assert frame.to_numpy().tolist() == scores.y_score.tolist()
    assert scores.labelled("a frame").labels_to_pandas().loc["8"].to_dict() == {"Drama": 0, "War": 1}


def test_labelled_scores_stay_labelled():
    labelled = Scores(("7", "8"), ("Drama",), [[0.9], [0.4]], [[1], [0]]).labelled("a test")
    assert isinstance(labelled, LabelledScores)
    assert labelled.labelled("another") is labelled
    assert isinstance(labelled.take([1]), LabelledScores)
