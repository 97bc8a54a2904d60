"""Messages for people, on stderr and past any progress bar; a run also keeps them in its train.log."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

logger = logging.getLogger("posters")


class _PastProgressBars(logging.Handler):
    """Writes through tqdm, so that a message never cuts a bar in two."""

    def emit(self, record: logging.LogRecord) -> None:
        import sys

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
