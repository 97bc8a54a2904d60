"""What every format holds: a function from uint8 pixels to calibrated probabilities, and what the file tells of itself.

A calibration is written in operations that every format has. A line between knots is a sum of ramps, each from 0 to 1
between two knots, and each times its own rise: nothing but subtraction, multiplication and clipping, where looking up
the right interval would need a search. Identity is the line from (0, 0) to (1, 1). Summed so, no large slopes cancel
each other, and float32 stays within 1e-6 of NumPy.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from posters import __version__
from posters.calibration import Calibration
from posters.calibration.calibration import CalibrationCurve, logit
from posters.classifier import Manifest
from posters.classifier.manifest import EXPORT_FORMAT
from posters.classifier.novelty import FALSE_ALARMS, Novelty
from posters.classifier.runtime import FEATURES, NOVELTY, PROBABILITIES
from posters.network.light_network import whole_outputs
from posters.network.tensorflow import tf

# An opened file: uint8 posters (n, H, W, 3) to its outputs by name: calibrated probabilities (n, G), and, if the
# classifier has a novelty, that of each, (n, 1).
Runtime: TypeAlias = Callable[[np.ndarray], dict[str, np.ndarray]]

INPUT, OUTPUT = "poster", PROBABILITIES
_TINY = 1e-12  # of a feature; its root is far below what moves a novelty
_IDENTITY = ((0.0, 0.0), (1.0, 1.0))
_UNUSED = (1.0, 0.0)  # slope and shift, of a genre that isn't Platt's
_NOVELTY_TOLD = {
    "name": NOVELTY,
    "type": "float32",
    "shape": ["N", 1],
    "threshold": 1.0,
    "false_alarms": FALSE_ALARMS,
    "meaning": "above the threshold, a picture is unlike the posters that the classifier learned from: it may be no "
    "poster, and then its probabilities mean little; false_alarms is the share of other posters that are above it",
}


def calibrated_graph(model: Any, calibration: Calibration, novelty: Novelty | None = None) -> Any:
    """Return a whole network with its calibration, as TensorFlow.

    Args:
        model: Keras, pixels or feature maps to probabilities (B, G), or to a dict as of `whole_outputs`.
        calibration: of its G genres.
        novelty: of its features; then the graph has the output "novelty", (B, 1), too.

    Returns:
        As `graph_of`.

    Examples:
        >>> from posters.calibration import no_calibration
        >>> from posters.network import keras
        >>> x = keras.Input((2,))
        >>> model = keras.Model(x, keras.layers.Dense(1, activation="sigmoid", kernel_initializer="zeros")(x))
        >>> graph = calibrated_graph(model, no_calibration(["Drama"]))
        >>> graph.predict(tf.zeros((3, 2)))["probabilities"].numpy().ravel().tolist()
        [0.5, 0.5, 0.5]
    """
    if novelty is None:
        return graph_of(model, lambda outputs: {OUTPUT: calibrated(calibration, outputs)})
    whole = model if isinstance(model.output, dict) else whole_outputs(model)
    return graph_of(whole, lambda outputs: told(outputs, calibration, novelty))


def told(outputs: dict[str, Any], calibration: Calibration, novelty: Novelty | None) -> dict[str, Any]:
    """Return what a file tells of posters: calibrated probabilities, and their novelty if there is a rule for it.

    Args:
        outputs: of `whole_outputs`.
        calibration: of the network's genres.
        novelty: of its features.

    Examples:
        >>> from posters.calibration import no_calibration
        >>> outputs = {"probabilities": tf.constant([[0.25]]), "features": tf.constant([[0.0, 2.0]])}
        >>> rule = Novelty(np.array([[0.0, 0.0], [0.0, 5.0]], np.float16))
        >>> found = told(outputs, no_calibration(["Drama"]), rule)
        >>> {name: value.numpy().round(3).tolist() for name, value in found.items()}
        {'probabilities': [[0.25]], 'novelty': [[5.0]]}
    """
    given = {OUTPUT: calibrated(calibration, outputs[PROBABILITIES])}
    if novelty is None:
        return given
    # `Novelty.of` in TensorFlow. The squares of the roots are the sizes; tf.sign is unknown to old runtimes.
    origin, *directions = novelty.rows.astype(np.float32)
    features, size = outputs[FEATURES], tf.abs(outputs[FEATURES])
    length = tf.sqrt(tf.maximum(tf.reduce_sum(size, axis=1, keepdims=True), _TINY))
    along = tf.matmul(features / (tf.sqrt(tf.maximum(size, _TINY)) * length) - origin, np.transpose(directions))
    distance = tf.sqrt(tf.reduce_sum(along * along, axis=1, keepdims=True))
    return {**given, NOVELTY: tf.maximum(along, 0.0) if len(directions) == 1 else distance}


def keras_outputs(model: Any, calibration: Calibration, novelty: Novelty | None = None) -> Runtime:
    """Return what gives the outputs of every format by Keras and NumPy, to compare a file with.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).
        calibration: of its G genres.
        novelty: of its features.

    Examples:
        >>> sorted(keras_outputs(model, manifest.calibration)(np.zeros((2, *manifest.preprocess.shape), np.uint8)))
        ['probabilities']
    """
    whole = whole_outputs(model)

    def run(posters: np.ndarray) -> dict[str, np.ndarray]:
        outputs = whole(posters, training=False)
        given = {OUTPUT: calibration.apply(outputs[PROBABILITIES].numpy())}
        return given if novelty is None else {**given, NOVELTY: novelty.of(outputs[FEATURES].numpy())[:, None]}

    return run


def graph_of(model: Any, finish: Callable[[Any], dict[str, Any]]) -> Any:
    """Return a network as TensorFlow that needs nothing of Keras: weights are constants, the batch is of any size.

    Args:
        model: Keras, with one input of a fixed size.
        finish: from the model's output to the graph's outputs, by name.

    Returns:
        A `tf.Module` with one function, `predict`, of one input, "poster", of the model's own type. Converters keep the
        outputs' names only of a function that a module owns.

    Examples:
        >>> from posters.network import keras
        >>> x = keras.Input((2,))
        >>> model = keras.Model(x, keras.layers.Rescaling(2.0)(x))
        >>> graph_of(model, lambda outputs: {"twice": outputs}).predict(tf.ones((1, 2)))["twice"].numpy().tolist()
        [[2.0, 2.0]]
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


