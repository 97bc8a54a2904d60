"""The linear probe: logistic regression on frozen features, which anything that trains for longer must beat."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from posters._base.brief import brief_repr
from posters._base.optional_imports import require
from posters._base.progress import tqdm
from posters.baselines.standardised import Standardised, row_blocks, signed_root
from posters.errors import SplitError
from posters.metrics import METRICS
from posters.splitting.stratify import stratify

# scikit-learn's C, from strong to weak regularisation.
STRENGTHS: tuple[float, ...] = (3e-4, 1e-3, 3e-3, 1e-2)
# Tried one after the other, while the weakest so far is the best: features that tell the genres apart well, as those of
# drawn posters, want weights that are large for few examples.
WEAKER: tuple[float, ...] = (3e-2, 1e-1, 3e-1, 1.0)

# Fewer leave too little to fit on, more take longer and change little.
FOLDS = 5
# A slope along which a loss of about 0.1 has less than 1e-8 to fall, and a fall that is lost in the rounding of float32
# features: without it a search may go on for ever among errors of rounding.
_LEAST_SLOPE, _LEAST_FALL = 1e-4, 1e-10
MOST_STEPS = 500  # of the search; it takes some 20
_CERTAIN = 50.0  # a logit whose probability is 0 or 1 in float32


@dataclass(frozen=True, eq=False)
class Probe:
    """A probe: a logistic regression for each genre, on the signed roots of the features.

    Attributes:
        kernel: float64 (F, G).
        bias: float64 (G,).
        strength: scikit-learn's C, as validation chose it.

    Examples:
        >>> Probe(kernel=np.zeros((8, 1)), bias=np.zeros(1), strength=1e-3).score(np.ones((2, 8))).tolist()
        [[0.5], [0.5]]
    """

    __repr__ = brief_repr

    kernel: np.ndarray
    bias: np.ndarray
    strength: float

    def score(self, features: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the probabilities, float64 (n, G), of `rows` of features (N, F), or of all."""
        kernel = self.kernel.astype(features.dtype)
        y_score = np.empty((len(features if rows is None else rows), len(self.bias)))
        for part, block in row_blocks(features, rows):
            y_score[part] = _probabilities(signed_root(block) @ kernel + self.bias)
        return y_score


def fit_probe(
    features: np.ndarray, y: np.ndarray, train: np.ndarray, validation: np.ndarray, weights: np.ndarray | None = None
) -> Probe:
    """Fit one logistic regression per genre on the training posters.

    A linear probe (Alain and Bengio 2016, "Understanding intermediate layers using linear classifier probes"). The
    features go through a signed square root and are standardised by the training posters, as in the network's own head.
    A genre is fitted on the posters of which it is known. All genres share one C: the one of `STRENGTHS` with the best
    macro mAP on validation; if it is the largest, larger ones of `WEAKER` are tried for as long as they are better. The
    other posters, the test split's among them, change nothing.

    Args:
        features: float (N, F), of a frozen backbone; may be mapped from disk, and is read in blocks.
        y: multi-hot (N, G), -1 where a label is unknown; a genre that all training posters have, or none of them, gets
            that share as probability, but for rounding.
        train: rows to fit on.
        validation: rows that choose C; some genre must have a poster there.
        weights: float (N,), how much each poster counts, as scikit-learn's `sample_weight`; by default all alike.

    Examples:
        >>> features = np.random.default_rng(0).normal(size=(40, 3))
        >>> y, rows = (features[:, :1] > 0).astype(np.uint8), np.arange(40)
        >>> y_score = fit_probe(features, y, rows[:30], rows[30:]).score(features)
        >>> bool(y_score[features[:, 0] > 0].mean() > y_score[features[:, 0] < 0].mean())
        True
    """
    x, y_train = Standardised(features, train), y[train]
    macro_map, start = METRICS["macro_map"], np.zeros((features.shape[1] + 1, y.shape[1]))

    def fit(strength: float) -> tuple[float, Probe]:
        kernel, bias = _fit(x, y_train, strength, bar, start, None if weights is None else weights[train])
        # The next strength begins where this one ends: it is not far.
        start[:-1], start[-1] = kernel, bias
        probe = _unscaled(kernel, bias, x, strength)
        # Validation chooses C: the test split must not have chosen anything.
        return macro_map(y[validation], probe.score(features, validation)), probe

    with _one_thread(), _bar("logistic regression", len(STRENGTHS) * y.shape[1]) as bar:
        tried = [fit(strength) for strength in STRENGTHS]
        for strength in WEAKER:
            if max(tried, key=itemgetter(0)) is not tried[-1]:
                break
            bar.total += y.shape[1]
            tried.append(fit(strength))
    return max(tried, key=itemgetter(0))[1]


