"""Precision against recall over all thresholds, genre by genre."""

from dataclasses import dataclass

import numpy as np

from posters.scores import Scores

# Points that a drawing of a curve needs.
_POINTS = 100


@dataclass(frozen=True)
class Curve:
    """The precision-recall curve of one genre, thinned to what a drawing can show.

    Attributes:
        name: the genre.
        recall: ascending, 0 to 1.
        precision: at each recall; as many. Both are empty for a genre without positives.
        threshold: the score from which on a poster counts as predicted there; as many, descending.
    """

    name: str
    recall: tuple[float, ...]
    precision: tuple[float, ...]
    threshold: tuple[float, ...]


def curves(scores: Scores) -> tuple[Curve, ...]:
    """The curve of every genre, as `sklearn.metrics.precision_recall_curve` draws it, without its end at recall 0."""
    y_true = scores.labels("a precision-recall curve")
    columns = zip(scores.genre_names, y_true.T, scores.y_score.T, strict=True)
    return tuple(_curve(name, y, p) for name, y, p in columns)


def _curve(name: str, y_true: np.ndarray, y_score: np.ndarray) -> Curve:
    if not y_true.any():
        return Curve(name, (), (), ())
    order = np.argsort(-y_score, kind="stable")
    hits, threshold = np.cumsum(y_true[order], dtype=float), y_score[order]
    # Equal scores pass together: only the last row of each tie is a point.
    ends = np.flatnonzero(np.append(np.diff(threshold) != 0, True))
    recall, precision = hits[ends] / hits[-1], hits[ends] / (ends + 1)
    shown = _thinned(recall)
    return Curve(name, *(tuple(values[shown].tolist()) for values in (recall, precision, threshold[ends])))


def _thinned(recall: np.ndarray) -> np.ndarray:
    """Places of the first point, the last, and those nearest to equal steps of recall between."""
    # The last step is the first point of recall 1, which the last point follows.
    steps = np.linspace(recall[0], recall[-1], _POINTS - 1)
    return np.unique(np.concatenate([[0], np.searchsorted(recall, steps).clip(max=len(recall) - 1), [len(recall) - 1]]))
