"""A checkpoint: every array and number that a training needs to go on, in one file."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from posters.errors import RunError
from posters.files import replacing


def write_checkpoint(path: Path, arrays: dict[str, list[np.ndarray]], progress: dict[str, Any]) -> None:
    """Write named lists of arrays, and plain data, so that a kill leaves the checkpoint before or this one."""
    named: dict[str, Any] = {"progress": np.frombuffer(json.dumps(progress).encode(), np.uint8)}
    for name, values in arrays.items():
        named |= {f"{name}/{place}": array for place, array in enumerate(values)}
    with replacing(path) as temporary:
        np.savez(temporary, **named)


def read_checkpoint(path: Path) -> tuple[dict[str, list[np.ndarray]], dict[str, Any]]:
    """The arrays and the plain data of `write_checkpoint`.

    Raises:
        RunError: the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            progress = json.loads(stored["progress"].tobytes())
            arrays: dict[str, list[np.ndarray]] = {}
            for key in stored.files:
                name, separator, _ = key.partition("/")
                if separator:
                    arrays.setdefault(name, []).append(stored[key])
            return arrays, progress
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise RunError(f"the checkpoint {path} is damaged ({error}): remove it to train this stage again") from error
