"""Training data: batches in an order that depends on the seed and the epoch alone, augmentation, and mixup.

Where several devices share a batch, each reads, augments and blends its own part of it alone, with what was drawn for
the whole.

Every change to a poster is drawn from the seed and the step, so that a resumed run sees what an uninterrupted one would
have seen. The changes are mild and leave a poster's genre alone: titles are text and faces stand upright, so nothing is
turned upside down.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from posters.network.tensorflow import tf
from posters.store.rows import Rows
from posters.store.shards import ShardedPosters
from posters.store.shuffling import pair_order, windowed_order

_SHIFT = 0.06  # of the height and width, to each side
_ZOOM = (0.85, 1.1)  # below 1 enlarges the poster
_STRETCH = 4 / 3  # of a crop's width to its height, at most, and at least the inverse
_COLOUR = 0.2  # how far brightness, contrast and saturation may go from 1


@dataclass(frozen=True)
class Batches:
    """The training batches of every epoch.

    Because the order is a function of seed and epoch, an interrupted epoch can be resumed at any step, without reading
    the posters before it again.

    Attributes:
        x: (N, ...), posters or features; may be mapped from disk, or in shards.
        y: multi-hot (N, G), -1 where a label is unknown.
        rows: int (n,), those to train on.
        batch_size: rows in a step; each epoch leaves out the few rows that would not fill one.
        seed: of the order and the augmentation.
        augmented: whether `x` are uint8 posters to be changed a little each time.
        mixup: alpha of mixup; 0 blends nothing. Only for uint8 posters.
        crop: of augmented posters, as `augment` takes it.
        weights: (n,), from 0 to 1, how likely each of `rows` is to be in an epoch, which has as many rows as they sum
            up to; by default all are in each.
        window: rows that are mixed with each other, as `windowed_order` does it; 0 shuffles all of them.
        shards: int (N,), the shard of each row of x; for a window alone.

    Examples:
        >>> x, y = np.arange(10.0, dtype=np.float32)[:, None], np.ones((10, 2), np.uint8)
        >>> batches = Batches(x, y, rows=np.arange(10), batch_size=4, seed=0)
        >>> batches.steps, next(iter(batches.from_epoch(0)))[0].shape
        (2, TensorShape([4, 1]))
    """

    x: Rows
    y: np.ndarray
    rows: np.ndarray
    batch_size: int
    seed: int
    augmented: bool = False
    mixup: float = 0.0
    crop: float = 1.0
    weights: np.ndarray | None = None
    window: int = 0
    shards: np.ndarray | None = None

    @property
    def size(self) -> int:
        """Rows in a step; all of an epoch's where there are fewer than `batch_size`."""
        return min(self.batch_size, self._rows_of_epoch)

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return self._rows_of_epoch // self.size

    @property
    def _rows_of_epoch(self) -> int:
        return len(self.rows) if self.weights is None else max(1, int(self.weights.sum()))

    def order(self, epoch: int) -> np.ndarray:
        """Return the rows (m,) of an epoch in the order of its batches, and perhaps some that fill none."""
        rng = np.random.default_rng([self.seed, epoch])
        rows = self.rows
        if self.weights is not None:
            # Systematic sampling of shuffled rows: each is taken exactly as often as it weighs, and at most once.
            shuffled = rng.permutation(len(rows))
            drawn = rng.random() + np.arange(self._rows_of_epoch)
            places = np.searchsorted(np.cumsum(self.weights[shuffled]), drawn, "right")
            rows = rows[shuffled[np.minimum(places, len(rows) - 1)]]
        if self.shards is None or not 0 < self.window < len(rows):
            return rng.permutation(rows)
        return windowed_order(rows, self.shards[rows], self.window, self.size, rng)

    def from_epoch(self, number: int, first_step: int = 0, replicas: range = range(1), of: int = 1) -> Any:
        """Return the batches (x, y) from step `first_step` of epoch `number` on, as an endless tf.data.Dataset.

        The first step of an epoch follows the last one of the epoch before: one dataset serves a whole fit, since
        each new one takes a twentieth of a second to begin.

        Args:
            number: of the epoch, from 0.
            first_step: from 0.
            replicas: numbers of the devices that take parts of each batch from this dataset, in turn.
            of: how many devices share each batch equally.
        """
        places = [self._places(replica, of) for replica in replicas]

        @lru_cache(maxsize=1)
        def order_of(epoch: int) -> np.ndarray:
            return self.order(epoch)

        # Read here, by row, because tf.data would copy arrays that are mapped from disk into memory as a whole.
        def gather(at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
            step, replica = divmod(int(at), len(replicas))
            epoch, step = divmod(step, self.steps)
            needed, own = places[replica]
            chosen = order_of(epoch)[step * self.size + needed]
            return np.ascontiguousarray(self.x[chosen]), self.y[chosen].astype(np.float32), needed, own

        def load(at: Any) -> tuple[Any, Any]:
            x, y, needed, own = tf.numpy_function(gather, [at], (self.x.dtype, tf.float32, tf.int64, tf.int64))
            x = tf.ensure_shape(x, (None, *self.x.shape[1:]))
            y = tf.ensure_shape(y, (None, self.y.shape[1]))
            needed, own = tf.ensure_shape(needed, (None,)), tf.ensure_shape(own, (None,))
            # The seeds depend on the step of the whole fit alone, and so survive a kill.
            step, among = tf.cast(at // len(replicas), tf.int32), (needed, self.size)
            if self.augmented:
                x = augment(x, tf.stack([self.seed, step]), self.crop, among)
            if self.mixup > 0:
                x, y = mixup(x, y, tf.stack([self.seed + 1, step]), self.mixup, among)
                x, y = tf.gather(x, own), tf.gather(y, own)
            count = self.size // of
            return tf.ensure_shape(x, (count, *self.x.shape[1:])), tf.ensure_shape(y, (count, self.y.shape[1]))

        first = (number * self.steps + first_step) * len(replicas)
        # Two batches ahead keep the device busy.
        return untuned(tf.data.Dataset.range(first, tf.int64.max).map(load).prefetch(2 * len(replicas)))

    def _places(self, replica: int, of: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the places of a batch that a device must read, in order, and which of these are its own."""
        count = self.size // of
        # Neighbours of this order are blended, so that next to nothing is read that isn't the device's own.
        own = np.sort(pair_order(self.size)[replica * count : (replica + 1) * count])
        needed = np.union1d(own, self.size - 1 - own) if self.mixup > 0 else own
        return needed, np.searchsorted(needed, own)


@contextmanager
def failures_named(x: Rows) -> Iterator[None]:
    """Raise what reading posters raised, where TensorFlow raises a page of text about it.

    Examples:
        >>> with failures_named(np.zeros(3)):
        ...     print("nothing happened")
        nothing happened
    """
    try:
        yield
    except tf.errors.OpError:
        if isinstance(x, ShardedPosters) and x.failure:
            raise x.failure from None
        raise


def in_order(x: Rows, rows: Sequence[int] | np.ndarray, batch_size: int) -> Any:
    """Return batches of `x` alone, of `rows` in their order; the last batch may be smaller.

    Args:
        x: (N, ...); may be mapped from disk, or in shards.
        rows: those to take.
        batch_size: rows in a batch.

    Returns:
        A tf.data.Dataset of arrays (b, ...).

    Examples:
        >>> x = np.arange(10)[:, None]
        >>> [batch.numpy().ravel().tolist() for batch in in_order(x, [7, 1, 4], batch_size=2)]
        [[7, 1], [4]]
    """
    rows = np.asarray(rows)

    def load(start: Any) -> Any:
        batch = tf.numpy_function(lambda s: np.ascontiguousarray(x[rows[s : s + batch_size]]), [start], x.dtype)
        return tf.ensure_shape(batch, (None, *x.shape[1:]))

    starts = tf.data.Dataset.range(0, len(rows), batch_size)
    return untuned(starts.map(load).prefetch(2))


def untuned(dataset: Any) -> Any:
    """Return `dataset` without the thread that tunes it.

    There is nothing to tune, and the thread may be asleep when the last batch has been taken: it sleeps twice as long
    each time, up to a minute, and the end of the epoch waits for it.

    Examples:
        >>> untuned(tf.data.Dataset.range(3)).options().autotune.enabled
        False
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def augment(posters: Any, seed: Any, crop: float = 1.0, among: tuple[Any, int] | None = None) -> Any:
    """Shift and zoom, or crop, each poster on its own; mirror and recolour it.

    Args:
        posters: uint8 (B, H, W, 3).
        seed: int32 (2,); the same seed gives the same changes.
        crop: smallest share of the area that a random crop keeps, above 0; 1 shifts and zooms a little instead.
        among: the posters' places (B,) in a larger batch, and its size, to change them as there.

    Returns:
        uint8 (B, H, W, 3).

    Examples:
        >>> augment(np.zeros((2, 30, 20, 3), np.uint8), [0, 1], crop=0.6).shape
        TensorShape([2, 30, 20, 3])
    """
    # A seed of its own for each part: with one for both, the shift would tell the brightness.
    seeds = tf.random.split(seed, 2) if hasattr(tf.random, "split") else tf.random.experimental.stateless_split(seed, 2)
    size = tf.cast(tf.shape(posters)[1:3][::-1], tf.float32)
    places, batch = among or _alone(posters)
    boxes = _crops(batch, size, seeds[0], crop) if crop < 1 else _shifts(batch, size, seeds[0])
    scales, offsets = (tf.gather(values, places) for values in boxes)
    # The order matters little at factors near 1, but a change of it changes every run.
    factors = tf.random.stateless_uniform([3, batch, 1, 1, 1], seeds[1], 1 - _COLOUR, 1 + _COLOUR)
    recoloured = _recolour(_resample(tf.cast(posters, tf.float32), scales, offsets), tf.gather(factors, places, axis=1))
    return tf.cast(tf.clip_by_value(tf.round(recoloured), 0, 255), tf.uint8)


def _alone(posters: Any) -> tuple[Any, Any]:
    batch = tf.shape(posters)[0]
    return tf.range(batch), batch


def _shifts(batch: Any, size: Any, seed: Any) -> tuple[Any, Any]:
    """Draw a zoom, a shift and a mirror for each poster; return the scales and offsets (B, 2) of x and y."""
    draws = tf.random.stateless_uniform([batch, 4], seed)
    zoom = _ZOOM[0] + draws[:, 0] * (_ZOOM[1] - _ZOOM[0])
    scales = tf.stack([zoom * _mirror(draws[:, 1]), zoom], axis=1)
    # What keeps the poster's middle in the middle, and then the shift.
    return scales, (size - 1) / 2 * (1 - scales) + (draws[:, 2:] * 2 - 1) * _SHIFT * size


def _crops(batch: Any, size: Any, seed: Any, smallest: float) -> tuple[Any, Any]:
    """Draw a box within each poster (Szegedy et al. 2015, "Going Deeper with Convolutions", section 6) and a mirror.

    Returns:
        Scales and offsets (B, 2) of x and y, as `_resample` takes them.
    """
    draws = tf.random.stateless_uniform([batch, 5], seed)
    area = smallest + draws[:, 0] * (1 - smallest)
    stretch = tf.exp((draws[:, 2] * 2 - 1) * np.log(_STRETCH) / 2)
    # A box as wide or as high as the poster at most: near the whole area there is no room to stretch.
    sides = tf.minimum(tf.sqrt(area)[:, None] * tf.stack([stretch, 1 / stretch], axis=1), 1.0)
    corners = draws[:, 3:] * (1 - sides) * (size - 1)
    mirror = _mirror(draws[:, 1])[:, None] * [1.0, 0.0] + [0.0, 1.0]
    # Mirrored, a box is read from its other end.
    return sides * mirror, corners + tf.where(mirror < 0, sides * (size - 1), 0.0)


def _mirror(draws: Any) -> Any:
    return tf.where(draws < 0.5, -1.0, 1.0)


def _resample(posters: Any, scales: Any, offsets: Any) -> Any:
    """Take pixel (x, y) of each poster from `scales * (x, y) + offsets`, reflecting the poster beyond its edges."""
    zero = tf.zeros_like(scales[:, 0])
    rows = [scales[:, 0], zero, offsets[:, 0], zero, scales[:, 1], offsets[:, 1], zero, zero]
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=posters,
        transforms=tf.stack(rows, axis=1),
        output_shape=tf.shape(posters)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )


def _recolour(posters: Any, factors: Any) -> Any:
    """Change saturation, contrast and brightness of each poster, in this order, by factors (3, B, 1, 1, 1)."""
    brightness, contrast, saturation = factors[0], factors[1], factors[2]
    grey = tf.reduce_mean(posters, axis=3, keepdims=True)
    coloured = grey + (posters - grey) * saturation
    mean = tf.reduce_mean(coloured, axis=[1, 2, 3], keepdims=True)
    return (mean + (coloured - mean) * contrast) * brightness


def mixup(posters: Any, y_true: Any, seed: Any, alpha: float, among: tuple[Any, int] | None = None) -> tuple[Any, Any]:
    r"""Blend each poster, and its genres, with another one of the batch (Zhang et al. 2018, "mixup", equation 1).

    .. math:: \tilde x_i = \lambda_i x_i + (1 - \lambda_i) x_{B-1-i}, \quad
        \lambda_i = \max(l, 1 - l), \; l \sim \mathrm{Beta}(\alpha, \alpha)

    Two genres half true ask for a probability of a half each, which only independent sigmoids can give. A genre that is
    unknown for one of the two posters is unknown for their blend.

    Args:
        posters: uint8 (B, H, W, 3).
        y_true: float32 (B, G), from 0 to 1, or -1 where a label is unknown.
        seed: int32 (2,); the same seed gives the same blends.
        alpha: above 0; the larger, the closer the blends are to even.
        among: the posters' places (B,) in a larger batch, and its size, to blend them as there; with each place, its
            counterpart from the other end must be there, too.

    Returns:
        uint8 (B, H, W, 3) and float32 (B, G).

    Examples:
        >>> posters, y_true = np.zeros((2, 6, 4, 3), np.uint8), np.eye(2, dtype=np.float32)
        >>> bool((mixup(posters, y_true, [0, 1], alpha=0.4)[1].numpy().sum(axis=1) == 1).all())
        True
    """
    places, batch = among or _alone(posters)
    # The first of two gamma variates as a share of both is a beta variate.
    draws = tf.gather(tf.random.stateless_gamma([2, batch], seed, alpha), places, axis=1)
    share = draws[0] / tf.maximum(draws[0] + draws[1], 1e-30)
    # The larger part is the poster's own: both posters of a pair are blended, and would else give one blend twice.
    share = tf.maximum(share, 1 - share)
    pixels = share[:, None, None, None]
    floats = tf.cast(posters, tf.float32)
    mixed = pixels * floats + (1 - pixels) * tf.reverse(floats, [0])
    labels, others = share[:, None], tf.reverse(y_true, [0])
    blended = labels * y_true + (1 - labels) * others
    return tf.cast(tf.round(mixed), tf.uint8), tf.where(tf.minimum(y_true, others) < 0, -1.0, blended)
