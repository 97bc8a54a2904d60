"""The light network of every classifier: Keras to LiteRT, checked against Keras before anyone gets to see the file.

Beside probabilities it gives pooled features and, for each genre, a map of where its logit comes from.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from posters._base.log import stderr_held_back
from posters.baselines.standardised import ROOT_EPSILON
from posters.classifier.runtime import FEATURES, MAPS, PROBABILITIES, LiteNetwork
from posters.errors import TrainingError
from posters.network.tensorflow import keras, tf

FEATURE_MAP = "feature_map"
# Of features and maps, as a share of the largest; both sides of the comparison are float32.
_TOLERANCE = 1e-3
# The pooling layers of `build_network`; the first that is there feeds the head.
_POOLINGS = ("both", "average", "maximum")
_AVERAGE = "average"


def write_light_network(
    model: Any, path: Path, posters: np.ndarray, y_score: np.ndarray, tolerance: float = 1e-3
) -> float:
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

    Examples:
        >>> import tempfile
        >>> pixels = keras.Input((4, 3, 3), dtype="uint8", name="poster")
        >>> model = keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(keras.ops.cast(pixels, "float32") / 255))
        >>> posters = np.full((1, 4, 3, 3), 51, np.uint8)
        >>> path = Path(tempfile.mkdtemp()) / "network.tflite"
        >>> write_light_network(model, path, posters, np.full((1, 3), 0.2)) < 1e-6
        True
    """
    path.write_bytes(_converted(model))
    light = LiteNetwork(path, model.input_shape[1:], model.output_shape[-1])
    given = [light.outputs(poster) for poster in posters]

    def difference(name: str, expected: np.ndarray) -> float:
        return float(np.abs(np.array([getattr(outputs, name) for outputs in given]) - expected).max())

    try:
        largest = difference(PROBABILITIES, y_score)
        _refuse(largest, tolerance, "a probability")
        for name, expected in expected_outputs(model, posters).items():
            _refuse(difference(name, expected), _TOLERANCE * float(np.abs(expected).max()), f"its {name}")
    except TrainingError:
        path.unlink()
        raise
    return largest


