"""The linear probe: logistic regression on frozen features, which anything that trains for longer must beat."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from posters._base.brief import brief_repr
from posters._base.optional_imports import require
from posters.errors import SplitError
from posters.metrics import METRICS
from posters.splitting.stratify import stratify

# scikit-learn's C, from strong to weak regularisation.
STRENGTHS = (3e-4, 1e-3, 3e-3, 1e-2)

# Fewer leave too little to fit on, more take longer and change little.
FOLDS = 5
# As in the network's own head: keeps the slope of the square root finite at 0.
_ROOT_EPSILON = 1e-3


@dataclass(frozen=True, eq=False)
class Probe:
    """The scores of a probe for N posters, including those that it was not fitted on.

    Attributes:
        y_score: float64 (N, G), probabilities.
        strength: scikit-learn's C, as validation chose it.

    Examples:
        >>> Probe(np.array([[0.2]]), 1e-3).strength
        0.001
    """

    __repr__ = brief_repr

    y_score: np.ndarray
    strength: float


def fit_and_score(features: np.ndarray, y: np.ndarray, train: np.ndarray, validation: np.ndarray) -> Probe:
    """Fit one logistic regression per genre on the training posters, and score every poster.

    A linear probe (Alain and Bengio 2016, "Understanding intermediate layers using linear classifier probes"). The
    features go through a signed square root and are standardised by the training posters, as in the network's own head.
    A genre is fitted on the posters of which it is known. All genres share one C: the one of `STRENGTHS` with the best
    macro mAP on validation. The other posters, the test split's among them, are scored and nothing else.

    Args:
        features: float (N, F), of a frozen backbone.
        y: multi-hot (N, G), -1 where a label is unknown; a genre that all training posters have, or none of them, gets
            that share as probability.
        train: rows to fit on.
        validation: rows that choose C; some genre must have a poster there.

    Examples:
        >>> features = np.random.default_rng(0).normal(size=(40, 3))
        >>> y, rows = (features[:, :1] > 0).astype(np.uint8), np.arange(40)
        >>> probe = fit_and_score(features, y, rows[:30], rows[30:])
        >>> bool(probe.y_score[features[:, 0] > 0].mean() > probe.y_score[features[:, 0] < 0].mean())
        True
    """
    x = _standardised(features, train)
    macro_map = METRICS["macro_map"]
    with _one_thread(), _bar("logistic regression", len(STRENGTHS) * y.shape[1]) as bar:
        probes = [Probe(_scores(x[train], y[train], x, strength, bar), strength) for strength in STRENGTHS]
    # Validation chooses C: the test split must not have chosen anything.
    return max(probes, key=lambda probe: macro_map(y[validation], probe.y_score[validation]))


def out_of_fold_scores(
    features: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    *,
    strength: float = 1e-3,
    folds: int = FOLDS,
    seed: int = 0,
) -> np.ndarray:
    """Score every poster by logistic regressions that never saw it, nor another poster of its group.

    Args:
        features: float (N, F), of a frozen backbone.
        y: multi-hot (N, G), -1 where a label is unknown.
        groups: int (N,); posters of one number stay together, as in a split.
        strength: scikit-learn's C, for all genres and folds.
        folds: how many; the posters are dealt out to them stratified by genre.
        seed: of that draw.

    Returns:
        float64 (N, G), probabilities.

    Raises:
        SplitError: there are fewer groups than folds, or fewer than two folds.

    Examples:
        >>> features = np.random.default_rng(0).normal(size=(40, 3))
        >>> y = (features[:, :1] > 0).astype(np.uint8)
        >>> out_of_fold_scores(features, y, np.arange(40)).shape
        (40, 1)
    """
    if not 2 <= folds <= len(np.unique(groups)):
        raise SplitError(f"out-of-fold scores need 2 folds at least, and as many films: {len(y):,} posters are too few")
    fold = stratify(y, groups, np.full(folds, 1 / folds), seed)
    y_score = np.empty(y.shape)
    with _one_thread(), _bar("out-of-fold scores", folds * y.shape[1]) as bar:
        for number in range(folds):
            own, others = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
            x = _standardised(features, others)
            y_score[own] = _scores(x[others], y[others], x[own], strength, bar)
    return y_score


def _one_thread() -> Any:
    """Limit the libraries of linear algebra to one thread: on a busy machine, more of them wait for each other.

    On two busy cores the two functions here took 162 s with two threads, and 15 s with one.
    """
    require("sklearn.linear_model")  # Only libraries that are already loaded are limited.
    return require("threadpoolctl").threadpool_limits(1)


def _bar(label: str, fits: int) -> Any:
    return tqdm(total=fits, desc=label, unit="fit", leave=False)


def _standardised(features: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Signed square roots of all features, with mean 0 and variance 1 over `rows`."""
    x = features / np.sqrt(np.abs(features) + _ROOT_EPSILON)
    x -= x[rows].mean(axis=0)
    x /= x[rows].std(axis=0) + 1e-6
    return np.asarray(x)


def _scores(x: np.ndarray, y: np.ndarray, scored: np.ndarray, strength: float, bar: Any) -> np.ndarray:
    """Fit each genre to `x` and `y`, and return the probabilities of `scored`."""
    columns = []
    for labels in y.T:
        columns.append(_genre_scores(x, labels, scored, strength))
        bar.update()
    return np.stack(columns, axis=1).astype(np.float64)


def _genre_scores(x: np.ndarray, labels: np.ndarray, scored: np.ndarray, strength: float) -> np.ndarray:
    known = labels >= 0
    # Copied only if need be: a copy of a million rows of features takes gigabytes.
    if not known.all():
        x, labels = x[known], labels[known]
    # With one class there is nothing to tell apart: the genre's share is the best guess.
    if not labels.any() or labels.all():
        return np.full(len(scored), float(labels.any()))
    regression = require("sklearn.linear_model").LogisticRegression(C=strength, max_iter=500)
    return np.asarray(regression.fit(x, labels).predict_proba(scored)[:, 1])
