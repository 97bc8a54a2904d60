"""Which way of deciding names a poster's genres best? Compare them on out-of-fold scores.

    python scripts/decisions.py runs/cv/probe.npz --folds docs/folds/imdb-posters.csv

The scores are those that `posters cross-validate` leaves: every poster's by a model that never saw it. For each fold,
the calibration and all that is fitted come from the other folds' scores, and the decisions are judged on this one.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from posters.calibration import fit_calibration
from posters.classifier.predictions import top_decisions
from posters.metrics import METRICS
from posters.scores import Scores, read_scores
from posters.splitting.folds import read_folds
from posters.thresholds import best_f1_thresholds, expected_f1_decisions

FIGURES = ("samples_f1", "macro_f1", "micro_precision", "micro_recall", "subset_accuracy")
# A way of deciding: calibrated scores to fit on and probabilities to decide on, to decisions.
WAYS: dict[str, Callable[[Scores, np.ndarray], np.ndarray]] = {
    "a threshold for each genre (f1)": lambda fitted, p: best_f1_thresholds(fitted).apply(p),
    "one threshold, best F1 of a poster": lambda fitted, p: (p >= best_common(fitted)).astype(np.uint8),
    "the same, 1 to 3 genres": lambda fitted, p: between(p, best_common(fitted), 3),
    "the 2 likeliest": lambda fitted, p: top_decisions(p, 2),
    "the 3 likeliest": lambda fitted, p: top_decisions(p, 3),
    "expected F1, independent": lambda fitted, p: expected_f1_decisions(p),
    "expected F1, at most 3": lambda fitted, p: expected_f1_decisions(p, 3),
    "expected F1, at most 4": lambda fitted, p: expected_f1_decisions(p, 4),
}


def main() -> None:
    """Print the table: mean and standard deviation over folds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scores", type=Path)
    parser.add_argument("--folds", type=Path, required=True)
    options = parser.parse_args()
    scores, folds = read_scores(options.scores).labelled("comparing decisions"), read_folds(options.folds)
    fold = np.array([folds.of[id] for id in scores.ids])
    print("| decisions | " + " | ".join(FIGURES) + " | genres |")
    print("| --- |" + " ---: |" * (len(FIGURES) + 1))
    figures: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for number in range(folds.count):
        others, own = scores.take(np.flatnonzero(fold != number)), scores.take(np.flatnonzero(fold == number))
        calibration = fit_calibration(others)
        fitted, p = calibration.of(others), calibration.of(own).y_score
        for way, decide in WAYS.items():
            y_pred = decide(fitted, p)
            figures[way].append([*(METRICS[name](own.y_true, y_pred) for name in FIGURES), y_pred.sum(axis=1).mean()])
    for way, rows in figures.items():
        cells = zip(np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1), strict=True)
        print(f"| {way} | " + " | ".join(f"{mean:.3f} ± {spread:.3f}" for mean, spread in cells) + " |")


def best_common(fitted: Scores) -> float:
    """Return the one threshold with the best samples F1 on these scores."""
    y_true, p = fitted.labelled("fitting a threshold").y_true, fitted.y_score
    grid = np.arange(0.1, 0.6, 0.01)
    return float(grid[np.argmax([METRICS["samples_f1"](y_true, (p >= t).astype(np.uint8)) for t in grid])])


def between(p: np.ndarray, threshold: float, most: int) -> np.ndarray:
    """Predict what reaches the threshold, but one genre at least and `most` at most."""
    return np.asarray(np.maximum(top_decisions(p, 1), top_decisions(p, most) & (p >= threshold)))


if __name__ == "__main__":
    main()
