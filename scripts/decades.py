r"""How good is a classifier for the films of each decade of a table that names their years?

    python scripts/decades.py CLASSIFIER posters.csv --images images

The posters must be ones that the classifier has not seen. Genres with at least ten posters in a decade count; average
precision rises with a genre's share, so that each decade's prior stands beside it, and the area under the ROC curve,
which does not. Genres that the classifier does not know are left out.
"""

import argparse
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from posters.catalogue import Catalogue
from posters.classifier import load_classifier
from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.cli.output import progress_bar
from posters.metrics import average_precision, log_loss, roc_auc

LEAST, FIRST = 10, 1950  # posters of a genre; the decade that those before it are counted with


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("classifier")
    parser.add_argument("table", type=Path)
    add_catalogue_options(parser)
    options = parser.parse_args()
    classifier = load_classifier(options.classifier)
    catalogue = known_alone(read_catalogue_from(options), classifier.genre_names)
    scores = classifier.score(catalogue, progress_bar("scoring"))
    y_true, known = scores.labelled("the decades").y_true, set(catalogue.genre_names)
    columns = [genre for genre, name in enumerate(scores.genre_names) if name in known]
    years = {poster.id: poster.year for poster in catalogue}
    rows: dict[str, list[int]] = defaultdict(list)
    for row, id in enumerate(scores.ids):
        year = years[id]
        decade = "no year" if year is None else f"before {FIRST + 10}" if year < FIRST + 10 else f"{year // 10}0s"
        rows[decade].append(row)
    print("| films | posters | genres | macro mAP | of the prior | ROC AUC | log loss |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for decade, chosen in [
        *sorted(rows.items(), key=lambda item: item[0].removeprefix("before ")),
        ("all", list(range(len(scores)))),
    ]:
        true, score = (matrix[np.ix_(chosen, columns)] for matrix in (y_true, scores.y_score))
        print(f"| {decade} | {len(true):,} | {figures(true, score)} |")


def known_alone(catalogue: Catalogue, names: tuple[str, ...]) -> Catalogue:
    """Return all posters, with genres of these names alone."""
    kept = frozenset(names)
    posters = tuple(
        replace(
            poster,
            genres=tuple(filter(kept.__contains__, poster.genres)),
            unknown=tuple(filter(kept.__contains__, poster.unknown)),
        )
        for poster in catalogue
    )
    return replace(
        catalogue, posters=posters, genre_names=tuple(name for name in catalogue.genre_names if name in kept)
    )


def figures(y_true: np.ndarray, y_score: np.ndarray) -> str:
    """Return the cells of a row; labels that are not known count nowhere."""
    positives, negatives = (y_true == 1).sum(axis=0), (y_true == 0).sum(axis=0)
    genres = np.flatnonzero((positives >= LEAST) & (negatives > 0))
    share = positives[genres] / (positives + negatives)[genres]
    means = [np.mean(each) for each in (average_precision(y_true, y_score)[genres], share)]
    means += [np.mean(roc_auc(y_true, y_score)[genres]), log_loss(y_true, y_score)]
    return f"{len(genres)} | " + " | ".join(f"{mean:.3f}" for mean in means)


if __name__ == "__main__":
    main()
