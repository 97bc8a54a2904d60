"""TensorBoard: curves in the run's own folder `tensorboard`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posters._base.optional_imports import check_installed, require


class TensorBoardTracker:
    """Event files, see `posters.tracking.Tracker`; without parameters and files, which lie beside them in the run.

    Examples:
        >>> TensorBoardTracker.__name__
        'TensorBoardTracker'
    """

    id = ""

    def __init__(self, run: Path, parameters: Mapping[str, Any], id: str) -> None:
        check_installed("tensorboard", extra="tensorboard")
        self._folder = run / "tensorboard"
        self._writer: Any = None

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Add scalars."""
        # Not before: a run that never begins leaves no folder.
        self._writer = self._writer or require("tensorboard.summary", "tensorboard").Writer(str(self._folder))
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def attach(self, path: Path, name: str) -> None:
        """Do nothing: TensorBoard shows no files."""

    def close(self, ok: bool) -> None:
        """Close the event file."""
        if self._writer:
            self._writer.close()


TRACKER = TensorBoardTracker
