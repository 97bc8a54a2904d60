"""Scores: what a classifier predicts for some posters, and what is true of them, in memory and on disk."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from posters._base.atomic_files import replacing
from posters._base.brief import brief_repr
from posters._base.npz import open_npz
from posters._base.optional_imports import require
from posters.errors import ScoresError

if TYPE_CHECKING:
    import pandas

_FORMAT = 1  # of the .npz file


@dataclass(frozen=True, eq=False)
class Scores:
    """Probabilities for N posters and G genres, with the labels if there are any.

    Everything is checked here, once; code that receives `Scores` trusts them. The arrays are read-only copies.

    Attributes:
        ids: the posters, one for each row.
        genre_names: the genres, one for each column.
        y_score: float64 array (N, G) of probabilities between 0 and 1.
        y_true: int8 array (N, G) of 0 and 1, and of -1 where a label is unknown; None without labels.

    Raises:
        ScoresError: the shapes disagree, an id or a genre repeats, or a value is not a probability or a label.

    Examples:
        >>> scores = Scores(("7", "8"), ("Drama", "War"), [[0.9, 0.2], [0.4, 0.7]])
        >>> len(scores), scores.take([1]).ids
        (2, ('8',))
    """

    __repr__ = brief_repr

    ids: tuple[str, ...]
    genre_names: tuple[str, ...]
    y_score: np.ndarray
    y_true: np.ndarray | None = None

    def __post_init__(self) -> None:
        self._set("ids", _distinct(self.ids, "ids"))
        self._set("genre_names", _distinct(self.genre_names, "genre_names"))
        if not self.genre_names:
            raise ScoresError("genre_names must name at least one genre, but got none")
        y_score = self._matrix(self.y_score, "y_score")
        self._refuse(~np.isfinite(y_score), y_score, "y_score must be finite")
        outside = (y_score < 0) | (y_score > 1)
        self._refuse(outside, y_score, "y_score must be probabilities between 0 and 1 (a logit is none)")
        self._set("y_score", _read_only(y_score))
        if self.y_true is not None:
            y_true = self._matrix(self.y_true, "y_true")
            wrong = ~np.isin(y_true, (-1, 0, 1))
            self._refuse(wrong, y_true, "y_true must hold 0 and 1 only, or -1 for unknown")
            self._set("y_true", _read_only(y_true.astype(np.int8)))

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Sequence[int] | np.ndarray) -> Self:
        """Return the scores of the posters in `rows`, in that order."""
        # An empty list would make an index of floats.
        chosen = np.asarray(rows, dtype=np.intp)
        y_true = None if self.y_true is None else self.y_true[chosen]
        return replace(self, ids=tuple(self.ids[row] for row in chosen), y_score=self.y_score[chosen], y_true=y_true)

    def labelled(self, purpose: str) -> "LabelledScores":
        """Return these scores as ones that have labels, for something that can't be done without.

        Args:
            purpose: what needs the labels, for the message.

        Raises:
            ScoresError: there are no labels, or no posters.
        """
        if self.y_true is None:
            raise ScoresError(f"{purpose} needs y_true, but these scores have no labels")
        if not self.ids:
            raise ScoresError(f"{purpose} needs at least one poster, but got none")
        return LabelledScores(self.ids, self.genre_names, self.y_score, self.y_true)

    def to_pandas(self) -> "pandas.DataFrame":
        """Return the scores as a DataFrame: a row for each id, a column for each genre.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return _frame(self.y_score, self)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)  # The dataclass is frozen for everybody else.

    def _matrix(self, values: Any, name: str) -> np.ndarray:
        try:
            # Always a copy: what was checked can't be changed from outside.
            matrix = np.array(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ScoresError(
                f"{name} must be a table of numbers, but got {type(values).__name__} ({error})"
            ) from error
        shape = (len(self.ids), len(self.genre_names))
        if matrix.shape != shape:
            raise ScoresError(
                f"{name} must have the shape {shape}, a row for each id and a column for each genre, "
                f"but got {matrix.shape}"
            )
        return matrix

    def _refuse(self, wrong: np.ndarray, matrix: np.ndarray, rule: str) -> None:
        """Raise an error that names the first place where `wrong` is true."""
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ScoresError(
                f"{rule}, but got {matrix[row, column]:g} for poster {self.ids[row]!r}, "
                f"genre {self.genre_names[column]!r}"
            )


@dataclass(frozen=True, eq=False)
class LabelledScores(Scores):
    """Scores of at least one poster, with labels. Made by `Scores.labelled`.

    Functions that judge or fit take this type, so that labels are checked once, where scores come in.

    Examples:
        >>> scores = Scores(("7",), ("Drama", "War"), [[0.9, 0.2]], [[1, 0]])
        >>> scores.labelled("an example").y_true.tolist()
        [[1, 0]]
    """

    __repr__ = brief_repr

    y_true: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Whether each label is known, bool (N, G)."""
        return self.y_true >= 0

    def labelled(self, purpose: str) -> "LabelledScores":
        """Return these scores: they have labels already."""
        # Whoever got this type need not check again.
        return self

    def labels_to_pandas(self) -> "pandas.DataFrame":
        """Return the labels as a DataFrame of 0 and 1, and -1 for unknown: a row for each id, a column for each genre.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return _frame(self.y_true, self)


def _frame(values: np.ndarray, scores: Scores) -> "pandas.DataFrame":
    frame: pandas.DataFrame = require("pandas").DataFrame(values, list(scores.ids), list(scores.genre_names))
    return frame.rename_axis(index="id")


def joined_scores(parts: Sequence[Scores]) -> LabelledScores:
    """Return the scores of several sets of posters as one, in their order.

    Args:
        parts: with labels, of the same genres, and no poster twice; at least one.

    Raises:
        ScoresError: the genres differ, a poster occurs twice, or labels are missing.

    Examples:
        >>> part = Scores(("7",), ("Drama",), [[0.9]], [[1]])
        >>> joined_scores([part, Scores(("8",), ("Drama",), [[0.1]], [[0]])]).ids
        ('7', '8')
    """
    other = next((part for part in parts if part.genre_names != parts[0].genre_names), None)
    if other is not None:
        raise ScoresError(f"joined scores must be of the same genres, but got {other.genre_names} and others")
    labelled = [part.labelled("joining scores") for part in parts]
    return LabelledScores(
        tuple(id for part in parts for id in part.ids),
        parts[0].genre_names,
        np.concatenate([part.y_score for part in labelled]),
        np.concatenate([part.y_true for part in labelled]),
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
    # Scores are handed around and cached; a change in one place would show in all others.
    array.setflags(write=False)
    return array


def write_scores(scores: Scores, path: Path, made_by: str = "") -> None:
    """Write scores to an .npz file, whole or not at all; `read_scores` reads them back.

    Args:
        scores: anything.
        path: the .npz file; its folder is made if need be.
        made_by: a fingerprint of what made them, by which `fresh_scores` recognises stale ones.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "scores.npz"
        >>> write_scores(Scores(("a",), ("War",), np.array([[0.7]])), path)
        >>> read_scores(path).ids
        ('a',)
    """
    words = {"format": _FORMAT, "made_by": made_by, "ids": scores.ids, "genre_names": scores.genre_names}
    arrays = {"y_score": scores.y_score} | ({} if scores.y_true is None else {"y_true": scores.y_true})
    # Text as JSON in bytes: NumPy keeps lists of text as Python objects, which only pickle can read.
    encoded = np.frombuffer(json.dumps(words).encode(), np.uint8)
    with replacing(path) as temporary:
        np.savez_compressed(temporary, words=encoded, **arrays)  # type: ignore[arg-type]


def read_scores(path: str | Path) -> Scores:
    """Read what `write_scores` wrote.

    Raises:
        ScoresError: there is no such file, or it holds no scores.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "scores.npz"
        >>> write_scores(Scores(("a",), ("War",), np.array([[0.7]])), path)
        >>> float(read_scores(path).y_score[0, 0])
        0.7
    """
    return _read(Path(path))[0]


def fresh_scores(path: Path, made_by: str) -> Scores | None:
    """Read the scores of `write_scores` if they were made by the same thing; otherwise return None.

    Raises:
        ScoresError: the file holds no scores.

    Examples:
        >>> fresh_scores(Path("no/scores.npz"), "network 1") is None
        True
    """
    if not path.is_file():
        return None
    scores, name = _read(path)
    return scores if name == made_by else None


def _read(path: Path) -> tuple[Scores, str]:
    try:
        with open_npz(path) as arrays:
            words = json.loads(arrays["words"].tobytes())
            if words["format"] != _FORMAT:
                raise ValueError(f"format {words['format']!r} instead of {_FORMAT}")
            scores = Scores(tuple(words["ids"]), tuple(words["genre_names"]), arrays["y_score"], arrays.get("y_true"))
            return scores, words["made_by"]
    except OSError as error:
        raise ScoresError(f"{path}: the scores can't be read ({error.strerror or error})") from error
    except (ValueError, KeyError, TypeError, EOFError, AttributeError) as error:
        raise ScoresError(f"{path}: not a file of scores ({error})") from error
