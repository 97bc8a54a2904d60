"""Images in a column of a Parquet file, read a few rows at a time: a file of a million posters never is in memory.

An address such as "parquet:/data/films.parquet#image/7" stands for the image in row 7, counted from 0, so that such
posters are named, sent to other machines and compared like those in files.
"""

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from posters._base.optional_imports import require
from posters.errors import ConfigError, ImageError

_SCHEME = "parquet:"
_ROWS = 32  # read at a time: a few MB of posters
_KEPT = 4  # such batches: threads that read ahead don't ask for rows strictly in order
_OPEN = 8  # files
_BUFFER = 1 << 20  # bytes


def is_in_parquet(text: str) -> bool:
    """Return whether a text is the address of an image in a Parquet file.

    Examples:
        >>> is_in_parquet("parquet:/data/films.parquet#image/7"), is_in_parquet("films.parquet")
        (True, False)
    """
    return text.startswith(_SCHEME)


def parquet_address(path: Path, column: str, row: int) -> str:
    """Return the address of an image.

    Args:
        path: of the file.
        column: its name.
        row: counted from 0.

    Examples:
        >>> parquet_address(Path("/data/films.parquet"), "poster art", 7)
        'parquet:/data/films.parquet#poster%20art/7'
    """
    return f"{_SCHEME}{path.absolute()}#{quote(column, safe='')}/{row}"


def parquet_row(address: str) -> str:
    """Return the number of the row in an address, counted from 0.

    Examples:
        >>> parquet_row("parquet:/data/films.parquet#image/7")
        '7'
    """
    return address.rpartition("/")[2]


def read_from_parquet(address: str) -> bytes:
    """Read one image from a Parquet file. Quick for rows that follow each other, and for small row groups.

    Raises:
        ImageError: the row has no image.
        ConfigError: there is no such file, column or row, or the file is damaged.
        MissingExtraError: pyarrow is not installed.

    Examples:
        >>> import pyarrow, pyarrow.parquet, tempfile
        >>> path = Path(tempfile.mkdtemp()) / "films.parquet"
        >>> pyarrow.parquet.write_table(pyarrow.table({"image": [b"one", b"two"]}), path)
        >>> read_from_parquet(parquet_address(path, "image", 1))
        b'two'
    """
    place, _, row = address.removeprefix(_SCHEME).rpartition("/")
    path, _, column = place.rpartition("#")
    try:
        value = _opened(path, unquote(column)).value(int(row))
    # pyarrow's errors are these, too; KeyError and IndexError: the file has changed since the address was made.
    except (OSError, ValueError, LookupError) as error:
        raise ConfigError(f"{path}: the image of row {row} can't be read ({error}): check the file") from error
    # Hugging Face keeps an image as its bytes and the path that it came from.
    data = value.get("bytes") if isinstance(value, dict) else value
    if not data:
        raise ImageError(f"{address}: the row has no image")
    return bytes(data)


def open_parquet(path: str | Path) -> Any:
    """Open a Parquet file to read a few rows of a column at a time.

    Raises:
        MissingExtraError: pyarrow is not installed.
        OSError: there is no such file.

    Examples:
        >>> import pyarrow, pyarrow.parquet, tempfile
        >>> path = Path(tempfile.mkdtemp()) / "films.parquet"
        >>> pyarrow.parquet.write_table(pyarrow.table({"image": [b"one", b"two"]}), path)
        >>> open_parquet(path).metadata.num_rows
        2
    """
    # By a buffer, and not ahead: otherwise a whole row group is in memory for its first row.
    return require("pyarrow.parquet", "parquet").ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)


class _Column:
    """One column of a file, for threads that read on from row to row."""

    def __init__(self, path: str, column: str) -> None:
        self._file = open_parquet(path)
        if column not in self._file.schema_arrow.names:
            raise LookupError(f"it has no column {column}")
        self._column = column
        sizes = [self._file.metadata.row_group(group).num_rows for group in range(self._file.num_row_groups)]
        self._ends = list(accumulate(sizes))
        self._lock = threading.Lock()
        self._kept: deque[tuple[int, list[Any]]] = deque(maxlen=_KEPT)
        self._group, self._next = -1, 0
        self._batches: Iterator[Any] = iter(())

    def value(self, row: int) -> Any:
        with self._lock:
            found = self._among_kept(row)
            while found is None:
                self._read_on(row)
                found = self._among_kept(row)
            return found[0]

    def _among_kept(self, row: int) -> tuple[Any] | None:
        return next(((values[row - at],) for at, values in self._kept if at <= row < at + len(values)), None)

    def _read_on(self, row: int) -> None:
        group = bisect_right(self._ends, row)
        if group == len(self._ends):
            raise LookupError("it has fewer rows")
        # In another row group, or behind what was read last: begin there.
        if group != self._group or row < self._next:
            self._group, self._next = group, self._ends[group - 1] if group else 0
            self._batches = self._file.iter_batches(_ROWS, row_groups=[group], columns=[self._column])
        batch = next(self._batches).column(0).to_pylist()
        self._kept.append((self._next, batch))
        self._next += len(batch)


@lru_cache(_OPEN)
def _opened(path: str, column: str) -> _Column:
    return _Column(path, column)
