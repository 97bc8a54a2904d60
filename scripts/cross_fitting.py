r"""May calibration and rules be fitted on cross-fitted scores, where validation posters are few? Compare both on test.

    python scripts/cross_fitting.py posters.csv --images images --splits splits.csv

Of the splits' training and validation posters some are drawn. A logistic regression on the features of the network
that ships learns from 82% of them. Calibration and rules are fitted on its scores of the rest, or on the scores of all
of them that five regressions gave, each to the fifth that it had not seen; and judged on the splits' test posters.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score
from tqdm import tqdm

from posters.baselines.linear_probe import fit_probe, out_of_fold_scores
from posters.calibration import fit_calibration
from posters.catalogue import Catalogue
from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.metrics import log_loss
from posters.scores import Scores
from posters.sklearn import PosterFeatures
from posters.splitting.splits import read_splits
from posters.thresholds import fit_rule

SIZES, DRAWS, SHARE, LEAST = (280, 700, 1400, 2800), 4, 0.82, 20


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    parser.add_argument("--splits", type=Path, required=True)
    add_catalogue_options(parser)
    options = parser.parse_args()
    catalogue, splits = read_catalogue_from(options), read_splits(options.splits)
    catalogue = catalogue.among(splits)
    features = PosterFeatures().transform(tqdm([catalogue.image_path(poster) for poster in catalogue], unit="poster"))
    test = np.array([splits[id] == "test" for id in catalogue.ids])
    print("| posters | fitted on | log loss | samples F1, `balanced` | macro F1, `f1` | short of `recall=0.8` |")
    print("| ---: | --- | ---: | ---: | ---: | ---: |")
    for size in SIZES:
        draws = [compared(catalogue, features, test, size, seed) for seed in range(DRAWS)]
        for way, rows in zip(("the other 18%", "cross-fitted scores"), zip(*draws, strict=True), strict=True):
            loss, samples, macro, short = np.mean(rows, axis=0)
            print(
                f"| {size:,} | {way} | {loss:.3f} | {samples:.3f} | {macro:.3f} | {short:.0%} of genres |", flush=True
            )


def compared(
    catalogue: Catalogue, features: np.ndarray, test: np.ndarray, size: int, seed: int
) -> tuple[list[float], list[float]]:
    """Return the figures of one draw by both ways."""
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(~test))[:size]
    y = catalogue.multi_hot()
    genres = np.flatnonzero((y[rows] == 1).sum(axis=0) >= LEAST)
    y, names = y[:, genres], tuple(catalogue.genre_names[genre] for genre in genres)
    train, rest = rows[: int(SHARE * size)], rows[int(SHARE * size) :]
    probe = fit_probe(features, y, train, rest)
    out_of_fold = out_of_fold_scores(features[rows], y[rows], np.arange(size), strength=probe.strength)

    def scores(of: np.ndarray, y_score: np.ndarray) -> Scores:
        return Scores(tuple(map(str, of)), names, y_score, y[of])

    judged = scores(np.flatnonzero(test), probe.score(features[test]))
    return judge(scores(rest, probe.score(features[rest])), judged), judge(scores(rows, out_of_fold), judged)


def judge(fitted_on: Scores, test: Scores) -> list[float]:
    """Return log loss, samples F1, macro F1, and the share of genres whose recall is short of the promise."""
    calibration = fit_calibration(fitted_on)
    y_score, y_true = calibration.of(test).y_score, test.labelled("the test posters").y_true
    balanced, f1, recall = (
        fit_rule(rule, fitted_on, calibration).apply(y_score) for rule in ("balanced", "f1", "recall=0.8")
    )
    found = (recall & (y_true == 1)).sum(axis=0) / (y_true == 1).sum(axis=0)
    return [
        log_loss(y_true, y_score),
        float(f1_score(y_true, balanced, average="samples", zero_division=0)),
        float(f1_score(y_true, f1, average="macro", zero_division=0)),
        float((found < 0.8).mean()),
    ]


if __name__ == "__main__":
    main()
