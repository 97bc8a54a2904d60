"""The figures of a cross-validation: of all folds pooled and of each alone, with intervals and spread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np

from posters._base.brief import brief_repr
from posters._base.frames import frame_of
from posters._base.validation import to_plain
from posters.errors import ScoresError
from posters.evaluation.comparison import Difference, compare_folds
from posters.evaluation.evaluation import Figure
from posters.evaluation.jackknife import Jackknife, jackknife_by_fold
from posters.evaluation.predictors import defined
from posters.metrics import METRICS
from posters.scores import Scores

if TYPE_CHECKING:
    import pandas

MODEL, BASELINE, PRIOR = "model", "logistic regression", "prior"


@dataclass(frozen=True, eq=False)
class Repeat:
    """One pass over all folds: every poster scored once, by a run that never saw it.

    Attributes:
        scores: out-of-fold scores by predictor: "model", whose probabilities each fold's validation posters calibrated;
            "prior", each genre's share of the training posters; and "logistic regression", where there is one.
        decisions: of the model by the rule `f1`, or by the argmax of a softmax, as scores of 0 and 1.
        fold: of each id.

    Examples:
        >>> scores = Scores(("a", "b"), ("War",), [[0.9], [0.2]], [[1], [0]])
        >>> sorted(Repeat({"model": scores, "prior": scores}, scores, {"a": 0, "b": 1}).scores)
        ['model', 'prior']
    """

    __repr__ = brief_repr

    scores: Mapping[str, Scores]
    decisions: Scores
    fold: Mapping[str, int]


@dataclass(frozen=True)
class CrossValidatedPredictor:
    """One predictor.

    Attributes:
        predictor: "model", "logistic regression" or "prior".
        by_fold: macro mAP of each fold alone, averaged over folds and repeats.
        pooled: macro mAP of the scores of all folds at once, averaged over repeats.
        of_folds: the macro mAP of each fold, a tuple for each repeat.
        of_repeats: the pooled macro mAP of each repeat.
        figures: all other figures of the pooled scores, by the names of `posters.metrics.METRICS`, averaged over
            repeats; None where undefined, and for decisions of another predictor than the model.

    Examples:
        >>> CrossValidatedPredictor("model", Figure(0.4, 9), Figure(0.3, 9), ((0.3, 0.5),), (0.3,), {}).sd_of_repeats
    """

    __repr__ = brief_repr

    predictor: str
    by_fold: Figure
    pooled: Figure
    of_folds: tuple[tuple[float, ...], ...]
    of_repeats: tuple[float, ...]
    figures: dict[str, float | None]

    @property
    def sd_of_folds(self) -> float:
        """The standard deviation of a fold's macro mAP within a repeat, the mean over repeats."""
        return fmean(stdev(folds) for folds in self.of_folds)

    @property
    def sd_of_repeats(self) -> float | None:
        """The standard deviation of a repeat's macro mAP, fold by fold; None of a single one."""
        means = [fmean(folds) for folds in self.of_folds]
        return stdev(means) if len(means) > 1 else None


