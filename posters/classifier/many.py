"""Many posters: read by threads ahead of their turn, computed as many at a time as there are networks, in order."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from posters.classifier.networks import Networks
from posters.classifier.pixels import PosterSource
from posters.classifier.runtime import LiteNetwork
from posters.config import PreprocessConfig
from posters.errors import ImageError

_T = TypeVar("_T")
_R = TypeVar("_R")
_Read = TypeVar("_Read")

# Threads beside those that compute, for posters that are waited for: on a disk, from a server.
_READERS = 2


def each(
    items: Iterable[_T],
    poster_of: Callable[[_T], PosterSource],
    read: Callable[[PosterSource, PreprocessConfig], _Read],
    compute: Callable[[LiteNetwork, _Read], _R],
    networks: Networks,
    preprocess: PreprocessConfig,
) -> Iterator[tuple[_T, _R | ImageError]]:
    """Each item with what is computed of its poster, once that is read; or with why it can't be read."""
    from posters.ahead import ahead  # Here, so that one poster alone need not wait for it.

    def found(poster: PosterSource) -> _Read | ImageError:
        try:
            return read(poster, preprocess)
        except ImageError as error:
            return error

    def taken() -> Iterator[tuple[_T, _Read | ImageError | None]]:
        for item in items:
            poster = poster_of(item)
            # Images and arrays may be closed or painted over by their owner once the next one is taken.
            yield item, None if isinstance(poster, (str, Path, bytes)) else found(poster)

    def computed(pair: tuple[_T, _Read | ImageError | None]) -> _R | ImageError:
        item, read_already = pair
        poster = found(poster_of(item)) if read_already is None else read_already
        if isinstance(poster, ImageError):
            return poster
        with networks.for_many() as network:
            return compute(network, poster)

    for (item, _), result in ahead(computed, taken(), _READERS + networks.at_a_time):
        yield item, result
