"""Tests of whether two samples come from one distribution, each with its p-value."""

from math import comb, exp

import numpy as np

# A kernel matrix grows with the square: 1,000 of each sample take 32 MB and a second.
MOST_IN_KERNEL = 1000
PERMUTATIONS = 999
# Of the covariance towards a sphere of its mean variance, which makes it invertible with fewer posters than features.
SHRINKAGE = 0.3
_RIDGE = 0.1


def classifier_test(reference: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Try to tell two samples apart: classifier two-sample test (Lopez-Paz and Oquab, 2017).

    A ridge regression on standardised features learns from one half of each sample, and ranks the other half. The
    p-value permutes the ranks of that half, so that it holds whatever was learned.

    Args:
        reference: features (N, F), of two posters or more.
        new: features (M, F), likewise.
        rng: draws halves and permutations.

    Returns:
        The area under the ROC curve, 0.5 where the samples can't be told apart and 1 where they don't overlap, and the
        p-value that it is no more than 0.5.

    Examples:
        >>> rng = np.random.default_rng(7)
        >>> classifier_test(rng.normal(0, 1, (50, 3)), rng.normal(9, 1, (50, 3)), rng)
        (1.0, 0.001)
    """
    halves = [np.array_split(rng.permutation(rows), 2) for rows in (reference, new)]
    x, held = (np.concatenate(pair).astype(np.float64) for pair in zip(*halves, strict=True))
    y = np.repeat([-1.0, 1.0], [len(learned) for learned, _ in halves])
    mean, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    weights = ridge_weights((x - mean) / spread, y)
    first, second = (len(ranked) for _, ranked in halves)
    ranks = average_ranks((held - mean) / spread @ weights)
    # Which ranks are the second sample's: as they are, and as chance would deal them.
    sums = np.array([ranks[first:].sum(), *(rng.permutation(ranks)[first:].sum() for _ in range(PERMUTATIONS))])
    areas = (sums - second * (second + 1) / 2) / (first * second)
    return float(areas[0]), float((areas >= areas[0] - 1e-12).mean())


def ridge_weights(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the weights of a ridge regression of `y` (N,) on `x` (N, F), with its mean taken off.

    Examples:
        >>> ridge_weights(np.array([[-1.0], [1.0]]), np.array([-1.0, 1.0])).round(3).tolist()
        [0.909]
    """
    return np.linalg.solve(x.T @ x + _RIDGE * len(x) * np.eye(x.shape[1]), x.T @ (y - y.mean()))


def average_ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks from 1 up, float64 (N,); equal values share the mean of theirs.

    Examples:
        >>> average_ranks(np.array([5.0, 1.0, 5.0])).tolist()
        [2.5, 1.0, 2.5]
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]


