"""Fit a calibration: one temperature for all genres, and a curve of its own for a genre that shows it needs one."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from posters._base.optional_imports import require
from posters.calibration.calibration import Calibration, CalibrationCurve, Method, logit
from posters.scores import LabelledScores, Scores

# An isotonic curve has as many free steps as its data shows; below this it follows chance.
_ISOTONIC_POSITIVES = 200
# Fewer positives than this can't show whether a genre's probabilities are off.
_PLATT_POSITIVES = 10
# How many positives a slope and a shift are worth at the start: they are pulled to 1 and 0, so that what few posters
# show changes little.
_PULL = 1.0
_FOLDS = 5


def fit_calibration(
    scores: Scores, groups: np.ndarray | None = None, *, split: str = "validation", seed: int = 0
) -> Calibration:
    """Fit one curve for each genre on scores that the network was not trained on.

    Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks"), one slope for the logits of all
    genres, is what few posters can show. In its place, a genre with 10 positives and negatives may have Platt's slope
    and shift (Guo's vector scaling, since each genre is a question of its own), one with 200 an isotonic regression.
    Each must earn its place: its cross-validated log loss must be lower by more than one standard error (Breiman et al.
    1984, "Classification and Regression Trees", section 3.4.3), temperature's than the network's own, the others' than
    temperature's. Where all posters are one group there is nothing to cross-validate, and all genres keep their
    probabilities. Posters for which a genre is unknown have no part in its curve.

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
    curve, tempered = _temperature(y_true, scores.y_score, folds)
    columns = zip(y_true.T.astype(int), scores.y_score.T, tempered.T, strict=True)
    curves = tuple(_best(y, p, folds, curve, own) for y, p, own in columns)
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
        >>> from posters.metrics import log_loss
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
    from posters.splitting.stratify import stratify  # Here, as metrics below: a prediction needs neither.

    groups = np.arange(len(y_true)) if groups is None else groups
    return stratify(y_true, groups, np.full(_FOLDS, 1 / _FOLDS), seed)


def _temperature(y_true: np.ndarray, p: np.ndarray, folds: np.ndarray) -> tuple[CalibrationCurve, np.ndarray]:
    """Return the curve of all genres, and the probabilities (N, G) that it gives each fold without its posters."""
    if len(np.unique(folds)) < 2:
        return CalibrationCurve(), p
    tempered = np.empty(p.shape)
    for fold in np.unique(folds):
        own = folds == fold
        tempered[own] = fit_temperature(y_true[~own], p[~own])(p[own])
    gains = np.where(y_true >= 0, _losses(y_true, p) - _losses(y_true, tempered), 0)
    if _is_more_than_chance(gains.sum(axis=1)):
        return fit_temperature(y_true, p), tempered
    return CalibrationCurve(), p


def _best(
    y: np.ndarray, p: np.ndarray, folds: np.ndarray, shared: CalibrationCurve, tempered: np.ndarray
) -> CalibrationCurve:
    """Return one genre's curve: the shared one, or its own if that is better by more than chance."""
    from posters.metrics import log_loss

    known = y >= 0
    y, p, folds, tempered = y[known], p[known], folds[known], tempered[known]
    if len(np.unique(folds)) < 2:
        return shared
    calibrated = {method: _cross_validated(method, y, p, folds) for method in _allowed(y)}
    best = min(calibrated, key=lambda method: log_loss(y, calibrated[method]), default=None)
    if best is not None and _is_more_than_chance(_losses(y, tempered) - _losses(y, calibrated[best])):
        return _FITS[best](y, p)
    return shared


def _losses(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the log loss of each cell."""
    z = logit(p)
    return np.asarray(np.logaddexp(0, z) - y * z)


def _is_more_than_chance(gains: np.ndarray) -> bool:
    """Whether a mean gain over posters is above its standard error."""
    return bool(gains.mean() > gains.std() / np.sqrt(len(gains)))


def _allowed(y: np.ndarray) -> Iterator[Method]:
    rarer = min(int(y.sum()), int((1 - y).sum()))
    if rarer >= _PLATT_POSITIVES:
        yield "platt"
    if rarer >= _ISOTONIC_POSITIVES:
        yield "isotonic"


def _cross_validated(method: Method, y: np.ndarray, p: np.ndarray, folds: np.ndarray) -> np.ndarray:
    calibrated = np.empty(len(p))
    for fold in np.unique(folds):
        own = folds == fold
        calibrated[own] = _FITS[method](y[~own], p[~own])(p[own])
    return calibrated


def fit_temperature(y_true: np.ndarray, p: np.ndarray) -> CalibrationCurve:
    """Fit one slope for the logits of all genres (Guo et al. 2017, section 4.2), pulled towards 1 by a normal prior.

    Args:
        y_true: labels, (N, G), -1 where unknown.
        p: the network's probabilities, (N, G).

    Returns:
        Platt's curve with a shift of 0.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> p = rng.uniform(0.01, 0.99, (400, 2))
        >>> y_true = (rng.uniform(size=p.shape) < p).astype(int)
        >>> sharpened = 1 / (1 + np.exp(-2 * logit(p)))  # Twice as sure as it should be.
        >>> [round(value, 2) for value in fit_temperature(y_true, sharpened).parameters]
        [0.45, 0.0]
    """
    known = y_true >= 0
    y, z = y_true[known], logit(p[known])

    def loss(log_slope: float) -> float:
        margin = np.exp(log_slope) * z
        return float(np.sum(np.logaddexp(0, margin) - y * margin) + _PULL * log_slope**2)

    found = require("scipy.optimize").minimize_scalar(loss, bounds=(-3, 3), method="bounded")
    return CalibrationCurve("platt", (float(np.exp(found.x)), 0.0))


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
    "platt": fit_platt,
    "isotonic": fit_isotonic,
}
