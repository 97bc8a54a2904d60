"""The noun `Thresholds`: from probabilities to decisions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posters.errors import ScoresError

UNTUNED = 0.5
# The threshold of a genre that a rule never says: no probability reaches it. JSON has no infinity, and says null.
NEVER = math.inf


@dataclass(frozen=True)
class Thresholds:
    """One threshold for each genre; a score at the threshold or above says the genre.

    Attributes:
        genre_names: the genres, in the order of the scores' columns.
        values: their thresholds, between 0 and 1, or `NEVER`.
        optimises: the rule that chose them: "fixed" for nobody's data, "f1", "precision=0.8", "recall=0.8" or
            "miss-rate=0.1"; see `posters.thresholds.fit_rule`.
        fitted_on: the posters that chose them ("validation, 864 posters"), or "nothing".
    """

    genre_names: tuple[str, ...]
    values: tuple[float, ...]
    optimises: str
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

        >>> Thresholds(("Comedy", "Drama"), (0.5, 0.2), "fixed", "nothing").apply(np.array([[0.4, 0.3], [0.5, 0.1]]))
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
            "optimises": self.optimises,
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
    """The same threshold for every genre, chosen by nobody's data."""
    return Thresholds(tuple(genre_names), (value,) * len(genre_names), optimises="fixed", fitted_on="nothing")
