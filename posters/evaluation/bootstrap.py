"""How far figures would move with other posters of the same kind: the bootstrap over groups of posters."""

import numpy as np

from posters.evaluation.interval import Interval

_BLOCK = 64  # resamples computed at a time: bounds the memory


def draw_counts(groups: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """How often each poster stands in each resample: as many groups as there are, drawn with replacement.

    Whole groups, because the posters of one film are not independent (the cluster bootstrap: Davison and Hinkley 1997,
    section 3.8; Field and Welsh 2007).

    Args:
        groups: int (N,); posters of one number are drawn together.
        samples: S.
        seed: of the draws.

    Returns:
        uint16 (S, N).
    """
    _, group_of = np.unique(groups, return_inverse=True)
    n_groups = int(group_of.max(initial=-1)) + 1
    rng = np.random.default_rng(seed)
    counts = np.empty((samples, len(groups)), np.uint16)
    for sample in range(samples):
        drawn = np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups)
        counts[sample] = drawn[group_of]
    return counts


def resampled_average_precision(y_true: np.ndarray, y_score: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """`posters.metrics.average_precision` of every resample, without copying a row.

    Args:
        y_true: (N, G) of 0 and 1.
        y_score: (N, G).
        counts: (S, N), how often each row counts; see `draw_counts`.

    Returns:
        float64 (S, G), NaN where a resample has no positives of the genre.
    """
    columns = [_resampled(y_true[:, g], y_score[:, g], counts) for g in range(y_true.shape[1])]
    return np.stack(columns, axis=1) if columns else np.empty((len(counts), 0))


def _resampled(y_true: np.ndarray, y_score: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The average precision of one genre in every resample, (S,)."""
    order = np.argsort(-y_score, kind="stable")
    # Equal scores pass a threshold together: each row counts what has been passed at the end of its tie.
    falling = -y_score[order]
    tie_end = np.searchsorted(falling, falling, side="right") - 1
    positive = np.flatnonzero(y_true[order] == 1)
    blocks = [
        _weighted_precision(counts[start : start + _BLOCK][:, order].astype(np.float64), positive, tie_end[positive])
        for start in range(0, len(counts), _BLOCK)
    ]
    return np.concatenate(blocks) if blocks else np.empty(0)


def _weighted_precision(weights: np.ndarray, positive: np.ndarray, tie_end: np.ndarray) -> np.ndarray:
    """The mean over the drawn positives of the precision at their score; weights (B, N) by falling score."""
    of_positives = weights[:, positive]
    # Positives passed up to a tie's end: those of equal score are neighbours in `positive`.
    passed = np.searchsorted(positive, tie_end, side="right") - 1
    hits = np.cumsum(of_positives, axis=1)[:, passed]
    predicted = np.cumsum(weights, axis=1)[:, tie_end]
    total = of_positives.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(of_positives > 0, hits / predicted, 0.0)
        return (of_positives * precision).sum(axis=1) / total


def resampled_mean(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The mean of a value of each poster in every resample; values (N,), NaN left out; (S,)."""
    known = ~np.isnan(values)
    weights = counts[:, known].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (weights @ values[known]) / weights.sum(axis=1)


def nan_mean(columns: np.ndarray) -> np.ndarray:
    """The mean of each row (S, G) over what is defined there; NaN where nothing is. (S,)"""
    known = ~np.isnan(columns)
    with np.errstate(invalid="ignore"):
        return np.where(known, columns, 0.0).sum(axis=1) / known.sum(axis=1)


def centred_interval(values: np.ndarray, estimate: float, level: float = 0.95) -> Interval | None:
    """The middle `level` of a figure's resamples, moved so that their mean lies at the estimate.

    For a mean over posters, and for the average precision of one genre. A resample repeats positives, and so its
    average precision is too high by about as much as the estimate itself; unmoved, the interval of a genre with few
    positives would lie above its own figure. In a simulation of 850 posters it held the true average precision in 0.88
    of cases at 6 positives, 0.95 at 10, 0.94 at 20 and 0.91 to 0.94 from 40 on (unmoved: 0.87, 0.93, 0.91, 0.92 to
    0.94).

    Args:
        values: (S,), the figure in every resample; NaN is left out.
        estimate: the figure of the posters as they are.
        level: the share of such intervals that shall hold the true figure.

    Returns:
        None if the figure is undefined in more than half of the resamples.
    """
    known = _known(values)
    if known is None:
        return None
    return _within(np.quantile(known, _tails(level)) - (known.mean() - estimate), level)


def reflected_interval(values: np.ndarray, estimate: float, level: float = 0.95) -> Interval | None:
    """The basic bootstrap interval: the resamples' quantiles, reflected at the estimate.

    Davison and Hinkley (1997, equation 5.6). For a macro mAP, whose estimate is too high by the mean bias of its
    genres, by about as much as the resamples lie above the estimate: reflecting them corrects for it, and the interval
    reaches further down than up. In the simulation of `centred_interval`, over eight genres of 6 to 400 positives, it
    held the true macro mAP in 0.96 of cases (centred: 0.88; unmoved percentiles: 0.68).

    Args and result as in `centred_interval`.
    """
    known = _known(values)
    if known is None:
        return None
    return _within((2 * estimate - np.quantile(known, _tails(level)))[::-1], level)


def reflected_difference(values: np.ndarray, estimate: float, level: float = 0.95) -> Interval:
    """As `reflected_interval`, for a difference of two figures, between -1 and 1; NaN is left out."""
    known = values[~np.isnan(values)]
    high, low = 2 * estimate - np.quantile(known, _tails(level))
    return Interval(float(low), float(high), level)


def _known(values: np.ndarray) -> np.ndarray | None:
    known = values[~np.isnan(values)]
    return known if len(known) and 2 * len(known) >= len(values) else None


def _tails(level: float) -> list[float]:
    return [(1 - level) / 2, (1 + level) / 2]


def _within(ends: np.ndarray, level: float) -> Interval:
    """Ends between 0 and 1, as the figures are."""
    low, high = np.clip(ends, 0.0, 1.0)
    return Interval(float(low), float(high), level)