def fit_whole(features: np.ndarray, y: np.ndarray, strength: float) -> Probe:
    """Fit a probe on all posters, with a strength that somebody else has chosen; see `fit_probe`.

    Args:
        features: float (N, F).
        y: multi-hot (N, G), -1 where a label is unknown.
        strength: scikit-learn's C.

    Examples:
        >>> features = np.random.default_rng(0).normal(size=(40, 3))
        >>> fit_whole(features, (features[:, :1] > 0).astype(np.uint8), 1.0).kernel.shape
        (3, 1)
    """
    x = Standardised(features, np.arange(len(features)))
    with _one_thread(), _bar("logistic regression", y.shape[1]) as bar:
        return _unscaled(*_fit(x, y, strength, bar), x, strength)


def out_of_fold_scores(
    features: np.ndarray,
    y: np.ndarray,
    groups: np.ndarray,
    *,
    rows: np.ndarray | None = None,
    strength: float = 1e-3,
    folds: int = FOLDS,
    seed: int = 0,
) -> np.ndarray:
    """Score every poster by logistic regressions that never saw it, nor another poster of its group.

    Args:
        features: float (N, F), of a frozen backbone; may be mapped from disk, and is read in blocks.
        y: multi-hot (n, G), -1 where a label is unknown.
        groups: int (n,); posters of one number stay together, as in a split.
        rows: the n of the features that take part; by default all.
        strength: scikit-learn's C, for all genres and folds.
        folds: how many; the posters are dealt out to them stratified by genre.
        seed: of that draw.

    Returns:
        float64 (n, G), probabilities.

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
    rows, y_score = np.arange(len(y)) if rows is None else rows, np.empty(y.shape)
    with _one_thread(), _bar("out-of-fold scores", folds * y.shape[1]) as bar:
        for number in range(folds):
            own, others = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
            x = Standardised(features, rows[others])
            kernel, bias = _fit(x, y[others], strength, bar)
            for part, block in row_blocks(features, rows[own]):
                y_score[own[part]] = _probabilities(x.of(block) @ kernel.astype(x.dtype) + bias)
    return y_score


def _one_thread() -> Any:
    """Limit the libraries of linear algebra to one thread: on a busy machine, more of them wait for each other.

    On two busy cores the two functions here, genre by genre then, took 162 s with two threads and 15 s with one.
    """
    require("scipy.optimize")  # Only libraries that are already loaded are limited.
    return require("threadpoolctl").threadpool_limits(1)


def _bar(label: str, fits: int) -> Any:
    return tqdm(total=fits, desc=label, unit="fit", leave=False)


def _unscaled(kernel: np.ndarray, bias: np.ndarray, x: Standardised, strength: float) -> Probe:
    # By the features' own scale, so that the weights need no statistics beside them.
    kernel = kernel / x.deviation[:, None]
    return Probe(kernel, bias - x.mean @ kernel, strength)


def _probabilities(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -_CERTAIN, _CERTAIN)))


def _fit(
    x: Standardised,
    y: np.ndarray,
    strength: float,
    bar: Any,
    start: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (F, G) and biases (G,) of a logistic regression for each genre, from those of another strength.

    The objective is scikit-learn's. All genres are one problem, whose parts don't touch: a step is a few products of
    matrices, where genre by genre all features would pass through memory for each of them.
    """
    known, positive = (y >= 0).sum(axis=0), (y == 1).sum(axis=0)
    taught = (positive > 0) & (positive < known)
    # With one class there is nothing to tell apart: the genre's share is the best guess.
    both = np.zeros((len(x.mean) + 1, y.shape[1]))
    both[-1] = np.where(positive > 0, _CERTAIN, -_CERTAIN)
    if taught.any():
        counts = np.ones(len(y)) if weights is None else weights
        total = counts @ (y[:, taught] >= 0)
        penalty = 1 / (strength * total)
        begin = np.zeros_like(both) if start is None else start
        objective = _objective(x, y[:, taught], (counts, 1 / total), penalty)
        both[:, taught] = _least(objective, begin[:, taught], _root_of_curvature(x, positive[taught], penalty))
    bar.update(y.shape[1])
    return both[:-1], both[-1]


