"""The function that every format holds: uint8 pixels in, calibrated probabilities out."""

from collections.abc import Callable
from typing import Any

from posters.calibration import Calibration
from posters.network.exports.curves import calibrated
from posters.network.tensorflow import tf

INPUT, OUTPUT = "poster", "probabilities"


def calibrated_graph(model: Any, calibration: Calibration) -> Any:
    """A whole network with its calibration.

    Args:
        model: Keras, pixels or feature maps to probabilities (B, G).
        calibration: of its G genres.

    Returns:
        As `graph_of`.
    """
    return graph_of(model, lambda outputs: {OUTPUT: calibrated(calibration, outputs)})


def graph_of(model: Any, finish: Callable[[Any], dict[str, Any]]) -> Any:
    """A network as TensorFlow that owes Keras nothing: weights are constants, the batch is of any size.

    Args:
        model: Keras, with one input of a fixed size.
        finish: from the model's output to what is given, by name.

    Returns:
        A `tf.Module` with one function, `predict`, of one input, "poster", of the model's own type. Converters keep the
        outputs' names only of a function that a module owns.
    """
    trainable = [variable.value.numpy() for variable in model.trainable_variables]
    others = [variable.value.numpy() for variable in model.non_trainable_variables]
    pixels = tf.TensorSpec((None, *model.input_shape[1:]), model.input.dtype, name=INPUT)

    @tf.function(input_signature=[pixels])
    def predict(poster: Any) -> Any:
        # Made in here, and so constants of the graph itself and not further inputs, which tf2onnx takes them for.
        weights = [tf.constant(array) for array in trainable], [tf.constant(array) for array in others]
        return finish(model.stateless_call(*weights, poster, training=False)[0])

    module = tf.Module()
    module.predict = predict
    return module
