"""Scores, rules and the training labels' prior -> `Evaluation`."""

from collections.abc import Sequence

import numpy as np

from posters.catalogue import Catalogue
from posters.errors import ScoresError
from posters.evaluation.bootstrap import draw_counts, nan_mean, normal_interval, resampled_average_precision
from posters.evaluation.context import Context
from posters.evaluation.curves import curves
from posters.evaluation.decades import Decade, decades
from posters.evaluation.evaluation import FREQUENT, Bootstrap, Evaluation, PredictorFigures
from posters.evaluation.examples import examples
from posters.evaluation.figures import genre_figures, predictor_figures
from posters.evaluation.histograms import histograms
from posters.evaluation.interval import Interval
from posters.evaluation.plain import to_plain
from posters.evaluation.predictors import baseline_predictor, constant_predictors, model_predictors
from posters.evaluation.reliability import genre_reliability, reliability
from posters.evaluation.targets import target
from posters.evaluation.together import co_occurrence, confusion
from posters.scores import Scores
from posters.thresholds import Thresholds

_HEADS = ("sigmoid", "softmax")


def evaluate(
    scores: Scores,
    rules: Sequence[Thresholds],
    prior: np.ndarray,
    *,
    side: str = "test",
    head: str = "sigmoid",
    context: Context | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Every figure of `scores`, beside those of predictors that never look at a poster.

    Args:
        scores: the model's calibrated probabilities, with labels, (N, G).
        rules: the model's own, fitted on other posters than these; the first one is the default.
        prior: (G,) the prevalence of each genre among the *training* labels: what the constant predictors know.
        side: what the evaluated posters are called.
        head: "sigmoid", or "softmax", which is also judged by its argmax.
        context: what else is known.
        samples: resamples of the bootstrap.
        seed: of the bootstrap.

    Raises:
        ScoresError: no labels or posters, rules for other genres, a prior that is none, an unknown head, other posters
            or labels in the context than in the scores, or a provenance that JSON can't say.
    """
    context = context or Context()
    y_true = scores.labels("an evaluation")
    _check(scores, rules, head)
    context.check(scores)
    prior, groups = _checked_prior(scores, prior), _checked_groups(scores, context.groups)
    counts = draw_counts(groups, samples, seed)
    model = model_predictors(scores, rules, head)
    resampled = resampled_average_precision(y_true, scores.y_score, counts)
    looking = [predictor_figures(y_true, each, resampled) for each in model]
    ahead = None
    if context.baseline is not None:
        baseline = baseline_predictor(context.baseline)
        resampled_baseline = resampled_average_precision(y_true, context.baseline.y_score, counts)
        looking.append(predictor_figures(y_true, baseline, resampled_baseline))
        ahead = _ahead(looking[0], looking[-1], resampled, resampled_baseline)
    constant = constant_predictors(prior, scores.genre_names, len(scores))
    targets = (target(y_true, each.thresholds, each.y_pred, counts) for each in model if each.thresholds is not None)
    default, positives = model[0], y_true.sum(axis=0)
    return Evaluation(
        side=side,
        head=head,
        posters=len(scores),
        frequent=FREQUENT,
        default_rule=default.rule,
        fitted_on=rules[0].fitted_on,
        bootstrap=Bootstrap(samples, len(np.unique(groups)), seed),
        genres=genre_figures(scores, y_true, prior, model, resampled),
        ahead_of_baseline=ahead,
        predictors=(*looking, *(predictor_figures(y_true, each) for each in constant)),
        targets=tuple(each for each in targets if each is not None),
        curves=curves(scores),
        reliability=reliability(scores, prior, context.uncalibrated),
        genre_reliability=genre_reliability(scores, prior, context.uncalibrated),
        histograms=histograms(scores),
        co_occurrence=co_occurrence(y_true, default.y_pred, default.rule),
        confusion=confusion(y_true, default.y_pred, default.rule),
        learning=context.learning,
        decades=_decades(scores, y_true, counts, context.catalogue),
        examples=() if context.catalogue is None else examples(scores, default.y_pred, context.catalogue),
        label_issues=context.label_issues,
        label_issues_from=context.label_issues_from,
        without_positives=_names(scores, positives == 0),
        without_negatives=_names(scores, positives == len(scores)),
        posters_without_genres=int((y_true.sum(axis=1) == 0).sum()),
        provenance=to_plain(dict(context.provenance or {})),
    )


def _check(scores: Scores, rules: Sequence[Thresholds], head: str) -> None:
    if head not in _HEADS:
        raise ScoresError(f"head must be one of {', '.join(_HEADS)}, but got {head!r}")
    if not rules:
        raise ScoresError("an evaluation needs at least one rule, but got none")
    for thresholds in rules:
        if thresholds.genre_names != scores.genre_names:
            raise ScoresError(
                f"thresholds must be for the scores' genres {list(scores.genre_names)}, "
                f"but got {list(thresholds.genre_names)}"
            )


def _checked_prior(scores: Scores, prior: np.ndarray) -> np.ndarray:
    """The prior as an array of floats."""
    prior = np.asarray(prior, np.float64)
    # Written so that NaN fails as well.
    if prior.shape != (len(scores.genre_names),) or not ((prior >= 0) & (prior <= 1)).all():
        raise ScoresError(
            f"prior must be one share between 0 and 1 for each of the {len(scores.genre_names)} genres, "
            f"but got {prior.tolist()}"
        )
    return prior


def _checked_groups(scores: Scores, groups: np.ndarray | None) -> np.ndarray:
    """The groups, or each poster alone."""
    if groups is None:
        return np.arange(len(scores))
    if np.shape(groups) != (len(scores),):
        raise ScoresError(f"groups must have the shape ({len(scores)},), but got {np.shape(groups)}")
    return np.asarray(groups)


def _ahead(
    model: PredictorFigures, baseline: PredictorFigures, resampled: np.ndarray, resampled_baseline: np.ndarray
) -> Interval | None:
    """Of the difference in macro mAP, each resample drawn for both."""
    own, other = model.figures["macro_map"].value, baseline.figures["macro_map"].value
    if own is None or other is None:
        return None
    return normal_interval(nan_mean(resampled) - nan_mean(resampled_baseline), own - other)


def _names(scores: Scores, chosen: np.ndarray) -> tuple[str, ...]:
    return tuple(name for name, taken in zip(scores.genre_names, chosen, strict=True) if taken)


def _decades(scores: Scores, y_true: np.ndarray, counts: np.ndarray, catalogue: Catalogue | None) -> tuple[Decade, ...]:
    years = {poster.id: poster.year for poster in catalogue or ()}
    return decades(y_true, scores.y_score, [years.get(id) for id in scores.ids], counts)
