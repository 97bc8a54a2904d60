"""Work done ahead of its use by threads, with results in order and bounded memory; and iterables in batches."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from itertools import chain, islice
from queue import SimpleQueue
from typing import Generic, TypeVar

_T = TypeVar("_T")

_R = TypeVar("_R")

# Items per thread that are taken but not yet given back. It bounds the memory, however many items there are; with only
# one per thread, a slow item would leave the other threads idle.
AHEAD = 4


def batched(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Yield the items in lists of `size`; the last may be shorter. Python 3.12 has it in `itertools`.

    Examples:
        >>> list(batched("abcde", 2))
        [['a', 'b'], ['c', 'd'], ['e']]
    """
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def ahead(function: Callable[[_T], _R], items: Iterable[_T], threads: int) -> Generator[tuple[_T, _R], None, None]:
    """Yield each item with `function(item)`, in order, while threads work on the items after it.

    A single item starts no thread. An exception of `function` is raised here, in its item's place.

    Args:
        function: releases the interpreter lock for most of its time, or waits.
        items: taken from their iterator at most `AHEAD * threads` before they are given back.
        threads: number of threads. More than there are cores may pay, since some wait for a disk or a server.

    Yields:
        the item and its result.

    Examples:
        >>> list(ahead(len, ["alien", "heat"], threads=2))
        [('alien', 5), ('heat', 4)]
    """
    remaining = iter(items)
    first_two = list(islice(remaining, 2))
    if len(first_two) == 2:
        yield from _by_threads(function, chain(first_two, remaining), threads)
        return
    for item in first_two:
        yield item, function(item)


class _Job(Generic[_T, _R]):
    """An item and its future result."""

    def __init__(self, item: _T) -> None:
        self.item = item
        self.future: Future[_R] = Future()

    def result(self) -> tuple[_T, _R]:
        """Wait for the result, and return it with its item."""
        return self.item, self.future.result()


def _work(function: Callable[[_T], _R], queue: "SimpleQueue[_Job[_T, _R] | None]") -> None:
    """Run jobs, except cancelled ones, until None comes."""
    while (job := queue.get()) is not None:
        if job.future.set_running_or_notify_cancel():
            try:
                job.future.set_result(function(job.item))
            except BaseException as error:  # Raised again where the result is taken.
                job.future.set_exception(error)


def _by_threads(function: Callable[[_T], _R], items: Iterable[_T], threads: int) -> Iterator[tuple[_T, _R]]:
    queue: SimpleQueue[_Job[_T, _R] | None] = SimpleQueue()
    waiting: deque[_Job[_T, _R]] = deque()
    for _ in range(threads):
        # Daemon threads, so that Ctrl-C doesn't wait for a server that doesn't answer.
        threading.Thread(target=_work, args=(function, queue), name="posters-ahead", daemon=True).start()
    try:
        for item in items:
            job: _Job[_T, _R] = _Job(item)
            queue.put(job)
            waiting.append(job)
            # Give back a finished result at once: the next item may be slow to come.
            if waiting[0].future.done() or len(waiting) == AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        # The consumer may have stopped early: drop what has not begun, and let the threads end.
        for left in waiting:
            left.future.cancel()
        for _ in range(threads):
            queue.put(None)
