"""The order of an epoch whose posters are shuffled within a window, so that only a few shards are read at a time."""

import math

import numpy as np

# Posters in a shard: 18 MB at 288x192, which a store gives out at full speed. A constant: the order depends on it.
SHARD = 256

# Of a training from shards, unless it is given: posters that are shuffled among each other.
WINDOW = 8_192

# Each batch takes equal shares from so many parts of the epoch, so that up to eight workers read parts of their own.
# The number of workers must not change the order.
_LANES = 8


def pair_order(size: int) -> np.ndarray:
    """Return the places of a batch in an order that keeps those together that mixup blends: the first and the last...

    Examples:
        >>> pair_order(5).tolist()
        [0, 4, 1, 3, 2]
    """
    places = np.arange(size)
    return np.stack([places, places[::-1]], axis=1).ravel()[:size]


def windowed_order(
    rows: np.ndarray, shards: np.ndarray, window: int, size: int, rng: np.random.Generator
) -> np.ndarray:
    """Shuffle rows so that those of a shard are taken soon after each other.

    Shards come in a random order, each with its rows at random, and every row then moves back by a random number of
    places: of those that a shuffle buffer of this size has in it. Each batch takes equal shares of several such lanes.

    Args:
        rows: int (n,).
        shards: int (n,), the shard of each row.
        window: rows that are mixed with each other, all lanes together; below n.
        size: rows in a batch, at most n.
        rng: what it is drawn with.

    Returns:
        (m,), those of the whole batches: lanes in `pair_order`, batch by batch.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> windowed_order(np.arange(12), np.arange(12) // 3, window=4, size=4, rng=rng)
        array([ 4,  1,  9,  6,  5,  0, 11,  8,  3,  2, 10,  7])
    """
    lanes, steps = math.gcd(size, _LANES), len(rows) // size
    place = rng.permutation(int(shards.max()) + 1)[shards]
    each = steps * size // lanes
    parts = rows[np.lexsort((rng.random(len(rows)), place))][: each * lanes].reshape(lanes, each)
    moved = np.arange(each) + rng.random((lanes, each)) * (window / lanes)
    parts = np.take_along_axis(parts, np.argsort(moved, axis=1), axis=1)
    batches = np.empty((steps, size), rows.dtype)
    batches[:, pair_order(size)] = parts.reshape(lanes, steps, size // lanes).swapaxes(0, 1).reshape(steps, size)
    return batches.ravel()


def shards_at_once(rows: np.ndarray, shards: np.ndarray, window: int, workers: int = 1) -> int:
    """Return how many shards a reader in `windowed_order` should keep at hand, so that it reads each only once.

    Args:
        rows: int (n,), those of an epoch.
        shards: int (n,), the shard of each.
        window: as in `windowed_order`; 0 for everything at once.
        workers: that read a part each.

    Examples:
        >>> shards_at_once(np.arange(10_000), np.arange(10_000) // 100, window=1_600)
        32
    """
    there = len(np.unique(shards))
    if not 0 < window < len(rows):
        return there
    lanes = -(-_LANES // workers)
    # One more than the window covers, since it begins and ends within a shard; and the one that is read next.
    return min(there, lanes * (math.ceil(window / _LANES * there / len(rows)) + 2))
