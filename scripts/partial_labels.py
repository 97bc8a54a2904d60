r"""What are partly known labels worth? Hide labels of the training posters, and compare with fewer labelled posters.

    python scripts/partial_labels.py posters.csv --images images --weights imagenet --height 288 --width 192

With the same splits, the network and the linear probe on frozen features learn from: all labels; labels of which a
share is hidden at random, and masked; as many labels on fewer posters, each fully labelled; the hidden labels taken for
a no; and the hidden labels filled in, as `posters train --impute` does it. Validation and test are fully labelled. Each
seed draws other splits and hides other labels. With --epochs 0, the default here, the head alone is trained; everything
is of the size that training learns from.
"""

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from posters.baselines.imputation import impute_training_labels
from posters.baselines.linear_probe import fit_probe
from posters.catalogue import Catalogue
from posters.catalogue.multi_hot import prevalence
from posters.classifier.looks import looks_of
from posters.cli.options import add_catalogue_options, add_config_options, config_options, read_catalogue_from
from posters.config import TrainConfig, with_options
from posters.metrics import METRICS
from posters.network.data import Batches
from posters.network.features import compute_features, features_path, head_scores, network_scores
from posters.network.fit import FitState, compile_model, fit
from posters.network.losses import make_loss
from posters.network.model import build_network, start_head
from posters.network.schedules import make_schedule
from posters.network.tensorflow import make_deterministic
from posters.splitting.groups import group_posters, perceptual_hashes
from posters.splitting.splits import draw_splits
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import pack

MASKED, IMPUTED = "hidden and masked", "hidden and filled in"
WAYS = ("all labels", MASKED, "fewer posters, fully labelled", "hidden and taken for a no", IMPUTED)
LEARNERS = ("the network", "logistic regression")


@dataclass(frozen=True)
class Problem:
    """One seed's posters.

    Attributes:
        posters: packed, of N.
        features: (N, F), frozen.
        y: multi-hot (N, G), everything known.
        groups: int (N,), posters that stay together.
        train: rows.
        validation: rows.
        test: rows.
    """

    posters: np.ndarray
    features: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def main() -> None:
    """Train in each way, with each seed, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--hidden", type=float, default=0.4, help="share of the training labels (default: 0.4)")
    parser.add_argument("--seeds", type=int, default=3, help="how many (default: 3)")
    parser.add_argument("--way", action="append", choices=WAYS, help="only these; may be repeated")
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    add_config_options(parser)
    options = parser.parse_args()
    config = with_options(TrainConfig(epochs=0), **config_options(options))
    ways = options.way or WAYS
    problems = list(drawn(read_catalogue_from(options), config, options.cache or default_cache(), options.seeds))
    figures = np.empty((2, len(ways), options.seeds))
    for seed, problem in enumerate(tqdm(problems, desc="seeds")):
        labels = labels_of(problem, options.hidden, seed)
        for row, way in enumerate(ways):
            train, y = labels[WAYS.index(way)]
            figures[:, row, seed] = (
                network_figure(problem, train, y, replace(config, seed=seed)),
                probe_figure(problem, train, y),
            )
            tqdm.write(f"seed {seed}, {way}: {figures[0, row, seed]:.4f}, {figures[1, row, seed]:.4f}", sys.stderr)
    for learner, values in zip(LEARNERS, figures, strict=True):
        print(f"| {learner}: test macro mAP | mean | one figure a seed |\n| --- | ---: | --- |")
        for way, cells in zip(ways, values, strict=True):
            print(f"| {way} | {cells.mean():.4f} | {', '.join(f'{cell:.4f}' for cell in cells)} |")


def drawn(catalogue: Catalogue, config: TrainConfig, cache: Path, seeds: int) -> Iterator[Problem]:
    """Yield a problem for each seed; posters and features are computed once."""
    directory = arrays_directory(cache, catalogue, config.train_preprocess)
    arrays = pack(catalogue, directory, config.train_preprocess)
    network = build_network(config, len(arrays.genre_names), preprocess=config.train_preprocess)
    path = features_path(network.features, config, arrays, cache)
    features = compute_features(network.features, arrays, path)
    readable = catalogue.among(arrays.ids)
    codes = looks_of(readable, cache) if config.look else None
    groups = group_posters(readable, perceptual_hashes(arrays, directory), codes)
    for seed in range(seeds):
        splits = draw_splits(readable, groups, validation=config.validation, test=config.test, seed=seed)
        rows = map(arrays.rows_of, (splits.train, splits.validation, splits.test))
        yield Problem(np.asarray(arrays.posters), features, arrays.genres, groups, *rows)


def labels_of(problem: Problem, hidden: float, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the training rows and the labels (N, G) of each of `WAYS`."""
    rng = np.random.default_rng(seed)
    masked, wrong = problem.y.copy(), problem.y.copy()
    cells = np.zeros(problem.y.shape, bool)
    cells[problem.train] = rng.random((len(problem.train), problem.y.shape[1])) < hidden
    masked[cells], wrong[cells] = -1, 0
    fewer = np.sort(rng.permutation(problem.train)[: round(len(problem.train) * (1 - hidden))])
    filled = impute_training_labels(problem.features, masked, problem.train, problem.groups, seed)
    labels = (problem.y, masked, problem.y, wrong, filled)
    return [(fewer if "fewer" in way else problem.train, y) for way, y in zip(WAYS, labels, strict=True)]


