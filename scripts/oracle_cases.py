"""What is held against a library, and the hostile labels and scores that it is tried on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from posters.metrics import METRICS
from posters.splitting.stratify import stratify

FOLDS = 5


@dataclass(frozen=True)
class Comparison:
    """What is held against a library.

    Attributes:
        library: the distribution's name.
        subject: what is compared.
        unit: of the difference.
        allowed: the largest difference that is none.
        difference: draws a case and returns by how much ours differs in it.
    """

    library: str
    subject: str
    unit: str
    allowed: float
    difference: Callable[[np.random.Generator], float]


def hostile(rng: np.random.Generator, posters: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Draw labels and scores, (N, G) each: N from 12 to `posters`, G from 2 to 7."""
    shape = (int(rng.integers(12, posters + 1)), int(rng.integers(2, 8)))
    y_true = (rng.random(shape) < rng.choice([0.0, 0.02, 0.1, 0.3, 0.5, 0.9, 1.0], shape[1])).astype(np.int64)
    y_true[0, 0], y_true[1, 0] = 1, 0
    y_true[2], y_true[3] = 1, 0
    y_score = (rng.random() * y_true + 1.5 * rng.random(shape) - 0.25).clip(0, 1)
    # Few decimals make many ties; with none, every score is 0 or 1.
    return y_true, y_score.round(int(rng.choice([0, 1, 2, 17])))


def defined(y_true: np.ndarray, over: str) -> tuple[np.ndarray, np.ndarray]:
    """Return which posters (N,) and genres (G,) have a figure by every convention."""
    everything = [np.ones(size, bool) for size in y_true.shape]
    mixed = [np.asarray(y_true.any(axis=axis) & ~y_true.all(axis=axis)) for axis in (1, 0)]
    return mixed[0] if over == "posters" else everything[0], mixed[1] if over == "genres" else everything[1]


def both(
    name: str,
    theirs: Callable[[np.ndarray, np.ndarray], float],
    rng: np.random.Generator,
    *,
    untied: bool = False,
) -> float:
    """Return by how much a metric of ours differs from theirs, on posters and genres for which both are defined."""
    metric, (y_true, y_score) = METRICS[name], hostile(rng)
    if untied:
        y_score = (rng.permutation(y_score.size).reshape(y_score.shape) + 1) / (y_score.size + 1)
    rows, columns = defined(y_true, metric.over)
    # Libraries clip what is surely wrong at different places.
    y = y_score.clip(1e-6, 1 - 1e-6) if name == "log_loss" else y_score
    y = y if metric.needs == "score" else (y >= 0.5).astype(np.int64)
    labels, values = y_true[rows][:, columns], y[rows][:, columns]
    return abs(metric(labels, values) - theirs(labels, values))


def unevenness(y_true: np.ndarray, fold: np.ndarray) -> float:
    """Return the label distribution of Sechidis et al. 2011: how far the odds of genres in folds are from the whole."""
    common = y_true[:, y_true.any(axis=0) & ~y_true.all(axis=0)]
    share = np.array([common[fold == each].mean(axis=0) for each in range(FOLDS)]).clip(0, 1 - 1 / len(fold))
    whole = common.mean(axis=0)
    return float(np.abs(share / (1 - share) - whole / (1 - whole)).mean())


def folds_against(splitter: Callable[[int], object], rng: np.random.Generator) -> float:
    """Return how much less even our five folds are than theirs; below 0 where they are more even."""
    prevalence = rng.uniform(0.03, 0.4, 8)
    y_true, seed = (rng.random((200, 8)) < prevalence).astype(np.int64), int(rng.integers(1 << 31))
    theirs = np.zeros(len(y_true), int)
    for fold, (_, test) in enumerate(splitter(seed).split(y_true, y_true)):  # type: ignore[attr-defined]
        theirs[test] = fold
    ours = stratify(y_true, np.arange(len(y_true)), [1 / FOLDS] * FOLDS, seed)
    return unevenness(y_true, ours) - unevenness(y_true, theirs)
