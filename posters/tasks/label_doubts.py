"""Doubt labels without training anything: cross-fitted logistic regression on what the shipped network sees."""

from pathlib import Path

import numpy as np

from posters._base.atomic_files import fingerprint
from posters._base.log import logger
from posters.baselines.linear_probe import out_of_fold_scores
from posters.catalogue import Catalogue
from posters.classifier import load_classifier
from posters.classifier.looks import looks_of
from posters.evaluation.label_issues import LabelIssue, find_label_issues
from posters.scores import Scores
from posters.similar import build_index
from posters.splitting.groups import group_posters
from posters.store.cache import default_cache
from posters.tasks.overlap import overlap_of_table


def doubt_labels(
    catalogue: Catalogue, *, cache: Path | None = None, look: bool = True, most: int = 1000
) -> tuple[LabelIssue, ...]:
    """Find the labels of a catalogue that its other posters contradict, without a training and without TensorFlow.

    They are judged by `out_of_fold_probe_scores`; see `find_label_issues`.

    Args:
        catalogue: read with `min_posters` of 20 at least: genres with fewer examples are not judged.
        cache: where features are kept (default: `posters.store.cache.default_cache()`).
        look: take for look-alikes what a network sees as alike, and not films and their titles alone.
        most: how many of each kind to return at most.

    Returns:
        The missing genres, the surest first, then the false ones likewise.

    Raises:
        ArraysError: no poster can be read, or the cache can't be written.
        SplitError: there are fewer than five films.

    Examples:
        >>> from posters.errors import ArraysError
        >>> from posters.catalogue import Poster
        >>> try:
        ...     doubt_labels(Catalogue((Poster("1", "1.jpg", ("Drama",)),), ("Drama",), Path("nowhere")))
        ... except ArraysError as error:
        ...     print(str(error)[:33])
        none of the 1 posters can be read
    """
    return find_label_issues(out_of_fold_probe_scores(catalogue, cache=cache, look=look), catalogue, most)


def out_of_fold_probe_scores(catalogue: Catalogue, *, cache: Path | None = None, look: bool = True) -> Scores:
    """Score a catalogue's posters by logistic regressions on what the shipped network sees.

    The features of the shipped network are computed once for each poster, and kept. On them a logistic regression for
    each genre is fitted five times, each time on four fifths of the posters, and scores the rest: no label is judged by
    a model that has seen it. Posters of one film, and look-alikes, are judged together.

    Args:
        catalogue: its labels are fitted on; posters that can't be read are left out.
        cache: as in `doubt_labels`.
        look: as in `doubt_labels`.

    Returns:
        probabilities and labels of the readable posters, in the catalogue's order.

    Raises:
        ArraysError: as in `doubt_labels`.
        SplitError: as in `doubt_labels`.

    Examples:
        >>> from posters.errors import ArraysError
        >>> try:
        ...     out_of_fold_probe_scores(Catalogue((), ("Drama",), Path("nowhere")))
        ... except (ArraysError, ValueError) as error:
        ...     print(str(error)[:30])
        the catalogue names no poster:
    """
    cache = cache or default_cache()
    readable, features = probe_features(catalogue, cache)
    classifier = load_classifier()
    if seen := len(overlap_of_table(classifier, readable, cache if look else None).seen_ids):
        logger.warning(
            f"{seen:,} of {len(readable):,} posters look like ones that trained the network whose features are used: "
            "wrong labels that it has learned are found less often"
        )
    y_true = readable.multi_hot()
    groups = group_posters(readable, codes=looks_of(readable, cache) if look else None)
    return Scores(readable.ids, catalogue.genre_names, out_of_fold_scores(features, y_true, groups), y_true)


def probe_features(catalogue: Catalogue, cache: Path) -> tuple[Catalogue, np.ndarray]:
    """Compute what the shipped network sees in a catalogue's posters, once for each file.

    Args:
        catalogue: posters that can't be read are named in a message and left out.
        cache: where features are kept.

    Returns:
        the catalogue of the N readable posters, and their features (N, F).

    Raises:
        ArraysError: no poster can be read, or the cache can't be written.

    Examples:
        >>> import tempfile
        >>> from posters.errors import ConfigError
        >>> try:
        ...     probe_features(Catalogue((), ("Drama",), Path("nowhere")), Path(tempfile.mkdtemp()))
        ... except ConfigError as error:
        ...     print(str(error)[:29])
        the catalogue names no poster
    """
    # A folder for each table: it keeps the features of this table's files alone.
    name = fingerprint([str(catalogue.image_root.resolve()), catalogue.name])
    index = build_index(catalogue, load_classifier(), cache / f"similar-{name}")
    readable = catalogue.among(index.names)
    # The index has them of length 1; the probe's root is made for features around 1.
    rows = {name: row for row, name in enumerate(index.names)}
    return readable, index.embeddings[[rows[id] for id in readable.ids]] * np.sqrt(index.embeddings.shape[1])
