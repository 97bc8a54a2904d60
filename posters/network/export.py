"""Keras to LiteRT, checked against what training saw before anyone gets to see the file."""

from pathlib import Path
from typing import Any

import numpy as np

from posters.classifier.runtime import FEATURES, MAPS, PROBABILITIES, LiteNetwork, Outputs
from posters.errors import TrainingError
from posters.log import stderr_held_back
from posters.network.outputs import FEATURE_MAP, expected_outputs, maps_of, whole_outputs
from posters.network.tensorflow import tf

# Of features and maps, as a share of the largest; both sides of the comparison are float32.
_TOLERANCE = 1e-3


def export_litert(model: Any, path: Path, posters: np.ndarray, y_score: np.ndarray, tolerance: float = 1e-3) -> float:
    """Write a network as LiteRT float32, taking uint8 pixels and giving probabilities.

    A network of `build_network` also gives its pooled features and, if it pools by average, a class activation map of
    each genre; see `posters.classifier.runtime.Outputs`. The file's signature names them.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).
        path: the .tflite file to write.
        posters: uint8 (n, H, W, 3), real posters to check it on.
        y_score: (n, G), the probabilities that it must give for them.
        tolerance: by how much they may differ.

    Returns:
        The largest difference in a probability.

    Raises:
        TrainingError: it is above the tolerance, or features or maps differ from Keras's by more than a thousandth of
            the largest; no file is left.
    """
    path.write_bytes(_converted(model))
    light = LiteNetwork(path, model.input_shape[1:], model.output_shape[-1])
    try:
        return _checked(light, model, posters, y_score, tolerance)
    except TrainingError:
        path.unlink()
        raise


def _checked(light: LiteNetwork, model: Any, posters: np.ndarray, y_score: np.ndarray, tolerance: float) -> float:
    given = [light.outputs(poster) for poster in posters]
    difference = _difference(given, PROBABILITIES, y_score)
    _refuse(difference, tolerance, "a probability")
    for name, expected in expected_outputs(model, posters).items():
        largest = float(np.abs(expected).max())
        _refuse(_difference(given, name, expected), _TOLERANCE * largest, f"its {name}")
    return difference


def _difference(given: list[Outputs], name: str, expected: np.ndarray) -> float:
    return float(np.abs(np.array([getattr(outputs, name) for outputs in given]) - expected).max())


def _refuse(difference: float, tolerance: float, what: str) -> None:
    # Written so that NaN fails as well.
    if not difference <= tolerance:
        raise TrainingError(
            f"the network that would ship differs from the trained one by {difference:.2g} in {what}, and "
            f"{tolerance:g} is allowed: nothing was written; please report it"
        )


def _converted(model: Any) -> bytes:
    """Convert from a function whose weights are constants.

    `model.export(format="litert")` goes by way of Keras's own SavedModel and takes six times as long.
    """
    whole = whole_outputs(model)
    trainable = [tf.constant(variable.value) for variable in whole.trainable_variables]
    others = [tf.constant(variable.value) for variable in whole.non_trainable_variables]

    maps = maps_of(model) if FEATURE_MAP in whole.output else None

    @tf.function(input_signature=[tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8, name="poster")])
    def apply(poster: Any) -> Any:
        outputs = dict(whole.stateless_call(trainable, others, poster, training=False)[0])
        if maps:
            outputs[MAPS] = maps(outputs.pop(FEATURE_MAP), outputs[FEATURES])
        return outputs

    owner = tf.Module()  # Only with an owner does the converter keep the outputs' names.
    owner.apply = apply
    with stderr_held_back():
        return tf.lite.TFLiteConverter.from_concrete_functions([apply.get_concrete_function()], owner).convert()
