"""Do the boxes of --explain show what speaks for a genre? Hide them, and see how far its probability falls.

    python scripts/explanations.py runs/first --images images

For each genre predicted for a run's test posters, the box around the strongest region is painted over with the poster's
mean colour, and for comparison boxes of the same size anywhere on the poster (deletion, as in Petsiuk et al. 2018,
"RISE").
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from posters.classifier import Classifier, Explanation, load_classifier
from posters.images.decoding import to_rgb
from posters.runs import Run
from posters.tasks.scoring import split_catalogue

_ELSEWHERE = 5  # boxes anywhere, for each strongest one


def main() -> None:
    """Hide boxes, and print how far probabilities fall."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="finished, of `posters train`")
    parser.add_argument("--images", type=Path, metavar="DIR", help="where the run's images are now, if they were moved")
    parser.add_argument("--posters", type=int, default=300, metavar="N", help="of the test split (default: 300)")
    options = parser.parse_args()
    run = Run(options.run)
    classifier = load_classifier(run.classifier)
    catalogue = split_catalogue(run, "test", options.images)
    paths = [catalogue.image_path(poster) for poster in list(catalogue)[: options.posters]]
    falls = np.array(list(_falls(classifier, tqdm(paths, unit="poster"))))
    if not len(falls):
        raise SystemExit("no poster could be read and explained: check --images, which several tables do without")
    ours, elsewhere, areas = falls.T
    more = falls[:, 0] > falls[:, 1]
    print(f"{len(falls):,} genres predicted for {len(paths):,} posters; a box covers {areas.mean():.0%} of its poster")
    print(f"hiding the box: probability falls by {ours.mean():.3f} on average")
    print(
        f"hiding as much elsewhere: by {elsewhere.mean():.3f}; less than by the box for {more.mean():.0%} of the genres"
    )


def _falls(classifier: Classifier, paths: Iterable[Path]) -> Iterator[tuple[float, float, float]]:
    """Yield for each predicted genre with a box: fall by hiding it, mean fall by hiding others, and its area."""
    rng = np.random.default_rng(0)
    for result in classifier.explain_many(paths):
        if result.error or result.source is None:
            continue
        poster = to_rgb(result.source)
        for explanation in result.explanations:
            if explanation.box is None:
                continue
            hidden = _probability(classifier, poster, explanation, explanation.box)
            others = [
                _probability(classifier, poster, explanation, _moved(explanation.box, poster.size, rng))
                for _ in range(_ELSEWHERE)
            ]
            left, top, right, bottom = explanation.box
            area = (right - left) * (bottom - top) / (poster.width * poster.height)
            yield explanation.probability - hidden, explanation.probability - float(np.mean(others)), area


def _moved(
    box: tuple[int, int, int, int], size: tuple[int, int], rng: np.random.Generator
) -> tuple[int, int, int, int]:
    """Return a box of the same size anywhere on the poster."""
    width, height = box[2] - box[0], box[3] - box[1]
    left, top = (int(rng.integers(0, most + 1)) for most in (size[0] - width, size[1] - height))
    return (left, top, left + width, top + height)


def _probability(
    classifier: Classifier, poster: Image.Image, explanation: Explanation, box: tuple[int, int, int, int]
) -> float:
    """Return the probability of the explanation's genre with a box of the poster hidden."""
    painted = poster.copy()
    mean = tuple(int(level) for level in np.asarray(poster).reshape(-1, 3).mean(axis=0))
    painted.paste(mean, box)
    return classifier.predict(painted).probabilities[explanation.genre]


if __name__ == "__main__":
    main()
