"""Parts of predictions on a Ray cluster: Ray Data places, restarts and retries the work; what it does is ours.

A row of the dataset is a whole part, which the worker writes itself. Ray runs a row again when its worker died, also
when the row was done but nobody was told; that writes the same file again, so at-least-once comes out as exactly once,
and only the numbers of the parts travel back.
"""

import json
import logging
import os
import pickle
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from posters import __version__, errors
from posters._base.atomic_files import sha256_of
from posters._base.optional_imports import require
from posters.classifier import Classifier, load_classifier
from posters.models import CLASSIFIER, POSTERS
from posters.tasks.prediction_parts import SETTINGS, Part, PartSettings

# Not Ray's own errors, which stand round it.
_RAISED = re.compile(r"(?!ray\.)[\w.]*(Error|Exception): ")
_PATIENCE = 10  # seconds, for a cluster to answer


def compute_parts(
    settings: PartSettings, folder: Path, parts: Sequence[Part], classifier: Path, address: str | None
) -> Iterator[tuple[int, list[str]]]:
    """Have a Ray cluster compute and write parts.

    Args:
        settings: what the parts have in common.
        folder: where they are written; all workers must see it under this path.
        parts: those to compute.
        classifier: its directory; all workers must see it, too, unless it is the package's own.
        address: of the cluster; None for RAY_ADDRESS, or else for workers on this machine until all is done.

    Yields:
        of each part that is done, in any order: how many posters it has, and why some can't be read.

    Raises:
        ConfigError: there is no cluster, a worker doesn't see the folder, or Ray gave up.
        ClassifierError: a worker has another classifier or another version of this package.
        MissingExtraError: Ray is not installed.
    """
    # The package's own may be elsewhere on a worker.
    directory = Path(POSTERS) if classifier == CLASSIFIER else classifier.absolute()
    counts = {number: len(posters) for number, posters in parts}
    with connected(address) as ray:
        for row in _placed(ray, parts, (settings, folder, directory, Path.cwd())).iter_rows():
            check_answer(row, settings.path(folder, row["number"]))
            yield counts[row["number"]], json.loads(row["errors"])


def check_answer(answer: dict[str, Any], path: Path) -> None:
    """Raise what a worker refused, or that its part, which should be at `path`, is not here."""
    if answer["refusal"]:
        raise getattr(errors, answer["kind"])(answer["refusal"])
    if not path.exists():
        raise errors.ConfigError(f"{path} is on another machine alone: name a folder that all share as --output")


@contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """Yield the module `ray`, connected to a cluster, and report in one line what Ray reports on many.

    Args:
        address: as in `compute_parts`. Where this process is connected already, it stays connected.

    Raises:
        ConfigError: there is no cluster, or Ray gave up.
        MissingExtraError: Ray is not installed.
    """
    # Before Ray is imported. A user who wants to be counted sets it to 1.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    ray = require("ray", "ray")
    require("ray.data", "ray")
    mine = not ray.is_initialized()
    if mine:
        join_cluster(ray, address or os.environ.get("RAY_ADDRESS"))
    try:
        yield ray
    except ray.exceptions.RayError as error:
        # Its text is a page with a traceback of the worker; what went wrong there is one line of it.
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        reason = next((line for line in lines if _RAISED.match(line)), lines[-1])
        raise errors.ConfigError(f"Ray gave up: {reason}; the same command goes on from the parts there are") from error
    finally:
        if mine:
            ray.shutdown()


def join_cluster(ray: Any, address: str | None) -> None:
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
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", **alone)
    except (OSError, ValueError, OverflowError, RuntimeError) as error:
        raise errors.ConfigError(f"{address or 'this machine'}: no Ray cluster answers there ({error})") from error


def _placed(ray: Any, parts: Sequence[Part], worker: tuple[Any, ...]) -> Any:
    # Ours is the only bar: Ray's own tell of actors and blocks.
    ray.data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    # Pickled, since Arrow's strings hold no file names that are not text.
    items = [{"number": number, "posters": pickle.dumps(posters)} for number, posters in parts]
    size = max(1, min(int(ray.cluster_resources().get("CPU", 1)), len(items)))
    pool = ray.data.ActorPoolStrategy(size=size)
    # A block for each part, or a few parts would all go to one worker. No task of Ray reads anything, so workers may
    # take every core without starving a reader. Ray Data replaces a worker that dies, as often as need be.
    blocks = ray.data.from_items(items, override_num_blocks=len(items))
    return blocks.map(PartWorker, fn_constructor_args=worker, compute=pool, num_cpus=1)


class PartWorker:
    """Computes and writes parts in one process of a cluster, with one open classifier on one thread.

    Args:
        settings: what the parts have in common.
        folder: where they are written.
        classifier: its directory.
        cwd: what relative paths of posters start from.
    """

    def __init__(self, settings: PartSettings, folder: Path, classifier: Path, cwd: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.directory = classifier
        with suppress(OSError):
            os.chdir(cwd)

    # Not in the constructor: Ray would restart a worker that can't be made, for ever.
    @cached_property
    def classifier(self) -> Classifier:
        """The open classifier, once it is clear that it gives the results that were asked for."""
        if (wanted := self.settings.version) != __version__:
            raise errors.ClassifierError(
                f"a worker has posters {__version__}, and this machine {wanted}: install the same"
            )
        if not (self.folder / SETTINGS).exists():
            raise errors.ConfigError(
                f"a worker does not see {self.folder}: name a folder that all machines share as --output"
            )
        opened = load_classifier(self.directory, threads=1)
        if sha256_of(opened.identity_file) != self.settings.classifier:
            raise errors.ClassifierError(
                f"a worker has another classifier in {opened.directory}: copy this machine's there"
            )
        return opened

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Compute and write the part of a row; return its number, and the errors of its posters as JSON.

        What this package raises is returned: whatever is raised here, Ray reports as its own, on many lines.
        """
        answer = {"number": row["number"], "errors": "[]", "refusal": "", "kind": ""}
        try:
            rows = list(self.settings.rows(self.classifier, pickle.loads(row["posters"])))  # noqa: S301  # our driver's
            self.settings.write(self.folder, row["number"], rows, self.classifier.genre_names)
        except errors.PostersError as error:
            return answer | {"refusal": str(error), "kind": type(error).__name__}
        except OSError as error:
            refusal = f"{self.folder}: a worker can't write there ({error.strerror or error})"
            return answer | {"refusal": refusal, "kind": "ArraysError"}
        return answer | {"errors": json.dumps([row.error for row in rows if row.error])}
