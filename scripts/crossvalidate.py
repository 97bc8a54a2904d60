"""Cross-validate a recipe by the protocol of docs/results.md, and print its row of the table.

    python scripts/crossvalidate.py posters.csv --images images --folds docs/folds/imdb-posters.csv --out runs/cv

Options of `posters train` may follow. What exists already is not trained again: a killed one is resumed.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from posters.cli.options import add_catalogue_options, add_config_options, config_options, read_catalogue_from
from posters.config import TrainConfig, read_config, with_options
from posters.evaluation.jackknife import jackknife
from posters.metrics import METRICS, average_precision
from posters.scores import Scores
from posters.splitting.folds import read_folds
from posters.splitting.groups import group_posters
from posters.tasks.crossvalidate import crossvalidate

NAMES = {"prior": "each genre's share", "probe": "logistic regression", "model": "the recipe"}


def main() -> None:
    """Cross-validate, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="directory that holds the runs")
    parser.add_argument("--folds", type=Path, help="CSV of id and fold (default: drawn by the seed)")
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    add_config_options(parser)
    options = parser.parse_args()
    config = read_config(options.config) if options.config else TrainConfig()
    catalogue = read_catalogue_from(options)
    scores = crossvalidate(
        catalogue,
        options.out,
        with_options(config, **config_options(options)),
        folds=read_folds(options.folds) if options.folds else None,
        cache=options.cache,
        progress=progress_bar,
    )
    groups = dict(zip(catalogue.ids, group_posters(catalogue).tolist(), strict=True))
    print("| | macro mAP (95% interval) | micro mAP | macro ROC AUC | log loss | macro F1 | micro F1 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, title in NAMES.items():
        if name in scores:
            print(row(title, scores[name], groups, scores["decisions"] if name == "model" else None))


def progress_bar(rows: Any) -> Any:
    """Show how many posters have been scored."""
    return tqdm(rows, desc="scoring", unit="poster", leave=False)


def row(title: str, scores: Scores, groups: dict[str, int], decisions: Scores | None) -> str:
    """Return one line of the table; F1 is by the thresholds that each fold's validation split chose."""
    y_true = scores.labelled("cross-validation").y_true
    macro = float(np.nanmean(average_precision(y_true, scores.y_score)))
    interval = jackknife(y_true, scores.y_score, np.array([groups[id] for id in scores.ids])).interval()
    if interval is None:
        raise SystemExit("too few positives among the folds for an interval: cross-validate more posters")
    figures = [METRICS[name](y_true, scores.y_score) for name in ("micro_map", "macro_roc_auc", "log_loss")]
    decided = ["", ""]
    if decisions is not None:
        decided = [
            f"{METRICS[name](y_true, decisions.y_score.astype(np.uint8)):.3f}" for name in ("macro_f1", "micro_f1")
        ]
    cells = [
        f"{macro:.4f} ({interval.low:.3f} to {interval.high:.3f})",
        *(f"{value:.3f}" for value in figures),
        *decided,
    ]
    return f"| {title} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
