"""The Keras network of any classifier directory: of a run's, and of the one that comes with the package."""

from pathlib import Path
from typing import Any

from posters.classifier import Manifest
from posters.classifier.manifest import KERAS_NETWORK
from posters.errors import ClassifierError
from posters.models import BACKBONE_WEIGHTS, HEAD_WEIGHTS
from posters.network.shipped import load_shipped_network
from posters.network.tensorflow import keras


def keras_network(directory: Path, manifest: Manifest) -> Any:
    """Open a classifier's network in Keras.

    Args:
        directory: of the classifier.
        manifest: its own, read already, so that every file that it names is there and unchanged.

    Returns:
        A Keras model from uint8 pixels (B, H, W, 3) to the network's own probabilities (B, G), not calibrated.

    Raises:
        ClassifierError: the directory holds no Keras network, or one that this version of Keras can't open.
    """
    if KERAS_NETWORK in manifest.files:
        return _loaded(directory / KERAS_NETWORK)
    if manifest.files.keys() >= {BACKBONE_WEIGHTS, HEAD_WEIGHTS}:
        return load_shipped_network(directory, manifest).whole
    raise ClassifierError(
        f"{directory} holds its network for LiteRT alone, and this needs the one for Keras ({KERAS_NETWORK}, or "
        f"{BACKBONE_WEIGHTS} and {HEAD_WEIGHTS}): copy the whole classifier directory again"
    )


def _loaded(path: Path) -> Any:
    try:
        return keras.models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError) as error:
        raise ClassifierError(f"{path} can't be opened by Keras {keras.__version__} ({error})") from error
