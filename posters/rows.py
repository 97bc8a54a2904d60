"""An .npy file that grows by whole rows, so that its writer needs memory for a few rows only and may be killed."""

import os
from pathlib import Path
from types import TracebackType

import numpy as np

from posters.errors import ArraysError

_HEADER_BYTES = 128  # what NumPy's header takes up, whatever the shape


class GrowingRows:
    """Writes `path` row by row under a temporary name, which becomes `path` once `finish` is called.

    After a kill, opening it again with `keep=k` goes on behind the first k rows.

    Args:
        path: the .npy file to make.
        row_shape: shape of one row.
        dtype: type of its values.
        keep: rows of an interrupted attempt to go on from.

    Raises:
        ArraysError: the interrupted attempt does not hold `keep` rows.
    """

    def __init__(self, path: Path, row_shape: tuple[int, ...], dtype: type, keep: int = 0) -> None:
        if self.rows_left_behind(path, row_shape, dtype) < keep:
            raise ArraysError(f"{partial_of(path)} holds fewer than {keep} rows: remove it and start again")
        self.path = path
        self.row_shape = row_shape
        self.dtype = np.dtype(dtype)
        self.count = keep
        self._file = open(partial_of(path), "r+b" if keep else "w+b")  # noqa: SIM115 - closed by __exit__
        self._write_header()
        end = self._file.tell() + keep * self._row_bytes
        self._file.truncate(end)
        self._file.seek(end)

    @staticmethod
    def rows_left_behind(path: Path, row_shape: tuple[int, ...], dtype: type) -> int:
        """How many whole rows an interrupted attempt at `path` has written."""
        try:
            written = os.path.getsize(partial_of(path)) - _HEADER_BYTES
        except FileNotFoundError:
            return 0
        return max(0, written // (int(np.prod(row_shape)) * np.dtype(dtype).itemsize))

    @property
    def _row_bytes(self) -> int:
        return int(np.prod(self.row_shape)) * self.dtype.itemsize

    def _write_header(self) -> None:
        # NumPy pads the header so that its length is the same for any number of rows.
        self._file.seek(0)
        header = {"descr": self.dtype.str, "fortran_order": False, "shape": (self.count, *self.row_shape)}
        np.lib.format.write_array_header_1_0(self._file, header)

    def append(self, rows: np.ndarray) -> None:
        """Write rows (n, *row_shape) behind the others, and hand them to the operating system."""
        if rows.shape[1:] != self.row_shape or rows.dtype != self.dtype:
            raise ValueError(f"rows must be {self.dtype} of shape (n, {self.row_shape}), got {rows.dtype} {rows.shape}")
        self._file.write(np.ascontiguousarray(rows).data)
        self._file.flush()
        self.count += len(rows)

    def finish(self) -> None:
        """Write the final number of rows into the header and take the place of `path`."""
        self._write_header()
        self._file.flush()
        os.fsync(self._file.fileno())
        os.replace(partial_of(self.path), self.path)

    def __enter__(self) -> "GrowingRows":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


def partial_of(path: Path) -> Path:
    """Where the rows of `path` stand until they are complete."""
    return path.with_name(f"{path.name}.partial")


def open_partial_rows(path: Path, row_shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """The whole rows that an interrupted attempt at `path` has written, mapped from disk and read-only."""
    count = GrowingRows.rows_left_behind(path, row_shape, dtype)
    if not count:
        return np.empty((0, *row_shape), dtype)
    return np.memmap(partial_of(path), dtype, mode="r", offset=_HEADER_BYTES, shape=(count, *row_shape))


def open_rows(path: Path) -> np.ndarray:
    """The finished rows, mapped from disk and read-only: only what is looked at is read.

    Raises:
        ArraysError: the file is missing, cut short, or no .npy file.
    """
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise ArraysError(f"{path} can't be read ({error}): remove it, and it will be made again") from error
