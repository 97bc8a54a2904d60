"""The nearest rows, by looking at every one."""

import numpy as np

_BLOCK = 4096  # rows compared at a time: bounds the memory, however many there are


def nearest_rows(rows: np.ndarray, queries: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows whose product with each query is largest, the largest first; of equal ones the earlier first.

    Args:
        rows: float32 (N, F), perhaps mapped from disk.
        queries: float32 (Q, F).
        count: how many; all if there are fewer.

    Returns:
        their places, int64 (Q, n), and their products, float32 (Q, n), with n = min(count, N).
    """
    places = np.empty((len(queries), 0), np.int64)
    products = np.empty((len(queries), 0), np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = queries @ rows[start : start + _BLOCK].T
        here = np.broadcast_to(np.arange(start, start + block.shape[1]), block.shape)
        places, products = largest(np.hstack([places, here]), np.hstack([products, block]), count)
    return places, products


def largest(places: np.ndarray, products: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The places (Q, M) with the largest products (Q, M), at most `count` of each row, in order."""
    if products.shape[1] > count:
        chosen = np.argpartition(-products, count - 1, axis=1)[:, :count]
        places, products = (np.take_along_axis(values, chosen, 1) for values in (places, products))
    order = np.lexsort((places, -products), axis=1)
    return np.take_along_axis(places, order, 1), np.take_along_axis(products, order, 1)
