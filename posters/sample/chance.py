"""Chance: every decision of the sample comes from a NumPy generator that its caller made from the seed."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Option = TypeVar("Option")


def one_of(options: Sequence[Option], rng: np.random.Generator) -> Option:
    """One of `options`, each as likely as the others."""
    return options[int(rng.integers(len(options)))]
