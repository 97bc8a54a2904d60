"""Open a review: a table or a run, its queue, and the database of decisions."""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from posters._base.log import logger
from posters._base.progress import tqdm
from posters.catalogue import Catalogue, Poster
from posters.classifier import Classifier, Prediction
from posters.classifier.manifest import LIGHT_NETWORK
from posters.errors import ImageError, ReviewError
from posters.evaluation.label_issues import MIN_EXAMPLES
from posters.review import DecisionStore, Review, doubt_queue, random_queue, uncertain_queue
from posters.review.queue import ORDERS, Order, check_sample
from posters.runs import Run
from posters.store.cache import default_cache
from posters.tasks.label_doubts import out_of_fold_probe_scores
from posters.tasks.overlap import overlap_of_table
from posters.tasks.scoring import is_cross_validation


def open_review(
    catalogue: Catalogue,
    db: str | Path,
    classifier: Classifier,
    *,
    order: Order = "doubts",
    sample: int | None = None,
    seed: int = 7,
    cache: Path | None = None,
    look: bool = True,
) -> Review:
    """Open a review of a catalogue's labels, new or begun before.

    Args:
        catalogue: whose labels are reviewed.
        db: the database of the decisions, which is made if it isn't there.
        classifier: its probabilities are shown, or measured.
        order: "doubts" shows likely label errors first, then what is most uncertain, by `out_of_fold_probe_scores`;
            "random" draws a sample of posters that the classifier has not seen, and shows neither labels nor
            probabilities; "uncertain" is for posters without labels, which begin with the classifier's predictions, the
            most uncertain first.
        sample: how many posters to review at most, from 1; None for all.
        seed: of the random order.
        cache: where features are kept (default: `posters.store.cache.default_cache()`).
        look: find look-alikes, and posters that the classifier has seen, by what a network sees, too.

    Raises:
        ReviewError: the database can't be used, there is no such order, or the classifier has seen every poster.
        ArraysError: no poster can be read.
        SplitError: there are too few films for likely label errors to be found.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> open_review(Catalogue((), ("Drama",), Path(".")), "review.sqlite", load_classifier(), order="best")
        Traceback (most recent call last):
        posters.errors.ReviewError: an order is one of doubts, random, uncertain, but got 'best'
    """
    if order not in ORDERS:
        raise ReviewError(f"an order is one of {', '.join(ORDERS)}, but got {order!r}")
    check_sample(sample)
    cache = cache or default_cache()
    # First: a database that can't be used is refused before minutes of work.
    store = open_store(catalogue, db)
    if order == "random":
        queue = random_queue(_unseen(catalogue, classifier, cache if look else None), sample, seed)
    elif order == "uncertain":
        queue = uncertain_queue(classifier.score(catalogue, _bar))
    else:
        judged = judged_genres(catalogue)
        queue = doubt_queue(out_of_fold_probe_scores(judged, cache=cache, look=look), judged)
    queue = replace(queue, posters=queue.posters[:sample])
    genre_names = tuple(dict.fromkeys((*catalogue.genre_names, *classifier.genre_names)))
    rule = classifier.manifest.rule().rule
    name = f"{classifier.name} (rule {rule}, network {classifier.manifest.files[LIGHT_NETWORK][:8]})"
    return Review(catalogue, store, queue, partial(_predicted, catalogue, classifier), genre_names, name)


def _predicted(catalogue: Catalogue, classifier: Classifier, poster: Poster) -> Prediction:
    try:
        return classifier.predict(catalogue.image_path(poster))
    except ImageError as error:
        return Prediction((), {}, error=error)


def judged_genres(catalogue: Catalogue) -> Catalogue:
    """Return a catalogue without the genres of too few posters for their labels to be doubted.

    Args:
        catalogue: with all genres.

    Raises:
        ReviewError: no genre has enough posters.

    Examples:
        >>> rows = [Poster(str(n), f"{n}.jpg", ("Drama", "War") if n == 7 else ("Drama",)) for n in range(20)]
        >>> judged_genres(Catalogue(tuple(rows), ("Drama", "War"), Path("."))).genre_names
        ('Drama',)
    """
    names = tuple(name for name, count in catalogue.genre_counts().items() if count >= MIN_EXAMPLES)
    if not names:
        raise ReviewError(
            f"no genre of {catalogue.name} has {MIN_EXAMPLES} posters, which likely label errors are found from: pass "
            "--order random"
        )
    rows = (
        replace(poster, genres=kept(poster.genres, names), unknown=kept(poster.unknown, names)) for poster in catalogue
    )
    return replace(catalogue, posters=tuple(rows), genre_names=names)


