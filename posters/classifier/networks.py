"""The networks of a classifier: as many as there are posters to be computed at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Lock

from posters.classifier.runtime import LiteNetwork
from posters.cores import threads_or_cores


class Networks:
    """Lends networks, each to one thread at a time.

    One poster alone is computed by a network of `threads` threads. Of many posters, as many are computed at a time,
    each by a network of one thread, which wastes nothing on their meeting; those are opened when they are first needed.

    Args:
        open: makes a network that computes by so many threads.
        threads: by default one for one poster, and the cores for many.

    Raises:
        ConfigError: threads is below 1, or no whole number.

    Attributes:
        at_a_time: how many of many posters can be computed at a time.
        gives: the names of a network's outputs.
    """

    def __init__(self, open: Callable[[int], LiteNetwork], threads: int | None) -> None:
        self._open, self._threads = open, threads
        self.at_a_time = threads_or_cores(threads)
        first = open(1)
        self.gives = first.gives
        self._lock = Lock()
        self._of_one_thread: SimpleQueue[LiteNetwork] = SimpleQueue()
        self._of_one_thread.put(first)
        self._opened = 1
        # Where several threads are asked for, one more network, opened when it is first needed.
        self._of_all_threads: SimpleQueue[LiteNetwork] | None = None

    @contextmanager
    def for_one(self) -> Iterator[LiteNetwork]:
        """A network for a poster that is alone; or for one that somebody else's thread is about to compute."""
        if self._threads in (None, 1):
            with self.for_many() as network:
                yield network
            return
        idle = self._wide()
        network = idle.get()
        try:
            yield network
        finally:
            idle.put(network)

    def _wide(self) -> SimpleQueue[LiteNetwork]:
        with self._lock:
            if self._of_all_threads is None:
                self._of_all_threads = SimpleQueue()
                self._of_all_threads.put(self._open(self.at_a_time))
            return self._of_all_threads

    @contextmanager
    def for_many(self) -> Iterator[LiteNetwork]:
        """A network for one of many posters."""
        network = self._narrow()
        try:
            yield network
        finally:
            self._of_one_thread.put(network)

    def _narrow(self) -> LiteNetwork:
        with self._lock:
            if self._of_one_thread.empty() and self._opened < self.at_a_time:
                self._opened += 1
                return self._open(1)
        return self._of_one_thread.get()