@dataclass(frozen=True)
class CrossValidation:
    """Every figure of a cross-validation as plain data.

    Attributes:
        folds: how many.
        repeats: how often the posters were divided, or trained with another seed.
        posters: how many were scored.
        films: of how many films they are; these are what the intervals draw.
        genre_names: the genres.
        unknown_labels: how many labels are left out of every figure, since nobody knows them.
        predictors: the model, then logistic regression where there is one, then the prior.
        ahead: of the model's macro mAP less that of logistic regression, fold by fold; None without logistic
            regression.
    """

    __repr__ = brief_repr

    folds: int
    repeats: int
    posters: int
    films: int
    genre_names: tuple[str, ...]
    unknown_labels: int
    predictors: tuple[CrossValidatedPredictor, ...]
    ahead: Difference | None

    def of(self, predictor: str) -> CrossValidatedPredictor | None:
        """Return the figures of a predictor; None if there is no such one."""
        return next((each for each in self.predictors if each.predictor == predictor), None)

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a DataFrame with a row for each predictor, repeat and fold: macro_map.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        rows = (
            {"predictor": each.predictor, "repeat": repeat, "fold": fold, "macro_map": value}
            for each in self.predictors
            for repeat, folds in enumerate(each.of_folds)
            for fold, value in enumerate(folds)
        )
        return frame_of(rows, index=["predictor", "repeat", "fold"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON: lists, dicts, text, finite numbers and None."""
        plain: dict[str, Any] = to_plain(self, ScoresError)
        return plain


def cross_validation(
    repeats: Sequence[Repeat], groups: Mapping[str, int], *, samples: int = 1000, seed: int = 0
) -> CrossValidation:
    """Compute the figures of a cross-validation.

    Args:
        repeats: of the same posters and genres, with labels.
        groups: a number for each id; posters of one number are one film.
        samples: resamples of the bootstrap of the difference.
        seed: of the bootstrap.

    Raises:
        ScoresError: scores lack labels, a repeat has other posters than the first, or no poster has a genre.

    Examples:
        >>> scores = Scores(("a", "b", "c", "d"), ("War",), [[0.9], [0.8], [0.2], [0.1]], [[1], [0], [1], [0]])
        >>> repeat = Repeat({"model": scores, "prior": scores}, scores, {"a": 0, "b": 0, "c": 1, "d": 1})
        >>> model = cross_validation([repeat], dict(zip("abcd", range(4)))).of("model")
        >>> model.by_fold.value, round(model.pooled.value, 3)
        (1.0, 0.833)
    """
    ids = sorted(repeats[0].decisions.ids)
    for repeat in repeats[1:]:
        if sorted(repeat.decisions.ids) != ids:
            raise ScoresError("the repeats of a cross-validation must be of the same posters: resume the others")
    group_of = np.unique([groups[id] for id in ids], return_inverse=True)[1]
    folds = [np.array([repeat.fold[id] for id in ids]) for repeat in repeats]
    labels = _in_order(repeats[0].decisions, ids).labelled("a cross-validation").y_true
    if not (labels == 1).any():
        raise ScoresError("a cross-validation needs posters with genres, but none of these has one")
    decided = [_in_order(repeat.decisions, ids).y_score.astype(np.uint8) for repeat in repeats]
    names = [name for name in (MODEL, BASELINE, PRIOR) if all(name in repeat.scores for repeat in repeats)]
    scores = {name: [_in_order(repeat.scores[name], ids) for repeat in repeats] for name in names}
    ahead = None
    if BASELINE in names:
        both = {name: scores[name] for name in (BASELINE, MODEL)}
        comparison = compare_folds(both, [repeat.fold for repeat in repeats], groups, samples=samples, seed=seed)
        ahead = comparison.runs[1].against_first
    return CrossValidation(
        folds=len(np.unique(folds[0])),
        repeats=len(repeats),
        posters=len(ids),
        films=int(group_of.max()) + 1,
        genre_names=repeats[0].decisions.genre_names,
        unknown_labels=int((labels < 0).sum()),
        predictors=tuple(
            _predictor(name, labels, [each.y_score for each in scores[name]], decided, group_of, folds)
            for name in names
        ),
        ahead=ahead,
    )


def _in_order(scores: Scores, ids: Sequence[str]) -> Scores:
    rows = {id: row for row, id in enumerate(scores.ids)}
    return scores.take([rows[id] for id in ids])


def _predictor(
    name: str,
    y_true: np.ndarray,
    y_scores: Sequence[np.ndarray],
    decided: Sequence[np.ndarray],
    groups: np.ndarray,
    folds: Sequence[np.ndarray],
) -> CrossValidatedPredictor:
    """Return the figures of one predictor; labels (N, G), scores, decisions and folds of each repeat."""
    # Pooled, all posters are in one fold.
    together = [np.zeros(len(y_true), int)] * len(folds)
    decisions = decided if name == MODEL else ()
    figures = {
        metric.name: defined(float(np.mean([metric(y_true, each) for each in seen]))) if seen else None
        for metric in METRICS.values()
        for seen in [y_scores if metric.needs == "score" else decisions]
    }
    by_fold, pooled = (_figure(name, jackknife_by_fold(y_true, y_scores, groups, each)) for each in (folds, together))
    of_repeats = tuple(value for (value,) in _macro_maps(y_true, y_scores, together))
    return CrossValidatedPredictor(name, by_fold, pooled, _macro_maps(y_true, y_scores, folds), of_repeats, figures)


def _figure(name: str, spread: Jackknife) -> Figure:
    # The prior hardly varies, and has no interval.
    interval = None if name == PRIOR else spread.interval()
    return Figure(float(np.nanmean(spread.values)), int((~np.isnan(spread.values)).sum()), interval)


def _macro_maps(
    y_true: np.ndarray, y_scores: Sequence[np.ndarray], folds: Sequence[np.ndarray]
) -> tuple[tuple[float, ...], ...]:
    """Return the macro mAP of each fold, a tuple for each repeat."""
    return tuple(
        tuple(METRICS["macro_map"](y_true[fold == n], y_score[fold == n]) for n in np.unique(fold))
        for y_score, fold in zip(y_scores, folds, strict=True)
    )
