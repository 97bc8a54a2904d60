"""Python's garbage collector, which has to keep away from millions of objects that can't be garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collections() -> Iterator[None]:
    """Keep the garbage collector from running; as a context or as a decorator.

    Each collection walks all objects, and the more of them there are, the more of these walks they have caused. Of
    objects that are kept, and that form no cycles, they free nothing: for a table of a million rows they took as long
    as everything else. What nobody refers to any more is freed all the same.

    Examples:
        >>> with without_collections():
        ...     gc.isenabled()
        False
        >>> gc.isenabled()
        True
    """
    # Whoever has switched it off switches it on again. If threads overlap, one of them has collections too early.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
