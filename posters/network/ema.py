"""Exponential moving average of a model's weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from posters.network.tensorflow import tf


class MovingAverage:
    r"""Averages the weights of the last steps, which generalise better than those of the last one alone.

    .. math:: \bar w_t = d_t \bar w_{t-1} + (1 - d_t) w_t, \quad d_t = \min(d, (1 + t) / (10 + t))

    The rising d_t, as in TensorFlow's ExponentialMovingAverage, lets a short training forget where it began (Tarvainen
    and Valpola 2017, "Mean teachers are better role models", on averaging weights).

    Args:
        variables: Keras variables of the model, statistics of batch normalisation included; those that are not floats
            are not averaged.
        decay: d, at least 0 and below 1; 0 makes the average the weights themselves.
    """

    def __init__(self, variables: list[Any], decay: float) -> None:
        self.decay = decay
        self.variables = [variable for variable in variables if "float" in str(variable.dtype)]
        self.averages = [tf.Variable(variable.value, trainable=False) for variable in self.variables]
        self.step = tf.Variable(0.0, trainable=False)

    @property
    def state(self) -> list[Any]:
        """The variables that a checkpoint must hold."""
        return [*self.averages, self.step]

    def update(self) -> None:
        """Take in the present weights; may be called inside a `tf.function`."""
        self.step.assign_add(1.0)
        decay = tf.minimum(self.decay, (1 + self.step) / (10 + self.step))
        for average, variable in zip(self.averages, self.variables, strict=True):
            average.assign(decay * average + (1 - decay) * tf.cast(variable.value, average.dtype))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """While the block runs, the model has the averages for weights."""
        own = [np.array(variable.value.numpy()) for variable in self.variables]
        for average, variable in zip(self.averages, self.variables, strict=True):
            variable.assign(average)
        try:
            yield
        finally:
            for value, variable in zip(own, self.variables, strict=True):
                variable.assign(value)
