"""Trackers: where people who compare many runs follow one. None is imported unless it is asked for.

`mlflow`, `tensorboard` and `wandb` are built in. A package of yours names its own, a class like `Tracker`, under the
entry-point group `posters.trackers`:

    [project.entry-points."posters.trackers"]
    mine = "my_package.tracking:MyTracker"
"""

import json
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from posters._base.atomic_files import write_json
from posters._base.log import logger
from posters._base.text import did_you_mean, quoted
from posters.errors import ConfigError, PostersError

ENTRY_POINTS = "posters.trackers"
BUILT_IN = ("mlflow", "tensorboard", "wandb")
# In a run: its id in each tracker that can be added to later.
IDS = "tracking.json"


class Tracker(Protocol):
    """One run in a tracker. It may raise anything; training goes on without it then.

    Args:
        run: the directory of the run, which need not exist yet.
        parameters: what decides the run, by name.
        id: of a tracked run to add to; "" makes a new one.

    Attributes:
        id: of the tracked run; "" if nothing can be added later.

    Examples:
        >>> class Printing:
        ...     def __init__(self, run, parameters, id): self.id = id or "1"
        ...     def log(self, values, step): print(step, values)
        ...     def attach(self, path, name): print(name)
        ...     def close(self, ok): print("done" if ok else "failed")
        >>> tracker: Tracker = Printing(Path("runs/first"), {"seed": 0}, "")
        >>> tracker.log({"head/train_loss": 0.5}, 1)
        1 {'head/train_loss': 0.5}
    """

    id: str

    def __init__(self, run: Path, parameters: Mapping[str, Any], id: str) -> None: ...

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Add a point to each named curve; an epoch has the step of its number, from 1."""

    def attach(self, path: Path, name: str) -> None:
        """Keep a file or a folder under a name."""

    def close(self, ok: bool) -> None:
        """End it; `ok` is whether the training came to its end."""


class Trackers:
    """The trackers of one run, none of which can end it. As a context manager it closes them.

    Args:
        opened: by name.

    Examples:
        >>> with Trackers({}) as trackers:
        ...     trackers.log({"head/train_loss": 0.5}, 1)
    """

    def __init__(self, opened: Mapping[str, Tracker]) -> None:
        self._opened = dict(opened)

    def __enter__(self) -> "Trackers":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._each(lambda tracker: tracker.close(kind is None))

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Add a point to curves."""
        self._each(lambda tracker: tracker.log(values, step))

    def attach(self, path: Path, name: str) -> None:
        """Keep a file or a folder, if it is there."""
        if path.exists():
            self._each(lambda tracker: tracker.attach(path, name))

    def remember(self, run: Path) -> None:
        """Write the ids into a run, so that a later command can add to what is tracked."""
        if ids := {name: tracker.id for name, tracker in self._opened.items() if tracker.id}:
            write_json(run / IDS, ids)

    def _each(self, act: Callable[[Tracker], object]) -> None:
        for name, tracker in tuple(self._opened.items()):
            try:
                act(tracker)
            except Exception as error:
                # Whatever it is: hours of training are worth more than their curves.
                del self._opened[name]
                logger.warning(f"{name} is left out from here on ({_reason(error)}); the run goes on without it")


def open_trackers(names: Sequence[str], run: Path, parameters: Mapping[str, Any]) -> Trackers:
    """Open trackers, to go on with the ids that the run names.

    Args:
        names: of trackers.
        run: the directory of the run.
        parameters: what decides it, by name.

    Raises:
        ConfigError: there is no such tracker, or it can't be reached.
        MissingExtraError: it is not installed.

    Examples:
        >>> open_trackers(["mlfow"], Path("runs/first"), {})
        Traceback (most recent call last):
        posters.errors.ConfigError: there is no tracker 'mlfow': did you mean mlflow?
    """
    ids, kinds = tracked(run), {name: _find(name) for name in names}
    opened: dict[str, Tracker] = {}
    for name, kind in kinds.items():
        try:
            opened[name] = kind(run, parameters, ids.get(name, ""))
        except Exception as error:
            Trackers(opened).__exit__(type(error))
            if isinstance(error, PostersError):
                raise
            raise ConfigError(f"{name} can't be started ({_reason(error)}): nothing was begun") from error
    return Trackers(opened)


def tracked(run: Path) -> dict[str, str]:
    """Return the ids of a run, by tracker.

    Examples:
        >>> tracked(Path("runs/none"))
        {}
    """
    try:
        ids = json.loads((run / IDS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # What is lost begins anew.
    return {str(name): str(id) for name, id in ids.items()} if isinstance(ids, dict) else {}


def attach_report(run: Path, report: Path) -> None:
    """Give a report to the trackers that followed the training of a run, if there were any.

    Args:
        run: the directory of the run.
        report: the folder of its report.

    Examples:
        >>> attach_report(Path("runs/none"), Path("runs/none/report"))
    """
    for name in tracked(run):
        try:
            with open_trackers([name], run, {}) as trackers:
                trackers.attach(report, "report")
        except PostersError as error:
            logger.warning(f"{name} did not get the report: {error}")


def _find(name: str) -> type[Tracker]:
    own = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    if name in BUILT_IN:
        kind: type[Tracker] = import_module(f"posters.tracking.{name}").TRACKER
        return kind
    if name not in own:
        raise ConfigError(f"there is no tracker {quoted(name)}{did_you_mean(name, [*BUILT_IN, *own])}")
    loaded: type[Tracker] = own[name].load()
    return loaded


def _reason(error: Exception) -> str:
    return quoted(" ".join(str(error).split())[:200] or type(error).__name__)
