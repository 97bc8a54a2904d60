"""Ctrl-C and SIGTERM, held back until a loop can give way to them."""

import os
import signal
import threading

import pytest

from posters._base.interrupts import Terminated, deferred_interrupts, raise_terminated


@pytest.fixture(autouse=True)
def handlers():
    """Handlers as in a terminal, put back afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise_terminated()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


SIGNALS = [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]


def send(*numbers):
    for number in numbers:
        os.kill(os.getpid(), number)


@pytest.mark.parametrize(("number", "raised"), SIGNALS)
def test_the_first_waits_until_it_is_asked_for(number, raised):
    with deferred_interrupts() as interrupts:
        interrupts.check()
        send(number)
        with pytest.raises(KeyboardInterrupt) as caught:
            interrupts.check()
    assert caught.type is raised
    assert not interrupts.in_midst


def test_the_second_comes_through_at_once():
    with deferred_interrupts() as interrupts:
        send(signal.SIGINT)
        with pytest.raises(Terminated):
            send(signal.SIGTERM)
    assert interrupts.in_midst


@pytest.mark.parametrize(("number", "raised"), SIGNALS)
def test_nothing_waits_for_a_function_that_lets_it(number, raised):
    with deferred_interrupts() as interrupts:
        with pytest.raises(raised):
            interrupts.letting(lambda: send(number))()
        interrupts.check()
    assert not interrupts.in_midst


def test_what_came_before_such_a_function_is_raised_before_it():
    with deferred_interrupts() as interrupts:
        send(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interrupts.letting(lambda: pytest.fail("it ran"))()


def test_the_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT)
    with deferred_interrupts():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_signals_that_are_ignored_stay_ignored():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise_terminated()
    with deferred_interrupts() as interrupts:
        os.kill(os.getpid(), signal.SIGTERM)
        interrupts.check()


def test_another_thread_holds_nothing_back():
    outcomes = []

    def work():
        with deferred_interrupts() as interrupts:
            interrupts.check()
            outcomes.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert outcomes == [before]
