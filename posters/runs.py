"""What a training run leaves behind, and where: the layout of a run directory."""

import csv
import platform
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from posters.catalogue import Catalogue
from posters.catalogue.stored import store_catalogue, stored_catalogue
from posters.config import TrainConfig, read_config, write_config
from posters.errors import RunError
from posters.files import replacing, write_json
from posters.splits import Split, read_sides, write_split

_VERSIONS_OF = ("posters", "tensorflow", "keras", "numpy", "pillow", "pandas", "scikit-learn", "ai-edge-litert")


@dataclass(frozen=True)
class Run:
    """A run directory. Nothing is read or written before a method says so."""

    path: Path

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def classifier(self) -> Path:
        return self.path / "classifier"

    @property
    def report(self) -> Path:
        return self.path / "report"

    def scores(self, name: str) -> Path:
        """Where scores of that name lie: "validation", "test", "probe" or "out_of_fold"; see `posters.scores`."""
        return self.path / "scores" / f"{name}.npz"

    @property
    def log(self) -> Path:
        return self.path / "train.log"

    @property
    def finished(self) -> bool:
        """Whether it has been trained to the end."""
        return (self.classifier / "classifier.json").is_file()

    @property
    def started(self) -> bool:
        """Whether there is something to resume."""
        return (self.path / "config.toml").is_file()

    def start(self, config: TrainConfig, split: Split, catalogue: Catalogue) -> None:
        """Make the directory and write down what decides the run.

        Raises:
            RunError: it can't be made.
        """
        try:
            self.checkpoints.mkdir(parents=True, exist_ok=True)
            write_split(split, self.path / "split.csv")
            write_json(self.path / "environment.json", environment())
            store_catalogue(catalogue, self.path / "catalogue.jsonl")
            write_config(config, self.path / "config.toml")  # Last: from here on the run has started.
        except OSError as error:
            raise RunError(f"the run {self.path} can't be written ({error.strerror})") from error

    def refuse_if_taken(self) -> None:
        """Raise RunError if something lies there already."""
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise RunError(f"{self.path} exists already: choose another --run, or go on with it by --resume")

    def remove_if_untrained(self) -> None:
        """Remove a run that failed before its first checkpoint, which would only be in the way of the next try."""
        if self.started and not self.finished and not any(self.checkpoints.iterdir()):
            shutil.rmtree(self.path)

    def config(self) -> TrainConfig:
        self._require("config.toml")
        return read_config(self.path / "config.toml")

    def sides(self) -> dict[str, str]:
        self._require("split.csv")
        return read_sides(self.path / "split.csv")

    def catalogue(self, images: Path | None = None) -> Catalogue:
        """The catalogue as it was when the run started; `images` says where its images lie now, if they were moved."""
        self._require("catalogue.jsonl")
        return stored_catalogue(self.path / "catalogue.jsonl", images)

    def write_history(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write one line for each epoch of each stage."""
        with replacing(self.path / "history.csv") as temporary, open(temporary, "w", newline="") as file:
            lines = csv.DictWriter(file, list(rows[0]) if rows else [], lineterminator="\n")
            lines.writeheader()
            lines.writerows(rows)

    def _require(self, name: str) -> None:
        if not (self.path / name).is_file():
            raise RunError(f"{self.path} is no run of posters train that can be used here: it has no {name}")


def environment() -> dict[str, Any]:
    """Versions and machine, as far as they decide a run's figures."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processor": platform.machine(),
        **{name: _version(name) for name in _VERSIONS_OF},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
