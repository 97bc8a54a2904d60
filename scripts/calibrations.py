r"""What is calibration worth? Fit it on each fold's validation posters, and judge it on the fold that nothing chose.

    python scripts/calibrations.py runs/cv runs/cv-head

Each argument is a finished cross-validation. Beside what training does now stand the network's own probabilities, one
temperature for all genres, and the rule of before, by which a genre's curve had to gain 0.2% of the log loss.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from posters.calibration import fit, fit_calibration
from posters.calibration.calibration import Calibration, CalibrationCurve
from posters.metrics import log_loss
from posters.scores import Scores, read_scores
from posters.splitting.stratify import stratify
from posters.tasks.crossvalidate import fold_runs

FOLDS, SHARE = 5, 0.002


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cross_validation", type=Path, nargs="+")
    options = parser.parse_args()
    runs = [run for directory in options.cross_validation for run in fold_runs(directory)]
    losses: dict[str, list[float]] = {name: [] for name in WAYS}
    for run in tqdm(runs, unit="fold"):
        validation, test = read_scores(run.scores("validation")), read_scores(run.scores("light-test"))
        for name, way in WAYS.items():
            calibrated = way(validation).of(test)
            losses[name].append(log_loss(test.labelled("the test posters").y_true, calibrated.y_score))
    own = losses["own"]
    print("| | log loss | better than the network's own |")
    print("| --- | ---: | ---: |")
    for name, values in losses.items():
        better = sum(value < before for value, before in zip(values, own, strict=True))
        print(f"| {name} | {np.mean(values):.5f} | {better} of {len(own)} |")


def untouched(scores: Scores) -> Calibration:
    """Return the calibration that changes nothing."""
    return Calibration(scores.genre_names, (CalibrationCurve(),) * len(scores.genre_names), "nothing")


def one_temperature(scores: Scores) -> Calibration:
    """Return one slope for all genres, whether it helps or not."""
    curve = fit.fit_temperature(scores.labelled("calibration").y_true, scores.y_score)
    return Calibration(scores.genre_names, (curve,) * len(scores.genre_names), "validation")


def curves_by_share(scores: Scores) -> Calibration:
    """Return the rule of before: a curve for each genre whose cross-validated log loss is lower by `SHARE`."""
    y_true = scores.labelled("calibration").y_true.astype(int)
    fold = stratify(y_true, np.arange(len(y_true)), np.full(FOLDS, 1 / FOLDS), 0)
    curves = []
    for y, p in zip(y_true.T, scores.y_score.T, strict=True):
        rarer = min(y.sum(), (1 - y).sum())
        best, least = (lambda y, p: CalibrationCurve()), (1 - SHARE) * log_loss(y, p)
        for fitted, needed in ((fit.fit_platt, 10), (fit.fit_isotonic, 200)):
            if rarer >= needed and (loss := _cross_validated(fitted, y, p, fold)) < least:
                best, least = fitted, loss
        curves.append(best(y, p))
    return Calibration(scores.genre_names, tuple(curves), "validation")


def _cross_validated(
    fitted: Callable[[np.ndarray, np.ndarray], CalibrationCurve], y: np.ndarray, p: np.ndarray, fold: np.ndarray
) -> float:
    calibrated = np.empty(len(p))
    for number in range(FOLDS):
        own = fold == number
        calibrated[own] = fitted(y[~own], p[~own])(p[own])
    return log_loss(y, calibrated)


WAYS: dict[str, Callable[[Scores], Calibration]] = {
    "own": untouched,
    "a curve for each genre that gains 0.2%: before": curves_by_share,
    "one temperature for all genres": one_temperature,
    "one temperature, and a curve for a genre that gains a standard error: now": fit_calibration,
}


if __name__ == "__main__":
    main()
