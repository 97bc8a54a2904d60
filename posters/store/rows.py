"""An .npy file that grows by whole rows: writing it needs memory for a few rows only, and survives a kill."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np

from posters._base.npz import damage_named
from posters.errors import ArraysError

# Size of NumPy's header: it is padded to a multiple of 64 bytes, and leaves room for any number of rows.
_HEADER_BYTES = 128


class Rows(Protocol):
    """Rows that are read when they are asked for: an array, perhaps mapped from disk, or posters in shards.

    Examples:
        >>> rows: Rows = np.zeros((2, 24, 16, 3), np.uint8)
        >>> len(rows), rows.shape[1:]
        (2, (24, 16, 3))
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of rows, and the shape of one."""

    @property
    def dtype(self) -> Any:
        """Type of the values."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Any]: ...

    def __getitem__(self, rows: Any) -> Any: ...


class GrowingRows:
    """Writes an .npy file row by row under a temporary name, which `finish` renames to `path`.

    After a kill, `keep=k` resumes behind the first k rows.

    Args:
        path: the .npy file to make.
        row_shape: shape of one row.
        dtype: type of its values.
        keep: number of rows of an interrupted attempt to keep.

    Raises:
        ArraysError: the interrupted attempt has fewer than `keep` rows.

    Examples:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "rows.npy"
        >>> with GrowingRows(path, (2,), np.uint8) as rows:
        ...     rows.append(np.array([[1, 2]], np.uint8))
        ...     rows.append(np.array([[3, 4]], np.uint8))
        ...     rows.finish()
        >>> open_rows(path).tolist()
        [[1, 2], [3, 4]]
        >>> folder.cleanup()
    """

    def __init__(self, path: Path, row_shape: tuple[int, ...], dtype: type, keep: int = 0) -> None:
        if self.count_partial(path, row_shape, dtype) < keep:
            raise ArraysError(f"{partial_of(path)} has fewer than {keep} rows: remove it and start again")
        self.path = path
        self.row_shape = row_shape
        self.dtype = np.dtype(dtype)
        self.count = keep
        self._file = partial_of(path).open("r+b" if keep else "w+b")
        self._write_header()
        # A kill may have left part of a row, or rows that have no record.
        end = self._file.tell() + keep * int(np.prod(row_shape)) * self.dtype.itemsize
        self._file.truncate(end)
        self._file.seek(end)

    @staticmethod
    def count_partial(path: Path, row_shape: tuple[int, ...], dtype: type) -> int:
        """Return how many whole rows an interrupted attempt at `path` has written."""
        try:
            written = partial_of(path).stat().st_size - _HEADER_BYTES
        except FileNotFoundError:
            return 0
        return max(0, written // (int(np.prod(row_shape)) * np.dtype(dtype).itemsize))

    def _write_header(self) -> None:
        # NumPy pads the header so that its size is the same for any number of rows.
        self._file.seek(0)
        header = {"descr": self.dtype.str, "fortran_order": False, "shape": (self.count, *self.row_shape)}
        np.lib.format.write_array_header_1_0(self._file, header)

    def append(self, rows: np.ndarray | Sequence[np.ndarray]) -> None:
        """Write rows, an array (n, *row_shape) or n arrays, and flush them to the operating system."""
        # Large rows are written from where they are: an array of them all would be a copy.
        for part in (rows,) if isinstance(rows, np.ndarray) else (row[None] for row in rows):
            if part.shape[1:] != self.row_shape or part.dtype != self.dtype:
                kind = f"{self.dtype} of shape (n, {self.row_shape})"
                raise ValueError(f"rows must be {kind}, got {part.dtype} {part.shape}")
            self._file.write(np.ascontiguousarray(part).data)
            self.count += len(part)
        # Rows must be with the operating system before their records are, or a kill would leave records without rows.
        self._file.flush()

    def finish(self) -> None:
        """Write the final number of rows into the header, sync the file to disk and rename it to `path`."""
        # Until here the header has too few rows, so that NumPy can't mistake the file for a complete one.
        self._write_header()
        self._file.flush()
        # Otherwise a power cut after the rename may leave a file of the right name and size, full of zeros.
        os.fsync(self._file.fileno())
        partial_of(self.path).replace(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


def partial_of(path: Path) -> Path:
    """Return the temporary name of `path` while it is incomplete.

    Examples:
        >>> partial_of(Path("posters.npy")).name
        'posters.npy.partial'
    """
    return path.with_name(f"{path.name}.partial")


def open_partial_rows(path: Path, row_shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Map the whole rows that an interrupted attempt at `path` has written, read-only.

    Examples:
        >>> open_partial_rows(Path("nowhere.npy"), (2,), np.uint8).shape
        (0, 2)
    """
    count = GrowingRows.count_partial(path, row_shape, dtype)
    if not count:
        return np.empty((0, *row_shape), dtype)
    return np.memmap(partial_of(path), dtype, mode="r", offset=_HEADER_BYTES, shape=(count, *row_shape))


def open_rows(path: Path) -> np.ndarray:
    """Map finished rows from disk, read-only: only rows that are used are read.

    Raises:
        ArraysError: the file is missing, cut short, or not an .npy file.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(Path(folder) / "rows.npy", np.arange(3))
        ...     open_rows(Path(folder) / "rows.npy").tolist()
        [0, 1, 2]
    """
    try:
        with damage_named():
            return np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError) as error:
        raise ArraysError(f"{path} can't be read ({error}): remove it, and it will be made again") from error
