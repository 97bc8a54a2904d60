r"""Is a small catalogue better served by weights that have seen posters? Trains on few posters from several weights.

    python scripts/transfer.py posters.csv --images images --sides sides.csv --start imagenet --start FILE --size 200 \
        --out runs/few

The sides (a CSV of id and side) say which posters may be trained on, which validate, and which are tested on; FILE must
have seen none of them. Other posters of the table are left alone. Options of `posters train` may follow.
"""

import argparse
from pathlib import Path

import numpy as np

from posters.catalogue import Catalogue
from posters.cli.options import add_catalogue_options, add_config_options, config_options, read_catalogue_from
from posters.config import TrainConfig, with_options
from posters.metrics import average_precision
from posters.runs import Run
from posters.splits import read_sides
from posters.tasks.scoring import side_catalogue, side_scores
from posters.tasks.train import train

COMMONEST = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--sides", type=Path, required=True)
    parser.add_argument("--start", action="append", required=True, metavar="WEIGHTS", help="may be repeated")
    parser.add_argument("--size", action="append", type=int, required=True, metavar="N", help="may be repeated")
    parser.add_argument("--draws", type=int, default=3, help="of the training posters, and seeds (default: 3)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    add_config_options(parser)
    options = parser.parse_args()
    catalogue, sides = read_catalogue_from(options), read_sides(options.sides)
    config = with_options(TrainConfig(), **config_options(options))
    print("| training posters | started from | macro mAP, one figure a draw | mean |")
    print("| ---: | --- | ---: | ---: |")
    for size in options.size:
        for start in options.start:
            figures = [
                trained(catalogue, drawn(sides, size, seed), start, seed, config, options)
                for seed in range(options.draws)
            ]
            cells = ", ".join(f"{figure:.3f}" for figure in figures)
            print(f"| {size:,} | {Path(start).name} | {cells} | {np.mean(figures):.3f} |", flush=True)


def drawn(sides: dict[str, str], size: int, seed: int) -> dict[str, str]:
    """The sides with `size` training posters, drawn by the seed."""
    training = [id for id, side in sides.items() if side == "train"]
    chosen = set(np.random.default_rng(seed).permutation(training)[:size].tolist())
    return {id: side for id, side in sides.items() if side != "train" or id in chosen}


def trained(
    catalogue: Catalogue,
    sides: dict[str, str],
    start: str,
    seed: int,
    config: TrainConfig,
    options: argparse.Namespace,
) -> float:
    """Macro mAP on the test side over the genres that are commonest there."""
    size = sum(side == "train" for side in sides.values())
    run = Run(options.out / f"{Path(start).name}-{size}-{seed}")
    own = with_options(config, weights=start, seed=seed)
    classifier = train(catalogue.among(list(sides)), run.path, own, sides=sides, cache=options.cache, resume=True)
    scores = side_scores(run, classifier, "test", side_catalogue(run, "test"), progress=lambda rows: rows)
    y_true = scores.labels("the test posters")
    commonest = np.argsort(-y_true.sum(axis=0))[:COMMONEST]
    return float(np.nanmean(average_precision(y_true, scores.y_score)[commonest]))


if __name__ == "__main__":
    main()
