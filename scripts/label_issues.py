"""In which order should doubted labels be looked at? Make labels wrong on purpose, and count how many are found.

    python scripts/label_issues.py posters.csv --images images --weights imagenet --height 144 --width 96

A share of each genre's labels is removed, and as many false ones are added: to each genre in proportion to its posters,
or the same number to each. Logistic regressions on frozen features, each scoring posters that it never saw, then doubt
labels as a report does. Missing and false genres are two lists; each is tried in several orders. What was made wrong
counts as a fault, and nothing else: labels that were wrong before are not known, so that true shares are higher.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tqdm import tqdm

from posters.baselines.linear_probe import out_of_fold_scores
from posters.calibration.calibration import logit
from posters.cli.options import add_catalogue_options, add_config_options, config_options, read_catalogue_from
from posters.config import TrainConfig, with_options
from posters.evaluation.label_issues import KINDS, label_confidence, label_doubts
from posters.network.features import compute_features, features_path
from posters.network.model import build_network
from posters.splitting.groups import group_posters, perceptual_hashes
from posters.store.cache import arrays_directory, default_cache
from posters.store.packed_posters import pack

FIRST = (100, 300, 1000)
# The list ends where fewer than one in five of so many in a row are faults.
WINDOW, WORTH = 200, 0.2


def main() -> None:
    """Print a table for each way of making labels wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--share", type=float, default=0.1, help="of each genre's labels (default: 0.1)")
    parser.add_argument("--seeds", type=int, default=3, help="how many (default: 3)")
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    add_config_options(parser)
    options = parser.parse_args()
    features, y, groups = kept_features(options)
    header = " | ".join([*(f"of the first {count:,}" for count in FIRST), "to look at", "found"])
    for evenly in (False, True):
        print(f"| {'evenly' if evenly else 'in proportion'}: kind, order | {header} |")
        print("| --- |" + " ---: |" * (len(FIRST) + 2))
        figures: dict[str, list[list[float]]] = {}
        for seed in tqdm(range(options.seeds), desc="seeds"):
            wrong = made_wrong(y, options.share, seed, evenly)
            p = out_of_fold_scores(features, wrong, groups, seed=seed)
            for name, hits in lists(wrong, p, wrong != y):
                figures.setdefault(name, []).append([*(hits[:count].mean() for count in FIRST), worth(hits), len(hits)])
        for name, rows in figures.items():
            (*shares, look, found), spread = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1)
            cells = [f"{mean:.3f} ± {sd:.3f}" for mean, sd in zip(shares, spread, strict=False)]
            print(f"| {name} | {' | '.join(cells)} | {look:,.0f} ± {spread[-2]:,.0f} | {found:,.0f} |", flush=True)


def kept_features(options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return frozen features (N, F), labels (N, G) and groups (N,); posters and features are computed once."""
    config = with_options(TrainConfig(), **config_options(options))
    catalogue, cache = read_catalogue_from(options), options.cache or default_cache()
    directory = arrays_directory(cache, catalogue, config.train_preprocess)
    arrays = pack(catalogue, directory, config.train_preprocess)
    network = build_network(config, len(arrays.genre_names), preprocess=config.train_preprocess)
    features = compute_features(network.features, arrays, features_path(network.features, config, arrays, cache))
    groups = group_posters(catalogue.among(arrays.ids), perceptual_hashes(arrays, directory))
    return np.asarray(features), arrays.genres, groups


def made_wrong(y: np.ndarray, share: float, seed: int, evenly: bool) -> np.ndarray:
    """Return labels (N, G) of which a share is missing, and as many are false."""
    rng, made = np.random.default_rng(seed), y.copy()
    made[(y == 1) & (rng.random(y.shape) < share)] = 0
    each = share * np.where(evenly, y.sum() / y.shape[1], y.sum(axis=0))
    for genre, count in enumerate(np.round(each).astype(int)):
        made[rng.choice(np.flatnonzero(y[:, genre] == 0), count, replace=False), genre] = 1
    return made


def lists(y: np.ndarray, p: np.ndarray, wrong: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each list in each order: which of its labels were made wrong, the surest first."""
    columns = list(zip(y.T, p.T, strict=True))
    doubts = np.stack([label_doubts(labels, scores) for labels, scores in columns], axis=1)
    ours = np.stack([label_confidence(labels, scores) for labels, scores in columns], axis=1)
    mixed = np.argsort(-doubts, axis=None, kind="stable")[:1000]
    for kind, label in KINDS.items():
        own = (doubts > 0) & (y == label)
        yield f"{kind}, in the first 1,000 of one mixed list", wrong.ravel()[mixed[own.ravel()[mixed]]]
        # Odds of the other answer, above those of the genre.
        sign = 1 if label == 0 else -1
        orders = {
            "adjusted self-confidence": doubts,
            "probability of the other answer": sign * p,
            "odds of it above the genre's": sign * (logit(p) - logit(y.mean(axis=0))),
            "ours": ours,
        }
        for name, order in orders.items():
            rows = np.argwhere(own)
            yield f"{kind}, {name}", wrong[tuple(rows[np.argsort(-order[tuple(rows.T)], kind="stable")].T)]


def worth(hits: np.ndarray) -> float:
    """Return how many to look at before fewer than one in five is a fault."""
    if len(hits) < WINDOW:
        return len(hits)
    shares = np.convolve(hits, np.full(WINDOW, 1 / WINDOW), "valid")
    few = np.flatnonzero(shares < WORTH)
    return float(few[0] + WINDOW // 2 if len(few) else len(hits))


if __name__ == "__main__":
    main()