def calibrated(calibration: Calibration, p: Any) -> Any:
    """Calibrate probabilities: `Calibration.apply` in TensorFlow.

    Args:
        calibration: of G genres.
        p: the network's probabilities, a float32 tensor (B, G).

    Returns:
        float32 (B, G).

    Examples:
        >>> calibration = Calibration(("Drama",), (CalibrationCurve("platt", (1.0, 0.0)),), "validation")
        >>> calibrated(calibration, tf.constant([[0.5]])).numpy().tolist()
        [[0.5]]
    """
    # Only the operations that are needed: every one of them costs time on each poster in each runtime.
    if calibration.changes_nothing:
        return p
    is_platt = np.array([curve.method == "platt" for curve in calibration.curves])
    if not is_platt.any():
        return _lines(calibration.curves, p)
    if is_platt.all():
        return _platt(calibration.curves, p)
    return tf.where(is_platt, _platt(calibration.curves, p), _lines(calibration.curves, p))


def _platt(curves: Sequence[CalibrationCurve], p: Any) -> Any:
    slope, shift = np.array([curve.parameters or _UNUSED for curve in curves], np.float32).T
    # The logit is clipped and not the probability, which in float32 can't come as near to 1 as NumPy's.
    largest = float(logit(np.array(1.0)))
    logits = tf.clip_by_value(tf.math.log(p) - tf.math.log(1.0 - p), -largest, largest)
    return tf.sigmoid(slope * logits + shift)


def _lines(curves: Sequence[CalibrationCurve], p: Any) -> Any:
    # (G, K) each, for K ramps at most: where they start, how wide they are, how far they rise. Genres of fewer ramps
    # have others that rise by nothing.
    longest = max(len(curve.knots or _IDENTITY) for curve in curves)
    shape = (len(curves), longest - 1)
    starts, widths, rises = np.zeros(shape, np.float32), np.ones(shape, np.float32), np.zeros(shape, np.float32)
    for genre, curve in enumerate(curves):
        x, y = np.array(curve.knots or _IDENTITY).T
        used = slice(0, len(x) - 1)
        starts[genre, used], widths[genre, used], rises[genre, used] = x[:-1], np.diff(x), np.diff(y)
    ramps = tf.clip_by_value((p[:, :, None] - starts) / widths, 0.0, 1.0)
    return tf.reduce_sum(ramps * rises, axis=2)


def contents_json(manifest: Manifest, novelty: Novelty | None = None) -> str:
    """Return what whoever runs the file needs to know, and where the network comes from, as JSON.

    It is the same in every format; a threshold that no probability reaches is null, and so is a novelty that the file
    doesn't tell.

    Args:
        manifest: of the classifier.
        novelty: as in `calibrated_graph`.

    Examples:
        >>> from posters.classifier import read_manifest
        >>> from posters.models import CLASSIFIER
        >>> json.loads(contents_json(read_manifest(CLASSIFIER)))["input"]["shape"]
        ['N', 288, 192, 3]
    """
    own = manifest.to_dict()
    height, width, _ = manifest.preprocess.shape
    contents = {
        "export_format": EXPORT_FORMAT,
        "posters": __version__,
        "genre_names": own["genre_names"],
        "input": {
            "name": INPUT,
            "type": "uint8",
            "shape": ["N", height, width, 3],
            "pixels": "RGB, 0 to 255; decoded and resized by Pillow as preprocess says, and not scaled",
        },
        "preprocess": own["preprocess"],
        "output": {"name": OUTPUT, "type": "float32", "shape": ["N", len(manifest.genre_names)]},
        NOVELTY: None if novelty is None else _NOVELTY_TOLD,
        "head": own["head"],
        "calibration": {"applied": True, "fitted_on": manifest.calibration.fitted_on},
        "rules": own["rules"],
        "prior": own["prior"],
        "metrics": own["metrics"],
        "provenance": own["provenance"],
    }
    return json.dumps(contents, ensure_ascii=False, allow_nan=False)
