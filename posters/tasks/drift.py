"""Compute what a classifier sees in a sample of posters, to be compared with what it sees in others."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from posters._base.log import logger
from posters.catalogue import Catalogue
from posters.classifier import Classifier
from posters.classifier.loading import PosterSource
from posters.classifier.novelty import root_directions
from posters.drift import LEAST_POSTERS, DriftSample
from posters.errors import ImageError, ScoresError
from posters.scores import Scores


def drift_sample(
    name: str,
    posters: Sequence[PosterSource],
    classifier: Classifier,
    y_true: np.ndarray | None = None,
    progress: Callable[..., Any] | None = None,
) -> DriftSample:
    """Compute the features and probabilities of N posters; log each unreadable one and leave it out.

    Args:
        name: of the sample.
        posters: what `Classifier.predict` takes; an error counts as a poster that can't be read.
        classifier: computes them.
        y_true: their labels (N, G) by the classifier's genres: 0, 1, or -1 for unknown; None without labels.
        progress: wraps the results in a progress bar, as `tqdm` does; it is given them and their number.

    Raises:
        ScoresError: too few posters can be read to compare them.
        ClassifierError: the classifier gives no features.
    """
    rows, features, y_score, errors = [], [], [], []
    found = classifier.observe_many(posters)
    # Few posters are done before a bar is read, and are refused anyway: the reason then stands alone.
    if progress is not None and len(posters) >= LEAST_POSTERS:
        found = progress(found, len(posters))
    for row, observed in enumerate(found):
        if isinstance(observed, ImageError):
            errors.append(observed)
            continue
        rows.append(row)
        features.append(observed[0])
        y_score.append(observed[1])
    if not rows:
        raise ScoresError(f"none of the {len(posters):,} posters of {name} can be read: {errors[0]}")
    for error in errors:
        logger.warning(f"left out: {error}")
    labels = None if y_true is None else y_true[rows]
    # The same poster may be named twice: rows, and not names, tell posters apart.
    scores = Scores(tuple(map(str, rows)), classifier.genre_names, np.array(y_score), labels)
    return DriftSample(name, root_directions(np.array(features)), scores, len(posters) - len(rows))


def labels_for(catalogue: Catalogue, genre_names: Sequence[str]) -> np.ndarray:
    """Return a catalogue's labels by the genres of a classifier, int8 (N, G).

    A genre that the catalogue lacks is unknown: nobody may have asked for it. Genres that the classifier lacks are left
    out, and logged.
    """
    own = catalogue.multi_hot()
    places = {name: place for place, name in enumerate(catalogue.genre_names)}
    strange = [name for name in places if name not in genre_names]
    if strange:
        logger.warning(f"{catalogue.name}: the classifier does not know {', '.join(strange)}; left out")
    unknown = np.full(len(catalogue), -1, np.int8)
    return np.stack([own[:, places[name]] if name in places else unknown for name in genre_names], axis=1)
