"""Many posters: threads read ahead, as many posters are computed at a time as there are networks, results in order."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from posters._base.log import logger
from posters.classifier.interpreters import FailedPosterError, InterpreterPool
from posters.classifier.loading import PosterSource
from posters.classifier.runtime import Network
from posters.config import PreprocessConfig
from posters.errors import ImageError, ScoresError
from posters.scores import Scores

# Never imported when it runs: a single poster must not wait for the readers of tables.
if TYPE_CHECKING:
    from posters.catalogue import Catalogue, Poster

ItemT = TypeVar("ItemT")
LoadedT = TypeVar("LoadedT")
ResultT = TypeVar("ResultT")

# Threads beside those that compute: they wait for disks and servers.
_READERS = 2


def compute_each(
    items: Iterable[ItemT],
    poster_of: Callable[[ItemT], PosterSource],
    load: Callable[[PosterSource, PreprocessConfig], LoadedT],
    compute: Callable[[Network, LoadedT], ResultT],
    networks: InterpreterPool,
    preprocess: PreprocessConfig,
) -> Iterator[tuple[ItemT, ResultT | ImageError]]:
    """Yield each item with the result for its poster, or with the error if it can't be read or the network fails on it.

    Args:
        items: are taken a few dozen ahead of their results, and no more.
        poster_of: returns an item's poster.
        load: reads and decodes a poster; runs in any thread.
        compute: computes a loaded poster with a network that no other thread uses meanwhile.
        networks: of the classifier.
        preprocess: of the classifier.

    Examples:
        >>> from posters.models import CLASSIFIER
        >>> from posters.classifier.loading import load_pixels
        >>> from posters.classifier.runtime import LiteNetwork
        >>> pool = InterpreterPool(lambda _: LiteNetwork(CLASSIFIER / "network.tflite", (288, 192, 3), 22), 1)
        >>> black, config = np.zeros((90, 60, 3), np.uint8), PreprocessConfig(height=288, width=192)
        >>> results = compute_each([black], lambda item: item, load_pixels, Network.__call__, pool, config)
        >>> [result.shape for _, result in results]
        [(22,)]
    """
    from posters._base.prefetch import ahead  # Here, so that a single poster does not wait for it.

    def take() -> Iterator[tuple[ItemT, LoadedT | ImageError | None]]:
        for item in items:
            poster = poster_of(item)
            # An owner may close or overwrite an image or array once the next one is taken: load it right away.
            yield item, None if isinstance(poster, (str, Path, bytes)) else _load(poster, load, preprocess)

    def compute_one(pair: tuple[ItemT, LoadedT | ImageError | None]) -> ResultT | ImageError:
        item, loaded = pair
        if loaded is None:
            loaded = _load(poster_of(item), load, preprocess)
        # An error as a value: raised in a thread, it would end the whole iteration.
        if isinstance(loaded, ImageError):
            return loaded
        try:
            return networks.for_many(lambda network: compute(network, loaded))
        except FailedPosterError as error:
            return _failed(poster_of(item), error)

    for (item, _), result in ahead(compute_one, take(), _READERS + networks.size):
        yield item, result


def _load(
    poster: PosterSource, load: Callable[[PosterSource, PreprocessConfig], LoadedT], preprocess: PreprocessConfig
) -> LoadedT | ImageError:
    try:
        return load(poster, preprocess)
    except ImageError as error:
        return error


def _failed(poster: PosterSource, error: FailedPosterError) -> FailedPosterError:
    """Name the poster, as the errors of reading do; and without a traceback, which would keep its pixels."""
    if not isinstance(poster, (str, Path)):
        return error.with_traceback(None)
    from posters.images.addresses import is_address, shown_address  # Here, as in `posters.classifier.loading`.

    name = shown_address(poster) if isinstance(poster, str) and is_address(poster) else poster
    return FailedPosterError(f"{name}: {error}")


def check_genres(catalogue: "Catalogue", genre_names: tuple[str, ...], directory: Path) -> None:
    """Refuse a catalogue with a genre that the classifier in `directory` doesn't know.

    Args:
        catalogue: the catalogue to score.
        genre_names: the classifier's genres.
        directory: the classifier's directory, for the message.

    Raises:
        ScoresError: the catalogue has such a genre.

    Examples:
        >>> from posters.catalogue import Catalogue
        >>> check_genres(Catalogue((), ("Drama",), Path()), ("Drama", "Horror"), Path("classifier"))
    """
    strange = [name for name in catalogue.genre_names if name not in genre_names]
    if strange:
        raise ScoresError(
            f"{catalogue.name} has genres that the classifier in {directory} does not know: {', '.join(strange)}; it "
            f"knows {', '.join(genre_names)}: map them to these names (--alias), or leave them out "
            "(--ignore-unknown-genres)"
        )


def collect_scores(
    results: "Iterable[tuple[Poster, np.ndarray | ImageError]]", catalogue: "Catalogue", genre_names: tuple[str, ...]
) -> Scores:
    """Return the scores of the readable posters; log each unreadable one and leave it out.

    Args:
        results: each poster with its probabilities (G,), or with the reason why it can't be read.
        catalogue: the catalogue of these posters.
        genre_names: the names of the G genres. Genres that the catalogue lacks have no positives.

    Raises:
        ScoresError: no poster can be read.

    Examples:
        >>> from posters.catalogue import Catalogue, Poster
        >>> catalogue = Catalogue((Poster("1", "1.jpg", ("Drama",)),), ("Drama",), Path("images"))
        >>> collect_scores([(catalogue.posters[0], np.array([0.7]))], catalogue, ("Drama",)).y_score.tolist()
        [[0.7]]
    """
    scored: list[tuple[Poster, np.ndarray]] = []
    for poster, result in results:
        if isinstance(result, ImageError):
            logger.warning(f"{poster.id} is left out: {result}")
        else:
            scored.append((poster, result))
    if not scored:
        count, name = len(catalogue), catalogue.name
        raise ScoresError(f"none of the {count:,} posters of {name} can be read: pass --images FOLDER")
    readable = replace(catalogue, posters=tuple(poster for poster, _ in scored), genre_names=genre_names)
    y_score = np.array([probabilities for _, probabilities in scored], float)
    return Scores(readable.ids, genre_names, y_score, readable.multi_hot())
