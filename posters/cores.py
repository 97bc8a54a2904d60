"""How many cores there are to work with, and how many threads are wanted."""

import os

from posters.errors import ConfigError


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_threads(threads: int | None) -> None:
    """Refuse what is no number of threads; None stands for whatever suits.

    Raises:
        ConfigError: threads is below 1, or no whole number.
    """
    if threads is not None and (type(threads) is not int or threads < 1):
        raise ConfigError(f"threads must be a whole number from 1 up, but got {threads!r}")


def threads_or_cores(threads: int | None) -> int:
    """As many threads as are wanted; as many as there are cores where nobody says.

    Raises:
        ConfigError: threads is below 1, or no whole number.
    """
    check_threads(threads)
    return threads or cores()
