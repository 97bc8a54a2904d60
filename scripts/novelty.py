r"""Fit how unlike posters a picture is, for a classifier that is there, and measure what that finds.

    python scripts/novelty.py measure posters.csv --images images --others photos --others charts
    python scripts/novelty.py record posters.csv --images images --others photos --others charts

Both fit on 1,000 posters of the table that are drawn with a seed, and find the threshold on 1,000 others. `measure`
prints the share of further posters, and of the pictures in each folder, that are beyond it: fitted on the posters
alone, as a training does, and together with the pictures of all other folders. `record` writes what is fitted on the
posters and all folders into the classifier.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from posters._base.atomic_files import sha256_of, write_json
from posters.catalogue.folder_images import folder_images
from posters.classifier import Classifier, load_classifier, read_manifest
from posters.classifier.manifest import MANIFEST
from posters.classifier.novelty import NOVELTY, Novelty, fit_novelty
from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.models import POSTERS

SAMPLE = 1000


def main() -> None:
    """Record, or measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("measure", "record"))
    parser.add_argument("table", type=Path)
    parser.add_argument("--classifier", default=POSTERS, help="its directory (default: the one of the package)")
    parser.add_argument("--others", type=Path, action="append", required=True, help="folder of pictures; repeatable")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of posters (default: 0)")
    add_catalogue_options(parser)
    options = parser.parse_args()
    catalogue, classifier = read_catalogue_from(options), load_classifier(options.classifier)
    order = np.random.default_rng(options.seed).permutation(len(catalogue))[: 3 * SAMPLE]
    features = features_of([catalogue.image_path(catalogue[int(row)]) for row in order], classifier)
    posters = [features[start : start + SAMPLE] for start in range(0, 3 * SAMPLE, SAMPLE)]
    others = {path.name: features_of(sorted(folder_images(path).images), classifier) for path in options.others}
    if options.what == "record":
        record(fitted(posters, np.concatenate(list(others.values()))), classifier)
    else:
        measure(posters, others)


def measure(posters: list[np.ndarray], others: dict[str, np.ndarray]) -> None:
    """Print the table; each folder by what was fitted without it."""
    alone, together = fitted(posters), fitted(posters, np.concatenate(list(others.values())))
    print("| pictures | number | by posters alone | ROC AUC | with the other folders | ROC AUC |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    rest = posters[2]
    shares = " | |".join(f" {(novelty.of(rest) > 1).mean():.1%}" for novelty in (alone, together))
    print(f"| further posters of the table | {len(rest):,} |{shares} | |")
    for name, pictures in others.items():
        others_than_these = np.concatenate([rows for other, rows in others.items() if other != name])
        cells = []
        for novelty in (alone, fitted(posters, others_than_these)):
            own, found = novelty.of(rest), novelty.of(pictures)
            area = roc_auc_score(np.repeat([0, 1], [len(own), len(found)]), np.concatenate([own, found]))
            cells.append(f"{(found > 1).mean():.0%} | {area:.3f}")
        print(f"| {name} | {len(pictures):,} | {' | '.join(cells)} |", flush=True)


def features_of(paths: Sequence[str | Path], classifier: Classifier) -> np.ndarray:
    """Return the features of the readable images (n, F)."""
    found = (result.features for result in classifier.features_of_many(tqdm(paths, unit="poster")))
    return np.array([features for features in found if features is not None])


def fitted(posters: list[np.ndarray], no_posters: np.ndarray | None = None) -> Novelty:
    """Return what is fitted on the first posters, its threshold on the second."""
    novelty = fit_novelty(posters[0], posters[1], no_posters)
    if novelty is None:
        raise SystemExit("there are too few posters or pictures")
    return novelty


def record(novelty: Novelty, classifier: Classifier) -> None:
    """Write it into the classifier's directory, and its digest into the manifest."""
    manifest = read_manifest(classifier.directory)  # Before the file is another one than it names.
    novelty.write(classifier.directory / NOVELTY)
    files = dict(sorted({**manifest.files, NOVELTY: sha256_of(classifier.directory / NOVELTY)}.items()))
    write_json(classifier.directory / MANIFEST, replace(manifest, files=files).to_dict())


if __name__ == "__main__":
    main()
