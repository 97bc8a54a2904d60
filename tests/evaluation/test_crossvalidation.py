"""Cross-validations: figures of each fold and of all pooled, against plain loops over metrics, and comparisons."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from posters.errors import ScoresError
from posters.evaluation.comparison import compare_folds
from posters.evaluation.crossvalidation import Repeat, cross_validation
from posters.evaluation.jackknife import jackknife, jackknife_by_fold
from posters.metrics import METRICS, average_precision
from posters.scores import Scores

SHARES, FOLDS = np.array([0.5, 0.2, 0.1]), 4
GENRES = ("Drama", "Horror", "War")


def drawn(posters=240, seed=0):
    return (np.random.default_rng(seed).random((posters, len(SHARES))) < SHARES).astype(np.int8)


def scored(y_true, separation, seed, drift=0.0):
    """Scores by four networks, each on a scale that lies `drift` further up than the one before."""
    noise = np.random.default_rng(seed).normal(size=y_true.shape)
    logits = separation * y_true + noise + drift * (np.arange(len(y_true)) % FOLDS)[:, None]
    return Scores(tuple(f"{row:03}" for row in range(len(y_true))), GENRES, 1 / (1 + np.exp(-logits)), y_true)


def repeat(y_true, seed=1, drift=0.0):
    model, probe = scored(y_true, 1.5, seed, drift), scored(y_true, 0.7, seed + 50)
    prior = replace(model, y_score=np.tile(SHARES, (len(y_true), 1)))
    decisions = replace(model, y_score=(model.y_score > 0.6).astype(float))
    fold = {id: row % FOLDS for row, id in enumerate(model.ids)}
    return Repeat({"model": model, "logistic regression": probe, "prior": prior}, decisions, fold)


def films(y_true):
    return {f"{row:03}": row for row in range(len(y_true))}


def in_fold(fold):
    return np.arange(len(Y)) % FOLDS == fold


Y = drawn()


def test_every_figure_is_that_of_a_loop_over_folds_and_repeats():
    repeats = [repeat(Y, 1), repeat(Y, 2)]
    found = cross_validation(repeats, films(Y), samples=20)
    assert (found.folds, found.repeats, found.posters, found.films) == (FOLDS, 2, 240, 240)
    for each in found.predictors:
        scores = [one.scores[each.predictor].y_score for one in repeats]
        alone = [[np.mean(average_precision(Y[in_fold(n)], p[in_fold(n)])) for n in range(FOLDS)] for p in scores]
        np.testing.assert_allclose(each.of_folds, alone)
        assert each.by_fold.value == pytest.approx(np.mean(alone))
        assert each.sd_of_folds == pytest.approx(np.mean(np.std(alone, axis=1, ddof=1)))
        assert each.sd_of_repeats == pytest.approx(np.std(np.mean(alone, axis=1), ddof=1))
        pooled = [METRICS["macro_map"](Y, p) for p in scores]
        np.testing.assert_allclose(each.of_repeats, pooled)
        assert each.pooled.value == pytest.approx(np.mean(pooled))
        assert each.figures["log_loss"] == pytest.approx(np.mean([METRICS["log_loss"](Y, p) for p in scores]))
    decided = [METRICS["macro_f1"](Y, one.decisions.y_score.astype(np.uint8)) for one in repeats]
    assert found.of("model").figures["macro_f1"] == pytest.approx(np.mean(decided))
    assert found.of("prior").figures["macro_f1"] is None
    json.dumps(found.to_dict(), allow_nan=False)


def test_networks_on_different_scales_lose_pooled_and_not_fold_by_fold():
    steady, drifting = (cross_validation([repeat(Y, drift=by)], films(Y), samples=20).of("model") for by in (0, 3))
    assert drifting.by_fold.value == pytest.approx(steady.by_fold.value)
    assert drifting.pooled.value < steady.pooled.value - 0.05


def test_the_order_of_posters_decides_nothing():
    one = repeat(Y)
    order = np.random.default_rng(0).permutation(len(Y))
    other = Repeat({name: each.take(order) for name, each in one.scores.items()}, one.decisions.take(order), one.fold)
    assert cross_validation([one], films(Y), samples=20) == cross_validation([other], films(Y), samples=20)


def test_the_model_is_judged_against_logistic_regression_where_there_is_one():
    ahead = cross_validation([repeat(Y)], films(Y), samples=200).ahead
    assert (ahead.verdict, ahead.interval.low > 0) == ("better", True)
    alone = replace(repeat(Y), scores={name: repeat(Y).scores[name] for name in ("model", "prior")})
    found = cross_validation([alone], films(Y))
    assert found.ahead is None
    assert [each.predictor for each in found.predictors] == ["model", "prior"]
    assert found.of("model").sd_of_repeats is None


def test_repeats_of_other_posters_and_posters_without_genres_are_refused():
    fewer = repeat(Y[:-4])
    with pytest.raises(ScoresError, match="must be of the same posters"):
        cross_validation([repeat(Y), fewer], films(Y))
    with pytest.raises(ScoresError, match="needs posters with genres"):
        cross_validation([repeat(np.zeros_like(Y))], films(Y))


def test_unknown_labels_are_counted_and_left_out():
    y_true = Y.copy()
    y_true[:60, 0] = -1
    found = cross_validation([repeat(y_true)], films(Y), samples=20)
    assert found.unknown_labels == 60
    known = y_true[:, 0] >= 0
    p = repeat(y_true).scores["model"].y_score
    drama = np.mean([average_precision(Y[in_fold(n) & known], p[in_fold(n) & known])[0] for n in range(FOLDS)])
    others = np.mean([average_precision(Y[in_fold(n)], p[in_fold(n)])[1:] for n in range(FOLDS)], axis=0)
    assert found.of("model").by_fold.value == pytest.approx(np.mean([drama, *others]))


class TestIntervals:
    def test_one_fold_is_the_jackknife_itself(self):
        p, groups = repeat(Y).scores["model"].y_score, np.arange(len(Y)) // 2
        one = jackknife_by_fold(Y, [p], groups, [np.zeros(len(Y), int)])
        assert one.interval() == jackknife(Y, p, groups).interval()

    def test_folds_alone_vary_independently_and_repeats_of_one_poster_together(self):
        p, groups, fold = repeat(Y).scores["model"].y_score, np.arange(len(Y)), np.arange(len(Y)) % FOLDS
        by_fold = jackknife_by_fold(Y, [p], groups, [fold])
        everything = np.ones(len(SHARES), bool)
        errors = [jackknife(Y[in_fold(n)], p[in_fold(n)], groups[in_fold(n)]).error(everything) for n in range(FOLDS)]
        # Enlarged once more where few films have a genre.
        assert by_fold.error(everything) == pytest.approx(np.sqrt(np.sum(np.square(errors))) / FOLDS, rel=0.05)
        twice = jackknife_by_fold(Y, [p, p], groups, [fold, fold])
        # The same scores twice tell nothing new.
        assert twice.error(everything) == pytest.approx(by_fold.error(everything), rel=0.05)
        assert twice.values == pytest.approx(by_fold.values)

    @pytest.mark.parametrize("repeats", [1, 2])
    def test_the_interval_covers_the_figure_of_folds_of_this_size(self, repeats):
        # What other catalogues of this size give on average.
        aim = np.mean([by_fold_of(drawn(seed=seed), seed, 1).values.mean() for seed in range(1000, 1200)])
        intervals = [by_fold_of(drawn(seed=seed), seed, repeats).interval() for seed in range(100)]
        covered = sum(interval.low <= aim <= interval.high for interval in intervals)
        assert covered >= stats.binom.ppf(0.001, len(intervals), 0.94)


def by_fold_of(y_true, seed, repeats):
    # Two repeats share the half of their noise that lies in the posters.
    rng = np.random.default_rng(10_000 + seed)
    shared, own = rng.normal(size=y_true.shape), rng.normal(size=(repeats, *y_true.shape))
    scores = [1 / (1 + np.exp(-(1.5 * y_true + np.sqrt(0.5) * (shared + noise)))) for noise in own]
    fold = np.arange(len(y_true)) % FOLDS
    return jackknife_by_fold(y_true, scores, np.arange(len(y_true)), [fold] * repeats)


class TestComparison:
    def test_it_is_paired_fold_by_fold(self):
        one, other = repeat(Y), repeat(Y, drift=3)
        comparison = compare_folds(
            {"steady": [one.scores["model"]], "drifting": [other.scores["model"]]}, [one.fold], films(Y), samples=50
        )
        # Each fold ranks its posters alike.
        assert comparison.runs[1].against_first.difference == pytest.approx(0, abs=1e-12)
        assert comparison.runs[1].against_first.verdict == "no difference shown"
        assert (comparison.split, comparison.folds, comparison.repeats) == ("out-of-fold", FOLDS, 1)

    def test_figures_are_means_over_folds_and_repeats(self):
        repeats = [repeat(Y, 1), repeat(Y, 2)]
        scores = {name: [each.scores[name] for each in repeats] for name in ("logistic regression", "model")}
        comparison = compare_folds(scores, [each.fold for each in repeats], films(Y), samples=50)
        figures = cross_validation(repeats, films(Y), samples=50)
        for run in comparison.runs:
            assert run.macro_map == pytest.approx(figures.of(run.name).by_fold.value)
            np.testing.assert_allclose(run.of_folds, figures.of(run.name).of_folds)
        assert comparison.repeats == 2

    def test_posters_in_no_fold_are_refused(self):
        one = repeat(Y)
        fold = {id: number for id, number in one.fold.items() if id != "007"}
        with pytest.raises(ScoresError, match=r"1 of the compared posters are in no fold \('007'\)"):
            compare_folds({"a": [one.scores["model"]], "b": [one.scores["prior"]]}, [fold], samples=5)
