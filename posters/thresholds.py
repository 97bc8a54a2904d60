"""From probabilities to decisions: one threshold for each genre, or the argmax."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from posters.errors import ScoresError
from posters.log import logger
from posters.scores import Scores

_UNTUNED = 0.5


@dataclass(frozen=True)
class Thresholds:
    """One threshold for each genre; a score at the threshold or above says the genre.

    Attributes:
        genre_names: the genres, in the order of the scores' columns.
        values: their thresholds, between 0 and 1.
        optimises: what they were chosen for: "fixed" for nothing, "f1" for the F1 of each genre.
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
            if not 0 <= value <= 1:
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
        return asdict(self) | {"genre_names": list(self.genre_names), "values": list(self.values)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Thresholds":
        """The inverse of `to_dict`.

        Raises:
            ScoresError: a key is missing or unknown, or has a value that it can't have.
        """
        try:
            return cls(**{**values, "genre_names": tuple(values["genre_names"]), "values": tuple(values["values"])})
        except (KeyError, TypeError) as error:
            raise ScoresError(f"thresholds can't be read from {values!r} ({error})") from error


def fixed_thresholds(genre_names: Sequence[str], value: float = _UNTUNED) -> Thresholds:
    """The same threshold for every genre, chosen by nobody's data."""
    return Thresholds(tuple(genre_names), (value,) * len(genre_names), optimises="fixed", fitted_on="nothing")


def best_f1_thresholds(scores: Scores, side: str = "validation") -> Thresholds:
    """For each genre the threshold with the highest F1 on `scores`, found exactly, over all distinct scores.

    Fit it on validation scores and judge it on test scores; `side` is the name it is remembered by. The threshold lies
    halfway between the lowest score that passes and the highest that doesn't, so that it doesn't hang on one poster. Of
    equally good thresholds the highest is taken, which predicts the genre least often. A genre without positives or
    without negatives keeps 0.5, with a warning that names it.

    Raises:
        ScoresError: the scores have no labels, or there are no posters.
    """
    y_true = scores.labels("fitting thresholds")
    fitted_on = f"{side}, {len(scores)} posters"
    one_sided = np.isin(y_true.sum(axis=0), (0, len(scores)))
    untuned = [name for name, alone in zip(scores.genre_names, one_sided, strict=True) if alone]
    if untuned:
        logger.warning(
            f"{fitted_on}: no positives or no negatives of {', '.join(untuned)}, so the threshold stays at {_UNTUNED}"
        )
    values = tuple(
        _UNTUNED if alone else _best_f1_threshold(labels, column)
        for alone, labels, column in zip(one_sided, y_true.T, scores.y_score.T, strict=True)
    )
    return Thresholds(scores.genre_names, values, optimises="f1", fitted_on=fitted_on)


def _best_f1_threshold(y_true: np.ndarray, y_score: np.ndarray) -> float:
    """The best threshold of one genre, (N,) and (N,)."""
    candidates, predicted, hits = _passing(y_true, y_score)
    best = int(np.argmax(2 * hits / (predicted + hits[-1])))
    lowest_passing = candidates[best]
    next_below = candidates[best + 1] if best + 1 < len(candidates) else 0.0
    halfway = (lowest_passing + next_below) / 2
    # Between neighbouring floats there is nothing halfway, and the mean may round down.
    return float(halfway if halfway > next_below else lowest_passing)


def _passing(y_true: np.ndarray, y_score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct scores, highest first; how many posters score at least that; how many positives among them."""
    distinct, place = np.unique(-y_score, return_inverse=True)
    predicted = np.cumsum(np.bincount(place))
    hits = np.cumsum(np.bincount(place, weights=y_true))
    return -distinct, predicted, hits


def argmax_decisions(y_score: np.ndarray) -> np.ndarray:
    """Decisions, uint8 (N, G): the one genre of each poster with the highest score; the first one of equals.

    How a softmax is read. It can't say two genres, nor none, which is why it is the wrong head for posters.

    >>> argmax_decisions(np.array([[0.2, 0.7, 0.1], [0.4, 0.4, 0.2]]))
    array([[0, 1, 0],
           [1, 0, 0]], dtype=uint8)
    """
    y_pred = np.zeros(y_score.shape, np.uint8)
    np.put_along_axis(y_pred, y_score.argmax(axis=1)[:, None], 1, axis=1)
    return y_pred
