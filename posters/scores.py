"""What a classifier said of some posters, and what is true of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posters.errors import ScoresError


@dataclass(frozen=True, eq=False)
class Scores:
    """Probabilities for N posters and G genres, with the labels if they are known.

    Everything is checked here, once; what reads a `Scores` trusts it. The arrays are copies and can't be written to.

    Attributes:
        ids: the posters, one for each row.
        genre_names: the genres, one for each column.
        y_score: float64 array (N, G) of probabilities between 0 and 1.
        y_true: uint8 array (N, G) of 0 and 1, or None where nobody knows the genres.
    """

    ids: tuple[str, ...]
    genre_names: tuple[str, ...]
    y_score: np.ndarray
    y_true: np.ndarray | None = None

    def __post_init__(self) -> None:
        self._set("ids", _distinct(self.ids, "ids"))
        self._set("genre_names", _distinct(self.genre_names, "genre_names"))
        if not self.genre_names:
            raise ScoresError("genre_names must name at least one genre, but got none")
        self._set("y_score", self._probabilities(self.y_score))
        if self.y_true is not None:
            self._set("y_true", self._labels(self.y_true))

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Sequence[int] | np.ndarray) -> "Scores":
        """The scores of the posters in `rows`, in that order."""
        ids = tuple(self.ids[row] for row in rows)
        # An empty list would make an index of floats.
        chosen = np.asarray(rows, dtype=np.intp)
        y_true = None if self.y_true is None else self.y_true[chosen]
        return Scores(ids, self.genre_names, self.y_score[chosen], y_true)

    def labels(self, purpose: str) -> np.ndarray:
        """`y_true`, for something that can't be done without it.

        Raises:
            ScoresError: there are no labels, or no posters.
        """
        if self.y_true is None:
            raise ScoresError(f"{purpose} needs y_true, but these scores have no labels")
        if not self.ids:
            raise ScoresError(f"{purpose} needs at least one poster, but got none")
        return self.y_true

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _probabilities(self, values: Any) -> np.ndarray:
        y_score = self._table(values, "y_score")
        self._refuse(~np.isfinite(y_score), y_score, "y_score must be finite")
        outside = (y_score < 0) | (y_score > 1)
        self._refuse(outside, y_score, "y_score must be probabilities between 0 and 1 (a logit is none)")
        return y_score

    def _labels(self, values: Any) -> np.ndarray:
        labels = self._table(values, "y_true")
        self._refuse((labels != 0) & (labels != 1), labels, "y_true must hold 0 and 1 alone")
        return _read_only(labels.astype(np.uint8))

    def _table(self, values: Any, name: str) -> np.ndarray:
        try:
            table = np.array(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ScoresError(
                f"{name} must be a table of numbers, but got {type(values).__name__} ({error})"
            ) from error
        shape = (len(self.ids), len(self.genre_names))
        if table.shape != shape:
            raise ScoresError(
                f"{name} must have the shape {shape}, a row for each id and a column for each genre, "
                f"but got {table.shape}"
            )
        return _read_only(table)

    def _refuse(self, wrong: np.ndarray, table: np.ndarray, rule: str) -> None:
        """Name the first place where `wrong` is true."""
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ScoresError(
                f"{rule}, but got {table[row, column]:g} for poster {self.ids[row]!r}, "
                f"genre {self.genre_names[column]!r}"
            )


def joined_scores(parts: Sequence[Scores]) -> Scores:
    """The scores of several sets of posters, one after the other.

    Args:
        parts: with labels, of the same genres, and no poster twice; at least one.

    Raises:
        ScoresError: they have other genres, a poster twice, or no labels.
    """
    strange = next((part for part in parts if part.genre_names != parts[0].genre_names), None)
    if strange is not None:
        raise ScoresError(f"joined scores must be of the same genres, but got {strange.genre_names} and others")
    return Scores(
        tuple(id for part in parts for id in part.ids),
        parts[0].genre_names,
        np.concatenate([part.y_score for part in parts]),
        np.concatenate([part.labels("joining scores") for part in parts]),
    )


def _distinct(values: Iterable[str], name: str) -> tuple[str, ...]:
    names = tuple(values)
    strange = [value for value in names if not isinstance(value, str)]
    if strange:
        raise ScoresError(f"{name} must be text, but got {strange[0]!r}")
    repeated = [value for value, count in Counter(names).items() if count > 1]
    if repeated:
        raise ScoresError(f"{name} must be unique, but got {repeated[0]!r} more than once")
    return names


def _read_only(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array
