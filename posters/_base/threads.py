"""How many cores this process may use, and how many threads it should."""

import os

from posters.errors import ConfigError


def cores() -> int:
    """Return the number of cores that this process may use.

    Examples:
        >>> cores() >= 1
        True
    """
    # A container or `taskset` may allow fewer than the machine has. macOS and Windows can't tell.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_threads(threads: int | None) -> None:
    """Check a number of threads; None, which leaves the choice to this package, is fine.

    Raises:
        ConfigError: threads is below 1, or not a whole number.

    Examples:
        >>> check_threads(4)
    """
    if threads is not None and (type(threads) is not int or threads < 1):
        raise ConfigError(f"threads must be a whole number from 1 up, but got {threads!r}")


def threads_or_cores(threads: int | None) -> int:
    """Return `threads`, or the number of cores if it is None.

    Raises:
        ConfigError: threads is below 1, or not a whole number.

    Examples:
        >>> threads_or_cores(4)
        4
    """
    check_threads(threads)
    return threads or cores()