def _root_of_curvature(x: Standardised, positive: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """Return the Cholesky factor (F + 1, F + 1) of the losses' second derivatives, about, at the genres' shares."""
    shares, curvature = positive / len(x), np.zeros((len(x.mean) + 1,) * 2)
    spread = float(np.mean(shares * (1 - shares)))
    curvature[:-1, :-1] = spread / len(x) * x.gram + penalty.mean() * np.eye(len(x.mean))
    curvature[-1, -1] = spread
    return np.asarray(require("scipy.linalg").cholesky(curvature, lower=True))


def _least(objective: Callable[..., Any], start: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Return where an objective is least, (F + 1, G). Steps are measured by its curvature: 20 of them, and not 70."""
    solve = require("scipy.linalg").solve_triangular

    def along(flat: np.ndarray) -> tuple[float, np.ndarray]:
        loss, gradient = objective(solve(root, flat.reshape(start.shape), lower=True, trans="T"))
        return loss, solve(root, gradient, lower=True).ravel()

    limits = {"maxiter": MOST_STEPS, "maxls": 50, "gtol": _LEAST_SLOPE, "ftol": _LEAST_FALL}
    begin = (root.T @ start).ravel()
    found = require("scipy.optimize").minimize(along, begin, jac=True, method="L-BFGS-B", options=limits)
    return np.asarray(solve(root, found.x.reshape(start.shape), lower=True, trans="T"))


def _objective(
    x: Standardised, y: np.ndarray, weights: tuple[np.ndarray, np.ndarray], penalty: np.ndarray
) -> Callable[..., Any]:
    """Return the function from weights and biases (F + 1, G) to the loss and its gradient; unknown labels weigh 0.

    The labels' weights are products of those of posters (n,) and genres (G,).
    """
    expit = require("scipy.special").expit
    of_posters, of_genres = (each.astype(x.dtype) for each in weights)

    def loss_and_gradient(kernel: np.ndarray) -> tuple[float, np.ndarray]:
        slope, bias = kernel[:-1].astype(x.dtype), kernel[-1].astype(x.dtype)
        loss = (penalty * (kernel[:-1] ** 2).sum(axis=0)).sum() / 2
        gradient = np.vstack([penalty * kernel[:-1], np.zeros_like(kernel[-1:])])
        for part, block in x.blocks():
            labels, weight = (y[part] == 1).astype(x.dtype), (y[part] >= 0) * of_genres
            weight *= of_posters[part, None]
            logits = block @ slope + bias
            # log(1 + exp(logits)) - labels * logits, without overflow.
            losses = np.log1p(np.exp(-np.abs(logits))) + np.maximum(logits, 0) - labels * logits
            slopes = weight * (expit(logits) - labels)
            loss += (weight * losses).sum(dtype=np.float64)
            gradient[:-1] += block.T @ slopes
            gradient[-1] += slopes.sum(axis=0, dtype=np.float64)
        return float(loss), gradient

    return loss_and_gradient
