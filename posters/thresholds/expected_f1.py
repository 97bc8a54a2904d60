"""The genres of one poster with the best expected F1: for a reader, who sees one poster and not one genre."""

import numpy as np

from posters.errors import ScoresError


def expected_f1_decisions(y_score: np.ndarray, most: int | None = None) -> np.ndarray:
    r"""For each poster, predict the genres whose F1 is expected to be highest; one at least, and at most `most`.

    If genres are independent given the poster, the best set of k genres is the k likeliest (Lewis 1995, "Evaluating and
    Optimizing Autonomous Text Classification Systems"), and its expected F1 is exactly

    .. math:: \sum_{i \le k} \sum_s \frac{2 p_i P(|Y_{-i}| = s)}{k + s + 1},

    where the number of the other genres, :math:`|Y_{-i}|`, has a Poisson-binomial distribution. The k with the highest
    sum is taken (Ye, Chai, Lee and Chieu 2012, "Optimizing F-Measures: A Tale of Two Approaches"; the sum over i and s
    is the one of Dembczynski, Waegeman, Cheng and Huellermeier 2011, "An Exact Algorithm for F-Measure Maximization").
    No label is needed: it is as good as the probabilities are calibrated. A poster without genres has an F1 of 0
    whatever is predicted, and so has no say in k.

    Args:
        y_score: calibrated probabilities (N, G).
        most: predict at most this many genres, from 1 up; by default any number.

    Returns:
        uint8 (N, G).

    Raises:
        ScoresError: `y_score` is no matrix with a column, or `most` is below 1.

    Examples:
        >>> expected_f1_decisions(np.array([[0.9, 0.7, 0.05], [0.3, 0.1, 0.02]])).tolist()
        [[1, 1, 0], [1, 0, 0]]
    """
    if y_score.ndim != 2 or not y_score.shape[1]:
        raise ScoresError(f"y_score must have the shape (N, G) with a genre, but got {y_score.shape}")
    if most is not None and most < 1:
        raise ScoresError(f"most must be 1 or more genres, but got {most!r}")
    # Stable: of two genres as likely, the first is predicted on every machine.
    order = np.argsort(-y_score, axis=1, kind="stable")
    largest = min(most or y_score.shape[1], y_score.shape[1])
    gains = _gains(np.take_along_axis(y_score, order, axis=1).astype(np.float64), largest)
    size = gains.argmax(axis=1) + 1
    y_pred = np.zeros(y_score.shape, np.uint8)
    np.put_along_axis(y_pred, order, (np.arange(y_score.shape[1]) < size[:, None]).astype(np.uint8), axis=1)
    return y_pred


def _gains(p: np.ndarray, largest: int) -> np.ndarray:
    """Expected F1 of the k likeliest genres for k from 1 to `largest`, (N, largest); `p` is highest first."""
    sizes = np.arange(1, largest + 1)
    total = np.zeros((len(p), largest))
    for i in range(largest):
        # Computed anew for each genre: dividing one out of a common distribution loses digits where p is nearly 1.
        others = np.zeros_like(p)
        others[:, 0] = 1
        for q in np.delete(p, i, axis=1).T:
            others[:, 1:] = others[:, 1:] * (1 - q)[:, None] + others[:, :-1] * q[:, None]
            others[:, 0] *= 1 - q
        weights = 2 / (sizes[:, None] + np.arange(p.shape[1]) + 1)
        total[:, i:] += p[:, i : i + 1] * (others @ weights.T)[:, i:]
    return total