def mmd_test(reference: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Compare two samples by their maximum mean discrepancy (Gretton et al., 2012).

    The kernel is Gaussian, its width the median distance of all pairs. Of more than `MOST_IN_KERNEL` posters, so many
    are drawn.

    Args:
        reference: features (N, F).
        new: features (M, F).
        rng: draws posters and permutations.

    Returns:
        The squared discrepancy, biased, from 0 up, and the p-value by permutation.

    Examples:
        >>> rng = np.random.default_rng(7)
        >>> mmd_test(rng.normal(0, 1, (50, 3)), rng.normal(9, 1, (50, 3)), rng)[1]
        0.001
    """
    drawn = [rng.permutation(rows)[:MOST_IN_KERNEL] for rows in (reference, new)]
    kernel = gaussian_kernel(np.concatenate(drawn).astype(np.float64))
    signs = np.repeat([1 / len(drawn[0]), -1 / len(drawn[1])], [len(rows) for rows in drawn])
    dealt = np.array([signs, *(rng.permutation(signs) for _ in range(PERMUTATIONS))])
    found = np.einsum("bn,bn->b", dealt @ kernel, dealt)
    return float(max(found[0], 0.0)), float((found >= found[0] - 1e-12).mean())


def gaussian_kernel(rows: np.ndarray) -> np.ndarray:
    """Return exp(-d² / 2m²) for each pair (N, N) of rows at distance d; m is the median distance.

    Examples:
        >>> gaussian_kernel(np.array([[0.0], [1.0]])).round(3).tolist()
        [[1.0, 0.607], [0.607, 1.0]]
    """
    lengths = (rows**2).sum(axis=1)
    squares = np.maximum(lengths[:, None] + lengths - 2 * rows @ rows.T, 0.0)
    median = np.median(squares[np.triu_indices(len(rows), 1)])
    return np.asarray(np.exp(-squares / max(2 * median, 1e-12)))


def ks_test(reference: np.ndarray, new: np.ndarray) -> tuple[float, float]:
    """Compare two samples of one score by the Kolmogorov-Smirnov test.

    Args:
        reference: scores (N,).
        new: scores (M,).

    Returns:
        The greatest distance of the two cumulative distributions, from 0 to 1, and its asymptotic p-value.

    Examples:
        >>> ks_test(np.array([0.1, 0.2]), np.array([0.8, 0.9]))[0]
        1.0
    """
    places = np.concatenate([reference, new])
    below = [np.searchsorted(np.sort(sample), places, side="right") / len(sample) for sample in (reference, new)]
    distance = float(np.abs(below[0] - below[1]).max())
    scaled = distance**2 * len(reference) * len(new) / len(places)
    # Kolmogorov's series hardly converges near 0, where the p-value is 1 to twelve digits.
    p_value = 1.0 if scaled < 0.04 else 2 * sum((-1) ** (k - 1) * exp(-2 * k * k * scaled) for k in range(1, 101))
    return distance, min(1.0, max(0.0, p_value))


def outlier_test(reference: np.ndarray, new: np.ndarray, rng: np.random.Generator) -> tuple[float, float, float]:
    """Count new posters whose features are further from the reference than those of nearly all of its own posters.

    A Gaussian is fitted on one half of the reference. The threshold is the Mahalanobis distance that one in a hundred
    of the other half reaches.

    Args:
        reference: features (N, F), of two posters or more.
        new: features (M, F).
        rng: draws the halves.

    Returns:
        The share of new posters beyond the threshold, the share expected of posters like the reference, and the exact
        p-value of so many.

    Examples:
        >>> rng = np.random.default_rng(7)
        >>> outlier_test(rng.normal(0, 1, (400, 3)), rng.normal(9, 1, (50, 3)), rng)[0]
        1.0
    """
    fitted, held = np.array_split(rng.permutation(reference).astype(np.float64), 2)
    mean, scatter = fitted.mean(axis=0), np.cov(fitted, rowvar=False, bias=True).reshape(fitted.shape[1], -1)
    round_one = max(float(np.trace(scatter)) / len(scatter), 1e-12) * np.eye(len(scatter))
    precision = np.linalg.inv((1 - SHRINKAGE) * scatter + SHRINKAGE * round_one)
    own, others = (np.einsum("nf,fg,ng->n", rows - mean, precision, rows - mean) for rows in (held, new))
    allowed = max(1, round(0.01 * (len(held) + 1)))
    beyond = int((others > np.sort(own)[-allowed]).sum())
    expected = allowed / (len(held) + 1)
    return beyond / len(new), expected, chance_beyond(beyond, allowed, len(held), len(new))


def chance_beyond(beyond: int, allowed: int, held: int, new: int) -> float:
    """Return how likely `beyond` or more of `new` values lie above the `allowed`-th greatest of `held` others.

    All values are of one distribution. So many lie there if, of the `beyond + allowed - 1` greatest of all, fewer than
    `allowed` are among the others: a hypergeometric probability.

    Examples:
        >>> chance_beyond(beyond=1, allowed=1, held=3, new=1)
        0.25
    """
    top = beyond + allowed - 1
    ways = sum(comb(held, others) * comb(new, top - others) for others in range(min(allowed, top + 1)))
    return ways / comb(held + new, top)
