"""Which way of deciding names a poster's genres best? Compare them on out-of-fold scores.

    python scripts/decisions.py runs/cv/probe.npz --folds docs/folds/imdb-posters.csv

The scores are those that `posters cross-validate` leaves: every poster's by a model that never saw it. For each fold,
the calibration and all that is fitted come from the other folds' scores, and the decisions are judged on this one.

Chains read each genre from all genres' probabilities and from the genres decided before it, the commonest first (Read
et al. 2011, "Classifier chains for multi-label classification"). Sets of genres drawn from one give the expected F1 of
a decision when genres depend on each other (Dembczynski et al. 2010, "Bayes Optimal Multilabel Classification via
Probabilistic Classifier Chains").
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import ClassifierChain

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
    "a classifier chain": lambda fitted, p: chain_of(fitted).predict(readings(p)).astype(np.uint8),
    "expected F1 by sets drawn from a chain, at most 3": lambda fitted, p: drawn_decisions(chain_of(fitted), p, 3),
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


def readings(p: np.ndarray) -> np.ndarray:
    """Return log odds of probabilities (N, G), which a chain reads."""
    return np.asarray(logit(np.clip(p, 1e-4, 1 - 1e-4)))


def chain_of(fitted: Scores) -> ClassifierChain:
    """Return a chain of logistic regressions, the commonest genre first."""
    y_true = fitted.labelled("fitting a chain").y_true
    order = np.argsort(-y_true.sum(axis=0), kind="stable")
    chain = ClassifierChain(LogisticRegression(C=0.1, max_iter=1000), order=order)
    chain.fit(readings(fitted.y_score), y_true)
    return chain


def drawn_decisions(chain: ClassifierChain, p: np.ndarray, most: int, draws: int = 200, seed: int = 0) -> np.ndarray:
    """Decide on the likeliest genres of each poster, as many as have the best mean F1 against sets that are drawn."""
    rng, x = np.random.default_rng(seed), readings(p)
    drawn = np.empty((draws, *p.shape), bool)
    before = np.empty((draws, len(p), 0))
    for genre, regression in zip(chain.order_, chain.estimators_, strict=True):
        weights = regression.coef_[0]
        logits = x @ weights[: x.shape[1]] + before @ weights[x.shape[1] :] + regression.intercept_[0]
        drawn[:, :, genre] = rng.random(logits.shape) < expit(logits)
        before = np.concatenate([before, drawn[:, :, genre, None]], axis=2)
    ranked = drawn.mean(axis=0)
    sets = [top_decisions(ranked, count) for count in range(1, most + 1)]
    figures = [2 * (drawn & (each == 1)).sum(axis=2) / (drawn.sum(axis=2) + each.sum(axis=1)) for each in sets]
    best = np.argmax([figure.mean(axis=0) for figure in figures], axis=0)
    decided: np.ndarray = np.asarray(sets)[best, np.arange(len(p))]
    return decided


if __name__ == "__main__":
    main()
