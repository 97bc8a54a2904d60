"""Work on a Ray cluster: Ray Data places it, replaces workers that die and retries what they had; results in order.

Ours is what a worker does, and that whatever goes wrong is one line. Nothing here imports Ray until it is asked for.
"""

import logging
import os
import pickle
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from posters import __version__, errors
from posters._base.optional_imports import require
from posters._base.prefetch import ahead, batched

_T = TypeVar("_T")
_R = TypeVar("_R")

# Not Ray's own errors, which stand round it.
_RAISED = re.compile(r"(?!ray\.)[\w.]*(Error|Exception): ")
# Before Ray is imported, for whoever has not set them: a user who wants to be counted sets the first to 1.
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
_PATIENCE = 10  # seconds, for a cluster to answer
_CHUNK = 16  # items that travel together: less than a second of work
_BLOCKS = 4_000  # of which each is done again as a whole if its worker dies; more would only keep Ray's own books busy
_THREADS = 2  # of each worker: one reads while the other computes


class Spread(Protocol):
    """Applies a function to items on many machines, and yields its results in the items' order.

    Examples:
        >>> here: Spread = lambda function, items, sees=(): map(function, items)
        >>> list(here(len, ["alien"]))
        [5]
    """

    def __call__(self, function: Callable[[_T], _R], items: Iterable[_T], sees: Sequence[Path] = ()) -> Iterator[_R]:
        """Yield `function(item)` for each item; every machine must see the folders of `sees`."""


def spread_by(engine: str, address: str | None) -> Spread | None:
    """Return what an engine spreads work by; None for this process alone.

    Args:
        engine: "local" or "ray".
        address: of the Ray cluster; None for RAY_ADDRESS, or else for workers on this machine until all is done.

    Raises:
        ConfigError: there is no such engine, or an address without a cluster.

    Examples:
        >>> spread_by("local", None) is None
        True
    """
    if engine not in ("local", "ray"):
        raise errors.ConfigError(f'engine must be "local" or "ray", but got {engine!r}')
    if engine == "ray":
        return partial(map_on_ray, address=address)
    if address:
        raise errors.ConfigError("--address is that of a Ray cluster: add --engine ray")
    return None


def map_on_ray(
    function: Callable[[_T], _R],
    items: Iterable[_T],
    sees: Sequence[Path] = (),
    *,
    address: str | None = None,
    chunk: int = _CHUNK,
) -> Iterator[_R]:
    """Yield `function(item)` for each item, in order, computed by the workers of a Ray cluster, one on each core.

    A worker keeps its copy of the function, so that what this opens stays open. It may be called for an item again,
    if the worker died before the result was here.

    Args:
        function: can be pickled, and called by two threads. What this package raises in it ends the work.
        items: can be pickled, like the results.
        sees: folders that every worker must see.
        address: as in `spread_by`.
        chunk: items that travel together.

    Raises:
        ConfigError: there is no cluster, a worker doesn't see a folder, or Ray gave up.
        ClassifierError: a worker has another version of this package.
        MissingExtraError: Ray is not installed.

    Examples:
        >>> list(map_on_ray(len, []))
        []
    """
    # Pickled, since Arrow's strings hold no file names that are not text.
    rows = [{"items": pickle.dumps(each)} for each in batched(items, chunk)]
    if not rows:
        return
    with connected(address) as ray:
        settings = ray.data.DataContext.get_current()
        # Ours is the only bar: Ray's own tell of actors and blocks.
        settings.enable_progress_bars = False
        settings.execution_options.preserve_order = True
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        blocks = min(len(rows), _BLOCKS)
        pool = ray.data.ActorPoolStrategy(size=max(1, min(int(ray.cluster_resources().get("CPU", 1)), blocks)))
        # Without a number of blocks, a few rows would all go to one worker. No task of Ray reads anything, so workers
        # may take every core without starving a reader. Ray Data replaces a worker that dies, as often as need be.
        data = ray.data.from_items(rows, override_num_blocks=blocks)
        # What isn't here either is missing everywhere, and no fault of the workers.
        here = tuple(folder.absolute() for folder in sees if folder.exists())
        worker = (function, here, Path.cwd(), __version__)
        for row in data.map(ItemWorker, fn_constructor_args=worker, compute=pool, num_cpus=1).iter_rows():
            if row["refusal"]:
                raise getattr(errors, row["kind"], errors.PostersError)(row["refusal"])
            yield from pickle.loads(row["results"])  # noqa: S301  # our workers'


@contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """Yield the module `ray`, connected to a cluster, and report in one line what Ray reports on many.

    Args:
        address: as in `spread_by`. Where this process is connected already, it stays connected.

    Raises:
        ConfigError: there is no cluster, or Ray gave up.
        MissingExtraError: Ray is not installed.

    Examples:
        >>> with connected("10.0.0.1:6379") as ray:  # doctest: +SKIP
        ...     print(ray.cluster_resources()["CPU"])
        64.0
    """
    os.environ.update({**_QUIET, **os.environ})
    ray = require("ray", "ray")
    require("ray.data", "ray")
    mine = not ray.is_initialized()
    if mine:
        _join_cluster(ray, address or os.environ.get("RAY_ADDRESS"))
    try:
        yield ray
    except ray.exceptions.RayError as error:
        raise gave_up(error) from error
    finally:
        if mine:
            ray.shutdown()


def gave_up(error: Exception) -> errors.ConfigError:
    r"""Return in one line what Ray reports on many: its text is a page with a traceback of the worker.

    Examples:
        >>> print(gave_up(RuntimeError("Training failed:\n  File x\nValueError: 3 is odd\n")))
        Ray gave up: ValueError: 3 is odd; the same command goes on from there
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    reason = next((line for line in lines if _RAISED.match(line)), lines[-1])
    return errors.ConfigError(f"Ray gave up: {reason}; the same command goes on from there")


def _join_cluster(ray: Any, address: str | None) -> None:
    """Connect this process to a cluster; None starts one on this machine.

    Raises:
        ConfigError: no cluster answers.
    """
    # A cluster of this call alone needs no dashboard, and Ray refuses the word for one that is there already.
    alone: dict[str, Any] = {} if address else {"include_dashboard": False}
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    try:
        if host and port.isdecimal():
            # Ray itself would try for minutes.
            socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()
        # Not None, by which Ray would wait for a cluster of this machine that may be gone.
        ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **alone)
    # On a machine too busy to start a cluster in time, Ray raises a plain Exception.
    except Exception as error:
        raise errors.ConfigError(f"{address or 'this machine'}: no Ray cluster answers there ({error})") from error


class ItemWorker:
    """Applies a function to items in one process of a cluster.

    Args:
        function: as in `map_on_ray`.
        sees: folders that must be here.
        cwd: what relative paths start from.
        version: of the package on the machine that asks.

    Examples:
        >>> answer = ItemWorker(len, (), Path(), __version__)({"items": pickle.dumps(["alien"])})
        >>> pickle.loads(answer["results"]), answer["refusal"]
        ([5], '')
    """

    def __init__(self, function: Callable[[Any], Any], sees: Sequence[Path], cwd: Path, version: str) -> None:
        self.function = function
        self.sees = sees
        self.version = version
        with suppress(OSError):
            os.chdir(cwd)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the results of a row's items, pickled.

        What this package raises is returned: whatever is raised here, Ray reports as its own, on many lines.
        """
        try:
            # Not in the constructor: Ray would restart a worker that can't be made, for ever.
            check_worker(self.version, self.sees)
            items = pickle.loads(row["items"])  # noqa: S301  # our driver's
            results = [result for _, result in ahead(self.function, items, _THREADS)]
        except errors.PostersError as error:
            return {"results": b"", "refusal": str(error), "kind": type(error).__name__}
        return {"results": pickle.dumps(results), "refusal": "", "kind": ""}


def check_worker(version: str, sees: Sequence[Path]) -> None:
    """Refuse to work in a process that would give other results than the machine that asks.

    Args:
        version: of the package on that machine.
        sees: what must be here.

    Raises:
        ClassifierError: this process has another version of this package.
        ConfigError: something is not here.

    Examples:
        >>> check_worker(__version__, [Path()])
    """
    if version != __version__:
        both = f"a worker has posters {__version__}, and this machine {version}"
        raise errors.ClassifierError(f"{both}: install the same")
    for folder in sees:
        if not folder.exists():
            raise errors.ConfigError(f"a worker does not see {folder}: name a folder that all machines share")


class Board:
    """What workers tell the command, kept in a process of its own: any of theirs may die.

    Examples:
        >>> board = Board()
        >>> board.tell(3, []), board.read()
        (None, (3, [], None))
    """

    def __init__(self) -> None:
        self._steps, self._history = 0, list[dict[str, Any]]()
        self._refusal: tuple[str, str] | None = None

    def tell(self, steps: int, history: list[dict[str, Any]]) -> None:
        """Take down how many steps are done, and the rows of the finished epochs."""
        self._steps, self._history = steps, history

    def refuse(self, kind: str, reason: str) -> None:
        """Take down why a worker can't go on, and the class of its error."""
        self._refusal = self._refusal or (kind, reason)

    def read(self) -> tuple[int, list[dict[str, Any]], tuple[str, str] | None]:
        """Return all that was taken down."""
        return self._steps, self._history, self._refusal
