"""The linear probe: logistic regression on frozen features, which anything that trains for longer must beat."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from posters.extras import require
from posters.metrics import METRICS
from posters.stratify import stratify

# scikit-learn's C, from weak to strong regularisation.
STRENGTHS = (3e-3, 1e-3, 3e-4)
FOLDS = 5
# As in the network's own head: keeps the slope of the square root finite at 0.
_ROOT_EPSILON = 1e-3


@dataclass(frozen=True, eq=False)
class Probe:
    """What a probe says of N posters.

    Attributes:
        y_score: float64 (N, G), probabilities.
        strength: scikit-learn's C, as validation chose it.
    """

    y_score: np.ndarray
    strength: float


def fit_and_score(features: np.ndarray, y: np.ndarray, train: np.ndarray, validation: np.ndarray) -> Probe:
    """Fit one logistic regression per genre on the training posters, and score every poster.

    The features go through a signed square root and are standardised by the training posters, as in the network's own
    head. Of three strengths of regularisation the one with the best macro mAP on validation is taken.

    Args:
        features: (N, F), of a frozen backbone.
        y: multi-hot (N, G).
        train: rows to fit on.
        validation: rows that choose the regularisation.
    """
    macro_map = METRICS["macro_map"]
    bar = tqdm(STRENGTHS, desc="logistic regression", unit="fit")
    probes = [Probe(_scored(features, y, train, strength), strength) for strength in bar]
    return max(probes, key=lambda probe: macro_map(y[validation], probe.y_score[validation]))


def out_of_fold_scores(
    features: np.ndarray, y: np.ndarray, groups: np.ndarray, *, strength: float, seed: int = 0
) -> np.ndarray:
    """Score every poster by logistic regressions that never saw it, nor another poster of its group.

    Args:
        features: (N, F), of a frozen backbone.
        y: multi-hot (N, G).
        groups: int (N,).
        strength: scikit-learn's C.
        seed: of the five folds.

    Returns:
        float64 (N, G), probabilities.
    """
    fold = stratify(y, groups, np.full(FOLDS, 1 / FOLDS), seed)
    y_score = np.empty(y.shape, np.float64)
    for number in tqdm(np.unique(fold), desc="out-of-fold scores", unit="fold"):
        own = fold == number
        y_score[own] = _scored(features, y, np.flatnonzero(~own), strength)[own]
    return y_score


def _scored(features: np.ndarray, y: np.ndarray, train: np.ndarray, strength: float) -> np.ndarray:
    x = _standardised(features, train)
    return np.stack(list(_columns(x, y, train, strength)), axis=1)


def _standardised(features: np.ndarray, train: np.ndarray) -> np.ndarray:
    x = np.asarray(features, np.float32)
    x = x / np.sqrt(np.abs(x) + _ROOT_EPSILON)
    return (x - x[train].mean(axis=0)) / (x[train].std(axis=0) + 1e-6)


def _columns(x: np.ndarray, y: np.ndarray, train: np.ndarray, strength: float) -> Iterator[np.ndarray]:
    regression = require("sklearn.linear_model").LogisticRegression
    for labels in y[train].T:
        if labels.min() == labels.max():  # Nothing to tell apart: the genre's share is all there is to say.
            yield np.full(len(x), float(labels[0]))
            continue
        yield regression(C=strength, max_iter=500).fit(x[train], labels).predict_proba(x)[:, 1]
