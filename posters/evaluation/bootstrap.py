"""How far figures would move with other posters of the same kind: the bootstrap over groups of posters."""

from statistics import NormalDist

import numpy as np
from tqdm import tqdm

from posters.evaluation.interval import Interval

_PATIENCE = 2.0  # seconds that pass without a bar
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
    bar = tqdm(range(y_true.shape[1]), desc="resampling", unit="genre", leave=False, delay=_PATIENCE)
    columns = [_resampled(y_true[:, g], y_score[:, g], counts) for g in bar]
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
    average precision is too high; unmoved, the interval of a genre with few positives would lie above its own figure.
    In simulations of 850 posters whose scores were normal, the 95% interval held the true average precision in 0.84 to
    0.91 of cases at 6 positives, 0.91 to 0.94 at 10, and 0.90 to 0.96 from 17 on. Percentiles as they are, and
    reflected, normal, bias-corrected and logit-transformed intervals, were no better.

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

    Davison and Hinkley (1997, equation 5.6). For a macro mAP: the average precision of few posters is too high in the
    mean, which one genre's noise hides, but the mean of twenty genres doesn't. The resamples lie above the estimate by
    somewhat less (0.011 where the bias was 0.018), so that reflecting them corrects for most of it, and the interval
    reaches further down than up. In simulations from four common genres of 150 posters to the 22 genres of the IMDb
    set's test side, the 95% interval held the true macro mAP in 0.86 to 0.96 of cases. On these 22 genres it was 0.92
    to 0.94, where centred intervals held it in 0.63 to 0.89 and unmoved percentiles in 0.20 to 0.80.

    Args and result as in `centred_interval`.
    """
    known = _known(values)
    if known is None:
        return None
    return _within((2 * estimate - np.quantile(known, _tails(level)))[::-1], level)


def normal_interval(values: np.ndarray, estimate: float, level: float = 0.95) -> Interval:
    """The estimate and as many bootstrap standard errors to each side as the level asks for, for a paired difference.

    Two predictors' figures of the same posters are biased alike, so that the difference is not. With few positives its
    resamples' quantiles lie too close together, but their spread doesn't: in the simulation of `centred_interval`, the
    interval of a genre held the true difference of two equal predictors in 0.97 to 1.00 of cases at 6 to 35 positives,
    and in 0.92 to 0.97 from 44 on (percentiles: 0.86 at 6). Of very unequal ones it was 0.89 at 6, then 0.92 to 0.97.
    Of a difference of macro mAP it held the truth in 0.96 of cases, equal or not.

    Args and result as in `centred_interval`, but an interval is always there: of the width 0 where nothing moves.
    """
    reach = NormalDist().inv_cdf((1 + level) / 2) * standard_error(values)
    return Interval(estimate - reach, estimate + reach, level)


def standard_error(values: np.ndarray) -> float:
    """The standard deviation of a figure's resamples (S,), NaN left out; 0 where fewer than two are defined."""
    known = values[~np.isnan(values)]
    return float(known.std(ddof=1)) if len(known) > 1 else 0.0


def _known(values: np.ndarray) -> np.ndarray | None:
    known = values[~np.isnan(values)]
    return known if len(known) and 2 * len(known) >= len(values) else None


def _tails(level: float) -> list[float]:
    return [(1 - level) / 2, (1 + level) / 2]


def _within(ends: np.ndarray, level: float) -> Interval:
    """Ends between 0 and 1, as the figures are."""
    low, high = np.clip(ends, 0.0, 1.0)
    return Interval(float(low), float(high), level)
