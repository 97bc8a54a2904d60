"""A guaranteed miss rate: conformal risk control."""

from collections.abc import Callable

import numpy as np

from posters.log import logger
from posters.scores import Scores
from posters.thresholds.thresholds import Thresholds


def miss_rate_thresholds(
    scores: Scores,
    target: float,
    side: str = "validation",
    calibrated: Callable[[np.ndarray], np.ndarray] = lambda y_score: y_score,
) -> Thresholds:
    r"""Thresholds by which, of the genres that a poster has, at most `target` are missed on average.

    Conformal risk control (Angelopoulos, Bates, Fisch, Lei and Schuster 2024, "Conformal Risk Control", equation 4):
    a poster's loss is the share of its genres that score below one common threshold t. With n posters, the highest t is
    taken whose mean loss R(t) obeys

    .. math:: \frac{n}{n + 1} R(t) + \frac{1}{n + 1} \le \text{target}.

    The expected loss of another poster like these is then at most `target`: exchangeable posters are all it takes, and
    no assumption on the network. It is a mean over posters, and promises nothing of a single genre. Validation posters
    have also chosen the best epoch, and so are not quite like others: expect the promise to be kept narrowly, or just
    missed. Posters without genres miss nothing and are left out.

    Args:
        scores: the network's *uncalibrated* scores, with labels. A calibration was fitted on these same posters, and a
            common threshold on calibrated scores would have seen their labels before: exchangeability, and with it
            the guarantee, would be gone. The threshold is found here, and only then carried through the calibration.
        target: above 0 and below 1.
        side: the name that these posters are remembered by.
        calibrated: (1, G) to (1, G), rising for each genre: what the thresholds' scores go through.

    Raises:
        ScoresError: the scores have no labels, or there are no posters.
    """
    y_true = scores.labels("fitting thresholds")
    with_genres = y_true.any(axis=1)
    threshold = common_threshold(y_true[with_genres], scores.y_score[with_genres], target)
    rule = f"miss-rate={target:g}"
    if threshold == 0:
        logger.warning(
            f"{rule} can't be guaranteed by {int(with_genres.sum())} {side} posters: by this rule every genre is said"
        )
    values = calibrated(np.full((1, len(scores.genre_names)), threshold))[0] if threshold else np.zeros(y_true.shape[1])
    # Rounding must not put a threshold above the score that it came from.
    values = np.nextafter(values, 0)
    return Thresholds(scores.genre_names, tuple(values.tolist()), rule, f"{side}, {int(with_genres.sum())} posters")


def common_threshold(y_true: np.ndarray, y_score: np.ndarray, target: float) -> float:
    """The highest common threshold that keeps the promise; 0 where none above 0 does.

    Args:
        y_true: (n, G), at least one genre in each row.
        y_score: (n, G).
        target: the promised mean loss.
    """
    posters = len(y_true)
    rows, columns = np.nonzero(y_true)
    true_scores = y_score[rows, columns]
    # Each true genre below the threshold adds this to the mean loss.
    weights = 1 / (y_true.sum(axis=1)[rows] * max(posters, 1))
    order = np.argsort(true_scores, kind="stable")
    lowest_first, missed = true_scores[order], np.cumsum(weights[order])
    # At a threshold just at a score, exactly the true genres below that score are missed.
    levels = np.unique(lowest_first)
    below = np.searchsorted(lowest_first, levels, side="left")
    loss = np.concatenate([[0.0], missed])[below]
    kept = np.flatnonzero(posters * loss + 1 <= target * (posters + 1) * (1 + 1e-12))
    return float(levels[kept[-1]]) if len(kept) else 0.0
