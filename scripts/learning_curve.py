r"""How does the figure grow with the number of posters? Fit logistic regressions on more and more of them.

    python scripts/learning_curve.py imdb-posters/posters.csv more-posters/posters.csv --size 2500 --size 5000 \
        --weights imagenet --height 192 --width 128 --train-scale 1

Everything learns from frozen features, which `--weights` gives; the weights must have seen none of the posters. Each
draw splits all posters anew into training, validation and test, and each size is drawn from the training posters.
A curve a - b n^-c through the means (Hestness et al. 2017, "Deep Learning Scaling is Predictable, Empirically") says
what more posters would give, one through each draw how far that can be trusted.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import curve_fit
from tqdm import tqdm

from posters.baselines.linear_probe import fit_probe
from posters.cli.options import add_catalogue_options, add_config_options, config_options, read_catalogue_from
from posters.config import TrainConfig, with_options
from posters.metrics import METRICS
from posters.network.features import compute_features, features_path
from posters.network.model import build_network
from posters.splitting.groups import group_posters, perceptual_hashes
from posters.splitting.splits import draw_splits
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import pack

FIGURES = ("macro_map", "micro_map", "macro_roc_auc", "log_loss")


def main() -> None:
    """Print a row for each size, and what the curve says of `--ask`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path, nargs="+", help="several are read together")
    parser.add_argument("--size", type=int, action="append", required=True, help="training posters; may be repeated")
    parser.add_argument("--draws", type=int, default=3, help="how many (default: 3)")
    parser.add_argument("--ask", type=int, default=100_000, help="what would so many give? (default: 100000)")
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    add_config_options(parser)
    options = parser.parse_args()
    sizes = sorted(options.size)
    found = measured(options, with_options(TrainConfig(epochs=0), **config_options(options)), sizes)
    print(f"| training posters | {' | '.join(FIGURES)} |\n| ---: |{' --- |' * len(FIGURES)}")
    for size, draws in zip(sizes, found, strict=True):
        cells = (f"{figure.mean():.4f} ({figure.min():.4f} to {figure.max():.4f})" for figure in draws.T)
        print(f"| {size:,} | {' | '.join(cells)} |")
    curves = [asked(np.array(sizes), each, options.ask) for each in (found.mean(axis=1), *found.swapaxes(0, 1))]
    for name, (mean, *draws) in zip(FIGURES, np.array(curves).T, strict=True):
        print(f"{name} at {options.ask:,}: {mean:.3f} by the curve of the means; by draw {np.round(sorted(draws), 3)}")


def measured(options: argparse.Namespace, config: TrainConfig, sizes: list[int]) -> np.ndarray:
    """Return the test figures, float (sizes, draws, figures)."""
    catalogue, cache = read_catalogue_from(options), options.cache or default_cache()
    directory = arrays_directory(cache, catalogue, config.preprocess)
    arrays = pack(catalogue, directory, config.preprocess)
    network = build_network(config, len(arrays.genre_names))
    features = np.asarray(
        compute_features(network.features, arrays, features_path(network.features, config, arrays, cache))
    )
    readable, hashes = catalogue.among(arrays.ids), perceptual_hashes(arrays, directory)
    groups = group_posters(readable, hashes)
    found = np.empty((len(sizes), options.draws, len(FIGURES)))
    for draw in tqdm(range(options.draws), desc="draws"):
        splits = draw_splits(readable, groups, validation=config.validation, test=config.test, seed=draw)
        train, validation, test = map(arrays.rows_of, (splits.train, splits.validation, splits.test))
        if sizes[-1] > len(train):
            sys.exit(f"--size {sizes[-1]}: there are {len(train):,} training posters: ask for fewer")
        order = np.random.default_rng(draw).permutation(train)
        for row, size in enumerate(sizes):
            probe = fit_probe(features, arrays.genres, order[:size], validation)
            y_true, y_score = arrays.genres[test], probe.score(features[test])
            found[row, draw] = [METRICS[name](y_true, y_score) for name in FIGURES]
    return found


def asked(sizes: np.ndarray, figures: np.ndarray, size: int) -> list[float]:
    """Return each figure (sizes, figures) at another size, by a curve through those that there are."""
    thousands = sizes / 1000
    values = []
    for figure in figures.T:
        start = (figure[-1], figure[-1] - figure[0], 0.5)
        curve, _ = curve_fit(power_law, thousands, figure, p0=start, bounds=([0, -1, 0.05], [1, 1, 2]))
        values.append(float(power_law(size / 1000, *curve)))
    return values


def power_law(size: np.ndarray | float, limit: float, distance: float, rate: float) -> np.ndarray | float:
    """Return what a learning curve has at a size."""
    return limit - distance * size**-rate


if __name__ == "__main__":
    main()
