"""Files and folders that strangers may have made: pipes wait for ever, devices never end, and links lead anywhere."""

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


def open_regular(path: str | Path) -> BufferedReader:
    """Open a regular file, or a link to one, for reading bytes. This never waits.

    Raises:
        OSError: it can't be opened, or is a folder, a pipe, a device or a socket; `strerror` tells which.

    Examples:
        >>> open_regular("/dev/null")
        Traceback (most recent call last):
        OSError: [Errno 22] it is a pipe or a device, not a regular file: '/dev/null'
    """
    # Opened before it is looked at, so that nobody exchanges it in between.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "it is a pipe or a device, not a regular file", str(path))


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry of a folder is a folder, or a link to one; a link to itself is neither file nor folder.

    Examples:
        >>> import tempfile
        >>> with os.scandir(Path(tempfile.mkdtemp()).parent) as entries:
        ...     any(map(is_folder, entries))
        True
    """
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_file(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry of a folder is a regular file, or a link to one.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "a.jpg").touch()
        >>> with os.scandir(folder) as entries:
        ...     list(map(is_file, entries))
        [True]
    """
    try:
        return entry.is_file()
    except OSError:  # A loop of links hides one entry, not the folder.
        return False


def is_inside(path: str | Path, *folders: str | Path) -> bool:
    """Return whether a path, followed through all links, is in one of some folders or below it.

    Examples:
        >>> is_inside("/usr/lib/../bin", "/usr"), is_inside("/usr/../etc", "/usr")
        (True, False)
    """
    real = os.path.realpath(path)
    return any(os.path.commonpath([real, os.path.realpath(folder)]) == os.path.realpath(folder) for folder in folders)
