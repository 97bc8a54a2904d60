"""How the probabilities of a genre spread over the posters that have it and those that don't."""

from dataclasses import dataclass

import numpy as np

from posters.scores import Scores

_BINS = 20


@dataclass(frozen=True)
class Histogram:
    """Counts of posters by the probability of one genre, in equal bins from 0 to 1.

    Attributes:
        name: the genre.
        positives: posters with the genre, in each bin.
        negatives: posters without it, in each bin; as many bins.
    """

    name: str
    positives: tuple[int, ...]
    negatives: tuple[int, ...]


def histograms(scores: Scores) -> tuple[Histogram, ...]:
    """One of each genre, in 20 bins."""
    y_true = scores.labels("a histogram")
    columns = zip(scores.genre_names, y_true.T, scores.y_score.T, strict=True)
    return tuple(Histogram(name, _counts(p[y == 1]), _counts(p[y == 0])) for name, y, p in columns)


def _counts(p: np.ndarray) -> tuple[int, ...]:
    place = np.minimum((p * _BINS).astype(int), _BINS - 1)
    return tuple(np.bincount(place, minlength=_BINS).tolist())
