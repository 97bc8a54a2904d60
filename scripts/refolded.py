"""Measure what figures owe to which posters are in which fold: out-of-fold logistic regressions, by folds side by side.

    python scripts/refolded.py posters.csv --images images --folds docs/folds/imdb-posters.csv --moved tt0095275=2

In each fold the regression learns from the posters of the others, by what the shipped network sees in them. The second
row is that of the same folds with some posters moved.
"""

import argparse
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm

from posters.baselines.linear_probe import fit_whole
from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.metrics import METRICS, average_precision
from posters.splitting.folds import read_folds
from posters.store.cache import default_cache
from posters.tasks.label_doubts import probe_features

COMMONEST = 20
STRENGTH = 1e-3
FIGURES = ("macro_map", "micro_map", "macro_roc_auc", "log_loss")


def out_of_fold(x: np.ndarray, y_true: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return probabilities (N, G), each fold's by a regression on the posters of the others."""
    y_score = np.empty(y_true.shape)
    for each in tqdm(np.unique(fold), unit="fold", leave=False):
        own = fold == each
        y_score[own] = fit_whole(x[~own], y_true[~own], STRENGTH).score(x[own])
    return y_score


def row(name: str, y_true: np.ndarray, y_score: np.ndarray) -> str:
    """Return a line of the Markdown table."""
    common = np.argsort(-y_true.sum(axis=0), kind="stable")[:COMMONEST]
    over_common = float(np.nanmean(average_precision(y_true[:, common], y_score[:, common])))
    found = [METRICS[each](y_true, y_score) for each in FIGURES]
    cells = [found[0], over_common, *found[1:]]
    return f"| {name} | {' | '.join(f'{value:.4f}' for value in cells)} |"


def moved_folds(of: Mapping[str, int], moved: list[str]) -> dict[str, int]:
    """Return the folds with each of `moved`, an id, "=" and a fold, in that fold."""
    return {**of, **{id: int(fold) for id, _, fold in (each.rpartition("=") for each in moved)}}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--folds", type=Path, required=True, help="a CSV with the columns id and fold")
    parser.add_argument("--moved", action="append", default=[], metavar="ID=FOLD", help="in the second row; repeatable")
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    options = parser.parse_args()
    catalogue, x = probe_features(read_catalogue_from(options), options.cache or default_cache())
    logging.getLogger("posters").setLevel(logging.ERROR)
    y_true, of = catalogue.multi_hot().astype(np.int8), read_folds(options.folds).of
    fold, other = (np.array([folds[id] for id in catalogue.ids]) for folds in (of, moved_folds(of, options.moved)))
    print("| | macro mAP | 20 commonest genres | micro mAP | macro ROC AUC | log loss |\n| --- |" + " ---: |" * 5)
    print(row("the folds", y_true, out_of_fold(x, y_true, fold)), flush=True)
    print(row(f"{(fold != other).sum()} moved", y_true, out_of_fold(x, y_true, other)), flush=True)


if __name__ == "__main__":
    main()
