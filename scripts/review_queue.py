"""Does a review in the order of its queue pay sooner than one in random order? Make labels wrong, and put them right.

    python -m scripts.review_queue posters.csv --images images

A fifth of the posters is the test split, and keeps its labels. Of the others a share of each genre's labels is removed,
and as many false ones are added to other posters. A simulated reviewer then decides about posters, in the order of
`posters review` and in random order, and gives each its labels back. After some decisions, a logistic regression on
what the shipped network sees is fitted on all labels as they are by then, and judged on the test split.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from posters.baselines.linear_probe import fit_whole, out_of_fold_scores
from posters.catalogue import Catalogue
from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.metrics import METRICS
from posters.review import doubt_queue, random_queue
from posters.scores import Scores
from posters.splitting.groups import group_posters
from posters.store.cache import default_cache
from posters.tasks.label_doubts import probe_features
from scripts.label_issues import made_wrong

DECISIONS = (100, 300, 1000)
STRENGTH = 1e-3  # of the regressions, as in `out_of_fold_scores`


def main() -> None:
    """Print macro mAP and the share of wrong labels that were found, for each order."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--share", type=float, default=0.15, help="of each genre's labels (default: 0.15)")
    parser.add_argument("--seeds", type=int, default=3, help="how many (default: 3)")
    parser.add_argument("--cache", type=Path)
    add_catalogue_options(parser)
    options = parser.parse_args()
    catalogue, features = probe_features(read_catalogue_from(options), options.cache or default_cache())
    figures: dict[str, list[list[float]]] = {}
    for seed in tqdm(range(options.seeds), desc="seeds"):
        for name, row in reviewed(catalogue, features, options.share, seed).items():
            figures.setdefault(name, []).append(row)
    print("| order, decisions | macro mAP | wrong labels found |\n| --- | ---: | ---: |")
    for name, rows in figures.items():
        mean, deviation = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1)
        print(f"| {name} | {mean[0]:.4f} ± {deviation[0]:.4f} | {mean[1]:.3f} ± {deviation[1]:.3f} |", flush=True)
    for count in DECISIONS:
        gain = np.subtract(figures[f"queue, {count:,}"], figures[f"random, {count:,}"])[:, 0]
        print(f"queue above random after {count:,}: {gain.mean():+.4f} ± {gain.std(ddof=1):.4f}")


def reviewed(catalogue: Catalogue, features: np.ndarray, share: float, seed: int) -> dict[str, list[float]]:
    """Return macro mAP, and the share of wrong labels that are right again, by order and number of decisions."""
    rng, y = np.random.default_rng(seed), catalogue.multi_hot()
    test = rng.random(len(y)) < 0.2
    x, train = features[~test], catalogue.take(np.flatnonzero(~test).tolist())
    wrong = made_wrong(y[~test], share, seed, evenly=False)
    judge = judged(x, features[test], y[test])
    scores = out_of_fold_scores(x, wrong, group_posters(train), strength=STRENGTH, seed=seed)
    as_labelled = train_with(train, wrong)
    queues = {
        "queue": doubt_queue(Scores(train.ids, train.genre_names, scores, wrong), as_labelled).posters,
        "random": random_queue(train, seed=seed).posters,
    }
    found = {"none": [judge(wrong), 0.0], "all": [judge(y[~test]), 1.0]}
    row_of = {id: row for row, id in enumerate(train.ids)}
    for name, order in queues.items():
        for count in DECISIONS:
            rows = [row_of[id] for id in order[:count]]
            corrected = wrong.copy()
            corrected[rows] = y[~test][rows]
            right = (wrong != corrected).sum() / (wrong != y[~test]).sum()
            found[f"{name}, {count:,}"] = [judge(corrected), right]
    return found


def train_with(train: Catalogue, y_true: np.ndarray) -> Catalogue:
    """Return a catalogue with other labels."""
    rows = zip(train, y_true, strict=True)
    names = np.array(train.genre_names)
    return replace(train, posters=tuple(replace(poster, genres=tuple(names[labels == 1])) for poster, labels in rows))


def judged(x: np.ndarray, test: np.ndarray, y_test: np.ndarray) -> Callable[[np.ndarray], float]:
    """Return what fits on labels and judges on the test split."""
    return lambda labels: float(METRICS["macro_map"](y_test, fit_whole(x, labels, STRENGTH).score(test)))


if __name__ == "__main__":
    main()
