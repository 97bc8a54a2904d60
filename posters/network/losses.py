"""Training losses by name, of probabilities; each gives one value per poster, the mean over the known genres.

Each computes from the logits that the probabilities were made of: in float32, a probability above 1 - 6e-8 is 1, and a
genre that is wrong there would teach nothing.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from posters.extensions import LOSSES
from posters.network.tensorflow import keras

ops = keras.ops

# Of a genre that 1 in 21 posters has; rarer genres count no more than these.
_LARGEST_WEIGHT = 20.0
# Probabilities this small have finite logarithms, and finite slopes of powers, in float32.
_TINY = 1e-37
# The logit of a genre that is as good as impossible, and whose slope is 0 in float32.
_IMPOSSIBLE = -200.0


@keras.saving.register_keras_serializable(package="posters")
class WeightedBinaryCrossentropy(keras.losses.Loss):
    r"""Binary cross-entropy whose positive terms count w_g times, genre by genre.

    .. math:: -\frac{1}{G} \sum_g w_g y_g \log p_g + (1 - y_g) \log(1 - p_g)

    The weights make up for a genre's rarity (King and Zeng 2001, "Logistic Regression in Rare Events Data", section
    4.2), and the probabilities come out too high by the same odds: judge them by their order, or by tuned thresholds.

    Args:
        positive_weights: (G,), w_g.
        name: of the Keras object.
        **kwargs: of `keras.losses.Loss`.

    Examples:
        >>> loss = WeightedBinaryCrossentropy([1.0, 2.0])
        >>> round(float(loss(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]))), 3)
        1.04
    """

    def __init__(
        self, positive_weights: Sequence[float] | np.ndarray, name: str = "weighted_binary_crossentropy", **kwargs: Any
    ):
        super().__init__(name=name, **kwargs)
        self.positive_weights = [float(weight) for weight in positive_weights]

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the losses (B,) of labels and probabilities (B, G)."""
        y_true, logits = ops.cast(y_true, y_pred.dtype), sigmoid_logits(y_pred)
        weights = ops.convert_to_tensor(self.positive_weights, y_pred.dtype)
        return ops.mean(weights * y_true * ops.softplus(-logits) + (1 - y_true) * ops.softplus(logits), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return what Keras needs to make the same loss again."""
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
        name: of the Keras object.
        **kwargs: of `keras.losses.Loss`.

    Examples:
        >>> loss = AsymmetricLoss()(np.array([[0.0]]), np.array([[0.05]]))  # no more probable than the margin
        >>> round(float(loss), 6) == 0
        True
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
        """Return the losses (B,) of labels and probabilities (B, G)."""
        y_true, logits = ops.cast(y_true, y_pred.dtype), sigmoid_logits(y_pred)
        # 1 - p as the sigmoid of -z, which is exact where p rounds to 1; clipped, since a power's slope at 0 may be
        # infinite, and a logarithm's is.
        against = ops.maximum(ops.sigmoid(-logits), _TINY)
        shifted = ops.maximum(ops.sigmoid(logits) - self.margin, _TINY)
        positive = ops.power(against, self.gamma_positive) * -ops.softplus(-logits)
        negative = ops.power(shifted, self.gamma_negative) * ops.log(ops.minimum(against + self.margin, 1.0))
        return -ops.mean(y_true * positive + (1 - y_true) * negative, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return what Keras needs to make the same loss again."""
        own = {"gamma_positive": self.gamma_positive, "gamma_negative": self.gamma_negative, "margin": self.margin}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="posters")
class SharedCategoricalCrossentropy(keras.losses.Loss):
    """Categorical cross-entropy of a softmax, with a poster's genres sharing one unit of probability.

    The wrong loss for the job, kept for comparison: a poster of two genres teaches that each is half true. A poster
    without a genre counts nothing.

    Args:
        name: of the Keras object.
        **kwargs: of `keras.losses.Loss`.

    Examples:
        >>> y_true, y_pred = np.array([[1.0, 1.0]]), np.array([[0.5, 0.5]])
        >>> round(float(SharedCategoricalCrossentropy()(y_true, y_pred)), 3)
        0.693
    """

    def __init__(self, name: str = "categorical_crossentropy", **kwargs: Any):
        super().__init__(name=name, **kwargs)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the losses (B,) of labels and probabilities (B, G)."""
        y_true = ops.cast(y_true, y_pred.dtype)
        shares = y_true / ops.maximum(ops.sum(y_true, axis=-1, keepdims=True), 1.0)
        return -ops.sum(shares * ops.log_softmax(_softmax_logits(y_pred), axis=-1), axis=-1)


@keras.saving.register_keras_serializable(package="posters")
class KnownLabels(keras.losses.Loss):
    r"""Another loss over the labels that are known alone; those that are -1 count nothing and pull nothing.

    Where a label is unknown, the other loss is given a label and a probability of 0, and so a constant. For a loss that
    is a mean over the genres, this is the mean over the known cells: its value is divided by their share, so that every
    known cell counts the same, however many its poster has, as in the likelihood of independent genres.

    .. math:: \frac{1}{q G} \sum_{g: y_g \ge 0} \ell(y_g, p_g)

    A softmax shares its unit of probability among the known genres instead, since to raise one there lowers all others.

    Args:
        loss: a Keras loss, which gives a value for each poster.
        known: q, the share of the training posters' labels that are known.
        softmax: whether the probabilities of a poster sum to 1.
        name: of the Keras object.
        **kwargs: of `keras.losses.Loss`.

    Examples:
        >>> loss = KnownLabels(keras.losses.BinaryCrossentropy(), known=0.5)
        >>> round(float(loss(np.array([[1.0, -1.0]]), np.array([[0.5, 0.9]]))), 3)
        0.693
    """

    def __init__(self, loss: Any, known: float, softmax: bool = False, name: str = "known_labels", **kwargs: Any):
        super().__init__(name=name, **kwargs)
        self.loss = loss
        self.known = known
        self.softmax = softmax

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the losses (B,) of labels and probabilities (B, G)."""
        y_true = ops.cast(y_true, y_pred.dtype)
        # Not multiplied by 0: a loss that is infinite somewhere would become NaN.
        known = y_true >= 0
        y_true, p = ops.where(known, y_true, 0.0), ops.where(known, y_pred, 0.0)
        if self.softmax:
            p = p / ops.maximum(ops.sum(p, axis=-1, keepdims=True), keras.config.epsilon())
        if (logits := getattr(y_pred, "_keras_logits", None)) is not None:
            # Handed on in Keras's own way, so that a loss of Keras finds them too.
            p._keras_logits = ops.where(known, logits, _IMPOSSIBLE)
        return self.loss.call(y_true, p) / (1.0 if self.softmax else self.known)

    def get_config(self) -> dict[str, Any]:
        """Return what Keras needs to make the same loss again."""
        own = {"loss": keras.losses.serialize(self.loss), "known": self.known, "softmax": self.softmax}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "KnownLabels":
        """Make the loss of a config."""
        return cls(**{**config, "loss": keras.losses.deserialize(config["loss"])})


