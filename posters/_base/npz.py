"""Open .npy and .npz files that strangers may have made: what they claim to hold is compared with what they have."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from posters._base.regular_files import open_regular
from posters.errors import PostersError

# Scores of equal rows pack well, so the ratio alone is no sign: below this many bytes it does no harm.
_HARMLESS, _RATIO = 10**9, 100


@contextmanager
def open_npz(path: Path) -> Iterator[Any]:
    """Open an .npz file as `numpy.savez` writes it, without pickled objects, once its members' sizes are checked.

    NumPy makes an array of the size in a member's header before it reads the data, and unpacks whatever it is given: a
    file of a megabyte could take all memory.

    Args:
        path: of a regular file.

    Raises:
        OSError: it can't be opened.
        ValueError: a member is no array, or has more or less data than its header claims; or all of them unpack to
            more than 1 GB and 100 times their file; or it is no sound archive.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "numbers.npz"
        >>> np.savez(path, a=np.arange(3))
        >>> with open_npz(path) as arrays:
        ...     arrays["a"].tolist()
        [0, 1, 2]
    """
    with open_regular(path) as file, damage_named():
        _check_sizes(file)
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            yield arrays


@contextmanager
def damage_named() -> Iterator[None]:
    """Have whatever NumPy and the ZIP format's readers find in a damaged file be a ValueError, while the block runs.

    Their warnings are not shown.

    Examples:
        >>> import zipfile
        >>> with damage_named():
        ...     raise zipfile.BadZipFile("no magic number")
        Traceback (most recent call last):
        ValueError: it is damaged (no magic number)
    """
    try:
        with warnings.catch_warnings():
            # Of the header, where it is odd: in the words of Python's own parser, and for nobody.
            warnings.simplefilter("ignore")
            yield
    except PostersError:
        raise
    # Encryption, unknown methods, broken streams; and what Python's own parser finds in the header of an array.
    except _of_damage() as error:
        raise ValueError(f"it is damaged ({error})") from error


def _of_damage() -> tuple[type[Exception], ...]:
    # Asked for once something is raised, and only then imported: a prediction opens no archive.
    import struct
    import tokenize
    import zipfile
    import zlib

    of_archives = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError)
    # RuntimeError has RecursionError, too.
    return (*of_archives, tokenize.TokenError, SyntaxError, RuntimeError, OverflowError, TypeError, IndexError)


def read_npy(path: Path) -> np.ndarray:
    """Read an .npy file as `numpy.save` writes it, without pickled objects.

    Args:
        path: of a regular file.

    Raises:
        OSError: it can't be opened.
        ValueError: it is no such file, or has more or less data than its header claims.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "numbers.npy"
        >>> np.save(path, np.arange(3))
        >>> read_npy(path).tolist()
        [0, 1, 2]
    """
    with open_regular(path) as file, damage_named():
        _check_size(file, path.stat().st_size)
        file.seek(0)
        array: np.ndarray = np.load(file, allow_pickle=False)
        return array


def _check_sizes(file: IO[bytes]) -> None:
    import zipfile

    with zipfile.ZipFile(file) as archive:
        packed = sum(info.compress_size for info in archive.infolist())
        unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > max(_HARMLESS, _RATIO * packed):
            raise ValueError(f"it unpacks to {unpacked:,} bytes, from {packed:,}")
        for info in archive.infolist():
            with archive.open(info) as member:
                _check_size(member, info.file_size, info.filename)


def _check_size(file: IO[bytes], size: int, name: str = "it") -> None:
    """Refuse an .npy file of so many bytes whose header claims another number of them."""
    major, _ = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if min(shape, default=0) < 0 or prod(shape) * dtype.itemsize != size - file.tell():
        raise ValueError(f"{name} has other data than its header claims")
