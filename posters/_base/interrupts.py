"""Ctrl-C and SIGTERM: what they raise, and how a loop finishes its step before it gives way to them."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM, as a service manager or a queue sends it: everything ends as by Ctrl-C, with another exit code.

    Examples:
        >>> isinstance(Terminated(), KeyboardInterrupt)
        True
    """


def raise_terminated() -> None:
    """Have SIGTERM raise `Terminated` in this process, unless somebody handles or ignores it already.

    Examples:
        >>> raise_terminated()  # doctest: +SKIP
    """
    # Only the main thread may, and only it is interrupted.
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminated)


def _terminated(number: int, frame: FrameType | None) -> None:
    raise Terminated


class Interrupts:
    """What came while `deferred_interrupts` holds interrupts back.

    Attributes:
        in_midst: whether the last one came through in the midst of something, as a second one does.

    Examples:
        >>> with deferred_interrupts() as interrupts:
        ...     interrupts.check()  # Nothing came.
    """

    def __init__(self) -> None:
        self.in_midst = False
        self._came: list[Callable[[], None]] = []
        self._waiting = True

    def check(self) -> None:
        """Give way to what came: raise what its handler raises.

        Raises:
            KeyboardInterrupt: as a rule; or whatever else the handler raises.
        """
        if self._came:
            self._came.pop(0)()

    def letting(self, function: Callable[[], ResultT]) -> Callable[[], ResultT]:
        """Return the function so that nothing is held back while it runs: what takes long and changes nothing."""

        def interruptible() -> ResultT:
            self._waiting = False
            try:
                self.check()
                return function()
            finally:
                self._waiting = True

        return interruptible

    def handler(self, own: Callable[[int, FrameType | None], Any]) -> Callable[[int, FrameType | None], None]:
        """Return a handler of a signal that keeps it for later, for `own` to handle."""

        def handle(number: int, frame: FrameType | None) -> None:
            # A second one means it.
            self.in_midst = self._waiting and bool(self._came)
            if self.in_midst or not self._waiting:
                own(number, frame)
            self._came.append(lambda: own(number, frame))

        return handle


@contextmanager
def deferred_interrupts() -> Iterator[Interrupts]:
    """Hold Ctrl-C and SIGTERM back while the block runs, until it asks for them; a second one comes through at once.

    Signals that nobody handles, or that are ignored, are left alone; so are all of them outside the main thread, which
    is the only one that they interrupt.

    Examples:
        >>> with deferred_interrupts() as interrupts:
        ...     for step in range(3):
        ...         interrupts.check()  # Between two steps, where everything can be saved.
    """
    interrupts, handlers = Interrupts(), {}
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:
            own = signal.getsignal(number)
            if callable(own):
                handlers[number] = own
                signal.signal(number, interrupts.handler(own))
    try:
        yield interrupts
    finally:
        for number, own in handlers.items():
            signal.signal(number, own)
