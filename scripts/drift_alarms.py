"""How often does `posters drift` alarm where nothing changed? Compare parts of one set of posters with each other.

    python scripts/drift_alarms.py imdb-posters/images --other more-posters/images --deals 50

Of the posters, 1,200 are drawn, and of these 400 and 200 others dealt anew each time. With --other, 900 of them are
compared with 300 of another set, too.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from tqdm import tqdm

from posters.catalogue.folder_images import folder_images
from posters.classifier import Classifier, load_classifier
from posters.drift import DriftSample, measure_drift
from posters.report.drift import drift_text
from posters.scores import Scores
from posters.tasks.drift import drift_sample

DRAWN, OTHERS = 1200, 300
REFERENCE, NEW = 400, 200
COMPARED = 900


def main() -> None:
    """Print how many comparisons alarmed, and the comparison with the other set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("images", type=Path)
    parser.add_argument("--other", type=Path)
    parser.add_argument("--deals", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    classifier, rng = load_classifier(), np.random.default_rng(options.seed)
    posters = drawn(options.images, DRAWN, classifier, rng)
    alarms: Counter[str] = Counter()
    for seed in tqdm(range(options.deals), unit="comparison"):
        dealt = rng.permutation(len(posters.scores))
        pair = part(posters, dealt[:REFERENCE]), part(posters, dealt[REFERENCE : REFERENCE + NEW])
        found = measure_drift(*pair, classifier.decide, seed=seed).alarms
        alarms.update([*found, "any"] if found else [])
    print(f"{alarms['any']} of {options.deals} comparisons raised an alarm: {dict(alarms)}")
    if options.other:
        other = drawn(options.other, OTHERS, classifier, rng)
        print(drift_text(measure_drift(part(posters, np.arange(COMPARED)), other, classifier.decide)))


def drawn(folder: Path, count: int, classifier: Classifier, rng: np.random.Generator) -> DriftSample:
    """Compute what the classifier sees in some of a folder's posters."""
    images = sorted(folder_images(folder).images)
    paths = [images[n] for n in rng.permutation(len(images))[:count]]
    return drift_sample(folder.parent.name, paths, classifier, progress=lambda rows, total: tqdm(rows, total=total))


def part(sample: DriftSample, rows: np.ndarray) -> DriftSample:
    """Return some posters of a sample."""
    scores = Scores(tuple(map(str, rows)), sample.scores.genre_names, sample.scores.y_score[rows])
    return DriftSample(sample.name, sample.features[rows], scores)


if __name__ == "__main__":
    main()
