"""The sections of an evaluation, against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, precision_recall_curve

from posters.catalogue import Catalogue, Poster
from posters.evaluation import Context, evaluate
from posters.evaluation.confusion import co_occurrence, confusion
from posters.evaluation.curves import curves, histograms
from posters.evaluation.reliability import genre_reliability, reliability
from posters.metrics import average_precision
from posters.scores import Scores
from posters.thresholds import Thresholds, fixed_thresholds

GENRES = ("Comedy", "Drama", "War")


def scores_of(y_true, y_score, names=GENRES):
    return Scores(tuple(f"tt{row}" for row in range(len(y_true))), names, y_score, y_true)


def drawn(posters=400, seed=0, decimals=3):
    random = np.random.default_rng(seed)
    y_true = (random.random((posters, 3)) < (0.4, 0.5, 0.03)).astype(int)
    return scores_of(y_true, np.clip(0.3 * y_true + 0.7 * random.random(y_true.shape), 0, 1).round(decimals))


# --- Curves ---


def test_a_curve_passes_through_the_points_of_scikit_learn():
    scores = drawn(80)
    for curve, y, p in zip(curves(scores), scores.y_true.T, scores.y_score.T, strict=True):
        precision, recall, thresholds = precision_recall_curve(y, p)
        known = {(round(r, 9), round(q, 9), t) for r, q, t in zip(recall, precision, thresholds, strict=False)}
        points = zip(curve.recall, curve.precision, curve.threshold, strict=True)
        assert {(round(r, 9), round(q, 9), t) for r, q, t in points} <= known
        assert curve.recall[-1] == 1
        assert list(curve.recall) == sorted(curve.recall)


def test_a_long_curve_is_thinned_and_hardly_moved():
    scores = drawn(5000)
    for curve, area in zip(curves(scores), average_precision(scores.y_true, scores.y_score), strict=True):
        assert len(curve.recall) <= 100
        steps = np.diff(np.append(0, curve.recall))
        assert (steps * curve.precision).sum() == pytest.approx(area, abs=0.02)


def test_a_genre_without_positives_has_no_curve():
    empty = curves(scores_of([[0, 1, 0]], [[0.1, 0.2, 0.3]]))[0]
    assert (empty.recall, empty.precision, empty.threshold) == ((), (), ())


# --- Reliability ---


def test_the_bins_are_those_of_scikit_learn():
    # So many decimals that none lies on an edge, where scikit-learn counts it to the bin below.
    scores = drawn(decimals=12)
    for row, y, p in zip(genre_reliability(scores, np.full(3, 0.2)), scores.y_true.T, scores.y_score.T, strict=True):
        share, mean = calibration_curve(y, p, n_bins=10)
        known = [one for one in row.bins if one.count]
        assert [one.share_true for one in known] == pytest.approx(share)
        assert [one.mean_score for one in known] == pytest.approx(mean)
        assert sum(one.count for one in row.bins) == len(scores)
        assert row.brier == pytest.approx(brier_score_loss(y, p))
        assert row.brier_of_the_prior == pytest.approx(brier_score_loss(y, np.full(len(y), 0.2)))


def test_a_probability_on_an_edge_lies_in_the_bin_that_it_begins():
    edges = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    scores = scores_of([[1]] * 10, [[edge] for edge in edges], names=("Drama",))
    (drama,) = genre_reliability(scores, np.zeros(1))
    assert [(one.low, one.mean_score, one.count) for one in drama.bins] == [(edge, edge, 1) for edge in edges]


def test_the_calibration_error_by_hand():
    # One bin: says 0.15 and 0.05 of two, one true: |0.5 - 0.1| is not asked, since they lie in two bins.
    scores = scores_of([[1, 0, 0], [0, 0, 1]], [[0.15, 0.05, 0.05], [0.05, 0.05, 1.0]])
    comedy, drama, war = genre_reliability(scores, np.zeros(3))
    assert comedy.ece == pytest.approx((0.85 + 0.05) / 2)
    assert drama.ece == pytest.approx(0.05)
    assert war.ece == pytest.approx(0.05 / 2)
    assert (comedy.mce, drama.mce, war.mce) == pytest.approx((0.85, 0.05, 0.05))
    whole = reliability(scores, np.zeros(3), scores)
    # All six: four say 0.05 and none is true; 0.15 came true; 1.0 came true.
    assert whole.ece == pytest.approx((4 * 0.05 + 0.85 + 0) / 6)
    assert (whole.ece_uncalibrated, whole.brier_uncalibrated) == (whole.ece, whole.brier)
    assert whole.bins[-1].count == 1


# --- Together ---


def test_confusion_by_hand():
    y_true = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]])
    y_pred = np.array([[0, 1, 0], [1, 0, 1], [0, 0, 0], [1, 1, 1]])
    found = confusion(y_true, y_pred, "f1")
    assert (found.found, found.missed) == ((1, 0, 1), (1, 2, 0))
    # Comedy missed and Drama said on the first poster; Drama missed and War said on the second; the third says nothing.
    assert found.instead == ((0, 1, 0), (0, 0, 1), (0, 0, 0))
    assert found.nothing_instead == (0, 1, 0)
    pairs = co_occurrence(y_true, y_pred, "f1")
    assert pairs.true == ((2, 1, 0), (1, 2, 0), (0, 0, 1))
    assert pairs.predicted == ((2, 1, 2), (1, 2, 1), (2, 1, 2))


@settings(deadline=None, max_examples=50)
@given(st.data(), st.integers(1, 8), st.integers(1, 4))
def test_confusion_adds_up(data, posters, genres):
    y_true, y_pred = (data.draw(hnp.arrays(np.uint8, (posters, genres), elements=st.integers(0, 1))) for _ in range(2))
    found = confusion(y_true, y_pred, "f1")
    instead = np.array(found.instead)
    np.testing.assert_array_equal(np.add(found.found, found.missed), y_true.sum(axis=0))
    assert (np.diag(instead) == 0).all()
    assert (instead.max(axis=1) + found.nothing_instead <= np.array(found.missed)).all()
    assert ((instead.sum(axis=1) == 0) <= (np.array(found.nothing_instead) == found.missed)).all()
    pairs = np.array(co_occurrence(y_true, y_pred, "f1").true)
    np.testing.assert_array_equal(pairs, pairs.T)


def test_histograms_count_every_poster_once():
    scores = drawn()
    for histogram, y in zip(histograms(scores), scores.y_true.T, strict=True):
        assert (sum(histogram.positives), sum(histogram.negatives)) == (y.sum(), len(y) - y.sum())
    ends = histograms(scores_of([[1, 0, 0]] * 2, [[0.0, 1.0, 0.05], [1.0, 0.0, 0.0499]]))
    assert (ends[0].positives[0], ends[0].positives[19]) == (1, 1)
    assert (ends[2].negatives[0], ends[2].negatives[1]) == (1, 1)


# --- What needs a catalogue ---


def catalogue_of(scores, years):
    posters = tuple(
        Poster(id, f"{id}.jpg", tuple(np.array(GENRES)[row == 1]), title=f"Film {id}", year=year)
        for id, row, year in zip(scores.ids, scores.y_true, years, strict=True)
    )
    return Catalogue(posters, GENRES, "images")


def test_decades_count_the_posters_whose_year_is_known():
    scores = drawn(300)
    years = [1989] * 100 + [1990] * 50 + [1999] * 50 + [None] * 100
    evaluated = evaluate(
        scores,
        [fixed_thresholds(GENRES)],
        np.full(3, 0.2),
        context=Context(catalogue=catalogue_of(scores, years)),
        samples=50,
    )
    assert [(row.first_year, row.posters) for row in evaluated.decades] == [(1980, 100), (1990, 100)]
    eighties = evaluated.decades[0]
    defined = scores.y_true[:100].any(axis=0)
    oracle = average_precision(scores.y_true[:100], scores.y_score[:100])[defined]
    assert (eighties.macro_map, eighties.counted) == (pytest.approx(oracle.mean()), defined.sum())
    assert eighties.chance == pytest.approx(scores.y_true[:100].mean(axis=0)[defined].mean())
    assert eighties.interval.low <= eighties.macro_map <= eighties.interval.high


def test_examples_are_the_most_striking_posters():
    y_true = [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]]
    y_score = [[0.9, 0.1, 0], [0.2, 0.6, 0], [0.8, 0.7, 0], [0.6, 0.1, 0]]
    scores = scores_of(y_true, y_score)
    context = Context(catalogue=catalogue_of(scores, [1999] * 4))
    comedy, _, war = evaluate(scores, [fixed_thresholds(GENRES)], np.full(3, 0.2), context=context, samples=5).examples
    assert [example.id for example in comedy.surest_right] == ["tt0"]
    assert [example.id for example in comedy.surest_wrong] == ["tt2", "tt3"]
    assert [example.id for example in comedy.most_missed] == ["tt1", "tt0"]
    third = comedy.surest_wrong[0]
    assert (third.title, third.year, third.true) == ("Film tt2", 1999, ("Drama",))
    assert (third.predicted, third.probability) == (("Comedy", "Drama"), 0.8)
    assert (war.surest_right, war.most_missed) == ((), ())


# --- Promises ---


def test_promises_by_hand():
    scores = scores_of(
        [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 0]], [[0.9, 0.1, 0], [0.2, 0.6, 0], [0.8, 0.7, 0], [0, 0, 0]]
    )
    rules = [
        Thresholds(GENRES, (0.5, 0.5, np.inf), "precision=0.8", "validation, 9 posters"),
        Thresholds(GENRES, (0.1, 0.65, 0.0), "recall=0.8", "validation, 9 posters"),
        Thresholds(GENRES, (0.5, 0.5, 0.5), "miss-rate=0.1", "validation, 9 posters"),
        fixed_thresholds(GENRES),
    ]
    precision, recall, missed = evaluate(scores, rules, np.full(3, 0.2), samples=20).targets
    # Comedy: said of posters 1 and 3, one right. Drama: of 2 and 3, both right. War is never said.
    assert (precision.reached, precision.genres_predicted) == (pytest.approx(0.75), 2)
    assert (precision.genres_kept, precision.genres_counted, precision.predicted_per_poster) == (1, 2, 1.0)
    # Comedy finds both, Drama one of two; War has no positives, and recall is undefined.
    assert (recall.reached, recall.genres_kept, recall.genres_counted) == (pytest.approx(0.75), 1, 2)
    # Poster 1 misses none, poster 2 Comedy of two, poster 3 none; the fourth has no genres.
    assert (missed.quantity, missed.promised) == ("miss rate", 0.1)
    assert missed.reached == pytest.approx((0 + 0.5 + 0) / 3)


def test_a_genre_that_is_never_predicted_has_no_recall():
    scores = scores_of([[1, 0, 0], [1, 1, 0]], [[0.9, 0.1, 0], [0.8, 0.6, 0]])
    never = Thresholds(GENRES, (0.5, np.inf, 0.5), "recall=0.8", "validation, 9 posters")
    recall = evaluate(scores, [never], np.full(3, 0.2), samples=5).targets[0]
    assert (recall.reached, recall.genres_kept, recall.genres_counted) == (0.5, 1, 2)


def test_what_is_never_wrong_does_not_tell_how_sure_it_is():
    y_true = np.array([[1, 0, 0]] * 30 + [[0, 0, 0]] * 30)
    # Two of three Comedies are said, and nothing else: a precision of 1 in whatever is drawn.
    y_score = y_true * (np.arange(60) % 3 > 0)[:, None] * 0.9
    scores = scores_of(y_true, y_score)
    rules = [Thresholds(GENRES, (0.5,) * 3, name, "validation, 9 posters") for name in ("precision=0.8", "recall=0.8")]
    precision, recall = evaluate(scores, rules, np.full(3, 0.2), samples=100).targets
    assert (precision.reached, precision.interval) == (1, None)
    assert recall.interval.low < recall.reached < recall.interval.high


def test_a_promise_about_nothing_is_undefined():
    scores = scores_of([[0, 0, 0], [0, 0, 0]], [[0.9, 0.1, 0], [0.2, 0.6, 0]])
    rules = [
        Thresholds(GENRES, (0.5, np.inf, np.inf), name, "validation, 9 posters")
        for name in ("precision=0.8", "recall=0.8", "miss-rate=0.1")
    ]
    for target in evaluate(scores, rules, np.full(3, 0.2), samples=5).targets:
        assert (target.reached, target.interval, target.genres_predicted) == (None, None, 1)
        assert target.genres_counted == (None if target.quantity == "miss rate" else 0)
        assert target.predicted_per_poster == 0.5


@pytest.mark.parametrize("name", ["precision=0.8", "recall=0.8", "miss-rate=0.1"])
def test_the_interval_of_a_promise_holds_what_was_reached_and_narrows(name):
    def target(posters):
        scores = drawn(posters)
        rule = Thresholds(GENRES, (0.4, 0.4, 0.4), name, "validation, 9 posters")
        return evaluate(scores, [rule], np.full(3, 0.2), samples=200).targets[0]

    few, many = target(100), target(1600)
    for each in (few, many):
        assert each.interval.low < each.reached < each.interval.high
    # A quarter of the width would be exact; the draw of labels moves it.
    assert many.interval.high - many.interval.low < 0.5 * (few.interval.high - few.interval.low)
