"""Thresholds: applied as written, and tuned exactly, as trying every score shows."""

import doctest
import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import posters.thresholds
from posters.errors import ScoresError
from posters.scores import Scores
from posters.thresholds import Thresholds, argmax_decisions, best_f1_thresholds, fixed_thresholds

GENRES = ("Comedy", "Drama")


def one_genre(y_true, y_score):
    ids = tuple(str(row) for row in range(len(y_true)))
    return Scores(ids, ("Drama",), np.array(y_score)[:, None], np.array(y_true)[:, None])


def tuned(y_true, y_score):
    return best_f1_thresholds(one_genre(y_true, y_score)).values[0]


def f1(y_true, y_pred):
    """By its definition, for a genre with positives."""
    hits = sum(1 for true, said in zip(y_true, y_pred, strict=True) if true and said)
    return 2 * hits / (sum(y_true) + sum(y_pred))


# --- Applying ---


def test_a_score_at_the_threshold_passes():
    y_pred = Thresholds(GENRES, (0.5, 0.3), "fixed", "nothing").apply(np.array([[0.5, 0.3], [0.49, 0.29]]))
    assert y_pred.tolist() == [[1, 1], [0, 0]]
    assert y_pred.dtype == np.uint8


def test_float32_scores_are_compared_without_rounding_the_threshold():
    score = np.array([[0.1]], np.float32)
    just_above = np.nextafter(float(score[0, 0]), 1)
    assert fixed_thresholds(["Drama"], just_above).apply(score).tolist() == [[0]]
    assert fixed_thresholds(["Drama"], float(score[0, 0])).apply(score).tolist() == [[1]]


@pytest.mark.parametrize("shape", [(3, 3), (2,)])
def test_scores_of_other_genres_are_refused(shape):
    with pytest.raises(ScoresError, match=r"y_score must have the shape \(N, 2\), but got"):
        fixed_thresholds(GENRES).apply(np.zeros(shape))


def test_argmax_says_one_genre_and_of_equals_the_first():
    y_pred = argmax_decisions(np.array([[0.1, 0.7, 0.2], [0.4, 0.4, 0.2], [0.0, 0.0, 0.0]]))
    assert y_pred.tolist() == [[0, 1, 0], [1, 0, 0], [1, 0, 0]]


def test_examples_in_docstrings():
    assert doctest.testmod(posters.thresholds, extraglobs={"np": np}).failed == 0


# --- Tuning ---


def test_the_threshold_lies_halfway_between_what_passes_and_what_does_not():
    assert tuned([1, 1, 0, 0], [0.9, 0.7, 0.3, 0.1]) == pytest.approx(0.5)


def test_when_all_should_pass_the_threshold_lies_halfway_to_zero():
    assert tuned([0, 1, 1, 1], [0.9, 0.8, 0.7, 0.6]) == pytest.approx(0.3)


def test_of_equally_good_thresholds_the_highest_is_taken():
    # One of one found: F1 2/3. All four said, two right: 2 * 2 / (4 + 2), the same.
    assert tuned([1, 0, 0, 1], [0.8, 0.6, 0.4, 0.2]) == pytest.approx(0.7)


@pytest.mark.parametrize("low", [0.3, np.nextafter(0.3, 1)], ids=["mean rounds one way", "and the other"])
def test_neighbouring_floats_have_nothing_between_them(low):
    high = np.nextafter(low, 1)
    scores = one_genre([1, 0], [high, low])
    assert best_f1_thresholds(scores).apply(scores.y_score).tolist() == [[1], [0]]


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0, 0.1, 0.25, 0.5, 0.6, 0.75, 1]) | st.floats(0, 1)), min_size=2)
)
def test_no_threshold_does_better_on_the_scores_it_was_fitted_on(posters):
    y_true, y_score = np.array(posters, dtype=float).T
    assume(y_true.min() != y_true.max())
    best = f1(y_true, y_score >= tuned(y_true, y_score))
    tried = [f1(y_true, y_score >= threshold) for threshold in {0.5, *y_score}]
    assert best == pytest.approx(max(tried), abs=1e-12)


def test_each_genre_is_tuned_by_itself_and_remembers_where():
    random = np.random.default_rng(0)
    y_true, y_score = random.integers(0, 2, (30, 2)), random.random((30, 2))
    both = best_f1_thresholds(Scores([f"{row}" for row in range(30)], GENRES, y_score, y_true))
    assert both.values == tuple(tuned(y_true[:, g], y_score[:, g]) for g in range(2))
    assert (both.optimises, both.fitted_on, both.genre_names) == ("f1", "validation, 30 posters", GENRES)


def test_a_genre_that_none_or_all_have_keeps_a_half_and_is_named(messages):
    y_true = [[0, 1, 1], [0, 1, 0]]
    scores = Scores(("a", "b"), ("Western", "Drama", "Comedy"), [[0.9, 0.8, 0.7], [0.2, 0.3, 0.1]], y_true)
    assert best_f1_thresholds(scores, side="train").values == (0.5, 0.5, pytest.approx(0.4))
    (message,) = messages
    assert "train, 2 posters" in message
    assert "Western, Drama," in message


def test_tuning_needs_labels():
    with pytest.raises(ScoresError, match="fitting thresholds needs y_true"):
        best_f1_thresholds(Scores(("a",), ("Drama",), [[0.5]]))


# --- Plain data ---


@given(st.lists(st.floats(0, 1), min_size=2, max_size=2))
def test_json_gives_the_same_thresholds_back(values):
    thresholds = Thresholds(GENRES, tuple(values), "f1", "validation, 864 posters")
    assert Thresholds.from_dict(json.loads(json.dumps(thresholds.to_dict(), allow_nan=False))) == thresholds


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": [0.5]}, "one for each genre, but got 1 for 2 genres"),
        ({"values": [0.5, 1.5]}, "between 0 and 1, but got 1.5 for genre 'Drama'"),
        ({"values": [float("nan"), 0.5]}, "between 0 and 1, but got nan for genre 'Comedy'"),
        ({"values": ["high", 0.5]}, "thresholds can't be read"),
        ({"values": None}, "thresholds can't be read"),
        ({"genre_names": ["Drama", "Drama"]}, "must name each genre once"),
        ({"calibrated": True}, "thresholds can't be read.*calibrated"),
    ],
)
def test_what_can_not_be_thresholds_is_refused(changes, message):
    with pytest.raises(ScoresError, match=message):
        Thresholds.from_dict({**fixed_thresholds(GENRES).to_dict(), **changes})


def test_a_missing_key_is_refused():
    plain = fixed_thresholds(GENRES).to_dict()
    for key in plain:
        with pytest.raises(ScoresError, match="thresholds can't be read"):
            Thresholds.from_dict({name: value for name, value in plain.items() if name != key})
