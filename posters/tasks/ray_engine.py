"""Parts of predictions on a Ray cluster: each worker computes and writes whole parts itself.

Which posters there are is read by a process of its own on the command's machine, from which workers take the posters of
a part: the command itself knows numbers of parts, and its memory does not grow with the posters. Ray runs a part again
when its worker died, also when the part was done but nobody was told; that writes the same file again, so at-least-once
comes out as exactly once, and only the errors of the parts travel back.
"""

import logging
import os
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from posters import __version__, errors
from posters._base.atomic_files import sha256_of
from posters._base.log import logger
from posters._base.optional_imports import require
from posters._base.ray_cluster import check_worker, connected, map_on_ray
from posters.classifier import Classifier, load_classifier
from posters.errors import ArraysError, ClassifierError, ConfigError, PostersError
from posters.models import place_anywhere, place_here
from posters.tasks.prediction_parts import SETTINGS, NamedPosters, Part, PartSettings, Tell

Read: TypeAlias = Callable[[], Mapping[str, Any]]  # returns posters by name

# The reader takes no core from those who compute, and Ray replaces it should it die.
_READER = {"max_restarts": -1, "max_task_retries": -1, "num_cpus": 0}


@contextmanager
def posters_on_ray(read: Read, part_size: int, address: str | None) -> "Iterator[RemotePosters]":
    """Have a process of its own read which posters there are, and keep them while the block runs.

    Args:
        read: returns them by name; can be pickled.
        part_size: posters in each part but the last.
        address: of the cluster; None for RAY_ADDRESS, or else for workers on this machine while the block runs.

    Raises:
        PostersError: whatever `read` raises; or there is no cluster, Ray is not installed, or Ray gave up.

    Examples:
        >>> with posters_on_ray(lambda: {"7": "heat.jpg"}, 10, None) as posters:  # doctest: +SKIP
        ...     posters.sizes
        [1]
    """
    variables = {name: value for name, value in os.environ.items() if name.startswith("POSTERS_")}
    with connected(address) as ray:
        # Here, where the table is.
        node = ray.get_runtime_context().get_node_id()
        here = require("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy(node, soft=False)
        made = ray.remote(PosterReader).options(**_READER, scheduling_strategy=here)
        reader = made.remote(read, part_size, Path.cwd(), variables, __version__)
        messages, refusal, digest, sizes = ray.get(reader.summary.remote())
        for level, message in messages:
            logger.log(level, message)
        if refusal:
            raise getattr(errors, refusal[0], PostersError)(refusal[1])
        yield RemotePosters(reader, digest, sizes)


class RemotePosters:
    """Posters that another process holds, for the workers to take.

    Args:
        reader: the handle of a `PosterReader`.
        digest: as in `NamedPosters`.
        sizes: as there.

    Examples:
        >>> RemotePosters(None, "0123", [1000, 7]).sizes
        [1000, 7]
    """

    def __init__(self, reader: Any, digest: str, sizes: list[int]) -> None:
        self.reader = reader
        self.digest = digest
        self.sizes = sizes

    def compute(
        self,
        settings: PartSettings,
        folder: Path,
        missing: Sequence[int],
        classifier: Path,
        tell: Tell,
    ) -> None:
        """Have the cluster compute and write parts.

        Args:
            settings: what the parts have in common.
            folder: where they are written; all workers must see it under this path.
            missing: numbers of the parts to compute.
            classifier: its directory; all workers must see it, too, unless it is the package's own.
            tell: called when a part is done, in order, with how many posters it has, and why some can't be read.

        Raises:
            ConfigError: a worker doesn't see the folder, or Ray gave up.
            ClassifierError: a worker has another classifier or another version of this package.
            ArraysError: a part can't be written.
        """
        writer = PartWriter(settings, folder, place_anywhere(classifier), self.reader)
        for number, reasons in zip(missing, map_on_ray(writer, missing, chunk=1), strict=True):
            if not settings.path(folder, number).exists():
                path = settings.path(folder, number)
                raise ConfigError(f"{path} is on another machine alone: name a folder that all share as --output")
            tell(self.sizes[number], reasons)


class PosterReader:
    """Reads which posters there are, and keeps them in parts. Ray may start it anew, and then it reads again.

    Args:
        read: returns them by name.
        part_size: posters in each part but the last.
        cwd: what relative paths start from.
        variables: of the environment of whoever asks.
        version: of the package on the machine that asks.

    Examples:
        >>> reader = PosterReader(lambda: {"7": "heat.jpg"}, 10, Path(), {}, __version__)
        >>> messages, refusal, digest, sizes = reader.summary()
        >>> sizes, pickle.loads(reader.part(0, digest))
        ([1], [('7', 'heat.jpg')])
    """

    def __init__(self, read: Read, part_size: int, cwd: Path, variables: Mapping[str, str], version: str) -> None:
        self._read = read
        self._part_size = part_size
        self._version = version
        os.environ.update(variables)
        with suppress(OSError):
            os.chdir(cwd)

    def summary(self) -> tuple[list[tuple[int, str]], tuple[str, str] | None, str, list[int]]:
        """Return messages and their levels; the class and text of an error of ours, if any; digest and sizes of parts.

        An error is returned: whatever is raised here, Ray reports as its own, on many lines.
        """
        messages: list[tuple[int, str]] = []
        handler = logging.Handler()
        handler.emit = lambda record: messages.append((record.levelno, record.getMessage()))  # type: ignore[method-assign]
        logger.addHandler(handler)
        try:
            check_worker(self._version, ())
            return messages, None, self._posters[0], self._posters[1]
        except PostersError as error:
            return messages, (type(error).__name__, str(error)), "", []
        finally:
            logger.removeHandler(handler)

    @cached_property
    def _posters(self) -> tuple[str, list[int], list[bytes]]:
        posters = NamedPosters(self._read(), self._part_size)
        # Pickled, a poster takes a fifth of the memory; and Arrow's strings hold no file names that are not text.
        parts = [pickle.dumps(posters.part(number)) for number in range(len(posters.sizes))]
        return posters.digest, posters.sizes, parts

    def part(self, number: int, digest: str) -> bytes:
        """Return the posters of a part, pickled; nothing if they are others than those of `digest`."""
        # The table may have changed before this process was started anew.
        return self._posters[2][number] if self._posters[0] == digest else b""


class PartWriter:
    """Computes and writes parts in one process, with one open classifier on one thread.

    Args:
        settings: what the parts have in common.
        folder: where they are written.
        classifier: its directory, as `place_anywhere` names it.
        reader: the handle of a `PosterReader`.
    """

    def __init__(self, settings: PartSettings, folder: Path, classifier: str, reader: Any = None) -> None:
        self.settings = settings
        self.folder = folder
        self.place = classifier
        self.reader = reader

    @cached_property
    def classifier(self) -> Classifier:
        """The open classifier, once it is clear that it gives the results that were asked for."""
        if not (self.folder / SETTINGS).exists():
            raise ConfigError(f"a worker does not see {self.folder}: name a folder that all machines share as --output")
        opened = load_classifier(place_here(self.place), threads=1)
        if sha256_of(opened.identity_file) != self.settings.classifier:
            raise ClassifierError(f"a worker has another classifier in {opened.directory}: copy this machine's there")
        return opened

    def __call__(self, number: int) -> list[str]:
        """Take a part's posters from the reader, and compute and write them; return why some can't be read.

        Raises:
            ArraysError: as in `write`; or the table has changed.
            ClassifierError: as in `write`.
            ConfigError: as in `write`.
        """
        posters = require("ray").get(self.reader.part.remote(number, self.settings.posters))
        if not posters:
            raise ArraysError("the table or folder of posters changed while it was predicted: run the command again")
        return self.write((number, pickle.loads(posters)))  # noqa: S301  # our reader's

    def write(self, part: Part) -> list[str]:
        """Compute and write a part; return why some of its posters can't be read.

        Raises:
            ArraysError: it can't be written.
            ClassifierError: this is another classifier.
            ConfigError: the folder is not here.
        """
        number, posters = part
        rows = list(self.settings.rows(self.classifier, posters))
        try:
            self.settings.write(self.folder, number, rows, self.classifier.genre_names)
        except OSError as error:
            reason = error.strerror or error
            raise ArraysError(f"{self.folder}: a worker can't write there ({reason})") from error
        return [row.error for row in rows if row.error]
