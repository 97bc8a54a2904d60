"""What every rule is fitted on: how many posters, and how many right ones, score at least so much."""

import numpy as np


def passing(y_true: np.ndarray, y_score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One genre, (N,) and (N,), at every distinct score.

    Returns:
        The distinct scores, highest first; how many posters score at least that; how many positives among them.
    """
    distinct, place = np.unique(-y_score, return_inverse=True)
    predicted = np.cumsum(np.bincount(place))
    hits = np.cumsum(np.bincount(place, weights=y_true))
    return -distinct, predicted, hits


def below(candidates: np.ndarray, place: int) -> float:
    """A threshold that `candidates[place]`, highest first, just passes and the next one does not.

    Halfway between the two, so that it doesn't hang on one poster.
    """
    lowest_passing = candidates[place]
    next_below = candidates[place + 1] if place + 1 < len(candidates) else 0.0
    halfway = (lowest_passing + next_below) / 2
    # Between neighbouring floats there is nothing halfway, and the mean may round down.
    return float(halfway if halfway > next_below else lowest_passing)
