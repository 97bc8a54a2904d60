"""Scores, rules and the training labels' prior -> `Evaluation`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from posters._base.brief import brief_repr
from posters._base.validation import to_plain
from posters.catalogue import Catalogue
from posters.errors import ScoresError
from posters.evaluation.bootstrap import Interval, draw_counts, nan_mean, normal_interval, resampled_average_precision
from posters.evaluation.confusion import co_occurrence, confusion
from posters.evaluation.curves import curves, histograms
from posters.evaluation.decades import Decade, decades
from posters.evaluation.evaluation import FREQUENT, Bootstrap, Evaluation, PredictorFigures, SeenBefore
from posters.evaluation.examples import examples
from posters.evaluation.jackknife import jackknife
from posters.evaluation.label_issues import LabelIssue
from posters.evaluation.predictors import (
    Predictor,
    baseline_predictor,
    constant_predictors,
    genre_figures,
    model_predictors,
    predictor_figures,
)
from posters.evaluation.promises import target
from posters.evaluation.reliability import genre_reliability, reliability
from posters.runs import Epoch
from posters.scores import Scores
from posters.thresholds import Rule

_NOT_ASKED = "label issues were not searched for"


@dataclass(frozen=True, kw_only=True)
class Context:
    """What is known of the evaluated posters and their classifier besides the scores; all of it is optional.

    Attributes:
        uncalibrated: the same posters' scores before calibration.
        baseline: a logistic regression's scores of the same posters, on the classifier's frozen features.
        groups: int (N,), posters of one number are drawn together in the bootstrap; by default each poster alone.
        catalogue: where titles and years come from, for examples and decades.
        learning: the epochs of training.
        label_issues: labels that may be wrong.
        label_issues_from: which scores found them, or why there are none, in words.
        provenance: where the scores come from; any plain data.
        seen: counts of the posters that the classifier has seen before.
        seen_ids: of these posters.
        decisions: of the model by the name of each rule, uint8 (N, G), where a rule's thresholds differ from poster to
            poster, as in a cross-validation; they take the place of those that the rule's thresholds would make.

    Examples:
        >>> Context(provenance={"run": "first"}).label_issues
        ()
    """

    __repr__ = brief_repr

    uncalibrated: Scores | None = None
    baseline: Scores | None = None
    groups: np.ndarray | None = None
    catalogue: Catalogue | None = None
    learning: tuple[Epoch, ...] = ()
    label_issues: tuple[LabelIssue, ...] = ()
    label_issues_from: str = _NOT_ASKED
    provenance: Mapping[str, Any] | None = None
    seen: SeenBefore | None = None
    seen_ids: Collection[str] = ()
    decisions: Mapping[str, np.ndarray] = field(default_factory=dict)

    def check(self, scores: Scores) -> None:
        """Check the other scores against the evaluated ones.

        Raises:
            ScoresError: they are of other posters, genres or labels.
        """
        for name, other in (("uncalibrated", self.uncalibrated), ("baseline", self.baseline)):
            if other is None:
                continue
            if (other.ids, other.genre_names) != (scores.ids, scores.genre_names):
                raise ScoresError(f"{name} scores must be of the same posters and genres as the evaluated scores")
            if other.y_true is not None and (other.y_true != scores.y_true).any():
                raise ScoresError(f"{name} scores must have the same labels as the evaluated scores")


_HEADS = ("sigmoid", "softmax")


def evaluate(
    scores: Scores,
    rules: Sequence[Rule],
    prior: np.ndarray,
    *,
    split: str = "test",
    head: str = "sigmoid",
    context: Context | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Compute every figure of `scores`, beside those of predictors that never look at a poster.

    Args:
        scores: the model's calibrated probabilities, with labels, (N, G); unknown ones (-1) are left out, cell by cell.
        rules: the model's own, fitted on other posters than these; the first one is the default.
        prior: (G,) the prevalence of each genre among the *training* labels: what the constant predictors know.
        split: what the evaluated posters are called.
        head: "sigmoid", or "softmax", which is also evaluated by its argmax.
        context: what else is known.
        samples: resamples of the bootstrap.
        seed: of the bootstrap.

    Raises:
        ScoresError: no posters or known labels, rules for other genres, a prior that isn't one, an unknown head, other
            posters or labels in the context than in the scores, or a provenance that JSON can't express.

    Examples:
        >>> from posters.thresholds import fixed_thresholds
        >>> scores = Scores(("a", "b"), ("War",), np.array([[0.9], [0.2]]), np.array([[1], [0]]))
        >>> found = evaluate(scores, [fixed_thresholds(("War",))], np.array([0.5]), samples=10)
        >>> found.of("model").figures["macro_map"].value, found.of("prior").figures["macro_map"].value
        (1.0, 0.5)
    """
    context = context or Context()
    scores = scores.labelled("an evaluation")
    y_true = scores.y_true
    if not scores.known.any():
        raise ScoresError("an evaluation needs known labels, but all of these are unknown")
    _check(scores, rules, head)
    context.check(scores)
    prior, groups = _checked_prior(scores, prior), _checked_groups(scores, context.groups)
    # One set of resamples for everything, so that differences between predictors are paired.
    counts = draw_counts(groups, samples, seed)
    model = model_predictors(scores, rules, head, context.decisions)
    spread = jackknife(y_true, scores.y_score, groups)
    first = predictor_figures(y_true, model[0], spread)
    looking = [first, *(predictor_figures(y_true, each, spread, same_scores=first) for each in model[1:])]
    ahead = None
    if context.baseline is not None:
        baseline = baseline_predictor(context.baseline)
        looking.append(predictor_figures(y_true, baseline, jackknife(y_true, context.baseline.y_score, groups)))
        both = (resampled_average_precision(y_true, p, counts) for p in (scores.y_score, context.baseline.y_score))
        ahead = _ahead(looking[0], looking[-1], *both)
    # No intervals: what predicts the same for every poster hardly varies.
    constant = constant_predictors(prior, scores.genre_names, len(scores))
    targets = (target(y_true, each.thresholds, each.y_pred, counts) for each in model if each.thresholds is not None)
    default, positives, negatives = model[0], (y_true == 1).sum(axis=0), (y_true == 0).sum(axis=0)
    return Evaluation(
        split=split,
        head=head,
        posters=len(scores),
        frequent=FREQUENT,
        default_rule=default.rule,
        fitted_on=rules[0].fitted_on,
        bootstrap=Bootstrap(samples, len(np.unique(groups)), seed),
        genres=genre_figures(scores, y_true, prior, model, spread),
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
        decades=_decades(scores, y_true, groups, context.catalogue),
        examples=() if context.catalogue is None else examples(scores, default.y_pred, context.catalogue),
        label_issues=context.label_issues,
        label_issues_from=context.label_issues_from,
        without_positives=_names(scores, positives == 0),
        without_negatives=_names(scores, (positives > 0) & (negatives == 0)),
        posters_without_genres=int((~(y_true == 1).any(axis=1)).sum()),
        provenance=to_plain(dict(context.provenance or {}), ScoresError),
        seen=_with_the_rest(scores, default, prior, groups, context),
        unknown_labels=int((~scores.known).sum()),
    )


