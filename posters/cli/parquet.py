"""Predictions as Parquet, written in batches as they come."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

from posters.cli.predictions import Row
from posters.extras import require

_BATCH = 10_000  # rows of a row group


def write_parquet(rows: Iterable[Row], genre_names: Sequence[str], every: bool, file: BinaryIO) -> None:
    """A row for each poster: poster, genres, their probabilities or those of each genre in a column, and error.

    Args:
        rows: of the posters, in order.
        genre_names: all that the classifier knows.
        every: write a column for each genre.
        file: open for writing; need not be able to seek.
    """
    pyarrow, parquet = require("pyarrow", "parquet"), require("pyarrow.parquet", "parquet")
    schema = _schema(pyarrow, genre_names if every else None)
    with parquet.ParquetWriter(_Counted(file), schema) as writer:
        for batch in _batches(_plain(row, every) for row in rows):
            writer.write_batch(pyarrow.RecordBatch.from_pylist(batch, schema))


class _Counted:
    """A file that knows how much was written, which a pipe does not."""

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


def _schema(pyarrow: Any, genre_names: Sequence[str] | None) -> Any:
    text, share = pyarrow.string(), pyarrow.float32()
    shares = [("probabilities", pyarrow.list_(share))]
    if genre_names is not None:
        shares = [(name, share) for name in genre_names]
    return pyarrow.schema([("poster", text), ("genres", pyarrow.list_(text)), *shares, ("error", text)])


def _plain(row: Row, every: bool) -> dict[str, Any]:
    """One row as the schema has it; what is missing becomes null."""
    # File names may hold bytes that are no text.
    name = row.name.encode("utf-8", "backslashreplace").decode()
    if row.prediction is None:
        return {"poster": name, "error": row.error.encode("utf-8", "backslashreplace").decode()}
    said, shares = row.prediction.genres, row.prediction.probabilities
    columns = shares if every else {"probabilities": [shares[genre] for genre in said]}
    return {"poster": name, "genres": list(said), **columns}


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch
