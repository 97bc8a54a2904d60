"""Work ahead of its use: in order, bounded, and stopped as soon as the consumer stops."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posters._base.prefetch import AHEAD, ahead

THREADS = 4


@given(items=st.lists(st.integers(), max_size=60), threads=st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_every_item_comes_back_in_order_with_its_own_result(items, threads):
    done = list(ahead(lambda item: item * 2, items, threads))
    assert done == [(item, item * 2) for item in items]


def test_items_after_a_slow_one_wait_for_it():
    def slow_if_first(item):
        time.sleep(0.1 if item == 0 else 0)
        return item

    assert [item for item, _ in ahead(slow_if_first, range(50), THREADS)] == list(range(50))


def test_work_is_done_by_several_threads_at_once():
    meeting = threading.Barrier(THREADS, timeout=10)  # Passed only when so many have come.
    assert [item for item, _ in ahead(lambda item: meeting.wait(), range(THREADS), THREADS)] == list(range(THREADS))


def test_no_more_items_are_taken_than_the_limit():
    taken = []
    release = threading.Event()

    def items():
        for item in range(1000):
            taken.append(item)
            if len(taken) == AHEAD * THREADS:
                release.set()
            yield item

    results = ahead(lambda item: release.wait(10), items(), THREADS)
    for count in range(1, 500):
        next(results)
        assert len(taken) <= count - 1 + AHEAD * THREADS


def test_a_result_that_is_ready_does_not_wait_for_items_that_come_slowly():
    taken = []

    def items():
        for item in range(100):
            time.sleep(0.01)
            taken.append(item)
            yield item

    next(ahead(lambda item: item, items(), THREADS))
    assert len(taken) < AHEAD * THREADS


def test_a_single_item_starts_no_thread():
    here = threading.current_thread()
    assert list(ahead(lambda item: threading.current_thread() is here, ["one"], THREADS)) == [("one", True)]
    assert not any(seen for _, seen in ahead(lambda item: threading.current_thread() is here, "several", THREADS))


@pytest.mark.parametrize("count", [1, 30])
def test_an_error_is_raised_in_its_place(count):
    def fails_at_last(item):
        if item == count - 1:
            raise MemoryError("too large")
        return item

    results = ahead(fails_at_last, range(count), THREADS)
    assert [next(results)[0] for _ in range(count - 1)] == list(range(count - 1))
    with pytest.raises(MemoryError, match="too large"):
        next(results)


@pytest.mark.parametrize("read", [0, 1, 5])
def test_threads_end_when_the_consumer_stops(read):
    results = ahead(lambda item: item, range(1000), THREADS)
    for _ in range(read):
        next(results)
    results.close()
    deadline = time.monotonic() + 10
    while [thread for thread in threading.enumerate() if thread.name == "posters-ahead"]:
        assert time.monotonic() < deadline, "a thread goes on"
        time.sleep(0.01)