def _with_the_rest(
    scores: Scores, model: Predictor, prior: np.ndarray, groups: np.ndarray, context: Context
) -> SeenBefore | None:
    """Return what the classifier has seen, with the macro mAP on the other posters, where there are both."""
    rest = np.array([row for row, id in enumerate(scores.ids) if id not in context.seen_ids], np.intp)
    if context.seen is None or not 0 < len(rest) < len(scores):
        return context.seen
    y_true = scores.labelled("an evaluation").y_true[rest]
    fresh = replace(model, y_score=scores.y_score[rest], y_pred=model.y_pred[rest])
    figures = predictor_figures(y_true, fresh, jackknife(y_true, scores.y_score[rest], groups[rest]))
    chance = predictor_figures(y_true, constant_predictors(prior, scores.genre_names, len(rest))[0])
    return replace(
        context.seen,
        macro_map=figures.figures["macro_map"],
        macro_map_of_the_prior=chance.figures["macro_map"].value,
    )


def _check(scores: Scores, rules: Sequence[Rule], head: str) -> None:
    if head not in _HEADS:
        raise ScoresError(f"head must be one of {', '.join(_HEADS)}, but got {head!r}")
    if not rules:
        raise ScoresError("an evaluation needs at least one rule, but got none")
    for rule in rules:
        if rule.genre_names != scores.genre_names:
            raise ScoresError(
                f"rules must be for the scores' genres {list(scores.genre_names)}, but got {list(rule.genre_names)}"
            )


def _checked_prior(scores: Scores, prior: np.ndarray) -> np.ndarray:
    """Return the prior as an array of floats."""
    prior = np.asarray(prior, np.float64)
    # `not (... >= 0)` instead of `< 0`, so that NaN fails as well.
    if prior.shape != (len(scores.genre_names),) or not ((prior >= 0) & (prior <= 1)).all():
        raise ScoresError(
            f"prior must be one share between 0 and 1 for each of the {len(scores.genre_names)} genres, "
            f"but got {prior.tolist()}"
        )
    return prior


def _checked_groups(scores: Scores, groups: np.ndarray | None) -> np.ndarray:
    """Return the groups, or each poster alone."""
    if groups is None:
        return np.arange(len(scores))
    if np.shape(groups) != (len(scores),):
        raise ScoresError(f"groups must have the shape ({len(scores)},), but got {np.shape(groups)}")
    return np.asarray(groups)


def _ahead(
    model: PredictorFigures, baseline: PredictorFigures, resampled: np.ndarray, resampled_baseline: np.ndarray
) -> Interval | None:
    """Return the interval of the difference in macro mAP, each resample drawn for both."""
    own, other = model.figures["macro_map"].value, baseline.figures["macro_map"].value
    if own is None or other is None:
        return None
    return normal_interval(nan_mean(resampled) - nan_mean(resampled_baseline), own - other)


def _names(scores: Scores, chosen: np.ndarray) -> tuple[str, ...]:
    return tuple(name for name, taken in zip(scores.genre_names, chosen, strict=True) if taken)


def _decades(scores: Scores, y_true: np.ndarray, groups: np.ndarray, catalogue: Catalogue | None) -> tuple[Decade, ...]:
    years = {poster.id: poster.year for poster in catalogue or ()}
    return decades(y_true, scores.y_score, [years.get(id) for id in scores.ids], groups)
