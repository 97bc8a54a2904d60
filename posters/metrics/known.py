"""Leave out what nobody knows: labels of -1, cell by cell."""

from collections.abc import Iterator

import numpy as np


def all_known(y_true: np.ndarray) -> bool:
    """Return whether no label is unknown.

    Examples:
        >>> all_known(np.array([[1, 0]])), all_known(np.array([[1, -1]]))
        (True, False)
    """
    # An unsigned number or a bool can't be -1. A minimum of bytes takes no array beside them.
    return y_true.dtype.kind in "ub" or bool(y_true.min(initial=0) >= 0)


def known_columns(y_true: np.ndarray, y: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the labels and the values of each genre, of the posters for which it is known.

    Args:
        y_true: (N, G).
        y: scores or decisions, (N, G).

    Examples:
        >>> [labels.tolist() for labels, _ in known_columns(np.array([[1, -1], [0, 1]]), np.zeros((2, 2)))]
        [[1, 0], [1]]
    """
    columns = zip(y_true.T, y.T, strict=True)
    if all_known(y_true):
        return columns
    return ((labels[labels >= 0], values[labels >= 0]) for labels, values in columns)


def without_unknown(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and decisions with 0 in both where the label is unknown: no positive, no prediction, no mistake.

    For whatever counts positives, predictions or mistakes, and not cells. Without unknown labels, both as they are.

    Examples:
        >>> without_unknown(np.array([[1, -1]]), np.array([[1, 1]]))
        (array([[1, 0]]), array([[1, 0]]))
    """
    if all_known(y_true):
        return y_true, y_pred
    known = y_true >= 0
    return np.where(known, y_true, 0), np.where(known, y_pred, 0)


def known_cells(y_true: np.ndarray, *values: np.ndarray) -> list[np.ndarray]:
    """Return labels, and values of the same shape, of the known cells, one after the other.

    Without unknown labels, all as they are.

    Examples:
        >>> [each.tolist() for each in known_cells(np.array([[1, -1]]), np.array([[0.5, 9.0]]))]
        [[1], [0.5]]
    """
    known = ... if all_known(y_true) else y_true >= 0
    return [each[known] for each in (y_true, *values)]


def mean_of_known(values: np.ndarray, y_true: np.ndarray) -> float:
    """Return the mean of a value of each cell, (N, G), over the cells whose label is known; NaN where none is.

    Examples:
        >>> mean_of_known(np.array([[0.5, 9.0]]), np.array([[1, -1]]))
        0.5
    """
    _, values = known_cells(y_true, values)
    return float(np.mean(values)) if values.size else float("nan")
