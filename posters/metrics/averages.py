"""From a figure per genre to the other averages that scikit-learn knows by name."""

from collections.abc import Callable

import numpy as np

# (y_true, y_score or y_pred) -> figures, one for each column.
PerGenre = Callable[[np.ndarray, np.ndarray], np.ndarray]


def mean_of_defined(values: np.ndarray | float) -> float:
    """The mean of the values that are not NaN; NaN when there are none. Over genres: `average="macro"`.

    Examples:
        >>> mean_of_defined(np.array([0.5, np.nan, 1.0]))
        0.75
    """
    defined = np.asarray(values)[~np.isnan(values)]
    return float(defined.mean()) if defined.size else float("nan")


def micro(per_genre: PerGenre) -> PerGenre:
    """`per_genre` over all pairs of poster and genre at once, as if they were one genre: `average="micro"`.

    The figure it makes has the shape (1,).

    Examples:
        >>> from posters.metrics.decisions import recall
        >>> micro(recall)(np.array([[1, 1], [1, 0]]), np.array([[1, 0], [0, 0]])).round(3)
        array([0.333])
    """

    def over_all_pairs(y_true: np.ndarray, y: np.ndarray) -> np.ndarray:
        return per_genre(y_true.reshape(-1, 1), y.reshape(-1, 1))

    return over_all_pairs


def by_poster(per_genre: PerGenre) -> PerGenre:
    """`per_genre` with posters in the place of genres: `average="samples"`, before the mean.

    The figures it makes have the shape (N,), NaN for a poster without genres.

    Examples:
        >>> from posters.metrics.decisions import recall
        >>> by_poster(recall)(np.array([[1, 1], [1, 0]]), np.array([[1, 0], [0, 0]]))
        array([0.5, 0. ])
    """

    def over_each_poster(y_true: np.ndarray, y: np.ndarray) -> np.ndarray:
        return per_genre(y_true.T, y.T)

    return over_each_poster
