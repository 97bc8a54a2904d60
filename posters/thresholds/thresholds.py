"""The noun `Thresholds`: from probabilities to decisions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posters._base.brief import brief_repr
from posters.errors import ScoresError

UNTUNED = 0.5
# The threshold of a genre that a rule never predicts: no probability reaches it. JSON has no infinity: null there.
NEVER = math.inf


@dataclass(frozen=True)
class Thresholds:
    """One threshold for each genre; a score at the threshold or above predicts the genre.

    Attributes:
        genre_names: the genres, in the order of the scores' columns.
        values: their thresholds, between 0 and 1, or `NEVER`.
        rule: the rule that chose them: "fixed", which needs no data, "f1", "precision=0.8", "recall=0.8" or
            "miss-rate=0.1"; see `posters.thresholds.fit_rule`.
        fitted_on: the posters that chose them ("validation, 864 posters"), or "nothing".

    Examples:
        >>> Thresholds(("Drama", "War"), (0.5, NEVER), "precision=0.8", "validation, 90 posters").values
        (0.5, inf)
    """

    __repr__ = brief_repr

    genre_names: tuple[str, ...]
    values: tuple[float, ...]
    rule: str
    fitted_on: str

    def __post_init__(self) -> None:
        if len(set(self.genre_names)) != len(self.genre_names):
            raise ScoresError(f"thresholds must name each genre once, but got {list(self.genre_names)}")
        if len(self.values) != len(self.genre_names):
            raise ScoresError(
                f"thresholds must be one for each genre, but got {len(self.values)} for {len(self.genre_names)} genres"
            )
        for name, value in zip(self.genre_names, self.values, strict=True):
            # Written so that NaN fails as well.
            if not (0 <= value <= 1 or value == NEVER):
                raise ScoresError(f"a threshold must lie between 0 and 1, but got {value!r} for genre {name!r}")

    def apply(self, y_score: np.ndarray) -> np.ndarray:
        """Decisions, uint8 (N, G): 1 where the score reaches its genre's threshold.

        Examples:
            >>> thresholds = Thresholds(("Comedy", "Drama"), (0.5, 0.2), "fixed", "nothing")
            >>> thresholds.apply(np.array([[0.4, 0.3], [0.5, 0.1]]))
            array([[0, 1],
                   [1, 0]], dtype=uint8)
        """
        if y_score.ndim != 2 or y_score.shape[1] != len(self.values):
            raise ScoresError(f"y_score must have the shape (N, {len(self.values)}), but got {y_score.shape}")
        # An array of float64, so that float32 scores are compared without rounding the threshold.
        return (y_score >= np.array(self.values, np.float64)).astype(np.uint8)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "genre_names": list(self.genre_names),
            "values": [None if value == NEVER else value for value in self.values],
            "rule": self.rule,
            "fitted_on": self.fitted_on,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Thresholds":
        """The inverse of `to_dict`.

        Raises:
            ScoresError: a key is missing or unknown, or has a value that it can't have.
        """
        try:
            thresholds = tuple(NEVER if value is None else value for value in values["values"])
            return cls(**{**values, "genre_names": tuple(values["genre_names"]), "values": thresholds})
        except (KeyError, TypeError) as error:
            raise ScoresError(f"thresholds can't be read from {values!r} ({error})") from error


def fixed_thresholds(genre_names: Sequence[str], value: float = UNTUNED) -> Thresholds:
    """The same threshold for every genre, chosen by nobody's data.

    Examples:
        >>> fixed_thresholds(("Drama", "War")).values
        (0.5, 0.5)
    """
    return Thresholds(tuple(genre_names), (value,) * len(genre_names), rule="fixed", fitted_on="nothing")


def argmax_decisions(y_score: np.ndarray) -> np.ndarray:
    """Return decisions, uint8 (N, G): for each poster the one genre with the highest score; the first one of equals.

    This is how a softmax is read. It can predict neither two genres nor none, so it is the wrong head for posters.

    Examples:
        >>> argmax_decisions(np.array([[0.2, 0.7, 0.1], [0.4, 0.4, 0.2]]))
        array([[0, 1, 0],
               [1, 0, 0]], dtype=uint8)
    """
    y_pred = np.zeros(y_score.shape, np.uint8)
    np.put_along_axis(y_pred, y_score.argmax(axis=1)[:, None], 1, axis=1)
    return y_pred


def fitted_on(split: str, posters: int, groups: np.ndarray | None = None) -> str:
    """Return which posters chose thresholds, in words, and of how many films they are if not each of its own.

    Examples:
        >>> fitted_on("validation", 3, np.array([0, 0, 1])), fitted_on("validation", 3)
        ('validation, 3 posters of 2 films', 'validation, 3 posters')
    """
    films = posters if groups is None else len(np.unique(groups))
    return f"{split}, {posters} posters" + (f" of {films} films" if films < posters else "")


def passing(y_true: np.ndarray, y_score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One genre, (N,) and (N,), at every distinct score.

    Returns:
        The distinct scores, highest first; how many posters score at least that; how many positives among them.

    Examples:
        >>> [column.tolist() for column in passing(np.array([1, 0, 1]), np.array([0.8, 0.3, 0.3]))]
        [[0.8, 0.3], [1, 3], [1.0, 2.0]]
    """
    distinct, place = np.unique(-y_score, return_inverse=True)
    predicted = np.cumsum(np.bincount(place))
    hits = np.cumsum(np.bincount(place, weights=y_true))
    return -distinct, predicted, hits


def below(candidates: np.ndarray, place: int) -> float:
    """A threshold that `candidates[place]`, highest first, just passes and the next one does not.

    Halfway between the two, so that it doesn't hang on one poster.

    Examples:
        >>> below(np.array([0.8, 0.3]), 0)
        0.55
    """
    lowest_passing = candidates[place]
    next_below = candidates[place + 1] if place + 1 < len(candidates) else 0.0
    halfway = (lowest_passing + next_below) / 2
    # Between neighbouring floats there is nothing halfway, and the mean may round down.
    return float(halfway if halfway > next_below else lowest_passing)
