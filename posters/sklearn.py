"""Estimators for scikit-learn: what the shipped network sees in posters, and a classifier on it. No TensorFlow."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from posters._base.optional_imports import check_installed
from posters.baselines.linear_probe import fit_whole
from posters.catalogue import multi_hot_matrix
from posters.classifier import load_classifier
from posters.errors import ImageError, ScoresError
from posters.metrics import METRICS
from posters.models import POSTERS
from posters.thresholds import expected_f1_decisions

# Its classes are what ours are made of: without them, one line tells what to install.
check_installed("sklearn")
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin  # noqa: E402
from sklearn.utils.validation import check_is_fitted  # noqa: E402


class PosterFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types.
    """Turn posters into what a classifier's network sees in them, float32 (n, F): the input of any estimator.

    There is nothing to fit: the network stays as it is.

    Args:
        classifier: "posters" for that of the package, or a run's or classifier's directory.

    Examples:
        >>> black = np.zeros((600, 400, 3), np.uint8)
        >>> PosterFeatures().fit_transform([black, black]).shape
        (2, 1704)
    """

    def __init__(self, classifier: str = POSTERS) -> None:
        self.classifier = classifier

    def fit(self, X: Any, y: Any = None) -> "PosterFeatures":  # As scikit-learn names it.
        """Return the transformer as it is."""
        return self

    def transform(self, X: Iterable[Any]) -> np.ndarray:
        """Return the features of posters: paths, URLs, bytes, images or RGB arrays, as in `Classifier.predict`.

        Raises:
            ImageError: a poster can't be read; an estimator has no place for a gap.
        """
        found = list(load_classifier(self.classifier).features_of_many(X))
        if unreadable := [each.error for each in found if each.error]:
            raise ImageError(f"{len(unreadable):,} of {len(found):,} posters can't be read: {unreadable[0]}")
        return np.array([each.features for each in found], np.float32)

    def __sklearn_is_fitted__(self) -> bool:
        """Whether it may transform: always."""
        return True


class PosterClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Learn the genres of posters: a logistic regression for each genre, on `PosterFeatures`.

    Genres are lists of names or a multi-hot array, and are predicted in the form in which they were learned. Where
    scikit-learn itself has to split or judge them, as in `cross_val_score`, it takes the array alone.

    Args:
        classifier: whose features; as in `PosterFeatures`.
        strength: scikit-learn's C; smaller is more regularised.

    Attributes:
        classes_: (G,), the names of the genres in order; those of a DataFrame's columns, or the numbers of an array's.
        n_features_in_: F.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> posters = [rng.integers(0, 256, (60, 40, 3), np.uint8) for _ in range(4)]
        >>> model = PosterClassifier().fit(posters, [["Drama"], ["Comedy"], ["Drama", "War"], ["Comedy"]])
        >>> model.classes_.tolist(), model.predict_proba(posters).shape
        (['Comedy', 'Drama', 'War'], (4, 3))
    """

    def __init__(self, classifier: str = POSTERS, strength: float = 1e-3) -> None:
        self.classifier = classifier
        self.strength = strength

    def fit(self, X: Iterable[Any], y: Any) -> "PosterClassifier":
        """Learn from posters and their genres.

        Args:
            X: n posters, as in `PosterFeatures.transform`.
            y: a list of names for each; or a multi-hot array or DataFrame (n, G), with -1 where a label is unknown.

        Raises:
            ImageError: a poster can't be read.
            ScoresError: the labels are neither, or there are not as many as posters.
        """
        y = y if hasattr(y, "__len__") else list(y)
        self._by_name = _is_by_name(y)
        if self._by_name:
            self.classes_ = np.array(sorted({name for names in y for name in names}))
        else:
            self.classes_ = np.array(getattr(y, "columns", np.arange(np.shape(y)[1])))
        if not len(self.classes_):
            raise ScoresError("no poster has a genre: there is nothing to learn")
        features, y_true = PosterFeatures(self.classifier).transform(X), self._labels(y)
        if len(y_true) != len(features):
            raise ScoresError(f"there are {len(features):,} posters, but labels for {len(y_true):,}")
        self.n_features_in_ = features.shape[1]
        self._probe = fit_whole(features, y_true, self.strength)
        return self

    def _labels(self, y: Any) -> np.ndarray:
        return multi_hot_matrix(y, self.classes_.tolist()) if self._by_name else np.asarray(y)

    def predict_proba(self, X: Iterable[Any]) -> np.ndarray:
        """Return the probability of each genre, float64 (n, G), in the order of `classes_`."""
        check_is_fitted(self)
        return self._probe.score(PosterFeatures(self.classifier).transform(X))

    def predict(self, X: Iterable[Any]) -> "np.ndarray | list[tuple[str, ...]]":
        """Return for each poster the genres with the highest expected F1, one at least.

        Returns:
            uint8 (n, G), or the names of each poster's genres.
        """
        decisions = expected_f1_decisions(self.predict_proba(X))
        if not self._by_name:
            return decisions
        return [tuple(self.classes_[row.astype(bool)].tolist()) for row in decisions]

    def score(self, X: Iterable[Any], y: Any, sample_weight: None = None) -> float:
        """Return the macro mAP, which asks for no threshold. Weights of posters are not supported."""
        check_is_fitted(self)
        if sample_weight is not None:
            raise ScoresError("the macro mAP here takes no sample_weight: leave it out")
        return METRICS["macro_map"](self._labels(y), self.predict_proba(X))


def _is_by_name(y: Any) -> bool:
    """Whether labels are lists of names, and not a multi-hot array.

    Raises:
        ScoresError: they are neither.
    """
    # A DataFrame's own iteration is over its columns.
    if not hasattr(y, "columns") and all(isinstance(name, str) for names in y for name in np.atleast_1d(names)):
        if any(isinstance(names, str) for names in y):
            raise ScoresError("the labels of a poster must be a list of names, and not one text")
        return True
    try:
        array = np.asarray(y, float)
    except (TypeError, ValueError) as error:
        raise ScoresError(f"labels must be lists of names, or rows of numbers of one length ({error})") from error
    if array.ndim != 2 or not np.isin(array, (-1, 0, 1)).all():
        raise ScoresError("labels as numbers must be 0, 1, or -1 where unknown, in rows of one length")
    return False
