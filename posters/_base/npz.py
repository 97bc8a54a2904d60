"""Open .npz files that strangers may have made: what they claim to hold is compared with what they have."""

import struct
import zipfile
import zlib
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
    with open_regular(path) as file:
        try:
            _check_sizes(file)
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                yield arrays
        except PostersError:
            raise
        # Whatever zipfile, zlib and NumPy find in a damaged archive: encryption, unknown methods, broken streams.
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, SyntaxError) as error:
            raise ValueError(f"the archive is damaged: {error}") from error


def _check_sizes(file: IO[bytes]) -> None:
    with zipfile.ZipFile(file) as archive:
        packed = sum(info.compress_size for info in archive.infolist())
        unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > max(_HARMLESS, _RATIO * packed):
            raise ValueError(f"it unpacks to {unpacked:,} bytes, from {packed:,}")
        for info in archive.infolist():
            with archive.open(info) as member:
                major, _ = np.lib.format.read_magic(member)
                read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
                shape, _, dtype = read(member)
                if prod(shape) * dtype.itemsize != info.file_size - member.tell():
                    raise ValueError(f"{info.filename} has other data than its header claims")
