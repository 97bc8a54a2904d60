r"""Do weights that have seen posters help a small catalogue? Train on few posters from several weights.

    python scripts/transfer.py posters.csv --images images --splits splits.csv --start imagenet --start FILE \
        --size 200 --out runs/few

The splits (a CSV of id and split) tell which posters may train, validate and test; FILE must have seen none of them.
Other posters of the table are left alone. Options of `posters train` may follow.
"""

import argparse
from pathlib import Path

import numpy as np

from posters.catalogue import Catalogue
from posters.cli.options import add_catalogue_options, add_config_options, config_options, read_catalogue_from
from posters.config import TrainConfig, with_options
from posters.metrics import average_precision
from posters.runs import Run
from posters.splitting.splits import read_splits
from posters.tasks.scoring import split_catalogue, split_scores
from posters.tasks.train import train

COMMONEST = 20


def main() -> None:
    """Train from each start, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--splits", type=Path, required=True)
    parser.add_argument("--start", action="append", required=True, metavar="WEIGHTS", help="may be repeated")
    parser.add_argument("--size", action="append", type=int, required=True, metavar="N", help="may be repeated")
    parser.add_argument("--draws", type=int, default=3, help="of the training posters, and seeds (default: 3)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    add_config_options(parser)
    options = parser.parse_args()
    catalogue, splits = read_catalogue_from(options), read_splits(options.splits)
    config = with_options(TrainConfig(), **config_options(options))
    print("| training posters | started from | macro mAP, one figure a draw | mean |")
    print("| ---: | --- | ---: | ---: |")
    for size in options.size:
        for start in options.start:
            figures = [
                trained(catalogue, drawn(splits, size, seed), start, seed, config, options)
                for seed in range(options.draws)
            ]
            cells = ", ".join(f"{figure:.3f}" for figure in figures)
            print(f"| {size:,} | {Path(start).name} | {cells} | {np.mean(figures):.3f} |", flush=True)


def drawn(splits: dict[str, str], size: int, seed: int) -> dict[str, str]:
    """Return the splits with `size` training posters, drawn by the seed."""
    training = [id for id, split in splits.items() if split == "train"]
    chosen = set(np.random.default_rng(seed).permutation(training)[:size].tolist())
    return {id: split for id, split in splits.items() if split != "train" or id in chosen}


def trained(
    catalogue: Catalogue,
    splits: dict[str, str],
    start: str,
    seed: int,
    config: TrainConfig,
    options: argparse.Namespace,
) -> float:
    """Return the macro mAP on the test split over the genres that are commonest there."""
    size = sum(split == "train" for split in splits.values())
    run = Run(options.out / f"{Path(start).name}-{size}-{seed}")
    own = with_options(config, weights=start, seed=seed)
    classifier = train(catalogue.among(list(splits)), run.path, own, splits=splits, cache=options.cache, resume=True)
    scores = split_scores(run, classifier, "test", split_catalogue(run, "test"), progress=lambda rows: rows)
    y_true = scores.labelled("the test posters").y_true
    commonest = np.argsort(-y_true.sum(axis=0))[:COMMONEST]
    return float(np.nanmean(average_precision(y_true, scores.y_score)[commonest]))


if __name__ == "__main__":
    main()
