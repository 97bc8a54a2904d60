"""Figures of decisions: which genres were predicted, which were missed."""

import numpy as np

from posters.metrics.known import mean_of_known, without_unknown


def precision(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Precision of each genre, shape (G,), between 0 and 1: hits / predicted.

    0 where nothing was predicted. Undefined for a genre without positives. `sklearn.metrics.precision_score`.

    Examples:
        >>> precision(np.array([[1, 0], [0, 0], [1, 0]]), np.array([[1, 1], [1, 0], [0, 0]]))
        array([0.5, nan])
    """
    hits, predicted, positives = _counts(y_true, y_pred)
    return _where_positive(positives, hits / np.maximum(predicted, 1))


def recall(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Recall of each genre, shape (G,), between 0 and 1: hits / positives.

    Undefined for a genre without positives. `sklearn.metrics.recall_score`.

    Examples:
        >>> recall(np.array([[1, 0], [0, 0], [1, 0]]), np.array([[1, 1], [1, 0], [1, 0]]))
        array([ 1., nan])
    """
    hits, _, positives = _counts(y_true, y_pred)
    return _where_positive(positives, hits / np.maximum(positives, 1))


def f1(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """F1 of each genre, shape (G,), between 0 and 1: 2 hits / (predicted + positives).

    The harmonic mean of precision and recall. Undefined for a genre without positives. `sklearn.metrics.f1_score`.

    Examples:
        >>> f1(np.array([[1, 0], [0, 0], [1, 0]]), np.array([[1, 1], [1, 0], [1, 0]]))
        array([0.8, nan])
    """
    hits, predicted, positives = _counts(y_true, y_pred)
    return _where_positive(positives, 2 * hits / np.maximum(predicted + positives, 1))


def weighted_f1(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Mean of the genres' F1, each weighed by its positives, between 0 and 1. Undefined without any positive.

    `sklearn.metrics.f1_score(average="weighted")`.

    Examples:
        >>> weighted_f1(np.array([[1, 0], [1, 1]]), np.array([[1, 0], [1, 0]])).__round__(3)
        0.667
    """
    positives = (y_true == 1).sum(axis=0)
    if not positives.any():
        return float("nan")
    return float(np.nansum(f1(y_true, y_pred) * positives) / positives.sum())


def hamming_loss(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Share of all pairs of poster and genre that were decided wrongly, between 0 and 1; smaller is better.

    `sklearn.metrics.hamming_loss`. Predicting no genre at all scores the mean of `y_true`, which is small.
    Unknown labels are no pairs; undefined where all are unknown.

    Examples:
        >>> hamming_loss(np.array([[1, 0], [0, 0]]), np.array([[0, 0], [0, 0]]))
        0.25
    """
    return mean_of_known(y_true != y_pred, y_true)


def binary_accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """1 - Hamming loss: what Keras calls `binary_accuracy`. Never to be read without that of predicting no genre.

    Examples:
        >>> binary_accuracy(np.array([[1, 0], [0, 0]]), np.array([[0, 0], [0, 0]]))
        0.75
    """
    return 1 - hamming_loss(y_true, y_pred)


def subset_accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """For each poster, shape (N,), 1 where all its genres were decided rightly, else 0; its mean is the figure.

    Of a partly known poster, its known genres; undefined for a poster of which nothing is known.
    `sklearn.metrics.accuracy_score` of multi-label decisions.

    Examples:
        >>> subset_accuracy(np.array([[1, 0], [0, 0]]), np.array([[0, 0], [0, 0]]))
        array([0., 1.])
    """
    y, predicted = without_unknown(y_true, y_pred)
    right = np.asarray(np.all(y == predicted, axis=1), float)
    return right if y is y_true else np.where((y_true >= 0).any(axis=1), right, np.nan)


def _counts(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hits, predicted and positives of each genre, each (G,)."""
    y_true, y_pred = without_unknown(y_true, y_pred)
    return (y_true & y_pred).sum(axis=0), y_pred.sum(axis=0), y_true.sum(axis=0)


def _where_positive(positives: np.ndarray, values: np.ndarray) -> np.ndarray:
    # NaN and not 0: see "undefined" in the package's docstring.
    return np.where(positives > 0, values, np.nan)
