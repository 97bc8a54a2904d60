"""From a poster in any form to the pixels that a network takes."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from posters.config import PreprocessConfig
from posters.downloads import download, is_url
from posters.errors import ImageError
from posters.images import ImageSource, decode, read_header

# A path, a URL, an image file's bytes, a PIL image, or a uint8 array; or why there is none.
PosterSource: TypeAlias = "ImageSource | ImageError"


def pixels_of(poster: PosterSource, preprocess: PreprocessConfig) -> np.ndarray:
    """uint8 RGB array (preprocess.height, preprocess.width, 3), by `posters.images.decode` whatever the form.

    Raises:
        ImageError: it can't be fetched, read or decoded; or it is that error.
    """
    source, name = _fetched(poster)
    return decode(source, preprocess, name)


@dataclass(frozen=True, eq=False)
class AtHand:
    """A poster that has been fetched and decoded.

    Attributes:
        source: the poster in a form that needs no fetching.
        pixels: as `pixels_of` gives them.
        size: (width, height) of the poster itself, once it is upright.
    """

    source: ImageSource
    pixels: np.ndarray
    size: tuple[int, int]


def brought(poster: PosterSource, preprocess: PreprocessConfig) -> AtHand:
    """A poster for whoever needs more of it than the network's pixels; an address is fetched once.

    Raises:
        ImageError: as in `pixels_of`.
    """
    source, name = _fetched(poster)
    pixels = decode(source, preprocess, name)
    header = read_header(source)
    return AtHand(source, pixels, (header.width, header.height))


def _fetched(poster: PosterSource) -> tuple[ImageSource, str]:
    """The poster in a form that needs no fetching, and what messages call it."""
    if isinstance(poster, ImageError):
        raise poster
    if isinstance(poster, str) and is_url(poster):
        return download(poster), poster
    return poster, ""
