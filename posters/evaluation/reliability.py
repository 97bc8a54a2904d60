"""Whether a probability of 0.7 comes true seven times in ten."""

from dataclasses import dataclass

import numpy as np

from posters.scores import Scores

_BINS = 10
# The name under which all pairs of poster and genre are counted at once.
ALL = "all genres"


@dataclass(frozen=True)
class Bin:
    """The pairs of poster and genre whose probability lies in one range.

    Attributes:
        low: the range's lower end, included.
        high: its upper end, included in the last bin alone.
        count: how many pairs lie in it.
        mean_score: their mean probability; None where there are none.
        share_true: which share of them is true; None where there are none.
    """

    low: float
    high: float
    count: int
    mean_score: float | None
    share_true: float | None


@dataclass(frozen=True)
class Reliability:
    """How well the probabilities of one genre, or of all pairs, agree with what is true.

    Attributes:
        name: the genre; "all genres" for all pairs at once.
        ece: expected calibration error, 0 to 1, smaller is better (Naeini et al. 2015).
        ece_uncalibrated: the same of the network's own probabilities; None where they were not calibrated.
        brier: mean squared difference of probability and truth, 0 to 1, smaller is better (Brier 1950).
        brier_uncalibrated: as for `ece_uncalibrated`.
        brier_of_the_prior: the Brier score of saying each genre's share of the training posters: the baseline.
        bins: from 0 to 1 without gaps.
    """

    name: str
    ece: float
    ece_uncalibrated: float | None
    brier: float
    brier_uncalibrated: float | None
    brier_of_the_prior: float
    bins: tuple[Bin, ...]


def reliability(scores: Scores, prior: np.ndarray, uncalibrated: Scores | None = None) -> Reliability:
    """Of all pairs of poster and genre.

    Args:
        scores: as the classifier says them.
        prior: (G,), each genre's share of the training posters.
        uncalibrated: the same posters' scores before calibration, if there was one.
    """
    before = None if uncalibrated is None else uncalibrated.y_score
    return _reliability(ALL, scores.labels("reliability"), scores.y_score, before, np.asarray(prior))


def genre_reliability(scores: Scores, prior: np.ndarray, uncalibrated: Scores | None = None) -> tuple[Reliability, ...]:
    """Of each genre; arguments as in `reliability`."""
    y_true, places = scores.labels("reliability"), range(len(scores.genre_names))
    return tuple(
        _reliability(
            scores.genre_names[g],
            y_true[:, g],
            scores.y_score[:, g],
            None if uncalibrated is None else uncalibrated.y_score[:, g],
            np.asarray(prior)[g],
        )
        for g in places
    )


def _reliability(
    name: str, y_true: np.ndarray, y_score: np.ndarray, before: np.ndarray | None, prior: np.ndarray
) -> Reliability:
    return Reliability(
        name=name,
        ece=_ece(_bins(y_true, y_score)),
        ece_uncalibrated=None if before is None else _ece(_bins(y_true, before)),
        brier=_brier(y_true, y_score),
        brier_uncalibrated=None if before is None else _brier(y_true, before),
        brier_of_the_prior=_brier(y_true, prior),
        bins=_bins(y_true, y_score),
    )


def _brier(y_true: np.ndarray, y_score: np.ndarray) -> float:
    return float(np.mean((y_score - y_true.astype(float)) ** 2))


def _ece(bins: tuple[Bin, ...]) -> float:
    """The mean distance of probability and truth, each bin by its count."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs((one.mean_score or 0) - (one.share_true or 0)) for one in bins) / total


def _bins(y_true: np.ndarray, y_score: np.ndarray) -> tuple[Bin, ...]:
    """Equal-width bins from 0 to 1 of all pairs in two arrays of one shape."""
    y, p = y_true.ravel().astype(float), y_score.ravel()
    place = np.minimum((p * _BINS).astype(int), _BINS - 1)
    count, scores, true = (np.bincount(place, weights, _BINS) for weights in (None, p, y))
    edges = np.linspace(0, 1, _BINS + 1).tolist()
    return tuple(
        Bin(edges[b], edges[b + 1], int(count[b]), *_means(count[b], scores[b], true[b])) for b in range(_BINS)
    )


def _means(count: float, *sums: float) -> list[float | None]:
    return [float(total / count) if count else None for total in sums]