def _refuse(difference: float, tolerance: float, what: str) -> None:
    # Written so that NaN fails as well.
    if not difference <= tolerance:
        raise TrainingError(
            f"the light network differs from the trained one by {difference:.2g} in {what}, and {tolerance:g} is "
            "allowed: nothing was written; please report it"
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
        network: bytes = tf.lite.TFLiteConverter.from_concrete_functions(
            [apply.get_concrete_function()], owner
        ).convert()
    return network


def whole_outputs(model: Any) -> Any:
    """Give a network more outputs, a dict by name; the new model shares the layers.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).

    Returns:
        A Keras model that gives "probabilities" and, if `build_network` made it, "features" (B, F) and, if it pools by
        average, the "feature_map" (B, h, w, F) that was pooled.

    Examples:
        >>> from posters.config import TrainConfig
        >>> from posters.network.model import build_network
        >>> model = build_network(TrainConfig(backbone="small_cnn", weights="none"), n_genres=5).whole
        >>> {name: tuple(output.shape) for name, output in whole_outputs(model).output.items()}
        {'probabilities': (None, 5), 'features': (None, 128), 'feature_map': (None, 24, 16, 128)}
    """
    # Recognised by its layers' names, because a network opened from a file has no other mark of `build_network`.
    outputs = {PROBABILITIES: model.output}
    layers = {layer.name: layer for layer in model.layers}
    inside_the_head = {layer.name for layer in getattr(layers.get("head"), "layers", ())}
    if {"standardisation", "genres"} <= inside_the_head:
        pooling = next((layers[name] for name in _POOLINGS if name in layers), None)
        if pooling is not None:
            outputs[FEATURES] = pooling.output
            if pooling.name == _AVERAGE:
                outputs[FEATURE_MAP] = pooling.input
    return keras.Model(model.input, outputs)


def features_part(model: Any) -> Any:
    """Return the part of a network that ends at its pooled features; None if `build_network` did not make it.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).

    Examples:
        >>> from posters.config import TrainConfig
        >>> from posters.network.model import build_network
        >>> model = build_network(TrainConfig(backbone="small_cnn", weights="none"), n_genres=5).whole
        >>> features_part(model).output_shape
        (None, 128)
    """
    features = whole_outputs(model).output.get(FEATURES)
    return None if features is None else keras.Model(model.input, features)


def maps_of(model: Any) -> Callable[[Any, Any], Any]:
    """Return what turns a feature map (B, h, w, F) and its features (B, F) into class activation maps (B, h, w, G).

    Grad-CAM (Selvaraju et al. 2017, equations 1 and 2) at the last feature map A, without the ReLU: a genre's map is
    the sum over k of A_k times the mean slope of its logit in A_k. Average pooling makes that slope the head's own,
    divided by the h*w places, and so a map's places sum to what the features add to the logit, to first order.

    Args:
        model: a network that pools by average; its weights are read now, and become constants of any graph.

    Examples:
        >>> from posters.config import TrainConfig
        >>> from posters.network.model import build_network
        >>> model = build_network(TrainConfig(backbone="small_cnn", weights="none"), n_genres=5).whole
        >>> maps_of(model)(tf.ones((1, 24, 16, 128)), tf.ones((1, 128))).shape
        TensorShape([1, 24, 16, 5])
    """
    head = model.get_layer("head")
    kernel = head.get_layer("genres").kernel.numpy()
    standardisation = head.get_layer("standardisation")
    spread = np.sqrt(standardisation.moving_variance.numpy() + standardisation.epsilon)
    _, height, width, _ = model.get_layer(_AVERAGE).input.shape

    def maps(feature_map: Any, features: Any) -> Any:
        # The derivative of the head's root, x / sqrt(|x| + e), is (|x| / 2 + e) / (|x| + e)^1.5; LiteRT has no power.
        size = tf.abs(features)
        inverse = tf.math.rsqrt(size + ROOT_EPSILON)
        slopes = (size / 2 + ROOT_EPSILON) * inverse * inverse * inverse / (spread * (height * width))
        return tf.einsum("bhwk,kg->bhwg", feature_map * slopes[:, None, None, :], kernel)

    return maps


def expected_outputs(model: Any, posters: np.ndarray) -> dict[str, np.ndarray]:
    """Return the features and maps that Keras itself gives for posters.

    The maps come by automatic differentiation of the head, and not by the formula of `maps_of`, which they check.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).
        posters: uint8 (n, H, W, 3).

    Returns:
        "features" (n, F) and "maps" (n, h, w, G), as far as the network has them.

    Examples:
        >>> from posters.config import TrainConfig
        >>> from posters.network.model import build_network
        >>> model = build_network(TrainConfig(backbone="small_cnn", weights="none"), n_genres=5).whole
        >>> sorted(expected_outputs(model, np.zeros((1, 384, 256, 3), np.uint8)))
        ['features', 'maps']
    """
    outputs = whole_outputs(model)(posters, training=False)
    expected = {name: outputs[name].numpy() for name in outputs if name == FEATURES}
    if FEATURE_MAP in outputs:
        feature_map = outputs[FEATURE_MAP].numpy()
        slopes = _logit_slopes(model.get_layer("head"), outputs[FEATURES])
        expected[MAPS] = np.einsum("bhwk,bgk->bhwg", feature_map, slopes) / np.prod(feature_map.shape[1:3])
    return expected


def _logit_slopes(head: Any, features: Any) -> np.ndarray:
    """Return the derivatives of each genre's logit by each feature: (n, G, F)."""
    genres = head.get_layer("genres")
    before = keras.Model(head.input, genres.input)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        logits = before(features, training=False) @ genres.kernel + genres.bias
    # One genre after the other: `batch_jacobian` spends two seconds on compiling what takes a tenth of one.
    ones = np.eye(logits.shape[1], dtype=np.float32)[:, None, :].repeat(len(features), axis=1)
    return np.stack([tape.gradient(logits, features, of_genre).numpy() for of_genre in ones], axis=1)
