"""The network: a backbone, pooling, and a Dense head, taking uint8 pixels and giving probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from posters.config import PreprocessConfig, TrainConfig
from posters.network.backbones import build_backbone, find_backbone
from posters.network.tensorflow import keras

# Keeps the slope of the square root finite at 0, where many pooled activations lie.
ROOT_EPSILON = 1e-3


@dataclass(frozen=True)
class Network:
    """The parts of one network; they share their layers, so that training one part trains the others.

    Attributes:
        whole: uint8 pixels (B, H, W, 3) to probabilities (B, G).
        features: uint8 pixels to pooled features (B, F).
        head: pooled features to probabilities.
    """

    whole: Any
    features: Any
    head: Any


def build_network(
    config: TrainConfig, n_genres: int, load_weights: bool = True, preprocess: PreprocessConfig | None = None
) -> Network:
    """Build the network of a config, not compiled.

    Batch normalisation keeps the statistics of pretrained weights; from scratch it learns them.

    Args:
        config: backbone, weights, pooling, head, dropout and image size.
        n_genres: G.
        load_weights: False where they are going to be overwritten anyway.
        preprocess: of another image size than the config's; the weights have the same shapes for every size.

    Raises:
        ConfigError: there is no such backbone.
        TrainingError: its weights can't be had.
    """
    backbone = find_backbone(config.backbone)
    shape = (preprocess or config.preprocess).shape
    pixels = keras.Input(shape, dtype="uint8", name="poster")
    body = build_backbone(backbone, config.weights if load_weights else "none", shape)
    feature_map = body(backbone.scale(pixels))
    features = keras.Model(pixels, _POOLINGS[config.pooling](feature_map), name="features")
    head = build_head(config, features.output_shape[-1], n_genres)
    whole = keras.Model(pixels, head(features.output), name="posters")
    if not config.from_scratch:
        _hold_statistics(whole)
    return Network(whole, features, head)


def _hold_statistics(model: Any) -> None:
    """Freeze batch normalisation, in models inside the model too.

    Only `trainable` does it: a `training=False` given where a layer is called is overruled when the whole model is
    called with `training=True`, and pretrained statistics are then lost within a few steps.
    """
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
        if isinstance(layer, keras.Model):
            _hold_statistics(layer)


def build_head(config: TrainConfig, n_features: int, n_genres: int) -> Any:
    """Signed square root, standardisation, dropout and `Dense(n_genres, activation="sigmoid")`.

    The root evens out activations that are near zero for most posters and large for a few (power normalisation:
    Perronnin et al. 2010, "Improving the Fisher Kernel for Large-Scale Image Classification", section 3.2).
    """
    inputs = keras.Input((n_features,), name="pooled")
    x = inputs * keras.ops.rsqrt(keras.ops.absolute(inputs) + ROOT_EPSILON)
    # Batch normalisation with given statistics; unlike keras.layers.Normalization, `set_weights` copies all of it.
    standardisation = keras.layers.BatchNormalization(center=False, scale=False, epsilon=1e-6, name="standardisation")
    x = standardisation(x)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)
    genres = keras.layers.Dense(
        n_genres, activation=config.head, kernel_initializer="zeros", dtype="float32", name="genres"
    )
    return keras.Model(inputs, genres(x), name="head")


def start_head(head: Any, features: np.ndarray, prevalence: np.ndarray, activation: str) -> None:
    """Standardise by the training features (N, F), and let the biases say each genre's share of the training posters.

    From there on, training need not spend its first steps on learning that most posters lack most genres (Lin et al.
    2017, section 4.1).
    """
    rooted = features / np.sqrt(np.abs(features) + ROOT_EPSILON)
    standardisation = head.get_layer("standardisation")
    standardisation.moving_mean.assign(rooted.mean(axis=0))
    standardisation.moving_variance.assign(rooted.var(axis=0))
    start_biases(head, prevalence, activation)


def start_biases(head: Any, prevalence: np.ndarray, activation: str) -> None:
    """Set the head's biases to the log odds of each genre's prevalence (G,); to their logarithms for a softmax."""
    p = np.clip(prevalence, 1e-4, 1 - 1e-4)
    head.get_layer("genres").bias.assign(np.log(p) if activation == "softmax" else np.log(p / (1 - p)))


def _average(feature_map: Any) -> Any:
    return keras.layers.GlobalAveragePooling2D(name="average")(feature_map)


def _maximum(feature_map: Any) -> Any:
    return keras.layers.GlobalMaxPooling2D(name="maximum")(feature_map)


_POOLINGS = {
    "avg": _average,
    "max": _maximum,
    "avg_max": lambda feature_map: keras.layers.Concatenate(name="both")(
        [_average(feature_map), _maximum(feature_map)]
    ),
}
