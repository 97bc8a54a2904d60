"""The classifier that comes with the package, and what it has seen.

Trained on 5,754 posters of the public IMDb set by `scripts/make_model`; its MODEL_CARD.md says how good it is.
"""

from pathlib import Path

import numpy as np

CLASSIFIER = Path(__file__).parent / "mobilenet_v2_imdb"

# Beside the light network that every classifier has: Keras weights in float16, for training to start from.
BACKBONE_WEIGHTS = "backbone.weights.h5"
HEAD_WEIGHTS = "head.weights.h5"
# The perceptual hashes, uint64 (N,), of the posters that it was trained on.
TRAINED_ON = "trained_on.npy"

# What `--weights` calls them.
POSTERS = "posters"

_ROWS = 1024  # hashes compared at a time with all those of the training posters: bounds the memory


def weights_file(weights: str) -> Path:
    """The weights file that `TrainConfig.weights` means: our own by its name, else the user's."""
    return CLASSIFIER / BACKBONE_WEIGHTS if weights == POSTERS else Path(weights)


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
