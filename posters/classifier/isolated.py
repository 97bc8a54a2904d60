"""A network in a process of its own: what is wrong with its file happens there, and not to whoever asks.

A native runtime can crash on a damaged or hostile file, take all memory or never end, and no check in Python prevents
that. Here it does so in a worker with limits, which can be replaced. The worker takes pixels from its stdin and writes
a line of JSON to its stdout for each poster, with the outputs behind it; it ends when its stdin does.
"""

import json
import math
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Timer
from time import monotonic
from typing import IO, TYPE_CHECKING, Any, TypeAlias, cast
from weakref import finalize

import numpy as np

from posters._base.log import logger
from posters._base.threads import check_threads
from posters._base.validation import from_plain
from posters.classifier.runtime import FEATURES, MAPS, NOVELTY, PROBABILITIES, Network, Outputs, network_of
from posters.errors import ClassifierError, PostersError
from posters.models import CLASSIFIER

if TYPE_CHECKING:
    from subprocess import Popen

MEMORY = 4 * 2**30  # bytes of address space; the runtime and Python map about 1 GB before they need any
SECONDS = 60  # to open a network, and for each poster

_LONGEST_LINE = 10_000  # bytes; names and shapes take a hundred, and a message a thousand at most
_LARGEST = 64 * 2**20  # bytes of one output
Worker: TypeAlias = tuple[str, float | None]
_WORKER: Worker = ("from posters.classifier.isolated import work; work()", None)
# TensorFlow itself takes 20 s on a busy machine.
_TENSORFLOW: Worker = (
    "from posters.classifier.isolated import work; from posters.network.saved_model import SavedModelNetwork; "
    "work(SavedModelNetwork, 8 * 2**30)",
    300,
)
_FLOAT = np.dtype(np.float32)


class NoProcessError(ClassifierError):
    """A network can't have a process of its own, since the system allows none.

    Examples:
        >>> issubclass(NoProcessError, ClassifierError)
        True
    """


class IsolatedNetwork(Network):
    """A network that runs in a worker process, by the runtime of its kind; a poster costs a millisecond more.

    Args:
        path: of the file.
        shape: (height, width, 3) of one poster.
        n_genres: G, the number of probabilities.
        threads: the number of threads that compute one poster.
        worker: the worker's Python code, and the seconds that it may take to open a network, or None for `SECONDS`.

    Raises:
        ConfigError: threads is below 1, or not a whole number.
        ClassifierError: the file is not a network, or its inputs or outputs have other shapes, or the worker ended.
        NoProcessError: the system allows no further process.

    Examples:
        >>> network = IsolatedNetwork(CLASSIFIER / "network.tflite", (288, 192, 3), n_genres=22)
        >>> network(np.zeros((288, 192, 3), np.uint8)).shape
        (22,)
    """

    def __init__(
        self, path: Path, shape: tuple[int, int, int], n_genres: int, threads: int = 1, worker: Worker = _WORKER
    ) -> None:
        check_threads(threads)
        super().__init__(path, n_genres)
        self._process = _started(worker[0], path, [*shape[:2], n_genres, threads])
        finalize(self, _end, self._process)
        # What it gives for a black poster, which it computes unasked: the shapes of all further ones.
        self._given: dict[str, np.ndarray] = self._asked(b"", worker[1])
        self._check_shapes("uint8", {name: (1, *value.shape) for name, value in self._given.items()})
        self.output_names = frozenset(self._given)

    def _run(self, poster: np.ndarray) -> None:
        given = self._asked(np.ascontiguousarray(poster).tobytes())
        if {name: value.shape for name, value in given.items()} != {n: v.shape for n, v in self._given.items()}:
            raise self._no_figures("shapes")
        self._given = given

    def _value(self, name: str) -> np.ndarray:
        return self._given[name]

    def _asked(self, request: bytes, seconds: float | None = None) -> dict[str, np.ndarray]:
        """Send pixels, and return the outputs."""
        start, patience = monotonic(), seconds or SECONDS
        limit = Timer(patience, self._process.kill)  # Not the worker's own limit: anything may hang.
        limit.daemon = True
        limit.start()
        try:
            return _exchange(self._process, request)
        except ClassifierError:  # Its own words, of a network that failed: the worker goes on.
            raise
        except (OSError, ValueError, RecursionError):
            code, late = self._process.wait(), f"it did not end within {patience} s"
            ended = late if monotonic() - start >= patience else f"its process ended with {code}"
            raise self._failure(EOFError(ended)) from None
        finally:
            limit.cancel()


def isolated_if_possible(path: Path, shape: tuple[int, int, int], n_genres: int, threads: int = 1) -> Network:
    """Open a network in a process of its own, or with a warning in this one, if the system allows no other.

    Args:
        path: of the file.
        shape: (height, width, 3) of one poster.
        n_genres: G, the number of probabilities.
        threads: the number of threads that compute one poster.

    Raises:
        ClassifierError: as in `IsolatedNetwork`.

    Examples:
        >>> network = isolated_if_possible(CLASSIFIER / "network.tflite", (288, 192, 3), n_genres=22)
        >>> network(np.zeros((288, 192, 3), np.uint8)).shape
        (22,)
    """
    try:
        return IsolatedNetwork(path, shape, n_genres, threads)
    except NoProcessError as error:  # A sandbox may allow none.
        logger.warning(f"{path} runs in this process, which a crash of it would end: {error.__cause__}")
        return network_of(path, shape, n_genres, threads)


