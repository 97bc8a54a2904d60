"""Logistic regression on a run's frozen features: what anything that trains for longer must beat.

    python scripts/baseline.py runs/first

Reads the features that `posters train` kept, takes the run's own split, fits one scikit-learn logistic regression per
genre, chooses C on validation, and prints macro mAP beside the run's classifier on the same test posters.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from posters.arrays import pack
from posters.cache import arrays_directory, default_cache
from posters.metrics import METRICS
from posters.network.features import features_path
from posters.rows import open_rows
from posters.runs import Run
from posters.tasks.evaluate import evaluate_run

STRENGTHS = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4)
MACRO_MAP = METRICS["macro_map"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--cache", type=Path, default=default_cache())
    options = parser.parse_args()
    run = Run(options.run)
    x, y, sides = features_of(run, options.cache)
    best = max((scored(x, y, sides, strength) for strength in tqdm(STRENGTHS, desc="C")), key=lambda row: row[1])
    figures = evaluate_run(run.path).of("model").figures["macro_map"]
    print(f"logistic regression, C={best[0]:g}: validation {best[1]:.4f}, test {best[2]:.4f} (macro mAP)")
    print(f"the run's classifier: test {figures.value:.4f}, over {figures.counted} genres")


def features_of(run: Run, cache: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standardised features (N, F) of the run's posters, their genres (N, G), and their sides (N,)."""
    catalogue, config, sides = run.catalogue(), run.config(), run.sides()
    arrays = pack(catalogue, arrays_directory(cache, catalogue, config.preprocess), config.preprocess)
    features = np.asarray(open_rows(features_path(config, arrays, cache)))
    side = np.array([sides[id] for id in arrays.ids])
    # The same root as the network's head takes.
    x = features / np.sqrt(np.abs(features) + 1e-3)
    train = x[side == "train"]
    return (x - train.mean(axis=0)) / (train.std(axis=0) + 1e-6), arrays.genres, side


def scored(x: np.ndarray, y: np.ndarray, side: np.ndarray, strength: float) -> tuple[float, float, float]:
    """The strength, and macro mAP on validation and test."""
    train = side == "train"
    columns = [
        LogisticRegression(C=strength, max_iter=500).fit(x[train], genre[train]).predict_proba(x)[:, 1] for genre in y.T
    ]
    y_score = np.stack(columns, axis=1)
    validation, test = (MACRO_MAP(y[side == name], y_score[side == name]) for name in ("validation", "test"))
    return strength, validation, test


if __name__ == "__main__":
    main()
