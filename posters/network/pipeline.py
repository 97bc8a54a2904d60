"""Rows of an array to batches, in an order that depends on the seed and the epoch alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from posters.network.augment import augment, mixup
from posters.network.tensorflow import tf


@dataclass(frozen=True)
class Batches:
    """The training batches of every epoch.

    Because the order is a function of seed and epoch, an interrupted epoch can be gone on with at any step, without
    reading the posters before it again.

    Attributes:
        x: (N, ...), posters or features; may be mapped from disk.
        y: multi-hot (N, G).
        rows: those to train on.
        batch_size: rows in a step; each epoch leaves out the few rows that would not fill one.
        seed: of the order and the augmentation.
        augmented: whether `x` are uint8 posters to be changed a little each time.
        mixup: alpha of mixup; 0 blends nothing. Only for uint8 posters.
    """

    x: np.ndarray
    y: np.ndarray
    rows: np.ndarray
    batch_size: int
    seed: int
    augmented: bool = False
    mixup: float = 0.0

    @property
    def size(self) -> int:
        """Rows in a step; all of them where there are fewer than `batch_size`."""
        return min(self.batch_size, len(self.rows))

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return len(self.rows) // self.size

    def from_epoch(self, number: int, first_step: int = 0) -> Any:
        """The batches (x, y) from step `first_step` of epoch `number` on, as a tf.data.Dataset without end.

        Behind the last step of an epoch comes the first of the next: one dataset serves a whole training, since every
        new one takes a twentieth of a second to begin.
        """
        order_of = lru_cache(maxsize=1)(self._order)

        def gather(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            epoch, step = divmod(int(at), self.steps)
            chosen = order_of(epoch)[step * self.size : (step + 1) * self.size]
            return np.ascontiguousarray(self.x[chosen]), self.y[chosen].astype(np.float32)

        def load(at: Any) -> tuple[Any, Any]:
            x, y = tf.numpy_function(gather, [at], (self.x.dtype, tf.float32))
            x = tf.ensure_shape(x, (self.size, *self.x.shape[1:]))
            y = tf.ensure_shape(y, (self.size, self.y.shape[1]))
            return self._changed(x, y, tf.cast(at, tf.int32))

        steps = tf.data.Dataset.range(number * self.steps + first_step, tf.int64.max)
        return untuned(steps.map(load).prefetch(2))

    def _order(self, epoch: int) -> np.ndarray:
        return np.random.default_rng([self.seed, epoch]).permutation(self.rows)

    def _changed(self, x: Any, y: Any, step: Any) -> tuple[Any, Any]:
        """Augmented and blended, each by a seed that depends on the step of the whole training alone."""
        if self.augmented:
            x = augment(x, tf.stack([self.seed, step]))
        if self.mixup > 0:
            x, y = mixup(x, y, tf.stack([self.seed + 1, step]), self.mixup)
        return x, y


def in_order(x: np.ndarray, rows: Sequence[int] | np.ndarray, batch_size: int) -> Any:
    """Batches of `x` alone, of `rows` in their order, the last one perhaps smaller."""
    rows = np.asarray(rows)

    def load(start: Any) -> Any:
        batch = tf.numpy_function(lambda s: np.ascontiguousarray(x[rows[s : s + batch_size]]), [start], x.dtype)
        return tf.ensure_shape(batch, (None, *x.shape[1:]))

    starts = tf.data.Dataset.range(0, len(rows), batch_size)
    return untuned(starts.map(load).prefetch(2))


def untuned(dataset: Any) -> Any:
    """`dataset` without the thread that tunes it.

    There is nothing to tune, and the thread may be asleep when the last batch has been taken: it sleeps twice as long
    each time, up to a minute, and the end of the epoch waits for it.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
