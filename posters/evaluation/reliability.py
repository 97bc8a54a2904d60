"""Whether a probability of 0.7 comes true seven times in ten."""

from dataclasses import dataclass

import numpy as np

from posters._base.brief import brief_repr
from posters.metrics import known_cells
from posters.scores import LabelledScores, Scores

# As in most of the literature, so that an ECE can be compared.
_BINS = 10
# The name under which all pairs of poster and genre are counted at once.
ALL = "all genres"


@dataclass(frozen=True)
class Bin:
    """The pairs of poster and genre whose probability is in one range.

    Attributes:
        low: the range's lower end, included.
        high: its upper end, included in the last bin alone.
        count: how many pairs are in it.
        mean_score: their mean probability; None where there are none.
        share_true: which share of them is true; None where there are none.

    Examples:
        >>> Bin(0.9, 1.0, 2, 0.95, 0.5).share_true
        0.5
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
        ece: expected calibration error, 0 to 1, smaller is better (Naeini et al. 2015); None if no label is known, as
            are the other figures.
        ece_uncalibrated: the same of the network's own probabilities; None where they were not calibrated.
        brier: mean squared difference of probability and truth, 0 to 1, smaller is better (Brier 1950).
        brier_uncalibrated: as for `ece_uncalibrated`.
        brier_of_the_prior: the Brier score of predicting each genre's share of the training posters: the baseline.
        bins: from 0 to 1 without gaps.

    Examples:
        >>> Reliability("War", 0.02, None, 0.1, None, 0.2, ()).ece
        0.02
    """

    __repr__ = brief_repr

    name: str
    ece: float | None
    ece_uncalibrated: float | None
    brier: float | None
    brier_uncalibrated: float | None
    brier_of_the_prior: float | None
    bins: tuple[Bin, ...]

    @property
    def mce(self) -> float | None:
        """Maximum calibration error: the distance of probability and truth in the worst bin (Naeini et al. 2015).

        A bin of few pairs decides it easily: read it beside the bins' counts. None if no label is known.
        """
        return max((abs(one.mean_score - one.share_true) for one in self.bins if one.count), default=None)  # type: ignore[operator]


def reliability(scores: LabelledScores, prior: np.ndarray, uncalibrated: Scores | None = None) -> Reliability:
    """Compute the reliability over all known pairs of poster and genre.

    Args:
        scores: the classifier's probabilities, with labels.
        prior: (G,), each genre's share of the training posters.
        uncalibrated: the same posters' scores before calibration, if there was one.

    Examples:
        >>> scores = Scores(("a", "b"), ("War",), np.array([[1.0], [0.0]]), np.array([[1], [0]]))
        >>> found = reliability(scores.labelled("reliability"), np.array([0.5]))
        >>> found.ece, found.mce
        (0.0, 0.0)
    """
    before = None if uncalibrated is None else uncalibrated.y_score
    return _reliability(ALL, scores.y_true, scores.y_score, before, np.asarray(prior))


def genre_reliability(
    scores: LabelledScores, prior: np.ndarray, uncalibrated: Scores | None = None
) -> tuple[Reliability, ...]:
    """Compute the reliability of each genre; arguments as in `reliability`.

    Examples:
        >>> scores = Scores(("a", "b"), ("War",), np.array([[1.0], [0.0]]), np.array([[1], [0]]))
        >>> [row.name for row in genre_reliability(scores.labelled("reliability"), np.array([0.5]))]
        ['War']
    """
    y_true, places = scores.y_true, range(len(scores.genre_names))
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
    if before is not None:
        _, before = known_cells(y_true, before)
    y_true, y_score, prior = known_cells(y_true, y_score, np.broadcast_to(prior, y_true.shape))
    return Reliability(
        name=name,
        ece=_ece(_bins(y_true, y_score)),
        ece_uncalibrated=None if before is None else _ece(_bins(y_true, before)),
        brier=_brier(y_true, y_score),
        brier_uncalibrated=None if before is None else _brier(y_true, before),
        brier_of_the_prior=_brier(y_true, prior),
        bins=_bins(y_true, y_score),
    )


def _brier(y_true: np.ndarray, y_score: np.ndarray) -> float | None:
    if not y_true.size:
        return None
    return float(np.mean((y_score - y_true.astype(float)) ** 2))


def _ece(bins: tuple[Bin, ...]) -> float | None:
    """Return the mean distance of probability and truth, weighted by the bins' counts."""
    total = sum(one.count for one in bins)
    distance = sum(one.count * abs((one.mean_score or 0) - (one.share_true or 0)) for one in bins)
    return distance / total if total else None


def _bins(y_true: np.ndarray, y_score: np.ndarray) -> tuple[Bin, ...]:
    """Return equal-width bins from 0 to 1 of all pairs in two arrays of one shape."""
    y, p = y_true.ravel().astype(float), y_score.ravel()
    # Divided one by one: the fourth edge of `linspace` lies above 0.3, and would leave 0.3 out of the bin it begins.
    edges = [b / _BINS for b in range(_BINS + 1)]
    # A probability of exactly 1 belongs to the last bin.
    place = np.minimum(np.searchsorted(edges, p, side="right") - 1, _BINS - 1)
    count, scores, true = (np.bincount(place, weights, _BINS) for weights in (None, p, y))

    def mean(total: np.ndarray, b: int) -> float | None:
        return float(total[b] / count[b]) if count[b] else None

    return tuple(Bin(edges[b], edges[b + 1], int(count[b]), mean(scores, b), mean(true, b)) for b in range(_BINS))
