"""What a network of ours gives beside probabilities: pooled features, and for each genre where its logit comes from."""

from collections.abc import Callable
from typing import Any

import numpy as np

from posters.classifier.runtime import FEATURES, MAPS, PROBABILITIES
from posters.network.model import ROOT_EPSILON
from posters.network.tensorflow import keras, tf

FEATURE_MAP = "feature_map"
# The pooling layers of `build_network`; the first that is there feeds the head.
_POOLINGS = ("both", "average", "maximum")
_AVERAGE = "average"


def whole_outputs(model: Any) -> Any:
    """The same network with more outputs, a dict by name; it shares the layers.

    Args:
        model: Keras, uint8 (B, H, W, 3) to probabilities (B, G).

    Returns:
        A Keras model that gives "probabilities" and, if `build_network` made it, "features" (B, F) and, if it pools by
        average, the "feature_map" (B, h, w, F) that was pooled.
    """
    outputs = {PROBABILITIES: model.output}
    pooling = _pooling_of(model)
    if pooling is not None:
        outputs[FEATURES] = pooling.output
        if pooling.name == _AVERAGE:
            outputs[FEATURE_MAP] = pooling.input
    return keras.Model(model.input, outputs)


def _pooling_of(model: Any) -> Any:
    """The layer that feeds the head; None if it is another network than ours."""
    layers = {layer.name: layer for layer in model.layers}
    inside = {layer.name for layer in getattr(layers.get("head"), "layers", ())}
    if not {"standardisation", "genres"} <= inside:
        return None
    return next((layers[name] for name in _POOLINGS if name in layers), None)


def maps_of(model: Any) -> Callable[[Any, Any], Any]:
    """What turns a feature map (B, h, w, F) and its features (B, F) into class activation maps (B, h, w, G).

    Grad-CAM (Selvaraju et al. 2017, equations 1 and 2) at the last feature map A, without the ReLU: a genre's map is
    the sum over k of A_k times the mean slope of its logit in A_k. Average pooling makes that slope the head's own,
    divided by the h*w places, and so a map's places sum to what the features add to the logit, to first order.

    Args:
        model: a network that pools by average; its weights are read now.
    """
    head = model.get_layer("head")
    kernel = tf.constant(head.get_layer("genres").kernel.numpy())
    standardisation = head.get_layer("standardisation")
    spread = tf.constant(np.sqrt(standardisation.moving_variance.numpy() + standardisation.epsilon))
    _, height, width, _ = model.get_layer(_AVERAGE).input.shape

    def maps(feature_map: Any, features: Any) -> Any:
        slopes = _root_slopes(features) / (spread * (height * width))
        return tf.einsum("bhwk,kg->bhwg", feature_map * slopes[:, None, None, :], kernel)

    return maps


def _root_slopes(x: Any) -> Any:
    """Of the head's root, x / sqrt(|x| + e), written in what LiteRT computes: (|x| / 2 + e) / (|x| + e)^1.5."""
    size = tf.abs(x)
    inverse = tf.math.rsqrt(size + ROOT_EPSILON)
    return (size / 2 + ROOT_EPSILON) * inverse * inverse * inverse


def expected_outputs(model: Any, posters: np.ndarray) -> dict[str, np.ndarray]:
    """What Keras itself gives for posters, uint8 (n, H, W, 3): features and maps, the latter by automatic
    differentiation of the head as it is, and not by the formula that ships."""
    outputs = whole_outputs(model)(posters, training=False)
    expected = {name: outputs[name].numpy() for name in outputs if name == FEATURES}
    if FEATURE_MAP in outputs:
        feature_map = outputs[FEATURE_MAP].numpy()
        slopes = _logit_slopes(model.get_layer("head"), outputs[FEATURES])
        expected[MAPS] = np.einsum("bhwk,bgk->bhwg", feature_map, slopes) / np.prod(feature_map.shape[1:3])
    return expected


def _logit_slopes(head: Any, features: Any) -> np.ndarray:
    """The derivatives of each genre's logit by each feature: (n, G, F)."""
    genres = head.get_layer("genres")
    before = keras.Model(head.input, genres.input)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        logits = before(features, training=False) @ genres.kernel + genres.bias
    # One genre after the other: `batch_jacobian` spends two seconds on compiling what takes a tenth of one.
    ones = np.eye(logits.shape[1], dtype=np.float32)[:, None, :].repeat(len(features), axis=1)
    return np.stack([tape.gradient(logits, features, of_genre).numpy() for of_genre in ones], axis=1)
