r"""Head or logistic regression: by which rule should validation choose? Fit both, and judge each rule on test posters.

    python scripts/head_or_probe.py posters.csv --images images --splits splits.csv --start imagenet --size 200 \
        --height 192 --width 128

Both learn from the same frozen features, as `posters train --epochs 0` fits them. Of the training and validation
posters, N are drawn, as by `scripts/transfer.py --shrink-validation`; without `--size`, all take part, once.
The rules: always the one or the other; the lower log loss on validation; the lower one once both have the slope and
shift, common to all genres, that suit validation best; and regression only if its loss is then lower by more than one
standard error of the difference over posters. Options of `posters train` may follow.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from tqdm import tqdm

from posters.baselines.linear_probe import fit_probe
from posters.calibration.fit import fit_platt
from posters.cli.options import add_catalogue_options, add_config_options, config_options, read_catalogue_from
from posters.config import TrainConfig, with_options
from posters.metrics import METRICS, average_precision
from posters.network.data import Batches
from posters.network.features import compute_features, features_path, head_scores
from posters.network.fit import FitState, compile_model, fit
from posters.network.losses import make_loss
from posters.network.model import build_network, start_head
from posters.network.schedules import make_schedule
from posters.network.tensorflow import make_deterministic
from posters.network.weights import continue_backbone, continue_head
from posters.splitting.splits import read_splits
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import PosterArrays, pack

COMMONEST = 20
RULES = ("head", "regression", "log loss", "calibrated", "calibrated, by a standard error")


def main() -> None:
    """Print a line for each draw, and a table of the rules."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--splits", type=Path, required=True, action="append", help="of ids; may be repeated")
    parser.add_argument("--start", required=True, action="append", metavar="WEIGHTS", help="may be repeated")
    parser.add_argument("--size", action="append", type=int, metavar="N", help="may be repeated (default: all)")
    parser.add_argument("--draws", type=int, default=3, help="of each size (default: 3)")
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    add_config_options(parser)
    options = parser.parse_args()
    catalogue, cache = read_catalogue_from(options), options.cache or default_cache()
    config = with_options(TrainConfig(epochs=0), **config_options(options))
    arrays = pack(catalogue, arrays_directory(cache, catalogue, config.preprocess), config.preprocess)
    print(f"| posters | started from | {' | '.join(RULES)} |\n| ---: | --- |{' ---: |' * len(RULES)}")
    for size in options.size or [0]:
        for start in options.start:
            own, found = with_options(config, weights=start), []
            for path in options.splits:
                splits = read_splits(path)
                for seed in range(options.draws if size else 1):
                    rows = drawn(arrays, splits, size, seed)
                    found.append(judged(arrays, rows, with_options(own, seed=seed), cache))
            taken = np.array(found)
            rules = zip(*of_rules(taken), strict=True)
            cells = (f"{figures.mean():.4f} ({share:.0%} head)" for figures, share in rules)
            print(f"| {size or 'all'} | {Path(start).name} | {' | '.join(cells)} |", flush=True)


def drawn(arrays: PosterArrays, splits: dict[str, str], size: int, seed: int) -> list[np.ndarray]:
    """Return the rows of the three splits, training and validation with `size` posters together, or all of them."""
    candidates = [id for id, split in splits.items() if split != "test"]
    chosen = set(np.random.default_rng(seed).permutation(candidates)[: size or None].tolist())
    known = set(arrays.ids)
    taken = {id: split for id, split in splits.items() if id in known and (id in chosen or split == "test")}
    return [
        arrays.rows_of([id for id, own in taken.items() if own == split]) for split in ("train", "validation", "test")
    ]


def judged(arrays: PosterArrays, rows: list[np.ndarray], config: TrainConfig, cache: Path) -> list[float]:
    """Return validation losses of both, own and calibrated, the difference's standard error, and both test figures."""
    train, validation, test = rows
    make_deterministic(config.seed)
    network = build_network(config, len(arrays.genre_names))
    learned = continue_backbone(network, config)
    features = compute_features(network.features, arrays, features_path(network.features, config, arrays, cache))
    y, head = arrays.genres, network.head
    prior = (y[train] == 1).mean(axis=0)
    start_head(head, features, train, prior, config.head)
    continue_head(head, arrays.genre_names, learned)
    batches = Batches(features, y, train, config.head_batch_size, config.seed)
    schedule = make_schedule(config.schedule, config.head_learning_rate, config.head_epochs * batches.steps)
    compile_model(head, make_loss(config.loss, prior), schedule, config.head_weight_decay)

    def validate() -> dict[str, float]:
        return {"macro_map": METRICS["macro_map"](y[validation], head_scores(head, features, validation))}

    with tempfile.TemporaryDirectory() as folder:
        state, path, epochs = FitState("head", head, config.ema), Path(folder) / "head.npz", config.head_epochs
        fit(state, batches, validate, epochs=epochs, patience=epochs, checkpoint=path)
    probe = fit_probe(features, y, train, validation)
    known = y[validation]
    scores = [head_scores(head, features, validation), probe.score(features, validation)]
    curves = [fit_platt(known.ravel(), np.ravel(p).astype(float)) for p in scores]
    own = [losses(known, p) for p in scores]
    calibrated = [losses(known, curve(p)) for curve, p in zip(curves, scores, strict=True)]
    difference = calibrated[1] - calibrated[0]
    commonest = np.argsort(-y[test].sum(axis=0))[:COMMONEST]
    figures = [
        float(np.nanmean(average_precision(y[test], p)[commonest]))
        for p in (head_scores(head, features, test), probe.score(features, test))
    ]
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    found = [*(float(each.mean()) for each in (*own, *calibrated)), float(error), *figures]
    tqdm.write(f"{len(train)} of {config.weights}: {np.round(found, 5).tolist()}", sys.stderr)
    return found


def losses(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Return the log loss of each poster, (N,)."""
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return np.asarray(-np.log(np.where(y == 1, p, 1 - p)).mean(axis=1))


def of_rules(found: np.ndarray) -> tuple[list[np.ndarray], list[float]]:
    """Return, for each rule, the test figures of what it takes, and how often that is the head."""
    head, regression, head_calibrated, regression_calibrated, error, on_test, regression_on_test = found.T
    takes_head = (
        np.ones(len(found), bool),
        np.zeros(len(found), bool),
        head <= regression,
        head_calibrated <= regression_calibrated,
        head_calibrated <= regression_calibrated + error,
    )
    return [np.where(own, on_test, regression_on_test) for own in takes_head], [float(own.mean()) for own in takes_head]


if __name__ == "__main__":
    main()
