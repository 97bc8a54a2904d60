"""Scores, thresholds and the training labels' prior -> `Evaluation`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from posters.errors import ScoresError
from posters.evaluation.evaluation import FREQUENT, Evaluation, Figure, GenreFigures, PredictorFigures, RuleFigures
from posters.evaluation.plain import to_plain
from posters.evaluation.predictors import Predictor, constant_predictors, model_predictors
from posters.metrics import METRICS, Metric, average_precision, f1, mean_of_defined, precision, recall, roc_auc
from posters.scores import Scores
from posters.thresholds import Thresholds

_HEADS = ("sigmoid", "softmax")


def evaluate(
    scores: Scores,
    thresholds: Thresholds,
    prior: np.ndarray,
    *,
    side: str = "test",
    head: str = "sigmoid",
    provenance: Mapping[str, Any] | None = None,
) -> Evaluation:
    """Every figure of `scores`, beside those of predictors that never look at a poster.

    Args:
        scores: the model's probabilities, with labels.
        thresholds: the model's own, fitted on other posters than these.
        prior: (G,) the prevalence of each genre among the *training* labels: what the constant predictors know.
        side: what the evaluated posters are called.
        head: "sigmoid", or "softmax", which is also judged by its argmax.
        provenance: where the scores come from; any plain data.

    Raises:
        ScoresError: no labels or posters, thresholds for other genres, a prior that is none, an unknown head, or a
            provenance that JSON can't say.
    """
    y_true = scores.labels("an evaluation")
    positives = y_true.sum(axis=0)
    prior = _checked(scores, thresholds, prior, head)
    model = model_predictors(scores, thresholds, head)
    constant = constant_predictors(prior, scores.genre_names, len(scores))
    return Evaluation(
        side=side,
        head=head,
        posters=len(scores),
        frequent=FREQUENT,
        optimises=thresholds.optimises,
        fitted_on=thresholds.fitted_on,
        genres=_genres(scores, y_true, prior, model),
        predictors=tuple(_predictor_figures(y_true, predictor) for predictor in model + constant),
        without_positives=_names(scores, positives == 0),
        without_negatives=_names(scores, positives == len(scores)),
        posters_without_genres=int((y_true.sum(axis=1) == 0).sum()),
        provenance=to_plain(dict(provenance or {})),
    )


def _checked(scores: Scores, thresholds: Thresholds, prior: np.ndarray, head: str) -> np.ndarray:
    """The prior as an array of floats, if everything fits."""
    if head not in _HEADS:
        raise ScoresError(f"head must be one of {', '.join(_HEADS)}, but got {head!r}")
    if thresholds.genre_names != scores.genre_names:
        raise ScoresError(
            f"thresholds must be for the scores' genres {list(scores.genre_names)}, "
            f"but got {list(thresholds.genre_names)}"
        )
    prior = np.asarray(prior, np.float64)
    # Written so that NaN fails as well.
    if prior.shape != (len(scores.genre_names),) or not ((prior >= 0) & (prior <= 1)).all():
        raise ScoresError(
            f"prior must be one share between 0 and 1 for each of the {len(scores.genre_names)} genres, "
            f"but got {prior.tolist()}"
        )
    return prior


def _names(scores: Scores, chosen: np.ndarray) -> tuple[str, ...]:
    return tuple(name for name, taken in zip(scores.genre_names, chosen, strict=True) if taken)


def _predictor_figures(y_true: np.ndarray, predictor: Predictor) -> PredictorFigures:
    frequent = y_true.sum(axis=0) >= FREQUENT
    macro = [metric for metric in METRICS.values() if metric.over == "genres"]
    return PredictorFigures(
        predictor=predictor.name,
        rule=predictor.rule,
        figures={metric.name: _figure(metric, y_true, predictor) for metric in METRICS.values()},
        frequent={metric.name: _figure(metric, y_true, predictor, frequent) for metric in macro},
    )


def _figure(metric: Metric, y_true: np.ndarray, predictor: Predictor, genres: np.ndarray | None = None) -> Figure:
    """One figure of one predictor, over all genres or over some."""
    y = predictor.y_score if metric.needs == "score" else predictor.y_pred
    if y is None:
        return Figure(None, None)
    columns = slice(None) if genres is None else genres
    parts = metric.parts(y_true[:, columns], y[:, columns])
    counted = None if metric.over == "pairs" else int(np.count_nonzero(~np.isnan(parts)))
    return Figure(_defined(mean_of_defined(parts)), counted)


def _genres(scores: Scores, y_true: np.ndarray, prior: np.ndarray, model: list[Predictor]) -> tuple[GenreFigures, ...]:
    positives, prevalence = y_true.sum(axis=0), y_true.mean(axis=0)
    precisions, areas = average_precision(y_true, scores.y_score), roc_auc(y_true, scores.y_score)
    decisions = {predictor.rule: _decisions(y_true, predictor) for predictor in model}
    return tuple(
        GenreFigures(
            name=name,
            positives=int(positives[g]),
            prevalence=float(prevalence[g]),
            prior=float(prior[g]),
            average_precision=_defined(precisions[g]),
            lift=_defined(precisions[g] / prevalence[g]) if positives[g] else None,
            roc_auc=_defined(areas[g]),
            decisions={rule: figures[g] for rule, figures in decisions.items()},
        )
        for g, name in enumerate(scores.genre_names)
    )


def _decisions(y_true: np.ndarray, predictor: Predictor) -> list[RuleFigures]:
    """The figures of each genre by one rule."""
    predicted = predictor.y_pred.sum(axis=0)
    columns = [metric(y_true, predictor.y_pred) for metric in (precision, recall, f1)]
    return [
        RuleFigures(
            None if predictor.thresholds is None else predictor.thresholds.values[g],
            int(predicted[g]),
            *(_defined(column[g]) for column in columns),
        )
        for g in range(y_true.shape[1])
    ]


def _defined(value: float) -> float | None:
    """NaN, the undefined of arrays, as None, the undefined of plain data."""
    return None if np.isnan(value) else float(value)
