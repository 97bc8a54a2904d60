"""Predictions as rows under the names of their posters: as JSON lines and as Parquet, for programs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from posters._base.brief import brief_repr
from posters._base.optional_imports import require
from posters.classifier.predictions import Prediction

# Of Parquet: the writer keeps one group in memory, and readers skip whole groups.
ROWS_PER_GROUP = 10_000

UNLIKE_POSTERS = " (unlike the posters it learned from: this may be no poster)"


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """A poster's prediction under the name that results call the poster by.

    Attributes:
        name: of the poster.
        prediction: its error is None exactly if `error` is "".
        error: why the poster can't be read, on one line; "" if it can.
        pictures: paths of the pictures that explain its genres, in their order; None unless they were requested.

    Examples:
        >>> from posters.classifier import Prediction
        >>> row = PredictionRow("alien.jpg", Prediction(("Horror",), {"Drama": 0.2, "Horror": 0.9}))
        >>> row.summary()
        'Horror 0.90'
        >>> row.to_dict(every=False)
        {'poster': 'alien.jpg', 'genres': [{'genre': 'Horror', 'probability': 0.9}]}
    """

    __repr__ = brief_repr

    name: str
    prediction: Prediction
    error: str = ""
    pictures: tuple[str, ...] | None = None

    def summary(self) -> str:
        """Return the predicted genres with their probabilities, for people."""
        genres, probabilities = self.prediction.genres, self.prediction.probabilities
        if genres:
            summary = ", ".join(f"{name} {probabilities[name]:.2f}" for name in genres)
        else:
            name, probability = self.likeliest_first()[0]
            summary = f"no genre is sure enough (likeliest: {name} {probability:.2f})"
        return summary + (UNLIKE_POSTERS if self.prediction.looks_like_a_poster is False else "")

    def likeliest_first(self) -> list[tuple[str, float]]:
        """Return all genres with their probabilities."""
        return sorted(self.prediction.probabilities.items(), key=lambda item: -item[1])

    def to_dict(self, every: bool) -> dict[str, Any]:
        """Return plain data, ready for JSON; with the probabilities of all genres if `every` is set."""
        if self.error:
            return {"poster": self.name, "error": self.error}
        shares = {name: round(value, 6) for name, value in self.prediction.probabilities.items()}
        genres = [{"genre": name, "probability": shares[name]} for name in self.prediction.genres]
        plain: dict[str, Any] = {"poster": self.name, "genres": genres}
        if every:
            plain["probabilities"] = shares
        if self.prediction.novelty is not None:
            plain["novelty"] = self.prediction.novelty
        if self.pictures is not None:
            explained = zip(self.prediction.explanations, self.pictures, strict=True)
            plain["explanations"] = [{"genre": e.genre, "picture": path, "box": e.box} for e, path in explained]
        return plain


def as_json_lines(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """Yield a JSON object for each poster.

    Args:
        rows: of the posters, in order.
        genre_names: all that the classifier knows.
        every: add the probabilities of all genres.

    Examples:
        >>> list(as_json_lines([PredictionRow("alien", Prediction(("Horror",), {"Horror": 0.9}))], ["Horror"], False))
        ['{"poster": "alien", "genres": [{"genre": "Horror", "probability": 0.9}]}']
    """
    for row in rows:
        yield json.dumps(row.to_dict(every))


def write_parquet(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool, file: BinaryIO) -> None:
    """Write a row for each poster: poster, genres, their probabilities or those of each genre, novelty, and error.

    Args:
        rows: of the posters, in order.
        genre_names: all that the classifier knows.
        every: write a column for each genre.
        file: open for writing; need not be able to seek.

    Raises:
        MissingExtraError: pyarrow is not installed.

    Examples:
        >>> import io
        >>> file = io.BytesIO()
        >>> write_parquet([], ["Horror"], False, file)
        >>> file.getvalue()[:4]
        b'PAR1'
    """
    from posters._base.prefetch import batched

    pyarrow, parquet = require("pyarrow", "parquet"), require("pyarrow.parquet", "parquet")
    text, share = pyarrow.string(), pyarrow.float32()
    shares = [(name, share) for name in genre_names] if every else [("probabilities", pyarrow.list_(share))]
    columns = [("poster", text), ("genres", pyarrow.list_(text)), *shares, ("novelty", share), ("error", text)]
    schema = pyarrow.schema(columns)
    with parquet.ParquetWriter(_Counted(file), schema) as writer:
        for batch in batched((_parquet_row(row, every) for row in rows), ROWS_PER_GROUP):
            writer.write_batch(pyarrow.RecordBatch.from_pylist(batch, schema))


class _Counted:
    """A file that knows how much was written, which a pipe does not, and Parquet's footer needs."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = 0

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self.closed = True  # The file itself belongs to the caller.


def _parquet_row(row: PredictionRow, every: bool) -> dict[str, Any]:
    """Return one row of the schema; what is missing becomes null."""
    # File names may hold bytes that are no text, and a column of strings takes UTF-8 alone.
    name, error = (text.encode("utf-8", "backslashreplace").decode() for text in (row.name, row.error))
    if row.error:
        return {"poster": name, "error": error}
    genres, shares = row.prediction.genres, row.prediction.probabilities
    columns = shares if every else {"probabilities": [shares[genre] for genre in genres]}
    return {"poster": name, "genres": list(genres), **columns, "novelty": row.prediction.novelty}
