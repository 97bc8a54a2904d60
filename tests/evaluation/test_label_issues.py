"""Labels that may be wrong: against numbers computed by hand, and against errors made on purpose."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.catalogue import Catalogue, Poster
from posters.errors import ScoresError
from posters.evaluation.label_issues import MIN_EXAMPLES, LabelIssue, find_label_issues, label_doubts
from posters.scores import Scores


def catalogue_of(y, genre_names):
    """Posters with these labels; the titles of the even ones are known."""
    return Catalogue(
        tuple(
            Poster(f"tt{row}", f"{row}.jpg", tuple(np.array(genre_names)[labels == 1].tolist()), _title(row))
            for row, labels in enumerate(y)
        ),
        tuple(genre_names),
        Path("images"),
    )


def _title(row):
    return None if row % 2 else f"Film {row}"


def found(y, y_score, genre_names=None, **options):
    names = tuple(genre_names or (f"Genre {column}" for column in range(y.shape[1])))
    catalogue = catalogue_of(y, names)
    return find_label_issues(Scores(catalogue.ids, names, y_score, y), catalogue, **options)


def test_doubts_computed_by_hand():
    """Also what cleanlab 2.9.0 says (`filter_by="confident_learning"`, adjusted self-confidence).

    The posters with the genre have 0.6 on average, those without 1 - 0.6833. So 0.55 is not yet doubted, though the
    genre is the likelier answer; 0.7 is, and its doubt is (0.7 - 0.6 + 0.6833) / 1.0833.
    """
    y_true = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    y_score = np.array([0.9, 0.8, 0.6, 0.1, 0.05, 0.1, 0.2, 0.3, 0.7, 0.55])
    expected = [0, 0, 0, 0.8307692308, 0, 0, 0, 0, 0.7230769231, 0]
    np.testing.assert_allclose(label_doubts(y_true, y_score), expected, atol=1e-9)


def test_the_likelier_answer_is_never_doubted():
    """Of a rare genre 0.4 is far more than usual, and still less likely than not."""
    y_true = np.array([1] * 2 + [0] * 8)
    y_score = np.array([0.3, 0.2, 0.4, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01])
    assert label_doubts(y_true, y_score)[2] == 0


@given(
    st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=2).filter(
        lambda rows: len({y for y, _ in rows}) == 2
    )
)
def test_doubts_are_between_0_and_1_and_the_same_whichever_answer_is_called_1(rows):
    y_true, y_score = (np.array(column) for column in zip(*rows, strict=True))
    doubts = label_doubts(y_true, y_score)
    assert ((doubts >= 0) & (doubts <= 1)).all()
    assert (doubts[np.where(y_true == 1, y_score, 1 - y_score) >= 0.5] == 0).all()
    # Where 1 - (1 - p) is p again, to the last bit.
    halves = np.round(y_score * 8) / 8
    np.testing.assert_allclose(label_doubts(1 - y_true, 1 - halves), label_doubts(y_true, halves), atol=1e-12)


@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(0, 10)), min_size=2).filter(lambda r: len(dict(r)) == 2))
def test_scores_of_few_decimals_are_doubted_as_in_exact_arithmetic(rows):
    """A probability of 0.6 is as likely as a mean of 0.6, however floats round that mean."""
    y_true, tenths = map(np.array, zip(*rows, strict=True))
    usual = [
        Fraction(int(np.where(answer, tenths, 10 - tenths)[y_true == answer].sum()), int((y_true == answer).sum()))
        for answer in (0, 1)
    ]
    others = [(1 - label, 10 - p if label else p) for label, p in rows]
    wanted = [p >= usual[other] and p > 5 for other, p in others]
    assert (label_doubts(y_true, tenths / 10) > 0).tolist() == wanted


def test_an_issue_names_the_label_and_the_poster():
    y = np.zeros((60, 2), np.uint8)
    y[:30, 0] = y[::2, 1] = 1
    y_score = np.where(y == 1, 0.8, 0.2)
    y_score[3, 0] = 0.05  # has the genre, and does not look like it
    y_score[42, 0] = 0.9  # the other way round
    # Half of the posters have the genre, so that the confidence is the probability of the other answer.
    assert found(y, y_score, ("Drama", "War")) == (
        LabelIssue("tt42", "Film 42", "42.jpg", "Drama", "missing", 0.9, pytest.approx(0.9), ("War",)),
        LabelIssue("tt3", None, "3.jpg", "Drama", "false", 0.05, pytest.approx(0.95), ("Drama",)),
    )


def noisy(seed, share=0.05):
    """Scores of a fair classifier of the truth, and labels of which a share is wrong: y, y_score, wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.random((3000, 4)) < (0.5, 0.3, 0.1, 0.05)
    logits = rng.normal(np.where(truth, 1.5, -1.5), 1.2) + np.log([1, 0.4, 0.1, 0.05])
    wrong = rng.random(truth.shape) < share
    return (truth ^ wrong).astype(np.uint8), 1 / (1 + np.exp(-logits)), wrong


