"""Comparing classifiers: the same posters for all, differences that are real, and few that are not."""

import json

import numpy as np
import pytest

from posters.errors import ScoresError
from posters.evaluation.comparison import compare
from posters.metrics import average_precision
from posters.report.comparison import comparison_text
from posters.scores import Scores

GENRES = ("Drama", "Comedy", "War", "N/A")


def pair(random, posters=600, gain=0.0, genres=GENRES):
    """Two runs on the same posters, the second better by `gain` in the first genre."""
    y_true = (random.random((posters, 4)) < (0.4, 0.2, 0.05, 0)).astype(int)
    shared = random.normal(size=y_true.shape) + y_true

    def run(more):
        logits = shared + 0.5 * random.normal(size=y_true.shape)
        logits[:, 0] += more * y_true[:, 0]
        return Scores(tuple(map(str, range(posters))), genres, 1 / (1 + np.exp(-logits)), y_true)

    return {"first": run(0.0), "second": run(gain)}


def test_a_real_difference_is_found_and_its_genre_named():
    scores = pair(np.random.default_rng(0), gain=4.0)
    comparison = compare(scores, samples=500)
    first, second = comparison.runs
    assert first.against_first is None
    assert second.against_first.verdict == "better"
    assert second.against_first.interval.low > 0
    assert [genre.name for genre in second.genres] == ["Drama", "Comedy", "War"]
    assert second.genres[0].against_first.verdict == "better"
    assert comparison.left_out_genres == ("N/A",)
    for run, own in zip(comparison.runs, scores.values(), strict=True):
        oracle = average_precision(own.y_true, own.y_score)[:3]
        assert [genre.average_precision for genre in run.genres] == pytest.approx(oracle)
        assert run.macro_map == pytest.approx(oracle.mean())


def test_turned_round_the_difference_is_the_same_with_the_other_sign():
    scores = pair(np.random.default_rng(1), gain=1.0)
    there = compare(scores, samples=300).runs[1].against_first
    back = compare(dict(reversed(scores.items())), samples=300).runs[1].against_first
    assert there.difference == pytest.approx(-back.difference)
    assert (there.interval.low, there.interval.high) == pytest.approx((-back.interval.high, -back.interval.low))
    assert (there.verdict, back.verdict) == ("better", "worse")


def test_a_run_does_not_differ_from_itself():
    scores = pair(np.random.default_rng(2))["first"]
    second = compare({"a": scores, "b": scores}, samples=100).runs[1]
    assert (second.against_first.difference, second.against_first.p_value) == (0, 1)
    assert {genre.against_first.verdict for genre in second.genres} == {"no difference shown"}


@pytest.mark.slow
def test_equal_runs_are_called_different_in_about_5_of_100_cases():
    """120 cases: more than 14 happen once in three hundred at 0.05."""
    called = {"macro": 0, "a genre": 0}
    for case in range(120):
        second = compare(pair(np.random.default_rng(case), 400), samples=300, seed=case).runs[1]
        called["macro"] += second.against_first.verdict != "no difference shown"
        judged = [genre.against_first for genre in second.genres if genre.against_first]
        called["a genre"] += any(each.verdict != "no difference shown" for each in judged)
    assert called["macro"] <= 14
    assert called["a genre"] <= 14


def test_only_common_posters_and_genres_count_and_the_others_are_told():
    scores = pair(np.random.default_rng(3))
    first = scores["first"].take(range(500))
    second = scores["second"].take(range(599, 99, -1))
    narrow = Scores(second.ids, GENRES[1::-1], second.y_score[:, 1::-1], second.y_true[:, 1::-1])
    comparison = compare({"first": first, "narrow": narrow}, samples=50)
    assert (comparison.posters, comparison.left_out_posters) == (400, 200)
    assert comparison.left_out_genres == ("N/A", "War")
    rows = slice(100, 500)
    for run, name in zip(comparison.runs, scores, strict=True):
        oracle = average_precision(scores[name].y_true[rows, :2], scores[name].y_score[rows, :2])
        assert [genre.average_precision for genre in run.genres] == pytest.approx(oracle)


def test_rare_genres_are_not_judged():
    scores = pair(np.random.default_rng(4), 100)
    comparison = compare(scores, samples=50)
    rare = {genre.name for genre in comparison.runs[1].genres if genre.positives < 10}
    assert rare
    assert rare == {genre.name for genre in comparison.runs[1].genres if genre.against_first is None}


def test_what_can_not_be_compared_is_refused():
    scores = pair(np.random.default_rng(5), 50)
    first, second = scores.values()
    with pytest.raises(ScoresError, match="at least two runs"):
        compare({"first": first})
    with pytest.raises(ScoresError, match="no poster in common"):
        compare({"first": first.take([0]), "second": second.take([1])})
    other = Scores(second.ids, tuple("wxyz"), second.y_score, second.y_true)
    with pytest.raises(ScoresError, match="no genre in common"):
        compare({"first": first, "second": other})
    y_true = second.y_true.copy()
    y_true[7, 0] ^= 1
    with pytest.raises(ScoresError, match="other genres for the poster '7'"):
        compare({"first": first, "second": Scores(second.ids, GENRES, second.y_score, y_true)})


def test_the_text_says_the_verdict_first_and_the_json_all_figures():
    comparison = compare(pair(np.random.default_rng(0), gain=4.0), samples=200)
    text = comparison_text(comparison)
    assert "600 posters that all runs have" in text.splitlines()[0]
    assert text.splitlines()[2].startswith("second (macro mAP ")
    assert "is better than first" in text
    assert max(map(len, text.splitlines())) <= 100
    plain = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert plain["runs"][1]["against_first"]["difference"] == comparison.runs[1].against_first.difference
