"""What a drawing of each genre's scores needs: precision against recall, and histograms."""

from dataclasses import dataclass

import numpy as np

from posters._base.brief import brief_repr
from posters.metrics import known_columns
from posters.scores import LabelledScores

# Points that a drawing of a curve needs.
_POINTS = 100


@dataclass(frozen=True)
class PrecisionRecallCurve:
    """The precision-recall curve of one genre, thinned to what a drawing can show.

    Attributes:
        name: the genre.
        recall: ascending, 0 to 1.
        precision: at each recall; as many. Both are empty for a genre without positives.
        threshold: the score from which a poster counts as predicted there; as many, descending.

    Examples:
        >>> PrecisionRecallCurve("War", (0.5, 1.0), (1.0, 0.8), (0.7, 0.3)).recall
        (0.5, 1.0)
    """

    __repr__ = brief_repr

    name: str
    recall: tuple[float, ...]
    precision: tuple[float, ...]
    threshold: tuple[float, ...]


def curves(scores: LabelledScores) -> tuple[PrecisionRecallCurve, ...]:
    """Return the curve of every genre, as `sklearn.metrics.precision_recall_curve`, without its end at recall 0.

    Of the posters for which the genre is known, as in everything here.

    Examples:
        >>> from posters.scores import Scores
        >>> scores = Scores(("a", "b"), ("War",), np.array([[0.9], [0.2]]), np.array([[1], [0]]))
        >>> curves(scores.labelled("curves"))[0].precision
        (1.0, 0.5)
    """
    columns = zip(scores.genre_names, known_columns(scores.y_true, scores.y_score), strict=True)
    return tuple(_curve(name, y, p) for name, (y, p) in columns)


def _curve(name: str, y_true: np.ndarray, y_score: np.ndarray) -> PrecisionRecallCurve:
    if not y_true.any():
        return PrecisionRecallCurve(name, (), (), ())
    order = np.argsort(-y_score, kind="stable")
    hits, threshold = np.cumsum(y_true[order], dtype=float), y_score[order]
    # Equal scores pass together: only the last row of each tie is a point.
    ends = np.flatnonzero(np.append(np.diff(threshold) != 0, True))
    recall, precision = hits[ends] / hits[-1], hits[ends] / (ends + 1)
    # The first point, the last, and those nearest to equal steps of recall between.
    steps, last = np.linspace(recall[0], recall[-1], _POINTS - 1), len(recall) - 1
    shown = np.unique(np.concatenate([[0], np.searchsorted(recall, steps).clip(max=last), [last]]))
    columns = (recall, precision, threshold[ends])
    return PrecisionRecallCurve(name, *(tuple(values[shown].tolist()) for values in columns))


# Finer bins would be empty for a genre with few posters.
_BINS = 20


@dataclass(frozen=True)
class ScoreHistogram:
    """Counts of posters by the probability of one genre, in equal bins from 0 to 1.

    Attributes:
        name: the genre.
        positives: posters with the genre, in each bin.
        negatives: posters without it, in each bin; as many bins.

    Examples:
        >>> ScoreHistogram("War", (0, 2), (3, 1)).positives
        (0, 2)
    """

    __repr__ = brief_repr

    name: str
    positives: tuple[int, ...]
    negatives: tuple[int, ...]


def histograms(scores: LabelledScores) -> tuple[ScoreHistogram, ...]:
    """Return a histogram of each genre, in 20 bins.

    Examples:
        >>> from posters.scores import Scores
        >>> scores = Scores(("a", "b"), ("War",), np.array([[0.99], [0.2]]), np.array([[1], [0]]))
        >>> histograms(scores.labelled("histograms"))[0].positives[-1]
        1
    """
    y_true = scores.y_true
    columns = zip(scores.genre_names, y_true.T, scores.y_score.T, strict=True)
    return tuple(ScoreHistogram(name, _counts(p[y == 1]), _counts(p[y == 0])) for name, y, p in columns)


def _counts(p: np.ndarray) -> tuple[int, ...]:
    place = np.minimum((p * _BINS).astype(int), _BINS - 1)
    return tuple(np.bincount(place, minlength=_BINS).tolist())
