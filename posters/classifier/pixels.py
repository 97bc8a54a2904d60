"""From a poster in any form to the pixels that a network takes."""

from typing import TypeAlias

import numpy as np

from posters.config import PreprocessConfig
from posters.downloads import download, is_url
from posters.errors import ImageError
from posters.images import ImageSource, decode

# A path, a URL, an image file's bytes, a PIL image, or a uint8 array; or why there is none.
PosterSource: TypeAlias = "ImageSource | ImageError"


def pixels_of(poster: PosterSource, preprocess: PreprocessConfig) -> np.ndarray:
    """uint8 RGB array (preprocess.height, preprocess.width, 3), by `posters.images.decode` whatever the form.

    Raises:
        ImageError: it can't be fetched, read or decoded; or it is that error.
    """
    if isinstance(poster, ImageError):
        raise poster
    if isinstance(poster, str) and is_url(poster):
        return decode(download(poster), preprocess, name=poster)
    return decode(poster, preprocess)