# From path, shape, number of genres and threads to the network of a SavedModel: TensorFlow is loaded nowhere else.
saved_model = partial(IsolatedNetwork, worker=_TENSORFLOW)


def _exchange(process: "Popen[bytes]", request: bytes) -> dict[str, np.ndarray]:
    """Send a request, and return the outputs; kill the worker unless its answer is whole.

    Raises:
        ClassifierError: the network failed.
        OSError: the worker has ended.
        ValueError: the answer is cut short, or none that a worker gives.
    """
    questions, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
    try:
        questions.write(request)
        questions.flush()
        told = from_plain(dict[str, Any], json.loads(answers.readline(_LONGEST_LINE)), "an answer")
        if "error" in told:
            raise ClassifierError(str(told["error"]))
        return _read_arrays(answers, from_plain(dict[str, tuple[int, ...]], told, "an answer"))
    except ClassifierError:
        raise
    # Ctrl-C, too: what is left of an answer would be taken for that of the next poster.
    except BaseException:
        process.kill()
        raise


def _read_arrays(answer: IO[bytes], shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    arrays = {}
    for name, shape in shapes.items():
        size = math.prod(shape) * _FLOAT.itemsize
        if min(shape, default=0) < 1 or size > _LARGEST:
            raise ValueError("no network gives that")
        arrays[name] = np.frombuffer(answer.read(size), _FLOAT).reshape(shape)
    return arrays


def _started(work: str, path: Path, numbers: list[int]) -> "Popen[bytes]":
    # Here, since the classifiers of the package don't need it.
    from subprocess import DEVNULL, PIPE, Popen

    # This package, wherever this process found it.
    paths = [str(CLASSIFIER.parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-P", "-c", work, str(path), *map(str, numbers)]
    try:
        # The words are a path and four numbers, and no shell reads them.
        return Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment)  # noqa: S603
    # The latter where Python is part of another program, and nothing to start.
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NoProcessError(f"{path} can't have a process of its own ({reason}): pass --no-isolate") from error


def _end(process: "Popen[bytes]") -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        # What it had not read is nobody's any more.
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
    process.wait()


def work(kind: Callable[..., Network] = network_of, memory: int = MEMORY) -> None:
    """Be the worker: open the network that the process's arguments name, and answer until stdin ends.

    Args:
        kind: from path, shape, number of genres and threads to a network.
        memory: bytes of address space.

    Examples:
        >>> code = "from posters.classifier.isolated import work; work(memory=2**30)"
        >>> network = IsolatedNetwork(CLASSIFIER / "network.tflite", (288, 192, 3), 22, worker=(code, None))
        >>> sorted(network.output_names)
        ['features', 'maps', 'probabilities']
    """
    import signal

    # Whoever asks decides when it ends: it may finish what is under way.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with suppress(ImportError):  # On Windows, the limit of time has to do.
        import resource

        for limited, limit in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
            resource.setrlimit(limited, (limit, limit))
    height, width, n_genres, threads = map(int, sys.argv[2:])
    answer_each(lambda: kind(Path(sys.argv[1]), (height, width, 3), n_genres, threads), (height, width, 3))


def answer_each(open_network: Callable[[], Network], shape: tuple[int, int, int]) -> None:
    """Answer for a black poster and then for each that stdin holds, as `IsolatedNetwork` reads it.

    Args:
        open_network: is called first.
        shape: (height, width, 3) of one poster.

    Examples:
        >>> code = "from posters.classifier.isolated import answer_each; answer_each(lambda: None, (24, 16, 3))"
        >>> try:
        ...     IsolatedNetwork(Path("none.tflite"), (24, 16, 3), 4, worker=(code, None))
        ... except ClassifierError as error:
        ...     print(str(error)[:45])
        none.tflite can't be run (its process ended w
    """
    # A stream of its own: a runtime may print to stdout.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    network, pixels = None, bytes(math.prod(shape))
    while len(pixels) == math.prod(shape):
        try:
            network = network or open_network()
            answer = _answer(network.outputs(np.frombuffer(pixels, np.uint8).reshape(shape)))
        except (PostersError, MemoryError) as error:
            answer = json.dumps({"error": str(error) or "it takes too much memory"}).encode() + b"\n"
        answers.write(answer)
        answers.flush()
        pixels = sys.stdin.buffer.read(math.prod(shape))


def _answer(outputs: Outputs) -> bytes:
    values = {PROBABILITIES: outputs.probabilities, FEATURES: outputs.features, MAPS: outputs.maps}
    values[NOVELTY] = outputs.novelty
    given = {name: np.asarray(value, _FLOAT) for name, value in values.items() if value is not None}
    shapes = json.dumps({name: value.shape for name, value in given.items()}).encode()
    return b"".join([shapes, b"\n", *(value.tobytes() for value in given.values())])
