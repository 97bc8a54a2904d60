"""A guaranteed miss rate: conformal risk control."""

from collections.abc import Callable

import numpy as np

from posters._base.log import logger
from posters.errors import ScoresError
from posters.scores import Scores
from posters.thresholds.thresholds import Thresholds, fitted_on


def miss_rate_thresholds(
    scores: Scores,
    target: float,
    split: str = "validation",
    calibrated: Callable[[np.ndarray], np.ndarray] = lambda y_score: y_score,
    groups: np.ndarray | None = None,
) -> Thresholds:
    r"""Thresholds by which, of the genres that a poster has, at most `target` are missed on average.

    Conformal risk control (Angelopoulos, Bates, Fisch, Lei and Schuster 2024, "Conformal Risk Control", equation 4):
    a poster's loss is the share of its genres that score below one common threshold t. With n posters, the highest t is
    taken whose mean loss R(t) obeys

    .. math:: \frac{n}{n + 1} R(t) + \frac{1}{n + 1} \le \text{target}.

    The posters of one film are not exchangeable with others, but films are: with `groups`, n counts films, the loss of
    a film is the mean over its posters, and the promise is about the posters of another film.

    The expected loss of another poster like these is then at most `target`: exchangeable posters are all it takes, and
    no assumption on the network. It is a mean over posters, and promises nothing of a single genre. Validation posters
    have also chosen the best epoch, and so are not quite like others: expect the promise to be kept narrowly, or just
    missed. Posters without genres miss nothing and are left out.

    Of a poster with unknown genres, the loss is the share of the genres *known to be its own* that score below t. So
    the guarantee holds for what can be checked: the known genres of another poster, as far known as these. For all
    genres of a poster it holds only as far as chance alone decides which labels are known; a genre that is mostly
    unknown is hardly covered. Posters without a known genre are left out. (Leaving out every partly known poster
    instead would keep the guarantee for fully known ones alone, and be based on few.)

    Args:
        scores: the network's *uncalibrated* scores, with labels. A calibration was fitted on these same posters, and a
            common threshold on calibrated scores would have seen their labels before: exchangeability, and with it
            the guarantee, would be gone. The threshold is found here, and only then carried through the calibration.
        target: above 0 and below 1.
        split: the name that these posters are remembered by.
        calibrated: (1, G) to (1, G), rising for each genre: what the thresholds' scores go through.
        groups: int (N,); posters of one number are one film. By default each poster is a film.

    Raises:
        ScoresError: the scores have no labels, there are no posters, or the groups are not one for each poster.

    Examples:
        >>> y_true = np.tile([[1], [0]], (20, 1))
        >>> scores = Scores(tuple(map(str, range(40))), ("War",), np.where(y_true, 0.8, 0.3), y_true)
        >>> miss_rate_thresholds(scores, 0.1).apply(np.array([[0.8], [0.3]])).tolist()
        [[1], [0]]
    """
    y_true = scores.labelled("fitting thresholds").y_true == 1
    with_genres = y_true.any(axis=1)
    film = np.arange(len(scores)) if groups is None else np.asarray(groups)
    if film.shape != (len(scores),):
        raise ScoresError(f"groups must have the shape ({len(scores)},), but got {film.shape}")
    film = film[with_genres]
    threshold = common_threshold(y_true[with_genres], scores.y_score[with_genres], target, film)
    rule = f"miss-rate={target:g}"
    if threshold == 0:
        logger.warning(
            f"{rule} can't be guaranteed by {int(with_genres.sum())} {split} posters: it predicts every genre"
        )
    values = calibrated(np.full((1, len(scores.genre_names)), threshold))[0] if threshold else np.zeros(y_true.shape[1])
    # Rounding must not put a threshold above the score that it came from.
    values = np.nextafter(values, 0)
    return Thresholds(scores.genre_names, tuple(values.tolist()), rule, fitted_on(split, len(film), film))


def common_threshold(y_true: np.ndarray, y_score: np.ndarray, target: float, groups: np.ndarray | None = None) -> float:
    """The highest common threshold that keeps the promise; 0 where none above 0 does.

    Args:
        y_true: (n, G), at least one genre in each row; an unknown one counts as none.
        y_score: (n, G).
        target: the promised mean loss.
        groups: int (n,), the film of each row; by default each row is one.

    Examples:
        >>> y_true = np.tile([[1], [0]], (20, 1))
        >>> 0.3 < common_threshold(y_true, np.where(y_true, 0.8, 0.3), 0.1) <= 0.8
        True
    """
    _, film = np.unique(np.arange(len(y_true)) if groups is None else groups, return_inverse=True)
    posters_of = np.bincount(film)
    rows, columns = np.nonzero(y_true == 1)
    true_scores = y_score[rows, columns]
    # Each true genre below the threshold adds this to the mean loss.
    weights = 1 / ((y_true == 1).sum(axis=1)[rows] * posters_of[film[rows]] * len(posters_of))
    order = np.argsort(true_scores, kind="stable")
    lowest_first, missed = true_scores[order], np.cumsum(weights[order])
    # At a threshold just at a score, exactly the true genres below that score are missed.
    levels = np.unique(lowest_first)
    below = np.searchsorted(lowest_first, levels, side="left")
    loss = np.concatenate([[0.0], missed])[below]
    kept = np.flatnonzero(len(posters_of) * loss + 1 <= target * (len(posters_of) + 1) * (1 + 1e-12))
    return float(levels[kept[-1]]) if len(kept) else 0.0
