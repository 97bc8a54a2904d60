"""The classifier that comes with the package, and what it has seen.

Trained on 5,754 posters of the public IMDb set by `scripts/make_model`; its MODEL_CARD.md says how good it is.
"""

from pathlib import Path

CLASSIFIER = Path(__file__).parent / "mobilenet_v2_imdb"

# Beside the light network that every classifier has: Keras weights in float16, for training to start from.
BACKBONE_WEIGHTS = "backbone.weights.h5"
HEAD_WEIGHTS = "head.weights.h5"
# The perceptual hashes, uint64 (N,), of the posters that it was trained on.
TRAINED_ON = "trained_on.npy"

# What `--weights` and `--classifier` call them.
POSTERS = "posters"


def weights_file(weights: str) -> Path:
    """The weights file that `TrainConfig.weights` means: our own by its name, else the user's."""
    return CLASSIFIER / BACKBONE_WEIGHTS if weights == POSTERS else Path(weights)


def classifier_directory(name: str | Path) -> Path:
    """The directory that a classifier's name means: our own by its name, the one inside a run, else the name itself."""
    if str(name) == POSTERS:
        return CLASSIFIER
    inside = Path(name) / "classifier"
    return inside if inside.is_dir() else Path(name)
