"""Messages for people, on stderr and above any progress bar; a run also keeps them in its train.log."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

logger = logging.getLogger("posters")


class _TqdmHandler(logging.Handler):
    """Writes through tqdm, so that a message never cuts a progress bar in two."""

    def emit(self, record: logging.LogRecord) -> None:
        from posters._base.progress import tqdm  # Imported here, so that a command without messages starts faster.

        # Made before `write` makes it: interrupted there, tqdm ends in an error about the lock that it lacks.
        tqdm.get_lock()  # type: ignore[no-untyped-call]
        tqdm.write(self.format(record), file=sys.stderr)


# At import, once: without a handler, Python would print warnings in its own format, and drop information.
if not logger.handlers:
    logger.addHandler(_TqdmHandler())
    logger.setLevel(logging.INFO)
    logger.propagate = False


@contextmanager
def also_to_file(path: Path) -> Iterator[None]:
    r"""Also append every message to the file `path`, with its time, while the block runs.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with also_to_file(Path(folder) / "train.log"):
        ...         logger.info("epoch 1")
        ...     (Path(folder) / "train.log").read_text().endswith("INFO epoch 1\n")
        True
    """
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()


@contextmanager
def stderr_held_back() -> Iterator[None]:
    """Hold back what native libraries write to stderr, and show it only if the block raises.

    Examples:
        >>> with stderr_held_back():
        ...     _ = os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.")
    """
    sys.stderr.flush()
    # Native code writes to the file descriptor, so replacing `sys.stderr` would not do.
    own = os.dup(2)
    with _unnamed_file() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(own, held.read())
            raise
        finally:
            os.dup2(own, 2)
            os.close(own)


def _unnamed_file() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError:
        # A read-only file system, as in a hardened container: what is held back is lost then.
        return Path(os.devnull).open("w+b")
