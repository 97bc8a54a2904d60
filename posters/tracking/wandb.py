"""Weights & Biases: offline unless WANDB_MODE says otherwise, so that nothing leaves the machine unasked."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from posters._base.optional_imports import require


class WandbTracker:
    """A run of the project `posters`, or of WANDB_PROJECT; see `posters.tracking.Tracker`. `wandb sync` uploads it.

    Examples:
        >>> WandbTracker.__name__
        'WandbTracker'
    """

    def __init__(self, run: Path, parameters: Mapping[str, Any], id: str) -> None:
        self._wandb = require("wandb", "wandb")
        self._run = self._wandb.init(
            project=os.environ.get("WANDB_PROJECT", "posters"),
            name=run.name,
            id=id or None,
            resume="allow",
            mode=os.environ.get("WANDB_MODE", "offline"),
            config=dict(parameters),
            settings=self._wandb.Settings(silent=True),
            reinit="create_new",  # A notebook may have a run of its own.
        )
        self.id = str(self._run.id)

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Add a row of the history, with the epoch beside it: stages count their epochs from 1 again."""
        self._run.log({**values, "epoch": step})

    def attach(self, path: Path, name: str) -> None:
        """Log an artefact."""
        artefact = self._wandb.Artifact(f"{self.id}-{name}", type=name)
        (artefact.add_dir if path.is_dir() else artefact.add_file)(str(path))
        self._run.log_artifact(artefact)

    def close(self, ok: bool) -> None:
        """End the run."""
        self._run.finish(exit_code=0 if ok else 1)


TRACKER = WandbTracker
