"""Logs that TensorBoard reads, for those who ask for them."""

from pathlib import Path
from typing import Any

from posters.network.tensorflow import tf

_SHOWN = ("train_loss", "validation_macro_map", "learning_rate")


class EpochWriter:
    """Writes the history's rows as TensorBoard scalars into `directory`; with None, nothing."""

    def __init__(self, directory: Path | None) -> None:
        self._writer = tf.summary.create_file_writer(str(directory)) if directory else None

    def write(self, row: dict[str, Any]) -> None:
        if self._writer is None:
            return
        with self._writer.as_default(step=row["epoch"]):
            for name in _SHOWN:
                tf.summary.scalar(f"{row['stage']}/{name}", row[name])
        self._writer.flush()
