"""Features too many for memory: their signed roots, standardised, in blocks read from where the features lie."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

# Bytes of features that are held at once: rows that take no more are one block, and are computed once.
MEMORY = 64 * 2**20
# Bytes of one of many blocks. They are read and computed anew in each pass, which is fastest in the processor's cache.
BLOCK = 4 * 2**20
# Keeps the slope of the square root finite at 0, where many pooled activations lie.
ROOT_EPSILON = 1e-3
_LEAST_DEVIATION = 1e-6


def signed_root(features: np.ndarray) -> np.ndarray:
    """Return x / sqrt(|x| + 0.001): the root that evens out features, with a finite slope at 0.

    Examples:
        >>> signed_root(np.array([-4.0, 0.0, 4.0])).round(2).tolist()
        [-2.0, 0.0, 2.0]
    """
    root = np.abs(features)
    # In place, since each copy may be as large as `MEMORY`.
    root += ROOT_EPSILON
    np.sqrt(root, out=root)
    return np.asarray(np.divide(features, root, out=root))


def row_blocks(features: np.ndarray, rows: np.ndarray | None = None) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield features in the order of `rows`: a single block if it takes at most `MEMORY`, else many of `BLOCK` bytes.

    Args:
        features: (N, F); may be mapped from disk.
        rows: n of them; by default all.

    Yields:
        where the block belongs among the n rows, and its features (b, F).

    Examples:
        >>> [(part.stop, block.tolist()) for part, block in row_blocks(np.arange(6.0).reshape(3, 2), np.array([2, 0]))]
        [(2, [[4.0, 5.0], [0.0, 1.0]])]
    """
    count, size = len(features if rows is None else rows), max(features[:1].nbytes, 1)
    step = max((count if count * size <= MEMORY else BLOCK // size), 1)
    for start in range(0, count, step):
        part = slice(start, min(start + step, count))
        yield part, features[part if rows is None else rows[part]]


def root_moments(features: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the means and variances of the signed roots of some rows, in one pass.

    Those of blocks are merged in float64 (Chan, Golub and LeVeque 1983, "Algorithms for Computing the Sample Variance:
    Analysis and Recommendations"): one long sum in float32 would lose a digit for each hundredfold of rows.

    Args:
        features: float (N, F); may be mapped from disk.
        rows: those that count, one at least.

    Returns:
        float64 (F,) each.

    Examples:
        >>> mean, variance = root_moments(np.array([[0.0], [9.0], [9.0]]), np.array([0, 1]))
        >>> float(mean[0].round(3)), float(variance[0].round(2))
        (1.5, 2.25)
    """
    mean, squares = np.zeros(features.shape[1]), np.zeros(features.shape[1])
    for part, block in row_blocks(features, rows):
        root, size = signed_root(block), part.stop - part.start
        shift = root.mean(axis=0) - mean
        squares += size * root.var(axis=0).astype(float) + shift**2 * (part.start * size / part.stop)
        mean += shift * size / part.stop
    return mean, squares / len(rows)


class Standardised:
    """The signed roots of some rows of features, with mean 0 and variance 1 over these rows.

    Args:
        features: float (N, F); may be mapped from disk.
        rows: n of them.

    Attributes:
        mean: (F,), of the signed roots.
        deviation: (F,), what they are divided by; above 0.
        dtype: of the features, and of all that is computed of them.

    Examples:
        >>> x = Standardised(np.array([[0.0], [9.0], [4.0]]), np.array([0, 1]))
        >>> len(x), [block.round(3).tolist() for _, block in x.blocks()], x.gram.round(3).tolist()
        (2, [[[-1.0], [1.0]]], [[2.0]])
        >>> x.of(np.array([[9.0]])).round(3).tolist()
        [[1.0]]
    """

    def __init__(self, features: np.ndarray, rows: np.ndarray) -> None:
        self.dtype = features.dtype
        self._features, self._rows = features, rows
        self._whole: np.ndarray | None = None
        if len(rows) * features[:1].nbytes <= MEMORY:
            self._whole = signed_root(features[rows])
            self.mean = self._whole.mean(axis=0)
            self._whole -= self.mean
            self.deviation = self._whole.std(axis=0) + _LEAST_DEVIATION
            self._whole /= self.deviation
        else:
            mean, variance = root_moments(features, rows)
            self.mean = mean.astype(self.dtype)
            self.deviation = np.sqrt(variance).astype(self.dtype) + _LEAST_DEVIATION

    def __len__(self) -> int:
        return len(self._rows)

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield where each block belongs among the n rows, and its standardised features (b, F)."""
        if self._whole is not None:
            yield slice(0, len(self)), self._whole
            return
        for part, block in row_blocks(self._features, self._rows):
            yield part, self.of(block)

    def of(self, features: np.ndarray) -> np.ndarray:
        """Return any features (b, F) on the scale of these."""
        x = signed_root(features)
        x -= self.mean
        x /= self.deviation
        return x

    @cached_property
    def gram(self) -> np.ndarray:
        """(F, F): the products of the standardised features with each other, summed over the n rows."""
        return np.asarray(sum(block.T @ block for _, block in self.blocks()))