def sigmoid_logits(y_pred: Any) -> Any:
    """Return the logits of a sigmoid's probabilities: its own input where Keras kept it, else computed from them.

    Computed, they end at about 16: there is no float32 closer to 1.

    Args:
        y_pred: probabilities (B, G), as a Keras layer with a sigmoid returned them, or any.

    Examples:
        >>> logits = ops.convert_to_tensor([[30.0]])
        >>> float(sigmoid_logits(keras.activations.sigmoid(logits))[0, 0])
        30.0
    """
    # Keras attaches them for its own cross-entropies to find; a test fails if it ever stops.
    if (kept := getattr(y_pred, "_keras_logits", None)) is not None:
        return kept
    p = _clipped(y_pred)
    return ops.log(p) - ops.log(1 - p)


def _softmax_logits(y_pred: Any) -> Any:
    kept = getattr(y_pred, "_keras_logits", None)
    return ops.log(_clipped(y_pred)) if kept is None else kept


def _clipped(y_pred: Any) -> Any:
    """Return probabilities whose logarithms are finite."""
    epsilon = keras.config.epsilon()
    return ops.clip(y_pred, epsilon, 1 - epsilon)


def positive_weights(prevalence: np.ndarray) -> np.ndarray:
    """Return the odds against each genre: (1 - p) / p for its share p of the training posters.

    Args:
        prevalence: p, (G,).

    Returns:
        (G,), at most 20 each, lest one poster outweigh a batch.

    Examples:
        >>> positive_weights(np.array([0.5, 0.1, 0.001])).tolist()
        [1.0, 9.0, 20.0]
    """
    weights: np.ndarray = np.minimum((1 - prevalence) / np.maximum(prevalence, 1e-9), _LARGEST_WEIGHT)
    return weights


# By the names of `posters.extensions.LOSSES.built_in`.
_LOSSES: dict[str, Callable[[np.ndarray], Any]] = {
    "binary_crossentropy": lambda _: keras.losses.BinaryCrossentropy(),
    "weighted_binary_crossentropy": lambda prevalence: WeightedBinaryCrossentropy(positive_weights(prevalence)),
    "focal": lambda _: keras.losses.BinaryFocalCrossentropy(gamma=2.0),
    "asymmetric": lambda _: AsymmetricLoss(),
    "categorical_crossentropy": lambda _: SharedCategoricalCrossentropy(),
}


def make_loss(name: str, prevalence: np.ndarray, known: float = 1.0) -> Any:
    """Return the Keras loss of that name; where labels are unknown, over the known ones alone (`KnownLabels`).

    - "binary_crossentropy": each genre a Bernoulli variable of its own; the maximum likelihood of independent genres
      (Bishop 2006, "Pattern Recognition and Machine Learning", section 4.3.2). The default.
    - "weighted_binary_crossentropy": `WeightedBinaryCrossentropy`, by the odds against each genre.
    - "focal": easy genres count less (Lin et al. 2017, "Focal Loss for Dense Object Detection", equation 4, gamma 2).
    - "asymmetric": `AsymmetricLoss`.
    - "categorical_crossentropy": `SharedCategoricalCrossentropy`, for a softmax head alone.
    - A name given to `posters.register_loss`: what was registered. It is given no unknown label either, unless it was
      registered with `takes_unknown`.

    Args:
        name: one that `TrainConfig.loss` accepts.
        prevalence: (G,), each genre's share of the training posters of which it is known.
        known: share of the training posters' labels that are known. If all are, the loss is used as it is.

    Examples:
        >>> make_loss("focal", np.array([0.5, 0.1])).gamma
        2.0
    """
    built_in = "softmax" if name == "categorical_crossentropy" else "sigmoid"
    make, head, takes_unknown = LOSSES.find(name) or (_LOSSES[name], built_in, False)
    loss = make(prevalence)
    return loss if known == 1 or takes_unknown else KnownLabels(loss, known, softmax=head == "softmax")
