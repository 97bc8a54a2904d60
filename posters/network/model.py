"""The network: a backbone, pooling, and a Dense head, taking uint8 pixels and giving probabilities."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from posters.baselines.standardised import ROOT_EPSILON, root_moments
from posters.classifier.starting_weights import starting_classifier
from posters.config import PreprocessConfig, TrainConfig
from posters.network.backbones import build_backbone, find_backbone, scale_pixels
from posters.network.tensorflow import keras, tf


@dataclass(frozen=True)
class Network:
    """The parts of one network; they share their layers, so that training one part trains the others.

    Attributes:
        whole: uint8 pixels (B, H, W, 3) to probabilities (B, G).
        features: uint8 pixels to pooled features (B, F).
        head: pooled features to probabilities.

    Examples:
        >>> network = build_network(TrainConfig(backbone="small_cnn", weights="none"), n_genres=5)
        >>> network.whole.output_shape, network.features.output_shape
        ((None, 5), (None, 128))
    """

    whole: Any
    features: Any
    head: Any


def build_network(
    config: TrainConfig, n_genres: int, load_weights: bool = True, preprocess: PreprocessConfig | None = None
) -> Network:
    """Build the network of a config, not compiled.

    Batch normalisation keeps the statistics of pretrained weights; from scratch it learns them, those of the whole
    batch where the replicas of a `tf.distribute` strategy share it.

    Args:
        config: backbone, weights, pooling, head, dropout and image size.
        n_genres: G.
        load_weights: False where they are going to be overwritten anyway.
        preprocess: of another image size than the config's; the weights have the same shapes for every size.

    Raises:
        ConfigError: there is no such backbone.
        TrainingError: its weights can't be had.

    Examples:
        >>> build_network(TrainConfig(backbone="small_cnn", weights="none"), n_genres=5).whole.input_shape
        (None, 384, 256, 3)
    """
    backbone = find_backbone(config.backbone)
    shape = (preprocess or config.preprocess).shape
    pixels = keras.Input(shape, dtype="uint8", name="poster")
    # The weights of a classifier are set once the network is there; see `posters.network.weights.continue_from`.
    load = load_weights and starting_classifier(config.weights) is None
    body = build_backbone(backbone, config.weights if load else "none", shape, config.drop_path)
    # uint8 goes in and scaling is part of the network: what ships can't be fed differently from what was trained.
    feature_map = body(scale_pixels(backbone, pixels))
    features = keras.Model(pixels, _POOLINGS[config.pooling](feature_map), name="features")
    head = build_head(config, features.output_shape[-1], n_genres)
    # Shares its layers with `features` and `head`: a fit of one is a fit of all.
    whole = keras.Model(pixels, head(features.output), name="posters")
    for layer in _normalisations(whole):
        if config.from_scratch:
            layer.synchronized |= tf.distribute.get_strategy().num_replicas_in_sync > 1
        else:
            # Only `trainable` does it: a `training=False` given where a layer is called is overruled when the whole
            # model is called with `training=True`, and pretrained statistics are then lost within a few steps.
            layer.trainable = False
    return Network(whole, features, head)


def resize_network(network: Network, config: TrainConfig, preprocess: PreprocessConfig) -> Network:
    """Return a new network with the same weights, for posters of another size, in the precision of the policy in place.

    Args:
        network: of the same config; it stays as it is.
        config: of the run.
        preprocess: of the new size.

    Examples:
        >>> config = TrainConfig(backbone="small_cnn", weights="none")
        >>> network = build_network(config, n_genres=5)
        >>> resize_network(network, config, PreprocessConfig(height=96, width=64)).whole.input_shape
        (None, 96, 64, 3)
    """
    resized = build_network(config, network.whole.output_shape[-1], load_weights=False, preprocess=preprocess)
    resized.whole.set_weights(network.whole.get_weights())
    return resized


def _normalisations(model: Any) -> Iterator[Any]:
    """Yield the layers of batch normalisation, those of models inside the model too."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            yield layer
        if isinstance(layer, keras.Model):
            yield from _normalisations(layer)


