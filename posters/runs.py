"""Run directories: everything about one training, written down and read back."""

import csv
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from posters._base.atomic_files import replacing, write_json
from posters._base.locks import LOCK
from posters.catalogue import Catalogue
from posters.catalogue.catalogue import store_catalogue, stored_catalogue
from posters.config import TrainConfig, read_config, write_config
from posters.errors import RunError
from posters.splitting.splits import Splits, read_splits, write_splits

# What can change a figure: with another version of any of these, a run may come out differently.
_VERSIONS_OF = ("posters", "tensorflow", "keras", "numpy", "pillow", "pandas", "scikit-learn", "ai-edge-litert")


@dataclass(frozen=True)
class Epoch:
    """One epoch of training.

    Attributes:
        stage: "head" or "network".
        epoch: its number in the stage, from 1.
        train_loss: mean loss of its steps.
        validation_macro_map: of the weights' moving average after it.

    Examples:
        >>> Epoch("head", 1, train_loss=0.31, validation_macro_map=0.28).stage
        'head'
    """

    stage: str
    epoch: int
    train_loss: float
    validation_macro_map: float


@dataclass(frozen=True)
class Run:
    """A run directory. Nothing is read or written until a method is called.

    Attributes:
        path: of the directory.

    Examples:
        >>> Run(Path("runs/none")).finished
        False
    """

    path: Path

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints, one for each stage."""
        return self.path / "checkpoints"

    @property
    def classifier(self) -> Path:
        """The classifier directory."""
        return self.path / "classifier"

    @property
    def report(self) -> Path:
        """The folder of the last evaluation's report."""
        return self.path / "report"

    @property
    def log(self) -> Path:
        """The file with all messages of the training."""
        return self.path / "train.log"

    def scores(self, name: str) -> Path:
        """Return the file of scores: "validation", "test", "probe" or "out_of_fold"; see `posters.scores`."""
        # Validation and test are never in one file: whoever fits on one can't read the other by mistake.
        return self.path / "scores" / f"{name}.npz"

    @property
    def finished(self) -> bool:
        """Whether it has been trained to the end."""
        # The manifest is written last, when every file that it lists is there.
        return (self.classifier / "classifier.json").is_file()

    @property
    def started(self) -> bool:
        """Whether there is something to resume."""
        return (self.path / "config.toml").is_file()

    def start(self, config: TrainConfig, splits: Splits, catalogue: Catalogue) -> None:
        """Make the directory and write down what decides the run.

        Raises:
            RunError: it can't be made.
        """
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            write_splits(splits, self.path / "splits.csv")
            write_json(self.path / "environment.json", environment())
            store_catalogue(catalogue, self.path / "catalogue.jsonl")
            write_config(config, self.path / "config.toml")  # Last: from here on the run has started.
        except OSError as error:
            raise RunError(f"the run {self.path} can't be written ({error.strerror})") from error

    def refuse_if_taken(self) -> None:
        """Refuse a directory with something in it; what a start left behind that came to nothing is no hindrance.

        Raises:
            RunError: there is something.
        """
        if self.path.exists() and (not self.path.is_dir() or (self._entries() and not self._left_behind)):
            raise RunError(f"{self.path} exists already: choose another --run, or resume it with --resume")

    def remove_if_untrained(self) -> None:
        """Remove a run that failed before its first checkpoint, which would only be in the way of the next try."""
        # A checkpoint may be hours of work, which --resume uses.
        fruitless = self.started and not self.finished and not any(self.checkpoints.iterdir())
        if fruitless or self._left_behind:
            # Not the directory itself: it may be a link, and its lock is still held.
            for name in self._entries():
                path = self.path / name
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def _entries(self) -> set[str]:
        return {path.name for path in self.path.iterdir()} - {LOCK} if self.path.is_dir() else set()

    @property
    def _left_behind(self) -> bool:
        """Whether all that is here is what `start` writes before it has started: a full disk, or a kill, ended it."""
        entries = {name for name in self._entries() if not name.startswith(".")}
        begun = self.checkpoints.is_dir() and not any(self.checkpoints.iterdir())
        return begun and entries <= {"checkpoints", "splits.csv", "environment.json", "catalogue.jsonl"}

    def config(self) -> TrainConfig:
        """Return the config that it started with.

        Raises:
            ConfigError: the file is damaged.
            RunError: this is no run.
        """
        self._require("config.toml")
        return read_config(self.path / "config.toml")

    def splits(self) -> dict[str, str]:
        """Return the split of each id; see `posters.splitting.splits.read_splits`.

        Raises:
            RunError: this is no run.
            SplitError: the file is damaged.
        """
        # Runs of versions before 0.2 keep it under another name.
        name = "split.csv" if (self.path / "split.csv").is_file() else "splits.csv"
        self._require(name)
        return read_splits(self.path / name)

    def catalogue(self, images: Path | None = None) -> Catalogue:
        """Return the catalogue as it was when the run started.

        Args:
            images: where its images are now, if they were moved.

        Raises:
            CatalogueError: the file is damaged.
            RunError: this is no run.
        """
        self._require("catalogue.jsonl")
        return stored_catalogue(self.path / "catalogue.jsonl", images)

    def write_history(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write one line for each epoch of each stage."""
        with replacing(self.path / "history.csv") as temporary, temporary.open("w", newline="") as file:
            lines = csv.DictWriter(file, list(rows[0]) if rows else [], lineterminator="\n")
            lines.writeheader()
            lines.writerows(rows)

    def epochs(self) -> tuple[Epoch, ...]:
        """Return the epochs of the history, in their order; none if there is no history.

        Raises:
            RunError: the history is damaged.
        """
        path = self.path / "history.csv"
        if not path.is_file():
            return ()
        try:
            with path.open(newline="", encoding="utf-8") as file:
                return tuple(
                    Epoch(row["stage"], int(row["epoch"]), float(row["train_loss"]), float(row["validation_macro_map"]))
                    for row in csv.DictReader(file)
                )
        except (OSError, KeyError, ValueError, TypeError, csv.Error) as error:
            raise RunError(f"{path}: the history can't be read ({error})") from error

    def _require(self, name: str) -> None:
        if not (self.path / name).is_file():
            raise RunError(f"{self.path} is no run of posters train that can be used here: it has no {name}")


def environment() -> dict[str, Any]:
    """Return versions and machine, as far as they decide a run's figures.

    Returns:
        The version of each package, None for one that is not installed; "python", "platform" and "processor".

    Examples:
        >>> environment()["python"] == sys.version.split()[0]
        True
    """
    versions: dict[str, str | None] = {}
    for package in _VERSIONS_OF:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processor": platform.machine(),
        **versions,
    }
