"""The losses by name, over probabilities; each gives one value a poster, the mean over the genres."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from posters.network.tensorflow import keras

ops = keras.ops

_LARGEST_WEIGHT = 20.0


@keras.saving.register_keras_serializable(package="posters")
class WeightedBinaryCrossentropy(keras.losses.Loss):
    r"""Binary cross-entropy whose positive terms count w_g times, genre by genre.

    .. math:: -\frac{1}{G} \sum_g w_g y_g \log p_g + (1 - y_g) \log(1 - p_g)

    The weights make up for a genre's rarity (King and Zeng 2001, "Logistic Regression in Rare Events Data", section
    4.2), and the probabilities come out too high by the same odds: judge them by their order, or by tuned thresholds.

    Args:
        positive_weights: (G,), w_g.
    """

    def __init__(
        self, positive_weights: Sequence[float] | np.ndarray, name: str = "weighted_binary_crossentropy", **kwargs: Any
    ):
        super().__init__(name=name, **kwargs)
        self.positive_weights = [float(weight) for weight in positive_weights]

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """y_true, y_pred (B, G) to (B,)."""
        y_true = ops.cast(y_true, y_pred.dtype)
        p = _clipped(y_pred)
        weights = ops.convert_to_tensor(self.positive_weights, y_pred.dtype)
        return -ops.mean(weights * y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "positive_weights": self.positive_weights}


@keras.saving.register_keras_serializable(package="posters")
class AsymmetricLoss(keras.losses.Loss):
    r"""Asymmetric loss (Ridnik et al. 2021, "Asymmetric Loss For Multi-Label Classification", equations 5 to 7).

    Easy negatives, of which a multi-label vector has many, count less than easy positives, and those that the network
    holds for less likely than the margin don't count at all.

    .. math::
        -\frac{1}{G} \sum_g y_g (1 - p_g)^{\gamma_+} \log p_g + (1 - y_g) q_g^{\gamma_-} \log(1 - q_g),
        \quad q_g = \max(p_g - m, 0)

    Args:
        gamma_positive: focusing of the positives, at least 0.
        gamma_negative: focusing of the negatives, at least 0.
        margin: m, from 0 to 1.
    """

    def __init__(
        self,
        gamma_positive: float = 0.0,
        gamma_negative: float = 4.0,
        margin: float = 0.05,
        name: str = "asymmetric",
        **kwargs: Any,
    ):
        super().__init__(name=name, **kwargs)
        self.gamma_positive = gamma_positive
        self.gamma_negative = gamma_negative
        self.margin = margin

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """y_true, y_pred (B, G) to (B,)."""
        y_true = ops.cast(y_true, y_pred.dtype)
        # Clipped, since a power's slope at 0 may be infinite.
        p, shifted = _clipped(y_pred), _clipped(y_pred - self.margin)
        positive = ops.power(1 - p, self.gamma_positive) * ops.log(p)
        negative = ops.power(shifted, self.gamma_negative) * ops.log(1 - shifted)
        return -ops.mean(y_true * positive + (1 - y_true) * negative, axis=-1)

    def get_config(self) -> dict[str, Any]:
        own = {"gamma_positive": self.gamma_positive, "gamma_negative": self.gamma_negative, "margin": self.margin}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="posters")
class SharedCategoricalCrossentropy(keras.losses.Loss):
    """Categorical cross-entropy of a softmax, with a poster's genres sharing one unit of probability.

    The wrong loss for the job, kept to be compared with: a poster of two genres is told that each is half true. A
    poster without a genre counts nothing.
    """

    def __init__(self, name: str = "categorical_crossentropy", **kwargs: Any):
        super().__init__(name=name, **kwargs)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """y_true, y_pred (B, G) to (B,)."""
        y_true = ops.cast(y_true, y_pred.dtype)
        shares = y_true / ops.maximum(ops.sum(y_true, axis=-1, keepdims=True), 1.0)
        return -ops.sum(shares * ops.log(_clipped(y_pred)), axis=-1)


def _clipped(y_pred: Any) -> Any:
    """Probabilities whose logarithms are finite."""
    epsilon = keras.config.epsilon()
    return ops.clip(y_pred, epsilon, 1 - epsilon)


def positive_weights(prevalence: np.ndarray) -> np.ndarray:
    """(1 - p) / p for each genre's share p of the training posters, at most 20, lest one poster outweigh a batch."""
    return np.minimum((1 - prevalence) / np.maximum(prevalence, 1e-9), _LARGEST_WEIGHT)


_LOSSES: dict[str, Callable[[np.ndarray], Any]] = {
    "binary_crossentropy": lambda _: keras.losses.BinaryCrossentropy(),
    "weighted_binary_crossentropy": lambda prevalence: WeightedBinaryCrossentropy(positive_weights(prevalence)),
    "focal": lambda _: keras.losses.BinaryFocalCrossentropy(gamma=2.0),
    "asymmetric": lambda _: AsymmetricLoss(),
    "categorical_crossentropy": lambda _: SharedCategoricalCrossentropy(),
}


def loss_names() -> tuple[str, ...]:
    return tuple(_LOSSES)


def make_loss(name: str, prevalence: np.ndarray) -> Any:
    """The Keras loss of that name.

    - "binary_crossentropy": each genre a Bernoulli variable of its own; the maximum likelihood of independent genres
      (Bishop 2006, "Pattern Recognition and Machine Learning", section 4.3.2). The default.
    - "weighted_binary_crossentropy": `WeightedBinaryCrossentropy`, by the odds against each genre.
    - "focal": easy genres count less (Lin et al. 2017, "Focal Loss for Dense Object Detection", equation 4, gamma 2).
    - "asymmetric": `AsymmetricLoss`.
    - "categorical_crossentropy": `SharedCategoricalCrossentropy`, for a softmax head alone.

    Args:
        name: one of `loss_names()`.
        prevalence: (G,), each genre's share of the training posters.
    """
    return _LOSSES[name](prevalence)
