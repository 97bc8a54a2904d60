"""Work spread over processes, with results in order and memory bounded."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from posters.extras import require

_T = TypeVar("_T")

_JOBS_IN_FLIGHT = 32  # bounds the memory, however many jobs there are
_IDLE_SECONDS = 10  # after which workers without work give their memory back


def in_workers(function: Callable[..., _T], jobs: Iterable[tuple[Any, ...]], workers: int) -> Iterator[_T]:
    """The results of `function(*job)` for each of `jobs`, in their order.

    Args:
        function: of a module, so that a worker can import it.
        jobs: taken from their iterator no sooner than they are needed.
        workers: processes; 1 works in this one, -1 takes all cores.
    """
    joblib = require("joblib")
    call = joblib.delayed(function)
    waiting = iter(jobs)
    options = {"idle_worker_timeout": _IDLE_SECONDS, "initializer": _end_with, "initargs": (os.getpid(),)}
    with joblib.Parallel(workers, return_as="generator", **options) as parallel:
        while batch := list(islice(waiting, _JOBS_IN_FLIGHT)):
            yield from parallel(call(*job) for job in batch)


def _end_with(parent: int) -> None:
    """In a worker: end when the process that started it was killed. Otherwise it would wait for it for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
