"""Messages for people, on stderr and past any progress bar; a run also keeps them in its train.log."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger("posters")


class _PastProgressBars(logging.Handler):
    """Writes through tqdm, so that a message never cuts a bar in two."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm  # Here, so that those who have nothing to say don't wait for it.

        tqdm.write(self.format(record), file=sys.stderr)


if not logger.handlers:
    logger.addHandler(_PastProgressBars())
    logger.setLevel(logging.INFO)
    logger.propagate = False


@contextmanager
def also_to_file(path: Path) -> Iterator[None]:
    """Append every message to the file `path` as well, with its time, while the block runs."""
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
    """Hold back what native libraries write to stderr unasked, and show it only when the block fails."""
    sys.stderr.flush()
    own = os.dup(2)
    with tempfile.TemporaryFile() as held:
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
