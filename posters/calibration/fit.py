"""Fit a calibration: for each genre the method that its number of posters allows and cross-validation prefers."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from posters._base.optional_imports import require
from posters.calibration.calibration import Calibration, CalibrationCurve, Method, logit
from posters.metrics import log_loss
from posters.scores import LabelledScores, Scores
from posters.splitting.stratify import stratify

# An isotonic curve has as many free steps as its data shows; below this it follows chance.
_ISOTONIC_POSITIVES = 200
# Fewer positives than this can't show whether a genre's probabilities are off.
_PLATT_POSITIVES = 10
# How many positives Platt's slope and shift are worth at the start: they are pulled to 1 and 0, so that a rare genre
# stays nearly as it is.
_PULL = 1.0
# What another method than identity must gain in log loss, as a share of it.
_WORTH = 0.002
_FOLDS = 5


def fit_calibration(
    scores: Scores, groups: np.ndarray | None = None, *, split: str = "validation", seed: int = 0
) -> Calibration:
    """Fit one curve for each genre on scores that the network was not trained on.

    A genre with fewer than 10 positives (or negatives) keeps its probabilities. From there on Platt scaling may be
    chosen, from 200 positives on isotonic regression too; among these and leaving it alone, the lowest cross-validated
    log loss decides. Where all posters are one group there is nothing to cross-validate, and all keep theirs. Posters
    for which a genre is unknown have no part in its curve.

    Args:
        scores: the network's, with labels.
        groups: int (N,); posters of one number stand in one fold.
        split: what these posters are remembered by.
        seed: of the folds.

    Raises:
        ScoresError: no labels, or no posters.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> p = rng.uniform(0.01, 0.99, (400, 1))
        >>> y_true = (rng.uniform(size=p.shape) < p**2).astype(int)
        >>> scores = Scores(tuple(map(str, range(400))), ("War",), p, y_true)
        >>> fit_calibration(scores).curves[0].method
        'platt'
    """
    labelled = scores.labelled("fitting a calibration")
    y_true = labelled.y_true
    folds = _folds(y_true, groups, seed)
    curves = tuple(_best(y, p, folds) for y, p in zip(y_true.T.astype(int), scores.y_score.T, strict=True))
    return Calibration(scores.genre_names, curves, f"{split}, {len(scores)} posters")


def cross_calibrated(scores: Scores, groups: np.ndarray | None = None, *, seed: int = 0) -> LabelledScores:
    """The same scores, each poster's calibrated by what `fit_calibration` makes of the other folds' posters.

    What a calibration is worth must be measured on posters that it was not fitted on, and so must the choice of its
    method. Arguments and errors as in `fit_calibration`.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> p = rng.uniform(0.01, 0.99, (400, 1))
        >>> y_true = (rng.uniform(size=p.shape) < p**2).astype(int)
        >>> scores = Scores(tuple(map(str, range(400))), ("War",), p, y_true)
        >>> calibrated = cross_calibrated(scores)
        >>> log_loss(y_true, calibrated.y_score) < log_loss(y_true, scores.y_score)
        True
    """
    labelled = scores.labelled("cross-validating a calibration")
    y_true = labelled.y_true
    folds = _folds(y_true, groups, seed)
    y_score = scores.y_score.copy()
    for fold in np.unique(folds):
        own = folds == fold
        if own.all():
            break  # All are one group: nothing else could be learned from.
        other_groups = None if groups is None else groups[~own]
        calibration = fit_calibration(scores.take(np.flatnonzero(~own)), other_groups, seed=seed)
        y_score[own] = calibration.apply(scores.y_score[own])
    return replace(labelled, y_score=y_score)


def _folds(y_true: np.ndarray, groups: np.ndarray | None, seed: int) -> np.ndarray:
    groups = np.arange(len(y_true)) if groups is None else groups
    return stratify(y_true, groups, np.full(_FOLDS, 1 / _FOLDS), seed)


def _best(y: np.ndarray, p: np.ndarray, folds: np.ndarray) -> CalibrationCurve:
    known = y >= 0
    y, p, folds = y[known], p[known], folds[known]
    if len(np.unique(folds)) < 2:
        return CalibrationCurve()
    losses = {method: _cross_validated(method, y, p, folds) for method in _allowed(y)}
    best = min(losses, key=lambda method: losses[method])
    if losses[best] > (1 - _WORTH) * losses["identity"]:
        best = "identity"
    return _FITS[best](y, p)


def _allowed(y: np.ndarray) -> Iterator[Method]:
    rarer = min(int(y.sum()), int((1 - y).sum()))
    yield "identity"
    if rarer >= _PLATT_POSITIVES:
        yield "platt"
    if rarer >= _ISOTONIC_POSITIVES:
        yield "isotonic"


def _cross_validated(method: Method, y: np.ndarray, p: np.ndarray, folds: np.ndarray) -> float:
    calibrated = np.empty(len(p))
    for fold in np.unique(folds):
        own = folds == fold
        calibrated[own] = _FITS[method](y[~own], p[~own])(p[own])
    return log_loss(y, calibrated)


def fit_platt(y: np.ndarray, p: np.ndarray) -> CalibrationCurve:
    """Fit a slope and a shift of the logit (Platt, 1999), pulled towards 1 and 0 by a normal prior.

    Args:
        y: labels of one genre, int (N,).
        p: the network's probabilities, (N,).

    Examples:
        >>> y, p = np.array([0, 0, 1, 1]), np.array([0.4, 0.45, 0.55, 0.6])
        >>> curve = fit_platt(y, p)
        >>> curve.method, bool(curve(np.array([0.6]))[0] > 0.6)
        ('platt', True)
    """
    z = logit(p)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        """The penalised loss and its gradient."""
        slope, shift = np.exp(parameters[0]), parameters[1]
        margin = slope * z + shift
        value = np.sum(np.logaddexp(0, margin) - y * margin) + _PULL * np.sum(parameters**2)
        residual = np.exp(-np.logaddexp(0, -margin)) - y
        slopes = np.array([slope * (residual @ z), residual.sum()]) + 2 * _PULL * parameters
        return float(value), slopes

    # By the logarithm of the slope, so that it stays above 0.
    found = require("scipy.optimize").minimize(loss, np.zeros(2), method="BFGS", jac=True)
    return CalibrationCurve("platt", (float(np.exp(found.x[0])), float(found.x[1])))


def fit_isotonic(y: np.ndarray, p: np.ndarray) -> CalibrationCurve:
    """Fit an isotonic regression, its level stretches shrunk to their middles, so that the curve rises everywhere.

    Level stretches would tie posters that the network tells apart, and change its ranking.

    Args:
        y: labels of one genre, int (N,).
        p: the network's probabilities, (N,).

    Examples:
        >>> curve = fit_isotonic(np.array([0, 1, 0, 1]), np.array([0.2, 0.4, 0.6, 0.8]))
        >>> curve.knots
        ((0.0, 0.0), (0.5, 0.5), (1.0, 1.0))
    """
    fitted = require("sklearn.isotonic").IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(p, y)
    levels, stretch = np.unique(fitted, return_inverse=True)
    middles = np.bincount(stretch, weights=p) / np.bincount(stretch)
    inner = [(float(x), float(v)) for x, v in zip(middles, levels, strict=True) if 0 < x < 1 and 0 < v < 1]
    return CalibrationCurve("isotonic", knots=((0.0, 0.0), *inner, (1.0, 1.0)))


_FITS: dict[Method, Callable[[np.ndarray, np.ndarray], CalibrationCurve]] = {
    "identity": lambda y, p: CalibrationCurve(),
    "platt": fit_platt,
    "isotonic": fit_isotonic,
}
