"""The figures of each predictor and of each genre."""

from collections.abc import Sequence

import numpy as np

from posters.evaluation.bootstrap import centred_interval, nan_mean, reflected_interval
from posters.evaluation.evaluation import FREQUENT, Figure, GenreFigures, PredictorFigures, RuleFigures
from posters.evaluation.interval import Interval
from posters.evaluation.predictors import Predictor
from posters.metrics import METRICS, Metric, average_precision, f1, mean_of_defined, precision, recall, roc_auc
from posters.scores import Scores
from posters.thresholds import NEVER


def predictor_figures(
    y_true: np.ndarray, predictor: Predictor, resampled: np.ndarray | None = None
) -> PredictorFigures:
    """All figures of one predictor.

    Args:
        y_true: (N, G).
        predictor: what it says.
        resampled: (S, G), its average precision in each bootstrap resample, for the intervals of the macro mAP.
    """
    frequent = y_true.sum(axis=0) >= FREQUENT
    macro = [metric for metric in METRICS.values() if metric.over == "genres"]
    everything = np.ones(len(frequent), bool)
    return PredictorFigures(
        predictor=predictor.name,
        rule=predictor.rule,
        figures={metric.name: _figure(metric, y_true, predictor, everything, resampled) for metric in METRICS.values()},
        frequent={metric.name: _figure(metric, y_true, predictor, frequent, resampled) for metric in macro},
    )


def _figure(
    metric: Metric, y_true: np.ndarray, predictor: Predictor, genres: np.ndarray, resampled: np.ndarray | None
) -> Figure:
    """One figure of one predictor over the chosen genres, (G,) of bool."""
    y = predictor.y_score if metric.needs == "score" else predictor.y_pred
    if y is None:
        return Figure(None, None)
    parts = metric.parts(y_true[:, genres], y[:, genres])
    counted = None if metric.over == "pairs" else int(np.count_nonzero(~np.isnan(parts)))
    value, interval = defined(mean_of_defined(parts)), None
    if metric.name == "macro_map" and resampled is not None and value is not None:
        interval = reflected_interval(nan_mean(resampled[:, genres]), value)
    return Figure(value, counted, interval)


def genre_figures(
    scores: Scores, y_true: np.ndarray, prior: np.ndarray, model: Sequence[Predictor], resampled: np.ndarray
) -> tuple[GenreFigures, ...]:
    """A row for each genre, with what the model decides by each of its rules."""
    positives, prevalence = y_true.sum(axis=0), y_true.mean(axis=0)
    precisions, areas = average_precision(y_true, scores.y_score), roc_auc(y_true, scores.y_score)
    decisions = {predictor.rule: _decisions(y_true, predictor) for predictor in model}
    return tuple(
        GenreFigures(
            name=name,
            positives=int(positives[g]),
            prevalence=float(prevalence[g]),
            prior=float(prior[g]),
            average_precision=defined(precisions[g]),
            interval=_interval(precisions[g], resampled[:, g]),
            lift=defined(precisions[g] / prevalence[g]) if positives[g] else None,
            roc_auc=defined(areas[g]),
            decisions={rule: figures[g] for rule, figures in decisions.items()},
        )
        for g, name in enumerate(scores.genre_names)
    )


def _interval(value: float, resampled: np.ndarray) -> Interval | None:
    return None if np.isnan(value) else centred_interval(resampled, float(value))


def _decisions(y_true: np.ndarray, predictor: Predictor) -> list[RuleFigures]:
    """The figures of each genre by one rule."""
    predicted = predictor.y_pred.sum(axis=0)
    columns = [metric(y_true, predictor.y_pred) for metric in (precision, recall, f1)]
    return [
        RuleFigures(_threshold(predictor, g), int(predicted[g]), *(defined(column[g]) for column in columns))
        for g in range(y_true.shape[1])
    ]


def _threshold(predictor: Predictor, genre: int) -> float | None:
    if predictor.thresholds is None or predictor.thresholds.values[genre] == NEVER:
        return None
    return predictor.thresholds.values[genre]


def defined(value: float) -> float | None:
    """NaN, the undefined of arrays, as None, the undefined of plain data."""
    return None if np.isnan(value) else float(value)
