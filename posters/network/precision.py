"""Which arithmetic a network computes in."""

from collections.abc import Iterator
from contextlib import contextmanager

from posters.network.tensorflow import keras, tf


def resolved_precision(precision: str) -> str:
    """What "auto" stands for: half precision on a GPU, which gains from it, and float32 on a CPU, which does not."""
    if precision != "auto":
        return precision
    return "mixed_float16" if tf.config.list_physical_devices("GPU") else "float32"


@contextmanager
def precision_policy(precision: str) -> Iterator[None]:
    """Layers made while the block runs compute in `precision`; their weights are float32 in any case."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
