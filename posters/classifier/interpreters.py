"""One pool of LiteRT interpreters per classifier, shared by all threads that use it."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock
from typing import TypeVar

from posters._base.log import logger
from posters._base.threads import threads_or_cores
from posters.classifier.runtime import Network
from posters.errors import ClassifierError, ConfigError, ImageError

ResultT = TypeVar("ResultT")


class FailedPosterError(ClassifierError, ImageError):
    """The network failed on a poster, and so did one that was opened anew: this poster has no result, others may.

    Examples:
        >>> issubclass(FailedPosterError, ImageError)
        True
    """


class InterpreterPool:
    """Lends networks, each to one thread at a time.

    A single poster is computed by a network of `threads` threads. Of many posters, each is computed by a network of
    one thread, as many at a time as there are threads: threads that share one poster wait for each other. Networks
    after the first are opened on first use, unless `interpreters` is given. One that fails is replaced, and its poster
    computed once more.

    Args:
        open_network: opens a network that computes with the given number of threads.
        threads: by default one for a single poster, and the cores for many.
        interpreters: open this many networks of one thread now, and no other later; for servers.

    Attributes:
        size: the number of posters that are computed at a time.
        outputs: the names of a network's outputs.

    Raises:
        ConfigError: a number is below 1 or not whole, or both are given.

    Examples:
        >>> from posters.models import CLASSIFIER
        >>> from posters.classifier.runtime import LiteNetwork
        >>> pool = InterpreterPool(lambda _: LiteNetwork(CLASSIFIER / "network.tflite", (288, 192, 3), 22), 2)
        >>> pool.for_many(lambda network: network.output_names == pool.outputs)
        True
    """

    def __init__(
        self, open_network: Callable[[int], Network], threads: int | None = None, interpreters: int | None = None
    ) -> None:
        if interpreters is not None and threads is not None:
            raise ConfigError("threads and interpreters exclude each other: give one of them")
        if interpreters is not None and (type(interpreters) is not int or interpreters < 1):
            raise ConfigError(f"interpreters must be at least 1, but got {interpreters!r}")
        self.size = threads_or_cores(threads) if interpreters is None else interpreters
        self._open = open_network
        self._wide_threads = threads or 1
        self._lock = Lock()
        self._narrow: SimpleQueue[Network] = SimpleQueue()
        self._wide: SimpleQueue[Network] | None = None
        # One at least, even if it may never compute: a broken network is an error of opening, not of the first poster.
        self._opened = interpreters or 1
        for _ in range(self._opened):
            network = open_network(1)
            self._narrow.put(network)
        self.outputs = network.output_names

    def for_one(self, compute: Callable[[Network], ResultT]) -> ResultT:
        """Return what a single poster's computation gives.

        Args:
            compute: is called with a network that no other thread uses meanwhile.

        Raises:
            FailedPosterError: the network failed on the poster, and so did a new one.
            ClassifierError: no new one can be opened.
        """
        if self._wide_threads == 1:
            return self.for_many(compute)
        # Under the lock, so that two first callers do not open two of them.
        with self._lock:
            if self._wide is None:
                self._wide = SimpleQueue()
                self._wide.put(self._open(self._wide_threads))
        return self._computed(compute, self._wide, self._wide_threads)

    def for_many(self, compute: Callable[[Network], ResultT]) -> ResultT:
        """Return what the computation of one of many posters gives, by a network of one thread; see `for_one`."""
        # Another one only when all are lent: most processes predict a single poster, and need a single network.
        with self._lock:
            if self._narrow.empty() and self._opened < self.size:
                self._narrow.put(self._open(1))
                self._opened += 1
        return self._computed(compute, self._narrow, 1)

    def _computed(self, compute: Callable[[Network], ResultT], idle: "SimpleQueue[Network]", threads: int) -> ResultT:
        network = idle.get()
        try:
            for is_first in (True, False):
                try:
                    return compute(network)
                except ClassifierError as error:
                    # Its words alone: by its traceback it would keep a network, and its process, alive.
                    reason = str(error)
                if is_first:
                    logger.warning(f"{reason} (it is opened again)")
                # What broke a runtime may stay in it, and fail every poster from now on: the poster gets a new one,
                # and the next poster another.
                network = self._open(threads)
            raise FailedPosterError(f"the classifier's network failed on this poster, twice: {reason}")
        finally:
            # Whatever happened to the poster: a network that is lost here would block every later caller.
            idle.put(network)
