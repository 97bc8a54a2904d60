"""Work done ahead of its use, by threads, with results in order and memory bounded."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import chain, islice
from queue import SimpleQueue
from typing import Generic, TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")

# Items a thread that are taken and not given back yet; bounds the memory, however many there are.
AHEAD = 4


def ahead(function: Callable[[_T], _R], items: Iterable[_T], threads: int) -> Iterator[tuple[_T, _R]]:
    """Each item with `function(item)`, in their order, while threads work on the items after it.

    A single item starts no thread. What `function` raises is raised here, in its place.

    Args:
        function: computes for a while without the interpreter's lock, or waits.
        items: taken from their iterator at most `AHEAD * threads` before they are given back.
        threads: that work at a time; more than cores may pay, since some wait for a disk or a server.
    """
    remaining = iter(items)
    first_two = list(islice(remaining, 2))
    if len(first_two) == 2:
        yield from _by_threads(function, chain(first_two, remaining), threads)
        return
    for item in first_two:
        yield item, function(item)


class _Job(Generic[_T, _R]):
    """An item, and what comes of it."""

    def __init__(self, item: _T) -> None:
        self.item = item
        self.future: Future[_R] = Future()

    def do(self, function: Callable[[_T], _R]) -> None:
        """Unless nobody waits for it any more."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(function(self.item))
        except BaseException as error:
            self.future.set_exception(error)


def _by_threads(function: Callable[[_T], _R], items: Iterable[_T], threads: int) -> Iterator[tuple[_T, _R]]:
    queue: SimpleQueue[_Job[_T, _R] | None] = SimpleQueue()
    waiting: deque[_Job[_T, _R]] = deque()
    for _ in range(threads):
        # Daemons, so that Ctrl-C needn't wait for a server that doesn't answer.
        threading.Thread(target=_work, args=(function, queue), name="posters-ahead", daemon=True).start()
    try:
        for item in items:
            job: _Job[_T, _R] = _Job(item)
            queue.put(job)
            waiting.append(job)
            # One that is ready isn't kept until the rest is: items may come slowly.
            if waiting[0].future.done() or len(waiting) == AHEAD * threads:
                yield _next_of(waiting)
        while waiting:
            yield _next_of(waiting)
    finally:
        for left in waiting:
            left.future.cancel()
        for _ in range(threads):
            queue.put(None)


def _next_of(waiting: deque[_Job[_T, _R]]) -> tuple[_T, _R]:
    job = waiting.popleft()
    return job.item, job.future.result()


def _work(function: Callable[[_T], _R], queue: "SimpleQueue[_Job[_T, _R] | None]") -> None:
    while (job := queue.get()) is not None:
        job.do(function)
