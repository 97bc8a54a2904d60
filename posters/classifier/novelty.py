"""Is a picture like the posters that a classifier learned from? A distance of features, and where it is too large."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posters._base.brief import brief_repr
from posters._base.npz import read_npy
from posters._base.optional_imports import require
from posters.errors import ClassifierError

NOVELTY = "novelty.npy"  # in a classifier directory

# Of other posters, this share is called unlike the training posters.
FALSE_ALARMS = 0.01

# Directions of the features that are compared. Fewer miss charts and photographs, which differ where posters hardly
# vary; with more, a thousand posters no longer tell their variances. See docs/results.md.
_DIRECTIONS, _POSTERS_A_DIRECTION = 128, 2

_FEWEST = 16  # posters to fit it, and as many others to find the threshold
_TINY = 1e-12
# Of the logistic regression: between 0.001 and 0.1 it hardly matters.
_STRENGTH, _LEAST_DEVIATION = 0.01, 1e-4


@dataclass(frozen=True, eq=False)
class Novelty:
    """How unlike the posters that a classifier learned from a picture is.

    Read from the features' signed square roots, scaled to length 1. Of posters alone, it is the Mahalanobis distance
    along their first principal directions (Lee et al. 2018, "A Simple Unified Framework for Detecting
    Out-of-Distribution Samples and Adversarial Attacks", without its classes). Of posters and pictures that are none,
    it is a logistic regression's.

    Attributes:
        rows: float16 (1 + D, F): an origin, and D directions scaled so that the threshold is 1. One direction has a
            sign: what lies behind the origin has the novelty 0.

    Examples:
        >>> novelty = Novelty(np.array([[0.6, 0.8], [0.0, 5.0], [0.0, 0.0]], np.float16))
        >>> novelty.of(np.array([[0.36, 0.64], [0.0, 1.0]])).round(1).tolist()
        [0.0, 1.0]
    """

    __repr__ = brief_repr

    rows: np.ndarray

    def of(self, features: np.ndarray) -> np.ndarray:
        """Return the novelty of pictures, float64 (N,), from 0; above 1 for about one in a hundred posters.

        Args:
            features: (N, F), of the network that it was fitted for.

        Raises:
            ClassifierError: it was fitted for another number of features.
        """
        if features.shape[1] != self.rows.shape[1]:
            raise ClassifierError(f"{NOVELTY} is of another network: copy or train the classifier again")
        origin, *directions = self.rows.astype(np.float64)
        along = (root_directions(features) - origin) @ np.transpose(directions)
        return np.asarray(np.maximum(along[:, 0], 0.0) if len(directions) == 1 else np.linalg.norm(along, axis=1))

    def allowing(self, posters: np.ndarray) -> "Novelty":
        """Return it with the threshold that one in a hundred of these posters reaches, if theirs is larger.

        Args:
            posters: features (N, F), of one poster or more.

        Raises:
            ClassifierError: as in `of`.

        Examples:
            >>> novelty = Novelty(np.array([[0.0, 1.0], [2.0, 0.0]], np.float16))
            >>> novelty.allowing(np.array([[1.0, 0.0]])).of(np.array([[1.0, 0.0]])).tolist()
            [1.0]
        """
        scale = max(1.0, beyond(self.of(posters)))
        return Novelty(np.concatenate([self.rows[:1], self.rows[1:] / scale]).astype(np.float16))

    def write(self, path: Path) -> None:
        """Write it as an .npy file."""
        np.save(path, self.rows)

    @classmethod
    def read(cls, path: Path) -> "Novelty":
        """Read what `write` wrote.

        Raises:
            ClassifierError: the file is damaged, or something else.
        """
        try:
            rows = read_npy(path)
        except (OSError, ValueError) as error:
            raise ClassifierError(f"{path} can't be read ({error}): copy or train the classifier again") from error
        if rows.dtype != np.float16 or rows.ndim != 2 or len(rows) < 2 or not np.isfinite(rows).all():
            raise ClassifierError(f"{path} is damaged: copy or train the classifier again")
        return cls(rows)


def root_directions(features: np.ndarray) -> np.ndarray:
    """Return the signed square roots of features, scaled to length 1; a feature that is all zero stays so.

    What is left is which features are strong, and not how strong all are, nor a few very strong ones: pictures that are
    no posters have weaker features, like dark posters, but others.

    Args:
        features: (N, F).

    Returns:
        float64 (N, F).

    Examples:
        >>> root_directions(np.array([[9.0, 16.0], [0.0, 0.0]])).round(3).tolist()
        [[0.6, 0.8], [0.0, 0.0]]
    """
    rooted = np.sign(features) * np.sqrt(np.abs(np.asarray(features, np.float64)))
    return np.asarray(rooted / np.maximum(np.linalg.norm(rooted, axis=1, keepdims=True), _TINY))


def fit_novelty(features: np.ndarray, held: np.ndarray, no_posters: np.ndarray | None = None) -> Novelty | None:
    """Fit the novelty of pictures to posters, and to pictures that are no posters if there are any.

    The threshold is what `FALSE_ALARMS` of `held` reach, so that of other posters like these no larger share is
    expected beyond it (Vovk et al. 2005, "Algorithmic Learning in a Random World"); of fewer than 99, their largest.

    Args:
        features: (N, F), of posters that the network may have learned from.
        held: (M, F), of other posters.
        no_posters: (K, F), of pictures that are no posters.

    Returns:
        None if there are fewer than 16 of any, or all features are alike.

    Raises:
        MissingExtraError: scikit-learn is not installed, and there are pictures that are no posters.

    Examples:
        >>> posters = np.random.default_rng(7).random((600, 8))
        >>> novelty = fit_novelty(posters[:400], posters[400:])
        >>> (novelty.of(np.eye(8)) > 1).tolist()
        [True, True, True, True, True, True, True, True]
    """
    if min(len(rows) for rows in (features, held, no_posters) if rows is not None) < _FEWEST:
        return None
    rows = root_directions(features)
    if no_posters is None:
        origin, directions = rows.mean(axis=0), _principal(rows)
    else:
        origin, directions = rows.mean(axis=0), _telling_apart(rows, root_directions(no_posters))
        # From the median poster on: the other half of the posters has the novelty 0.
        origin = origin + np.median((rows - origin) @ directions[0]) * directions[0] / (directions[0] @ directions[0])
    if not len(directions) or not np.isfinite(directions).all():
        return None
    unscaled = Novelty(np.concatenate([origin[None], directions]))
    threshold = beyond(unscaled.of(held))
    return Novelty(np.concatenate([origin[None], directions / threshold]).astype(np.float16)) if threshold > 0 else None


def _principal(rows: np.ndarray) -> np.ndarray:
    """Return the first principal directions of posters (D, F), each divided by the posters' deviation along it."""
    _, lengths, directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    count = min(_DIRECTIONS, len(rows) // _POSTERS_A_DIRECTION, int((lengths > 1e-3 * lengths[0]).sum()))
    return np.asarray(directions[:count] * (np.sqrt(len(rows)) / lengths[:count, None]))


def _telling_apart(posters: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the direction from posters to other pictures by a logistic regression (1, F)."""
    linear_model = require("sklearn.linear_model", "train")
    scale = posters.std(axis=0) + _LEAST_DEVIATION
    model = linear_model.LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=1000)
    model.fit(np.concatenate([posters, others]) / scale, np.repeat([0, 1], [len(posters), len(others)]))
    return np.asarray(model.coef_ / scale)


def beyond(distances: np.ndarray) -> float:
    """Return the distance that one in a hundred of these posters reaches, at least one.

    Examples:
        >>> beyond(np.arange(400.0))
        396.0
    """
    allowed = max(1, int(FALSE_ALARMS * (len(distances) + 1)))
    return float(np.sort(distances)[-allowed])