def build_head(config: TrainConfig, n_features: int, n_genres: int) -> Any:
    """Build the head: signed square root, standardisation, dropout and `Dense(n_genres, activation="sigmoid")`.

    The root evens out activations that are near zero for most posters and large for a few (power normalisation:
    Perronnin et al. 2010, "Improving the Fisher Kernel for Large-Scale Image Classification", section 3.2).

    Args:
        config: its activation and dropout are used.
        n_features: F.
        n_genres: G.

    Returns:
        A Keras model from pooled features (B, F) to probabilities (B, G).

    Examples:
        >>> build_head(TrainConfig(), n_features=128, n_genres=5).output_shape
        (None, 5)
    """
    inputs = keras.Input((n_features,), name="pooled")
    x = inputs * keras.ops.rsqrt(keras.ops.absolute(inputs) + ROOT_EPSILON)
    # Batch normalisation with given statistics; unlike keras.layers.Normalization, `set_weights` copies all of it.
    standardisation = keras.layers.BatchNormalization(center=False, scale=False, epsilon=1e-6, name="standardisation")
    x = standardisation(x)
    x = keras.layers.Dropout(config.dropout, name="dropout")(x)
    # Zeros, so that the biases alone decide the first predictions; float32, since half precision rounds near 1.
    genres = keras.layers.Dense(
        n_genres, activation=config.head, kernel_initializer="zeros", dtype="float32", name="genres"
    )
    return keras.Model(inputs, genres(x), name="head")


def start_head(head: Any, features: np.ndarray, rows: np.ndarray, prevalence: np.ndarray, activation: str) -> None:
    """Standardise by the training features, and set the biases by `start_biases`.

    Args:
        head: made by `build_head`; changed in place.
        features: float (N, F); may be mapped from disk.
        rows: those of the training posters.
        prevalence: (G,), each genre's share of the training posters.
        activation: of the head.

    Examples:
        >>> head = build_head(TrainConfig(), n_features=2, n_genres=1)
        >>> start_head(head, np.ones((4, 2), np.float32), np.arange(4), np.array([0.25]), "sigmoid")
        >>> float(head(np.ones((1, 2)))[0, 0])
        0.25
    """
    mean, variance = root_moments(features, rows)
    standardisation = head.get_layer("standardisation")
    standardisation.moving_mean.assign(mean)
    standardisation.moving_variance.assign(variance)
    start_biases(head, prevalence, activation)


def start_biases(head: Any, prevalence: np.ndarray, activation: str) -> None:
    """Set the head's biases so that it predicts each genre's prevalence before it has learned anything.

    Training then need not spend its first steps on learning that most posters lack most genres (Lin et al. 2017,
    "Focal Loss for Dense Object Detection", section 4.1).

    Args:
        head: made by `build_head`; changed in place.
        prevalence: (G,), each genre's share of the training posters.
        activation: of the head; the biases are log odds for a sigmoid, and logarithms for a softmax.

    Examples:
        >>> head = build_head(TrainConfig(), n_features=2, n_genres=1)
        >>> start_biases(head, np.array([0.5]), "sigmoid")
        >>> float(head.get_layer("genres").bias.value[0])
        0.0
    """
    # Clipped: a genre on none or all of the training posters would start at an infinite bias.
    p = np.clip(prevalence, 1e-4, 1 - 1e-4)
    head.get_layer("genres").bias.assign(np.log(p) if activation == "softmax" else np.log(p / (1 - p)))


def set_head(head: Any, kernel: np.ndarray, bias: np.ndarray) -> None:
    """Give a head weights that were found for the signed roots of the features, without standardisation.

    Args:
        head: made by `build_head` and started by `start_head`, whose statistics it keeps; changed in place.
        kernel: float (F, G).
        bias: float (G,).

    Examples:
        >>> head = build_head(TrainConfig(), n_features=1, n_genres=1)
        >>> set_head(head, np.array([[2.0]]), np.array([-1.0]))
        >>> round(float(head(np.array([[1.0]]))[0, 0]), 2)  # The root of 1, twice, less 1.
        0.73
    """
    standardisation = head.get_layer("standardisation")
    mean = np.asarray(standardisation.moving_mean.numpy(), np.float64)
    deviation = np.sqrt(standardisation.moving_variance.numpy() + standardisation.epsilon)
    head.get_layer("genres").set_weights([kernel * deviation[:, None], bias + mean @ kernel])


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


def resolved_precision(precision: str) -> str:
    """Return what "auto" stands for: half precision on a GPU, which gains from it, and float32 on a CPU.

    Args:
        precision: as `TrainConfig.precision`.

    Examples:
        >>> resolved_precision("mixed_bfloat16")
        'mixed_bfloat16'
    """
    if precision != "auto":
        return precision
    return "mixed_float16" if tf.config.list_physical_devices("GPU") else "float32"


@contextmanager
def precision_policy(precision: str) -> Iterator[None]:
    """Let layers that are made while the block runs compute in `precision`; their weights are float32 in any case.

    Args:
        precision: a dtype policy of Keras.

    Examples:
        >>> with precision_policy("mixed_bfloat16"):
        ...     keras.layers.Dense(1).compute_dtype
        'bfloat16'
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
