"""From a poster in any form to the pixels that a network takes.

Decoders are imported by what uses them: a process that predicts one poster opens its network first, which takes the
most memory, and decoders need not be there by then.
"""

import io
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from posters._base.brief import brief_repr
from posters.config import PreprocessConfig
from posters.errors import ImageError

if TYPE_CHECKING:
    from posters.images.decoding import ImageSource, Readable

# A path, an address (see `posters.images.addresses`), an image file's bytes or an open one, a PIL image, or a uint8
# array; or the reason why there is no poster.
PosterSource: TypeAlias = "ImageSource | Readable | ImageError"

_LONG = 255  # characters: what is longer and no file is likelier an image's bytes in some coding than a path


def load_pixels(poster: PosterSource, preprocess: PreprocessConfig) -> np.ndarray:
    """Return the pixels of a poster as the network takes them.

    Args:
        poster: a path, an address (http, https, data, s3 and others that fsspec reads), an image file's bytes, a file
            open for reading bytes, a PIL image, or a uint8 array (H, W, 3) of RGB, (H, W, 1) or (H, W).
        preprocess: size, aspect rule and filter.

    Returns:
        uint8 RGB array (preprocess.height, preprocess.width, 3).

    Raises:
        ImageError: the poster can't be downloaded, read or decoded; or `poster` is that error.

    Examples:
        >>> load_pixels(np.zeros((90, 60, 3), np.uint8), PreprocessConfig(height=48, width=32)).shape
        (48, 32, 3)
    """
    from posters.images.decoding import decode

    source, name = in_memory(poster)
    return decode(source, preprocess, name)


@dataclass(frozen=True, eq=False)
class LoadedPoster:
    """A poster whose file was opened once, for callers that need more than the network's pixels.

    Attributes:
        source: the poster in memory: a file's bytes, or the caller's image or array.
        pixels: uint8 RGB array (height, width, 3), as from `load_pixels`.
        size: (width, height) of the upright poster in pixels.

    Examples:
        >>> LoadedPoster(b"", np.zeros((48, 32, 3), np.uint8), (400, 600)).size
        (400, 600)
    """

    __repr__ = brief_repr

    source: "ImageSource"
    pixels: np.ndarray
    size: tuple[int, int]


def load_poster(poster: PosterSource, preprocess: PreprocessConfig) -> LoadedPoster:
    """Load a poster; a file is opened once, and a URL is downloaded once.

    Args:
        poster: as in `load_pixels`.
        preprocess: as in `load_pixels`.

    Raises:
        ImageError: as in `load_pixels`.

    Examples:
        >>> load_poster(np.zeros((90, 60, 3), np.uint8), PreprocessConfig(height=48, width=32)).size
        (60, 90)
    """
    from posters.images.decoding import decode, read_file, read_header

    source, name = in_memory(poster)
    if isinstance(source, (str, Path)):
        # The file's bytes, not its RGB image: prefetched posters wait in memory, and decoded they need 50 times more.
        source, name = read_file(source), str(source)
    pixels = decode(source, preprocess, name)
    header = read_header(source)
    return LoadedPoster(source, pixels, (header.width, header.height))


def in_memory(poster: PosterSource) -> "tuple[ImageSource, str]":
    """Return a poster in a form that needs neither the web nor an open file, and its name in messages.

    An open file is read from its beginning, if it can go back there: whoever has just written it is at its end.

    Args:
        poster: as in `load_pixels`.

    Raises:
        ImageError: as in `load_pixels`, except for damage of the image.

    Examples:
        >>> in_memory(io.BytesIO(b"pixels"))
        (b'pixels', '')
    """
    if isinstance(poster, ImageError):
        raise poster
    if isinstance(poster, str):
        from posters.images.addresses import is_address, read_address, shown_address
        from posters.images.data_urls import shortened

        if is_address(poster):
            return read_address(poster), shown_address(poster)
        if len(poster) > _LONG and not os.path.lexists(poster):
            raise ImageError(f"{shortened(poster)}: there is no such file (this has {len(poster):,} characters)")
    elif hasattr(poster, "read") and not isinstance(poster, Path):
        return _read_open_file(poster)
    return poster, ""


def _read_open_file(file: "Readable") -> tuple[bytes, str]:
    from posters.images.decoding import read_bytes

    name = said if isinstance(said := getattr(file, "name", ""), str) else ""
    prefix = f"{name}: " if name else ""
    try:
        with suppress(AttributeError, io.UnsupportedOperation):
            file.seek(0)  # type: ignore[attr-defined]
        return read_bytes(file), name
    except TypeError as error:
        raise ImageError(f"{prefix}the file gives text: open it with the mode 'rb'") from error
    except (OSError, ValueError) as error:  # A ValueError: it was closed.
        raise ImageError(f"{prefix}the open file can't be read ({error})") from error
    except ImageError as error:
        raise ImageError(f"{prefix}{error}") from error
