"""One network from several that began with the same weights: the average of them all."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from posters.errors import TrainingError
from posters.network.tensorflow import keras


def average_networks(paths: Sequence[Path]) -> Any:
    """The uniform soup of saved networks (Wortsman et al. 2022, "Model soups", section 2).

    Fine-tunings of one pretrained network end in one valley of the loss, so that the average of their weights predicts
    about as well as the average of their predictions, at the cost of one network.

    Args:
        paths: Keras files of networks with the same layers.

    Returns:
        A Keras model.

    Raises:
        TrainingError: their weights have other shapes.
    """
    soup = keras.models.load_model(paths[0])
    total = [weight.astype(np.float64) for weight in soup.get_weights()]
    for path in paths[1:]:
        weights = keras.models.load_model(path).get_weights()
        if [weight.shape for weight in weights] != [weight.shape for weight in total]:
            raise TrainingError(f"{path} holds another network than {paths[0]}: average runs of one config alone")
        total = [added + weight for added, weight in zip(total, weights, strict=True)]
    soup.set_weights([(added / len(paths)).astype(np.float32) for added in total])
    return soup
