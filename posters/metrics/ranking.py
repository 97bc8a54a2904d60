"""Figures of scores: how well they rank, and how far they are from the labels. None depends on a threshold."""

from collections.abc import Callable

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


def ranking_loss(y_true: np.ndarray, y_score: np.ndarray) -> np.ndarray:
    """Label ranking loss of each poster, shape (N,), between 0 and 1; smaller is better, and chance is 0.5.

    The share of pairs of a true and a false genre in which the false one scores at least as high (Tsoumakas et al.
    2010; `sklearn.metrics.label_ranking_loss`). Undefined for a poster that has none of the genres, or all of them.

    Examples:
        >>> ranking_loss(np.array([[1, 0, 0], [0, 0, 1]]), np.array([[0.75, 0.5, 1], [1, 0.2, 0.1]]))
        array([0.5, 1. ])
    """
    return np.array([_ranking_loss(*row) for row in known_columns(y_true.T, y_score.T)])


def _ranking_loss(y_true: np.ndarray, y_score: np.ndarray) -> float:
    true, false = y_score[y_true == 1], np.sort(y_score[y_true == 0])
    if not true.size or not false.size:
        return float("nan")
    return float(np.mean(false.size - np.searchsorted(false, true)) / false.size)


def precision_at(k: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Make the metric: of each poster's k likeliest genres, the share that is true, shape (N,), between 0 and 1.

    Genres that tie for the last places share them equally, as if the tie were broken by chance. Undefined for a poster
    without genres. Where fewer than k genres are known, all of them are taken.

    Args:
        k: at least 1.

    Examples:
        >>> y_true, y_score = np.array([[1, 0, 0], [0, 0, 1]]), np.array([[0.9, 0.5, 0.1], [0.8, 0.3, 0.3]])
        >>> precision_at(1)(y_true, y_score).tolist(), precision_at(2)(y_true, y_score).tolist()
        ([1.0, 0.0], [0.5, 0.25])
    """
    return lambda y_true, y_score: _among_likeliest(y_true, y_score, k, lambda places, true: places)


def recall_at(k: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Make the metric: of each poster's genres, the share that is among its k likeliest, shape (N,), between 0 and 1.

    Ties, and posters of which little is known, as in `precision_at`. A poster with more than k genres can't reach 1.

    Args:
        k: at least 1.

    Examples:
        >>> recall_at(2)(np.array([[1, 0, 0], [0, 0, 1]]), np.array([[0.9, 0.5, 0.1], [0.8, 0.3, 0.3]])).tolist()
        [1.0, 0.5]
    """
    return lambda y_true, y_score: _among_likeliest(y_true, y_score, k, lambda places, true: true)


def _among_likeliest(y_true: np.ndarray, y_score: np.ndarray, k: int, of: Callable[[int, int], int]) -> np.ndarray:
    shares = []
    for labels, values in known_columns(y_true.T, y_score.T):
        true = int(labels.sum())
        shares.append(_hits(labels, values, k) / of(min(k, labels.size), true) if true else float("nan"))
    return np.array(shares)


def _hits(y_true: np.ndarray, y_score: np.ndarray, k: int) -> float:
    """Return how many of the k likeliest genres are true, on average over the orders of those that tie."""
    if y_true.size <= k:
        return float(y_true.sum())
    last = np.partition(y_score, -k)[-k]
    above, tied = y_score > last, y_score == last
    return float(y_true[above].sum() + y_true[tied].mean() * (k - above.sum()))


def ndcg_at(k: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    r"""Make the metric: normalised discounted cumulative gain of each poster's k likeliest genres, shape (N,), 0 to 1.

    .. math:: \frac{\sum_{i \le k} y_{(i)} / \log_2 (i + 1)}{\sum_{i \le \min(k, |y|)} 1 / \log_2 (i + 1)}

    A true genre counts the less the further down it stands (Jarvelin and Kekalainen 2002, "Cumulated gain-based
    evaluation of IR techniques"; `sklearn.metrics.ndcg_score`, which treats ties alike: each has the mean gain of them
    all). Undefined for a poster without genres.

    Args:
        k: at least 1.

    Examples:
        >>> ndcg_at(3)(np.array([[1, 0, 0], [0, 1, 0]]), np.array([[0.9, 0.5, 0.1], [0.8, 0.3, 0.1]])).round(3).tolist()
        [1.0, 0.631]
    """
    discounts = 1 / np.log2(np.arange(k) + 2)

    def of_poster(y_true: np.ndarray, y_score: np.ndarray) -> float:
        if not y_true.any():
            return float("nan")
        _, place, counts = np.unique(-y_score, return_inverse=True, return_counts=True)
        gains = np.bincount(place, weights=y_true) / counts
        ranked = np.repeat(gains, counts)[:k]
        return float(ranked @ discounts[: ranked.size] / discounts[: int(y_true.sum())].sum())

    return lambda y_true, y_score: np.array([of_poster(*row) for row in known_columns(y_true.T, y_score.T)])


def log_loss(y_true: np.ndarray, y_score: np.ndarray) -> float:
    """Mean binary cross-entropy over all known pairs of poster and genre, from 0 up; smaller is better.

    Mean of -(y log p + (1 - y) log(1 - p)), p clipped to [1e-7, 1 - 1e-7] as in `keras.losses.binary_crossentropy`.

    Examples:
        >>> round(log_loss(np.array([[1, 0]]), np.array([[0.5, 0.5]])), 4)
        0.6931
    """
    p = np.clip(y_score, _EPSILON, 1 - _EPSILON)
    return -mean_of_known(np.log(np.where(y_true == 1, p, 1 - p)), y_true)
