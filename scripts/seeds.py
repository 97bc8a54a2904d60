"""Measure what another seed changes, and what averaging two seeds' networks gains, on the posters of each fold.

    python scripts/seeds.py runs/cv runs/cv-seed-1 --images images

The directories come from `posters cross-validate`, with the same folds and different seeds. Folds that not all of them
have finished are left out and named.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posters.classifier import read_manifest
from posters.classifier.manifest import KERAS_NETWORK
from posters.metrics import METRICS, average_precision
from posters.network.features import network_scores
from posters.network.weights import average_networks
from posters.runs import Run
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import pack
from posters.tasks.scoring import split_catalogue

COMMONEST = 20


def main() -> None:
    """Score every network and their averages, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cross_validations", type=Path, nargs="+", help="two or more")
    parser.add_argument("--images", type=Path, metavar="DIR", help="where the runs' images are now, if they were moved")
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    folds = finished_folds(options.cross_validations)
    parts = [scored(fold, options.cross_validations, options) for fold in folds]
    names = [*map(str, options.cross_validations), "weights averaged", "probabilities averaged"]
    y_true = np.concatenate([labels for labels, _ in parts])
    print("| | macro mAP | 20 commonest genres | micro mAP | macro ROC AUC | log loss | 20 commonest, fold by fold |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    for number, name in enumerate(names):
        y_score = np.concatenate([scores[number] for _, scores in parts])
        by_fold = ", ".join(f"{commonest(labels, scores[number]):.3f}" for labels, scores in parts)
        figures = [
            METRICS[metric](y_true, y_score) for metric in ("macro_map", "micro_map", "macro_roc_auc", "log_loss")
        ]
        cells = [f"{figures[0]:.4f}", f"{commonest(y_true, y_score):.4f}", *(f"{value:.4f}" for value in figures[1:])]
        print(f"| {Path(name).name} | {' | '.join(cells)} | {by_fold} |")


def finished_folds(directories: Sequence[Path]) -> list[str]:
    """Return the folds that all cross-validations have finished, by the names of their runs."""
    names = sorted(path.name for path in directories[0].glob("fold-*"))
    finished = [name for name in names if all(Run(each / name).finished for each in directories)]
    if not finished:
        raise SystemExit("no fold is finished in all of them: finish them by posters cross-validate --resume")
    if finished != names:
        print(f"left out, since not all have finished them: {', '.join(sorted(set(names) - set(finished)))}")
    return finished


def scored(fold: str, directories: Sequence[Path], options: argparse.Namespace) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the labels of the fold's posters, and their scores by each network, by the average and by the mean."""
    runs = [Run(directory / fold) for directory in directories]
    catalogue = split_catalogue(runs[0], "test", options.images)
    if any(sorted(split_catalogue(run, "test", options.images).ids) != sorted(catalogue.ids) for run in runs[1:]):
        raise SystemExit(f"{fold} holds other posters in another directory: cross-validate with the same --folds")
    preprocess = read_manifest(runs[0].classifier).preprocess
    arrays = pack(catalogue, arrays_directory(options.cache or default_cache(), catalogue, preprocess), preprocess)
    rows = np.arange(len(arrays))
    paths = [run.classifier / KERAS_NETWORK for run in runs]
    networks = [average_networks([path]) for path in paths] + [average_networks(paths)]
    scores = [network_scores(network, arrays.posters, rows, 32, fold) for network in networks]
    return arrays.genres, [*scores, np.mean(scores[: len(paths)], axis=0)]


def commonest(y_true: np.ndarray, y_score: np.ndarray) -> float:
    """Return the macro mAP over the commonest genres."""
    chosen = np.argsort(-y_true.sum(axis=0))[:COMMONEST]
    return float(np.nanmean(average_precision(y_true, y_score)[chosen]))


if __name__ == "__main__":
    main()
