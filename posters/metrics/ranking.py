"""Figures of scores: how well they rank, and how far they are from the labels. None depends on a threshold."""

import numpy as np

from posters.metrics.averages import by_poster
from posters.metrics.known import all_known, known_columns, mean_of_known

# Keras's epsilon: the log loss of a report is then the binary cross-entropy of its training log.
_EPSILON = 1e-7


def average_precision(y_true: np.ndarray, y_score: np.ndarray) -> np.ndarray:
    """Average precision of each genre, shape (G,), between 0 and 1; its macro average is the mAP.

    AP = sum over thresholds n of (R_n - R_{n-1}) P_n, the step-wise sum without interpolation, as in
    `sklearn.metrics.average_precision_score`. Each positive adds 1 / positives to the recall, so this is the mean, over
    the positives, of the precision among the scores that are at least as high. Chance is the genre's prevalence.
    Undefined for a genre without positives.

    Examples:
        >>> y_true, y_score = np.array([[1, 0], [0, 0], [1, 0]]), np.array([[0.9, 0.2], [0.8, 0.1], [0.7, 0.3]])
        >>> average_precision(y_true, y_score).round(3)
        array([0.833,   nan])
    """
    return np.array([_average_precision(*column) for column in known_columns(y_true, y_score)])


def _average_precision(y_true: np.ndarray, y_score: np.ndarray) -> float:
    positive = np.sort(y_score[y_true == 1])
    if not positive.size:
        return float("nan")
    # Sorting and searching instead of comparing all pairs: N log N, and ties come out right.
    as_high = y_score.size - np.searchsorted(np.sort(y_score), positive)
    positive_as_high = positive.size - np.searchsorted(positive, positive)
    return float(np.mean(positive_as_high / as_high))


def roc_auc(y_true: np.ndarray, y_score: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of each genre, shape (G,), between 0 and 1; chance is 0.5.

    The probability that a random positive scores above a random negative, ties counting half (Mann-Whitney's U), as in
    `sklearn.metrics.roc_auc_score`. Undefined for a genre without positives or without negatives.

    Examples:
        >>> roc_auc(np.array([[1, 1], [0, 1], [1, 1]]), np.array([[0.9, 0.2], [0.8, 0.1], [0.8, 0.3]]))
        array([0.75,  nan])
    """
    return np.array([_roc_auc(*column) for column in known_columns(y_true, y_score)])


def _roc_auc(y_true: np.ndarray, y_score: np.ndarray) -> float:
    positive, negative = y_score[y_true == 1], np.sort(y_score[y_true == 0])
    if not positive.size or not negative.size:
        return float("nan")
    # Mann-Whitney: negatives below each positive, and half of those that tie with it.
    below = np.searchsorted(negative, positive, side="left")
    not_above = np.searchsorted(negative, positive, side="right")
    return float(np.mean(below + not_above) / (2 * negative.size))


def label_ranking_average_precision(y_true: np.ndarray, y_score: np.ndarray) -> np.ndarray:
    """Label ranking average precision of each poster, shape (N,), between 0 and 1; its mean is the LRAP.

    For each true genre, which share of the genres scored at least as high is true; the mean over the poster's true
    genres (Tsoumakas et al. 2010, "Mining multi-label data"; `sklearn.metrics.label_ranking_average_precision_score`).
    That is the average precision with posters in the place of genres. Undefined for a poster without genres.

    Examples:
        >>> label_ranking_average_precision(np.array([[1, 0, 0], [0, 0, 1]]), np.array([[0.75, 0.5, 1], [1, 0.2, 0.1]]))
        array([0.5       , 0.33333333])
    """
    return by_poster(average_precision)(y_true, y_score)


def coverage_error(y_true: np.ndarray, y_score: np.ndarray) -> np.ndarray:
    """Coverage error of each poster, shape (N,), from its number of true genres up to G; smaller is better.

    How far down the ranked genres one must go to have met all true ones: the number of genres scored at least as high
    as the lowest true one (Tsoumakas et al. 2010; `sklearn.metrics.coverage_error`). Undefined for a poster without
    genres.

    Examples:
        >>> coverage_error(np.array([[1, 0, 0], [0, 0, 1]]), np.array([[0.75, 0.5, 1], [1, 0.2, 0.1]]))
        array([2., 3.])
    """
    lowest = np.where(y_true == 1, y_score, np.inf).min(axis=1, keepdims=True)
    met = y_score >= lowest
    if not all_known(y_true):
        met &= y_true >= 0
    return np.where(np.isfinite(lowest[:, 0]), met.sum(axis=1), np.nan)


def log_loss(y_true: np.ndarray, y_score: np.ndarray) -> float:
    """Mean binary cross-entropy over all known pairs of poster and genre, from 0 up; smaller is better.

    Mean of -(y log p + (1 - y) log(1 - p)), p clipped to [1e-7, 1 - 1e-7] as in `keras.losses.binary_crossentropy`.

    Examples:
        >>> round(log_loss(np.array([[1, 0]]), np.array([[0.5, 0.5]])), 4)
        0.6931
    """
    p = np.clip(y_score, _EPSILON, 1 - _EPSILON)
    return -mean_of_known(np.log(np.where(y_true == 1, p, 1 - p)), y_true)
