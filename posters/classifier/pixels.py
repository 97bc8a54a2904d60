"""From a poster in any form to the pixels that a network takes."""

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
    source, name = at_hand(poster)
    return decode(source, preprocess, name)


def sized_pixels_of(poster: PosterSource, preprocess: PreprocessConfig) -> tuple[np.ndarray, tuple[int, int]]:
    """The same pixels, and (width, height) of the poster itself, once it is upright.

    Raises:
        ImageError: as in `pixels_of`.
    """
    source, name = at_hand(poster)
    pixels = decode(source, preprocess, name)
    header = read_header(source)
    return pixels, (header.width, header.height)


def at_hand(poster: PosterSource) -> tuple[ImageSource, str]:
    """The poster in a form that needs no fetching, and what messages call it."""
    if isinstance(poster, ImageError):
        raise poster
    if isinstance(poster, str) and is_url(poster):
        return download(poster), poster
    return poster, ""
