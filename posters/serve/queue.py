"""A bounded queue before one classifier: a job at a time for each of its interpreters, and an error when it is full."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock
from typing import Any, TypeVar

from posters.classifier import Classifier
from posters.errors import ConfigError, PostersError

ResultT = TypeVar("ResultT")


class BusyError(PostersError):
    """All interpreters are busy, and the queue before them is full.

    Examples:
        >>> print(BusyError("the queue is full"))
        the queue is full
    """


class JobQueue:
    """Runs jobs with one classifier, a thread for each of its interpreters. As a context manager it ends its threads.

    Args:
        classifier: opened with `load_classifier(..., interpreters=N)`.
        queue: how many jobs may wait for an interpreter.

    Attributes:
        classifier: shared by all jobs; it is thread-safe. Another one may be assigned while jobs run.
        interpreters: how many jobs run at a time.
        capacity: how many jobs may run and wait together.

    Raises:
        ConfigError: queue is below 1.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> with JobQueue(load_classifier(interpreters=1), queue=1) as queue:
        ...     asyncio.run(queue.run(lambda classifier: classifier.name))
        'efficientnet_lite0_posters'
    """

    def __init__(self, classifier: Classifier, queue: int) -> None:
        if queue < 1:
            raise ConfigError(f"queue must be at least 1, but got {queue!r}")
        self.classifier = classifier
        self.interpreters = classifier.interpreters
        self.capacity = self.interpreters + queue
        # Not asyncio's default pool: its size is not ours, and other code may fill it. LiteRT and the decoders release
        # the GIL, so that threads are enough.
        self._threads = ThreadPoolExecutor(self.interpreters, thread_name_prefix="interpreter")
        self._lock = Lock()
        self._taken = 0

    def __enter__(self) -> "JobQueue":
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    @property
    def waiting(self) -> int:
        """The number of jobs that wait for an interpreter."""
        return max(0, self._taken - self.interpreters)

    @property
    def has_room(self) -> bool:
        """Whether another job would be accepted."""
        return self._taken < self.capacity

    async def run(self, job: Callable[[Classifier], ResultT], classifier: Classifier | None = None) -> ResultT:
        """Run one job in a thread when its turn comes, and return its result.

        Args:
            job: is called with the classifier.
            classifier: the one that the job is for; by default the present one.

        Raises:
            BusyError: the queue is full.
        """
        return (await self.run_all([job], classifier))[0]

    async def run_all(
        self, jobs: Sequence[Callable[[Classifier], ResultT]], classifier: Classifier | None = None
    ) -> list[ResultT]:
        """Run several jobs and return their results in order. Either all of them are accepted, or none.

        Args:
            jobs: each is called with the classifier.
            classifier: the one that the jobs are for; by default the present one.

        Raises:
            BusyError: the queue has not enough room for all.
        """
        # All or none: a request of which half is refused would have to be sent again as a whole.
        with self._lock:
            if self._taken + len(jobs) > self.capacity:
                raise BusyError(f"the queue is full ({self.waiting} waiting, {len(jobs)} more requested): retry soon")
            self._taken += len(jobs)
        # One for all, even if another one begins to serve meanwhile: rules and genres are those of the same classifier.
        classifier = classifier or self.classifier
        futures = [self._threads.submit(copy_context().run, job, classifier) for job in jobs]  # For the log: its id.
        for future in futures:
            # A callback of the future, not code after the await: the client may be gone while the thread still works.
            future.add_done_callback(self._release)
        return await asyncio.gather(*map(asyncio.wrap_future, futures))

    def _release(self, _: "Future[Any]") -> None:
        with self._lock:
            self._taken -= 1
