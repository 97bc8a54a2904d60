"""Keras to LiteRT, checked against what training saw before anyone gets to see the file."""

from pathlib import Path
from typing import Any

import numpy as np

from posters.classifier.runtime import LiteNetwork
from posters.errors import TrainingError
from posters.log import stderr_held_back
from posters.network.tensorflow import tf


def export_litert(model: Any, path: Path, posters: np.ndarray, y_score: np.ndarray, tolerance: float = 1e-3) -> float:
    """Write a network as LiteRT float32, taking uint8 pixels and giving probabilities.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).
        path: the .tflite file to write.
        posters: uint8 (n, H, W, 3), real posters to check it on.
        y_score: (n, G), the probabilities that it must give for them.
        tolerance: by how much they may differ.

    Returns:
        The largest difference.

    Raises:
        TrainingError: it is above the tolerance; no file is left.
    """
    path.write_bytes(_converted(model))
    light = LiteNetwork(path, model.input_shape[1:], model.output_shape[-1])
    difference = float(np.abs(np.array([light(poster) for poster in posters]) - y_score).max())
    # Written so that NaN fails as well.
    if not difference <= tolerance:
        path.unlink()
        raise TrainingError(
            f"the network that would ship differs from the trained one by {difference:.2g} in a probability, and "
            f"{tolerance:g} is allowed: nothing was written; please report it"
        )
    return difference


def _converted(model: Any) -> bytes:
    """Convert from a function whose weights are constants.

    `model.export(format="litert")` goes by way of a SavedModel on disk and takes six times as long.
    """
    trainable = [tf.constant(variable.value) for variable in model.trainable_variables]
    others = [tf.constant(variable.value) for variable in model.non_trainable_variables]

    @tf.function(input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8, name="poster")])
    def apply(poster: Any) -> Any:
        return model.stateless_call(trainable, others, poster, training=False)[0]

    with stderr_held_back():
        return tf.lite.TFLiteConverter.from_concrete_functions([apply.get_concrete_function()]).convert()
