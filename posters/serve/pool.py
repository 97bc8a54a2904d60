"""A fixed number of interpreters, a thread for each, and a bounded queue before them."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any, TypeVar

from posters.classifier import Classifier, load_classifier
from posters.errors import ConfigError, PostersError

Result = TypeVar("Result")


class BusyError(PostersError):
    """All interpreters are at work and the queue before them is full."""


class Pool:
    """Interpreters of one classifier, all opened here and never again. A context manager, which ends its threads.

    Args:
        directory: a classifier directory, or a run that holds one.
        interpreters: how many; as many posters are computed at a time, by one thread each.
        queue: how many jobs may wait besides.

    Raises:
        ConfigError: a number is below 1.
        ClassifierError: as in `load_classifier`.
    """

    def __init__(self, directory: str | Path, interpreters: int, queue: int) -> None:
        for name, value in (("interpreters", interpreters), ("queue", queue)):
            if value < 1:
                raise ConfigError(f"{name} must be at least 1, but got {value!r}")
        self.interpreters = interpreters
        self.capacity = interpreters + queue
        self._idle: SimpleQueue[Classifier] = SimpleQueue()
        for _ in range(interpreters):
            self.classifier = load_classifier(directory)
            self._idle.put(self.classifier)
        self._threads = ThreadPoolExecutor(interpreters, thread_name_prefix="interpreter")
        self._lock = Lock()
        self._taken = 0

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    @property
    def waiting(self) -> int:
        """Jobs that no interpreter has begun."""
        return max(0, self._taken - self.interpreters)

    @property
    def has_room(self) -> bool:
        return self._taken < self.capacity

    async def run(self, job: Callable[[Classifier], Result]) -> Result:
        """What a job returns: it gets an interpreter for itself, in a thread, when its turn comes.

        Raises:
            BusyError: there is no room in the queue.
        """
        return (await self.run_all([job]))[0]

    async def run_all(self, jobs: Sequence[Callable[[Classifier], Result]]) -> list[Result]:
        """What each of several jobs returns, in their order. All of them find room, or none is begun.

        Raises:
            BusyError: there is not enough room in the queue.
        """
        self._take(len(jobs))
        return await asyncio.gather(*[asyncio.wrap_future(self._submitted(job)) for job in jobs])

    def _take(self, places: int) -> None:
        with self._lock:
            if self._taken + places > self.capacity:
                raise BusyError(f"the queue is full ({self.waiting} waiting, {places} more asked for): try again soon")
            self._taken += places

    def _submitted(self, job: Callable[[Classifier], Result]) -> Future[Result]:
        future = self._threads.submit(self._with_interpreter, job)
        # Here, and not after the await: whoever asked may be gone, and the thread still at work.
        future.add_done_callback(self._give_back)
        return future

    def _with_interpreter(self, job: Callable[[Classifier], Result]) -> Result:
        classifier = self._idle.get_nowait()  # As many threads as interpreters: one is always idle.
        try:
            return job(classifier)
        finally:
            self._idle.put(classifier)

    def _give_back(self, _: "Future[Any]") -> None:
        with self._lock:
            self._taken -= 1
