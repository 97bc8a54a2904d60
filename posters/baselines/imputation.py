"""Fill in unknown labels: what is known about a poster tells much about what is not."""

import numpy as np

from posters._base.optional_imports import require
from posters.baselines.linear_probe import out_of_fold_scores

_STRENGTH = 0.1  # scikit-learn's C
_CERTAIN = 10.0  # a logit beyond which a probability of the features counts no more
_MANY = 3  # known genres from which on their number makes no difference: IMDb names three at most


def impute_training_labels(
    features: np.ndarray, y: np.ndarray, train: np.ndarray, groups: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Return the labels with the unknown ones of the training posters filled in, from nothing but training posters.

    Args:
        features: float (N, F), of a frozen backbone.
        y: multi-hot (N, G), -1 where a label is unknown.
        train: rows to fill in; the labels of other rows are not looked at, and stay as they are.
        groups: int (N,), posters that must not tell about each other, such as those of one film.
        seed: of the folds.

    Returns:
        float32 (N, G), from 0 to 1, or -1; see `impute_labels`.

    Raises:
        SplitError: the training posters are too few for five folds.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> features, y = rng.normal(size=(40, 3)), rng.integers(-1, 2, (40, 2))
        >>> filled = impute_training_labels(features, y, np.arange(30), np.arange(40))
        >>> bool((filled[:30] >= 0).all()), bool((filled[30:] == y[30:]).all())
        (True, True)
    """
    filled = y.astype(np.float32)
    y_score = out_of_fold_scores(features, y[train], groups[train], rows=train, seed=seed)
    filled[train] = impute_labels(y[train], y_score)
    return filled


def impute_labels(y: np.ndarray, y_score: np.ndarray) -> np.ndarray:
    """Replace unknown labels by their probabilities, given a score of the features and the poster's known labels.

    Genres tell about each other: who has been given three has hardly a fourth, and Horror comes with Thriller. For each
    genre, a logistic regression on its score, on the labels of all others and on the number of genres that are known to
    be there is fitted where the genre is known (stacking of one classifier a label: Godbole and Sarawagi 2004,
    "Discriminative methods for multi-labeled classification", section 3).

    Args:
        y: multi-hot (N, G), -1 where a label is unknown.
        y_score: float (N, G), probabilities of which each comes from a model that did not see its poster.

    Returns:
        float32 (N, G): `y` where it is known, and from 0 to 1 elsewhere; -1 for a genre that is known to be there for
        no poster, or for all: nothing can be learned about it.

    Examples:
        >>> y = np.array([[1, 0]] * 9 + [[0, 1]] * 9 + [[1, -1]])  # The second genre is there if the first is not.
        >>> round(float(impute_labels(y, np.full(y.shape, 0.5))[-1, 1]), 2)
        0.35
    """
    regression = require("sklearn.linear_model").LogisticRegression
    odds = np.clip(np.log(y_score) - np.log1p(-y_score), -_CERTAIN, _CERTAIN)
    filled = y.astype(np.float32)
    for genre in range(y.shape[1]):
        known = y[:, genre] >= 0
        if known.all() or len(np.unique(y[known, genre])) < 2:
            continue
        x = np.column_stack([odds[:, genre], _what_is_known(np.delete(y, genre, axis=1))])
        fitted = regression(C=_STRENGTH, max_iter=300).fit(x[known], y[known, genre])
        filled[~known, genre] = fitted.predict_proba(x[~known])[:, 1]
    return filled


def _what_is_known(y: np.ndarray) -> np.ndarray:
    # Unknown is neither: with one column a genre it would lie halfway between yes and no.
    there, absent = y == 1, y == 0
    number = np.minimum(there.sum(axis=1), _MANY)
    return np.column_stack([there, absent, number[:, None] == np.arange(_MANY + 1)])