def kept(genres: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those genres that are among `names`.

    Examples:
        >>> kept(("Drama", "War"), ("War",))
        ('War',)
    """
    return tuple(name for name in genres if name in names)


def classifier_of(path: Path) -> Path | None:
    """Return the directory of a run whose classifier is to be reviewed; None for a path that is no finished run.

    Examples:
        >>> classifier_of(Path("films.csv")) is None
        True
    """
    return path if Run(path).finished else None


def catalogue_of_run(path: Path, images: Path | None = None) -> Catalogue | None:
    """Return the catalogue that a run was started with; None for a path that is no run, or a cross-validation.

    Args:
        path: of a run, a cross-validation, or something else, such as a table.
        images: where its images are now, if they were moved.

    Raises:
        CatalogueError: the run's record of it is damaged.

    Examples:
        >>> catalogue_of_run(Path("films.csv")) is None
        True
    """
    # All folds of a cross-validation have the whole table.
    run = Run(path / "fold-0") if is_cross_validation(path) else Run(path)
    return run.catalogue(images) if run.started else None


def unlabelled_catalogue(
    images: Mapping[str, str | Path], classifier: Classifier, source: Path | None = None
) -> Catalogue:
    """Return posters without labels as a catalogue, in which every genre of the classifier is unknown.

    Args:
        images: their files, by the posters' names.
        classifier: knows the genres.
        source: what they were named by. If it is a folder, their ids are paths below it, whatever it is called from
            where.

    Raises:
        ReviewError: there is none.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> len(unlabelled_catalogue({"alien": "alien.jpg"}, load_classifier())[0].unknown)
        22
    """
    if not images:
        raise ReviewError("there is no poster to review: name a folder of images, or a table")
    names = classifier.genre_names
    unknown = tuple(sorted(names))
    files = {name: Path(path).absolute().as_posix() for name, path in images.items()}
    root = source.absolute() if source and source.is_dir() else None
    if root:
        files = {path: path for path in (os.path.relpath(path, root).replace(os.sep, "/") for path in files.values())}
    rows = (Poster(name, path, (), unknown=unknown) for name, path in files.items())
    return Catalogue(tuple(rows), names, root or Path(), source)


def _bar(posters: Catalogue) -> Any:
    return tqdm(posters, desc="predicting", unit="poster")


def open_store(catalogue: Catalogue, db: str | Path) -> DecisionStore:
    """Open the database of a review, or begin one.

    Args:
        catalogue: whose labels are reviewed.
        db: the database, which is made if it isn't there.

    Raises:
        ReviewError: the database can't be used.

    Examples:
        >>> import tempfile
        >>> store = open_store(Catalogue((), ("War",), Path(".")), Path(tempfile.mkdtemp()) / "review.sqlite")
        >>> sorted(store.about)
        ['begun', 'fingerprint', 'table']
    """
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    about = {"table": catalogue.name, "fingerprint": catalogue.fingerprint(), "begun": begun}
    return DecisionStore(Path(db), about)


def _unseen(catalogue: Catalogue, classifier: Classifier, cache: Path | None) -> Catalogue:
    """Return the posters that a classifier has not seen: of others it is surer than of those that it will meet."""
    seen = overlap_of_table(classifier, catalogue, cache).seen_ids
    if seen and len(seen) == len(catalogue):
        raise ReviewError(
            f"{classifier.name} has seen every poster of {catalogue.name} in its training, so that measuring it there "
            "would flatter it: name a table of other posters, or one of your own runs with --classifier"
        )
    if seen:
        logger.warning(
            f"{len(seen):,} of {len(catalogue):,} posters left out of the sample: {classifier.name} was trained on them"
        )
    return catalogue.take([row for row, poster in enumerate(catalogue) if poster.id not in seen])
