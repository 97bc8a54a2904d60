"""Posters that the shipped classifier has seen."""

import numpy as np

from posters.models import CLASSIFIER, TRAINED_ON

_ROWS = 1024  # hashes compared at a time with all those of the training posters: bounds the memory


def seen_in_training(hashes: np.ndarray, distance: int) -> np.ndarray:
    """Which posters look like ones that the shipped classifier and its weights were trained on.

    Its figures on such posters flatter: it may remember them.

    Args:
        hashes: perceptual hashes, uint64 (N,).
        distance: of 64 bits, the most that may differ.

    Returns:
        bool (N,).
    """
    known = np.load(CLASSIFIER / TRAINED_ON)
    blocks = [hashes[start : start + _ROWS, None] for start in range(0, len(hashes), _ROWS)]
    near = [(np.bitwise_count(block ^ known) <= distance).any(axis=1) for block in blocks]
    return np.concatenate(near) if near else np.zeros(0, bool)
