"""One writer at a time: the lock of a directory that a second process must not write into."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from posters._base.optional_imports import require
from posters.errors import RunError

LOCK = ".lock"


@contextmanager
def only_writer(directory: Path) -> Iterator[None]:
    """Hold a directory while the block runs; it is made if need be, and removed again if nothing was written into it.

    The system lets go of it when the process ends, however it ends.

    Args:
        directory: of a run.

    Raises:
        MissingExtraError: filelock is not installed.
        RunError: another process holds it, or it can't be made.

    Examples:
        >>> import tempfile
        >>> run = Path(tempfile.mkdtemp()) / "run"
        >>> try:
        ...     with only_writer(run), only_writer(run):
        ...         pass
        ... except RunError as error:
        ...     print("run is being written by process" in str(error))
        True
        >>> run.exists()
        False
    """
    filelock = require("filelock", "train")
    path = directory / LOCK
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        holder = path.read_text().strip()
        raise RunError(
            f"{directory} is being written by process {holder or 'unknown'}: wait for it, or choose another --run"
        ) from None
    except OSError as error:
        raise RunError(f"{directory} can't be written ({error.strerror or error})") from error
    try:
        path.write_text(f"{os.getpid()}\n")
        yield
    finally:
        # Before it is let go: nobody waits for this file, and nothing of it should stay in a run.
        with suppress(OSError):  # Windows removes no file that is open.
            path.unlink()
            if not any(directory.iterdir()) and not directory.is_symlink():
                directory.rmdir()
        lock.release()
