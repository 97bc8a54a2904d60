r"""Do weights that have seen posters help a small catalogue? Train on few posters from several weights.

    python scripts/transfer.py posters.csv --images images --splits splits.csv --start imagenet --start FILE \
        --size 200 --out runs/few

The splits (a CSV of id and split) tell which posters may train, validate and test; FILE must have seen none of them.
Other posters of the table are left alone. Logistic regression on the features that the weights give stands beside each
figure. Options of `posters train` may follow.
"""

import argparse
from pathlib import Path

import numpy as np

from posters.catalogue import Catalogue
from posters.cli.options import add_catalogue_options, add_config_options, config_options, read_catalogue_from
from posters.config import TrainConfig, with_options
from posters.metrics import average_precision
from posters.runs import Run
from posters.scores import read_scores
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
    shrink = "validation shrinks with training, as in a small catalogue; N is then of both"
    parser.add_argument("--shrink-validation", action="store_true", help=shrink)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    add_config_options(parser)
    options = parser.parse_args()
    catalogue, splits = read_catalogue_from(options), read_splits(options.splits)
    config = with_options(TrainConfig(), **config_options(options))
    print("| posters | started from | macro mAP, one figure a draw | mean | logistic regression | mean |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    for size in options.size:
        for start in options.start:
            draws = [drawn(splits, size, seed, options.shrink_validation) for seed in range(options.draws)]
            figures = [trained(catalogue, draw, start, seed, config, options) for seed, draw in enumerate(draws)]
            cells = " | ".join(
                f"{', '.join(f'{figure:.3f}' for figure in column)} | {np.mean(column):.3f}"
                for column in zip(*figures, strict=True)
            )
            print(f"| {size:,} | {Path(start).name} | {cells} |", flush=True)


def drawn(splits: dict[str, str], size: int, seed: int, shrink: bool) -> dict[str, str]:
    """Return the splits with `size` training posters, or posters to train and validate, drawn by the seed."""
    drawn_from = ("train", "validation") if shrink else ("train",)
    candidates = [id for id, split in splits.items() if split in drawn_from]
    chosen = set(np.random.default_rng(seed).permutation(candidates)[:size].tolist())
    return {id: split for id, split in splits.items() if split not in drawn_from or id in chosen}


def trained(
    catalogue: Catalogue,
    splits: dict[str, str],
    start: str,
    seed: int,
    config: TrainConfig,
    options: argparse.Namespace,
) -> tuple[float, float]:
    """Return the macro mAP over the test split's commonest genres: the network's, and logistic regression's."""
    size = sum(split != "test" for split in splits.values())
    run = Run(options.out / f"{Path(start).name}-{size}-{seed}")
    own = with_options(config, weights=start, seed=seed)
    classifier = train(catalogue.among(list(splits)), run.path, own, splits=splits, cache=options.cache, resume=True)
    test = split_catalogue(run, "test")
    scores = split_scores(run, classifier, "test", test, progress=lambda rows: rows)
    y_true = scores.labelled("the test posters").y_true
    commonest = np.argsort(-y_true.sum(axis=0))[:COMMONEST]
    probe = read_scores(run.scores("probe"))
    tables = (scores, probe.take([probe.ids.index(id) for id in scores.ids]))
    figures = [float(np.nanmean(average_precision(y_true, table.y_score)[commonest])) for table in tables]
    return figures[0], figures[1]


if __name__ == "__main__":
    main()