def network_figure(problem: Problem, train: np.ndarray, y: np.ndarray, config: TrainConfig) -> float:
    """Return the test macro mAP of a network, fitted as `posters train` does it."""
    make_deterministic(config.seed)
    prior = prevalence(y[train])
    network = build_network(config, y.shape[1], preprocess=config.train_preprocess)
    loss = make_loss(config.loss, prior, known=float((y[train] >= 0).mean()))

    def of_head(rows: np.ndarray) -> np.ndarray:
        return head_scores(network.head, problem.features, rows)

    def whole_scores(rows: np.ndarray) -> np.ndarray:
        return network_scores(network.whole, problem.posters, rows, config.batch_size, "scoring")

    def figure(scores: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> float:
        return METRICS["macro_map"](problem.y[rows], scores(rows))

    def figures(scores: Callable[[np.ndarray], np.ndarray]) -> dict[str, float]:
        return {"macro_map": figure(scores, problem.validation)}

    def trained(
        stage: str, model: Any, batches: Batches, rate: float, epochs: int, scores: Any, decay: float, best: float
    ) -> float:
        warmup = 0 if stage == "head" else epochs * batches.steps // 10
        compile_model(model, loss, make_schedule(config.schedule, rate, epochs * batches.steps, warmup=warmup), decay)
        state = FitState(stage, model, config.ema, best)
        with tempfile.TemporaryDirectory() as folder:
            path, patience = Path(folder) / "fit.npz", epochs if stage == "head" else config.patience
            fit(
                state,
                batches,
                lambda: figures(scores),
                epochs=epochs,
                patience=patience,
                checkpoint=path,
            )
        return state.best_score

    start_head(network.head, problem.features, train, prior, config.head)
    batches = Batches(problem.features, y, train, config.head_batch_size, config.seed)
    decay, rate = config.head_weight_decay, config.head_learning_rate
    best = trained("head", network.head, batches, rate, config.head_epochs, of_head, decay, float("-inf"))
    if config.epochs == 0:
        return figure(of_head, problem.test)
    batches = Batches(problem.posters, y, train, config.batch_size, config.seed, config.augment, config.mixup)
    decay, rate = config.weight_decay, config.learning_rate
    trained("network", network.whole, batches, rate, config.epochs, whole_scores, decay, best)
    return figure(whole_scores, problem.test)


def probe_figure(problem: Problem, train: np.ndarray, y: np.ndarray) -> float:
    """Return the test macro mAP of logistic regression, which needs labels that are either yes or no."""
    if y.dtype.kind == "f":
        return math.nan
    probe = fit_probe(problem.features, y, train, problem.validation)
    return METRICS["macro_map"](problem.y[problem.test], probe.score(problem.features, problem.test))


if __name__ == "__main__":
    main()
