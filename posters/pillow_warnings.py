"""Pillow's warnings, held back while any thread decodes.

`warnings.catch_warnings` swaps the filters of the whole process: of two threads inside it, the first to leave takes
them from the other, and the last may put back what should be gone. So one filter is counted in and out instead, and it
is for what decoding says alone: a caller's own warnings are shown meanwhile.
"""

import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

_SPEAKERS = r"PIL\.|posters\.images$"

_lock = threading.Lock()
_inside = 0


@contextmanager
def pillow_warnings_held_back() -> Iterator[None]:
    """Show none of them while the block runs, in this thread or in another; even a filter that raises them waits."""
    _count(+1)
    try:
        yield
    finally:
        _count(-1)


def _count(change: int) -> None:
    global _inside
    with _lock:
        _inside += change
        if _inside:
            # Every time: somebody else's `catch_warnings` may have ended, and taken it away.
            warnings.filterwarnings("ignore", module=_SPEAKERS)
        else:
            with suppress(ValueError):
                cast(list[Any], warnings.filters).remove(("ignore", None, Warning, re.compile(_SPEAKERS), 0))
