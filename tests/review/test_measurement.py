"""What a random sample tells: shares with intervals that cover the truth, and how far reviewers agree."""

import math

import numpy as np
import pytest

from posters.errors import ReviewError
from posters.review.decisions import Decision
from posters.review.measurement import clustered_share, krippendorff_alpha, measure

Y, N, U = "yes", "no", "unknown"


def decision(number, poster, reviewer, answers, predicted, classifier="tagger", order="random", kind="decided"):
    shown = {"classifier": classifier, "predicted": predicted}
    return Decision(number, poster, reviewer, "", order, kind, answers, shown)


class TestMeasure:
    def test_precision_and_recall_by_hand(self):
        made = [
            decision(1, "a", "ann", {"War": Y, "Drama": N, "Crime": Y}, ["War", "Drama"]),  # 1 of 2 right, 1 of 2 found
            decision(2, "b", "ann", {"War": N, "Drama": Y, "Crime": N}, ["Drama"]),  # 1 of 1 right, 1 of 1 found
            decision(3, "c", "ann", {}, ["War"], kind="skipped"),
        ]
        found = measure(made)
        assert (found.posters, found.skipped, found.classifier) == (2, 1, "tagger")
        assert (found.precision.value, found.recall.value) == pytest.approx((2 / 3, 2 / 3))
        assert math.isnan(found.agreement)
        assert str(found).startswith("Of the genres that tagger publishes, 0.67 (")

    def test_what_is_unknown_counts_for_nothing(self):
        found = measure([decision(1, "a", "ann", {"War": U, "Drama": Y}, ["War", "Drama"])])
        assert (found.precision.value, found.recall.value) == (1, 1)

    def test_a_poster_with_two_reviewers_counts_once(self):
        made = [
            decision(1, "a", "ann", {"War": Y}, ["War"]),
            decision(2, "a", "ben", {"War": N}, ["War"]),
            decision(3, "b", "ann", {"War": Y}, ["War"]),
        ]
        found = measure(made)
        assert (found.posters, found.judged_twice) == (2, 1)
        assert found.precision.value == 0.75

    def test_another_queue_and_another_classifier_count_for_nothing(self):
        made = [
            decision(1, "a", "ann", {"War": N}, ["War"], classifier="older"),
            decision(2, "b", "ann", {"War": N}, ["War"], order="doubts"),
            decision(3, "c", "ann", {"War": Y}, ["War"]),
        ]
        assert (measure(made).posters, measure(made).precision.value) == (1, 1)

    def test_without_a_sample_there_is_nothing_to_measure(self):
        with pytest.raises(ReviewError, match="no poster of a random sample has been decided yet"):
            measure([decision(1, "a", "ann", {"War": Y}, [], order="doubts")])

    def test_a_share_of_nothing_is_undefined(self):
        found = measure([decision(1, "a", "ann", {"War": N}, [])])
        assert str(found.precision) == "n/a"
        assert found.to_dict()["precision"] == {"value": None, "interval": None}


class TestIntervals:
    @pytest.mark.parametrize("p", [0.1, 0.6, 0.95])
    @pytest.mark.parametrize("posters", [40, 200])
    def test_they_cover_the_truth_as_often_as_they_promise(self, p, posters):
        # Genres of one poster are right together: its own chance of being right is drawn from a beta distribution.
        rng = np.random.default_rng(7)
        covered, rounds = 0, 1000
        for _ in range(rounds):
            counts = rng.integers(0, 4, posters)
            hits = rng.binomial(counts, rng.beta(2 * p, 2 * (1 - p), posters))
            interval = clustered_share(hits, counts).interval
            covered += interval.low <= p <= interval.high
        assert 0.92 <= covered / rounds <= 0.985

    def test_independent_counts_give_wilsons_interval(self):
        from scipy.stats import binomtest

        hits = np.repeat([1, 0], [61, 39])
        # Of single counts the variance of the ratio is that of a share, times n / (n - 1): all but Wilson's own.
        found = clustered_share(hits, np.ones(100)).interval
        known = binomtest(61, 100).proportion_ci(method="wilson")
        assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=0.002)

    def test_counts_of_one_poster_are_worth_less_than_those_of_many(self):
        alike = clustered_share(np.repeat([3, 0], 20), np.full(40, 3)).interval
        apart = clustered_share(np.repeat([1, 0], 60), np.ones(120)).interval
        assert alike.high - alike.low > 1.5 * (apart.high - apart.low)

    @pytest.mark.parametrize(("hits", "end"), [(1, "low"), (0, "high")])
    def test_all_or_none_is_not_certain(self, hits, end):
        interval = clustered_share(np.full(20, hits), np.ones(20)).interval
        assert 0.1 < getattr(interval, end) < 0.9


class TestAgreement:
    @pytest.mark.parametrize(
        ("observers", "alpha"),
        [
            # Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C: nominal data of four
            # observers, some missing; and the example of three observers that encyclopedias have.
            (["123321412***", "1233224125*3", "*3332342251*", "12332441251*"], 0.743),
            (["*****34121133*3", "1*213343*******", "**21344*21133*4"], 0.691),
        ],
    )
    def test_the_published_examples(self, observers, alpha):
        units = [[value for value in unit if value != "*"] for unit in zip(*observers, strict=True)]
        assert krippendorff_alpha(units) == pytest.approx(alpha, abs=0.0005)

    def test_without_two_answers_that_differ_somewhere_it_is_undefined(self):
        assert math.isnan(krippendorff_alpha([["yes"], ["no"]]))
        assert math.isnan(krippendorff_alpha([["yes", "yes"]]))
