"""The noun `Format`: one kind of file that a classifier can be exported as."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from posters.classifier import Manifest

# An opened file: uint8 posters (n, H, W, 3) to calibrated probabilities (n, G).
Runtime: TypeAlias = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Format:
    """How to write one kind of file, and how to run it without Keras.

    Attributes:
        write: (Keras model, manifest, path of the file to write or of the folder to fill); one that rounds to 8 bits
            also takes posters, uint8 (n, H, W, 3), to choose its steps by.
        open: (path, manifest) to what runs there, in the format's own runtime.
    """

    write: Callable[..., None]
    open: Callable[[Path, Manifest], Runtime]