@pytest.mark.parametrize("seed", range(3))
def test_labels_that_were_made_wrong_are_found(seed):
    y, y_score, wrong = noisy(seed)
    issues = found(y, y_score)
    hits = [wrong[int(issue.id[2:]), int(issue.genre[-1])] for issue in issues]
    assert np.mean(hits) > 0.5
    assert sum(hits) > 0.5 * wrong.sum()
    assert wrong.mean() < 0.06  # chance
    for kind in ("missing", "false"):
        own = [hit for hit, issue in zip(hits, issues, strict=True) if issue.kind == kind]
        assert np.mean(own[:100]) > 0.6


def split_by_kind(issues):
    missing = [issue for issue in issues if issue.kind == "missing"]
    return missing, [issue for issue in issues if issue.kind == "false"]


def test_two_lists_the_surest_of_each_first_and_the_rest_counted(messages):
    y, y_score, _ = noisy(0)
    every = found(y, y_score, most=10_000)
    missing, false = split_by_kind(every)
    assert list(every) == missing + false
    for own in (missing, false):
        confidences = [issue.confidence for issue in own]
        assert confidences == sorted(confidences, reverse=True)
    assert not messages
    assert list(found(y, y_score, most=50)) == missing[:50] + false[:50]
    assert messages == [
        f"label issues: {len(missing):,} missing and {len(false):,} false genres found, "
        "of which the surest 50 of each kind are kept"
    ]


def test_missing_genres_are_ordered_by_probability_and_false_ones_by_the_odds_against_them():
    y, y_score, _ = noisy(1)
    missing, false = split_by_kind(found(y, y_score))
    probabilities = [issue.probability for issue in missing]
    assert probabilities == sorted(probabilities, reverse=True)
    odds_of_genre = y.mean(axis=0) / (1 - y.mean(axis=0))
    order = [
        (1 - issue.probability) / issue.probability * odds_of_genre[int(issue.genre[-1])] ** 0.75 for issue in false
    ]
    np.testing.assert_allclose(order, sorted(order, reverse=True))
    # And the confidence is those odds as a share.
    np.testing.assert_allclose([issue.confidence for issue in false], [odds / (1 + odds) for odds in order])


def evenly(seed):
    """As `noisy`, but the same number of false labels in each genre, and none missing."""
    y, y_score, wrong = noisy(seed, share=0.0)
    rng = np.random.default_rng(seed)
    for genre in range(y.shape[1]):
        rows = rng.choice(np.flatnonzero(y[:, genre] == 0), 60, replace=False)
        y[rows, genre] = wrong[rows, genre] = 1
    return y, y_score, wrong


@pytest.mark.parametrize("make", [noisy, evenly])
def test_false_labels_are_found_whether_they_follow_how_common_a_genre_is_or_not(make):
    """The order of one mixed list finds them where they follow it, and next to nothing where they don't."""
    y, y_score, wrong = make(2)
    _, false = split_by_kind(found(y, y_score))
    hits = [wrong[int(issue.id[2:]), int(issue.genre[-1])] for issue in false[:100]]
    doubts = np.stack([label_doubts(y[:, genre], y_score[:, genre]) for genre in range(4)], axis=1) * (y == 1)
    mixed = np.argsort(-doubts, axis=None, kind="stable")[:100]
    assert np.mean(hits) >= wrong.ravel()[mixed].mean() - 0.05
    if make is evenly:
        assert np.mean(hits) > wrong.ravel()[mixed].mean() + 0.1


def test_genres_with_too_few_examples_of_an_answer_are_named_and_left_alone(messages):
    y = np.zeros((60, 3), np.uint8)
    y[: MIN_EXAMPLES - 1, 0] = y[:MIN_EXAMPLES, 1] = y[: 61 - MIN_EXAMPLES, 2] = 1
    y_score = np.where(y == 1, 0.9, 0.1)
    y_score[0] = 0.01
    assert [issue.genre for issue in found(y, y_score, ("News", "Drama", "Comedy"))] == ["Drama"]
    assert messages == ["label issues: News, Comedy left out, since fewer than 20 posters have or lack it"]


def test_scores_without_labels_or_of_other_posters_are_refused():
    catalogue = catalogue_of(np.ones((2, 1)), ["Drama"])
    with pytest.raises(ScoresError, match="finding label issues needs y_true"):
        find_label_issues(Scores(catalogue.ids, ("Drama",), np.ones((2, 1))), catalogue)
    with pytest.raises(ScoresError, match=r"of 1 posters that the catalogue lacks \('tt9'\)"):
        find_label_issues(Scores(("tt0", "tt9"), ("Drama",), np.ones((2, 1)), np.ones((2, 1))), catalogue)
