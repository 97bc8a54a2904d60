"""The one decoder: every pixel that training, prediction or a web page uses comes from here.

The steps, in order:

1. Open with Pillow. The format is one of `FORMATS`, detected from the bytes and never from the name. An image that is
   too large, too small, too long or too costly is refused before it is decoded: see `posters.images.limits`.
2. Decode a JPEG that is much larger than needed at a reduced scale, still at least twice the needed size.
3. Of an animation, take the first frame.
4. Convert to sRGB: see `posters.images.colour`.
5. Apply the EXIF orientation. EXIF data that can't be read count as none.
6. Resize to (height, width) with an antialiasing filter, by the aspect rule of the `PreprocessConfig`: see
   `posters.images.resizing`.

An image that is cut short is refused, not filled with grey; so is one of which its decoder complains. Any number of
threads may decode at once: each waits until the memory that it needs is free.
"""

import io
import logging
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

import numpy as np
import PIL
from PIL import ExifTags, Image

from posters._base.regular_files import open_regular
from posters.config import PreprocessConfig
from posters.errors import DamagedImageError, ImageError
from posters.images.colour import check_range, to_srgb
from posters.images.extra_formats import jpeg_xl_size, plugged_in
from posters.images.libtiff import libtiff_complaints_raised
from posters.images.limits import (
    BUDGET,
    JPEG_XL_BYTES,
    MAX_BYTES,
    MAX_PIXELS,
    MAX_SMALL_BYTES,
    GuardedFile,
    check_pixels,
    check_size,
    memory_needed,
)
from posters.images.png_chunks import png_without_compressed_text, png_without_pixels
from posters.images.resizing import resize

ImageSource: TypeAlias = "str | Path | bytes | Image.Image | np.ndarray"

# Pillow opens a JPEG file with several pictures (MPO) as JPEG. For two more, see `posters.images.extra_formats`.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")

# Raise this whenever the steps above give other pixels, so that pixels and scores from the old steps are not reused.
DECODER_VERSION = 2

_READ_BYTES = 1 << 20  # read from a file at a time

# EXIF orientations, and what puts each upright.
_TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Modules whose warnings are silenced while an image is decoded.
_SILENCED = r"PIL\.|posters\.images\.decoding$"

# What `warnings.filterwarnings` makes of it.
_SILENCER = ("ignore", None, Warning, re.compile(_SILENCED), 0)

# Errors repeat what Pillow logs about a damaged file. Without a handler, Python would also print it on stderr.
logging.getLogger("PIL").addHandler(logging.NullHandler())


def decode(source: ImageSource, preprocess: PreprocessConfig, name: str = "") -> np.ndarray:
    """Decode one image to what the network takes.

    Args:
        source: a path, an image file's bytes, a PIL image, or a uint8 array (H, W, 3), (H, W, 1) or (H, W) of 0 to 255.
        preprocess: size, aspect rule and filter.
        name: what error messages call bytes, an image or an array; a path is called by itself.

    Returns:
        uint8 RGB array (preprocess.height, preprocess.width, 3).

    Raises:
        ImageError: the image can't be read or decoded; the message names the file, if there is one, and the reason.

    Examples:
        >>> decode(Image.new("RGB", (60, 90), "red"), PreprocessConfig(height=24, width=16))[0, 0].tolist()
        [255, 0, 0]
    """
    with rgb_image(source, (preprocess.width, preprocess.height), name) as image:
        return np.asarray(resize(image, preprocess))


def to_rgb(source: ImageSource, wanted: tuple[int, int] | None = None, name: str = "") -> Image.Image:
    """Decode one image to sRGB at its own size (steps 1 to 5).

    Args:
        source: as in `decode`.
        wanted: (width, height) that the caller will resize to; allows a large JPEG to be decoded at a reduced scale.
        name: as in `decode`.

    Returns:
        an image that belongs to the caller, without EXIF data.

    Raises:
        ImageError: as in `decode`.

    Examples:
        >>> to_rgb(np.zeros((90, 60), np.uint8)).size
        (60, 90)
    """
    with rgb_image(source, wanted, name) as image, _image_errors(source, name):
        # The source may be the caller's own image.
        own = image.copy() if image is source else image
    own.info.clear()  # Orientation and profile are applied, and must not be applied again.
    return own


@contextmanager
def rgb_image(source: ImageSource, wanted: tuple[int, int] | None = None, name: str = "") -> Iterator[Image.Image]:
    """Decode one image to RGB as `to_rgb` does, for callers with many threads that are soon done with it.

    The memory that it takes counts as used until the block ends.

    Args:
        source: as in `decode`.
        wanted: as in `to_rgb`.
        name: as in `decode`.

    Yields:
        the image, which may be the caller's own: not to be changed.

    Raises:
        ImageError: as in `decode`.

    Examples:
        >>> with rgb_image(np.zeros((90, 60), np.uint8)) as image:
        ...     image.mode
        'RGB'
    """
    with ExitStack() as held:
        with _image_errors(source, name):
            image = _load_rgb(source, wanted, held)
        yield image


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What is known of an image before its pixels are decoded.

    Attributes:
        format: one of `FORMATS`, "MPO", "HEIF" or "JXL"; None for an image that is not a file.
        width: in pixels, once upright.
        height: in pixels, once upright.

    Examples:
        >>> ImageHeader("JPEG", 1000, 1500).height
        1500
    """

    format: str | None
    width: int
    height: int


def read_header(source: ImageSource) -> ImageHeader:
    """Read the format and the size of an image, without decoding it.

    Args:
        source: as in `decode`.

    Raises:
        ImageError: as in `decode`, except for damage behind the header, and for the memory that decoding takes.

    Examples:
        >>> read_header(Image.new("RGB", (60, 90)))
        ImageHeader(format=None, width=60, height=90)
    """
    with _image_errors(source):
        image, data = _open(source)
        width, height = reversed(image.size) if _is_sideways(_header_exif(image, data)) else image.size
        return ImageHeader(image.format, width, height)


def read_file(path: str | Path) -> bytes:
    """Read a poster's file.

    Args:
        path: the image file.

    Raises:
        ImageError: the file can't be read, is empty, or has more than `MAX_BYTES`.

    Examples:
        >>> read_file("no/such/poster.jpg")
        Traceback (most recent call last):
        posters.errors.ImageError: no/such/poster.jpg: there is no such file
    """
    with _image_errors(path):
        return _file_bytes(path)


class Readable(Protocol):
    """An open file, or a response of a server: whatever has a `read` method.

    Examples:
        >>> _: Readable = io.BytesIO(b"pixels")
    """

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""


def read_bytes(file: Readable) -> bytes:
    """Read what is left of an open file.

    Args:
        file: open for reading bytes.

    Raises:
        ImageError: the file has more than `MAX_BYTES`.

    Examples:
        >>> read_bytes(io.BytesIO(b"pixels"))
        b'pixels'
    """
    data = io.BytesIO()
    while piece := file.read(_READ_BYTES):
        if data.tell() + len(piece) > MAX_BYTES:
            raise ImageError(f"the file has more than {MAX_BYTES // 10**6} MB, which no poster needs: scale it down")
        data.write(piece)
    return data.getvalue()


@contextmanager
def _image_errors(source: ImageSource, name: str = "") -> Iterator[None]:
    """Raise whatever goes wrong in the block as an ImageError that begins with the name of the source."""
    called = str(source) if isinstance(source, (str, Path)) else name
    prefix = f"{called}: " if called else ""
    try:
        with _warnings_silenced():  # They are about problems that are raised here, or that don't matter.
            yield
    except ImageError as error:
        raise type(error)(f"{prefix}{error}") from error.__cause__
    # Pillow's decoders raise whatever a broken file makes them stumble over, so no narrower class will do.
    except Exception as error:
        reason = _refusal(error)
        if reason is None:
            raise DamagedImageError(f"{prefix}the image is damaged ({str(error) or type(error).__name__})") from error
        raise ImageError(f"{prefix}{reason}") from error


def _refusal(error: Exception) -> str | None:
    """Return why an image is refused before it is decoded; None if it is damaged."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "this is a folder, not an image"
    if isinstance(error, OSError) and error.strerror:
        return f"the file can't be read ({error.strerror})"
    if isinstance(error, PIL.UnidentifiedImageError):
        return f"this is not an image in a supported format ({', '.join(FORMATS)})"
    if isinstance(error, Image.DecompressionBombError):
        return f"the image has more than {MAX_PIXELS:,} pixels: scale it down"
    return None


def _load_rgb(source: ImageSource, wanted: tuple[int, int] | None, held: ExitStack) -> Image.Image:
    """Run steps 1 to 5; the result is the caller's own image if nothing had to be done to it.

    Args:
        source: as in `decode`.
        wanted: as in `to_rgb`.
        held: gets the share of memory that the image takes.
    """
    if isinstance(source, (str, Path)) and Path(source).stat().st_size > MAX_SMALL_BYTES:
        # Read twice: what waits for its share must not hold the file meanwhile.
        with BUDGET.share(2 * Path(source).stat().st_size):
            needed = _plan(source, wanted)[1]
        held.enter_context(BUDGET.share(needed))
    image, needed = _plan(source, wanted)
    held.enter_context(BUDGET.share(needed))
    # Step 3: Pillow opens an animation at its first frame.
    with libtiff_complaints_raised() if image.format == "TIFF" else nullcontext():
        image.load()
    orientation = _orientation(image)
    image = to_srgb(image, wanted)
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _plan(source: ImageSource, wanted: tuple[int, int] | None) -> tuple[Image.Image, int]:
    """Run steps 1 and 2; return the image, and how much memory it takes to decode it."""
    image, data = _open(source)
    pixels = image.width * image.height
    # Pillow's draft mode halves a JPEG, perhaps repeatedly, but never below the given size. A caller's own image must
    # not change.
    if wanted and image is not source and image.format in ("JPEG", "MPO"):
        width, height = reversed(wanted) if _is_sideways(image) else wanted
        image.draft(None, (2 * width, 2 * height))
    return image, memory_needed(image, data, pixels)


def _open(source: ImageSource) -> tuple[Image.Image, bytes]:
    """Run step 1, which reads only the header; return the bytes of a file, too."""
    data = b""
    if isinstance(source, np.ndarray):
        image = _from_array(source)
    elif isinstance(source, Image.Image):
        image = source
    elif isinstance(source, (str, Path, bytes, bytearray, memoryview)):
        data = _file_bytes(source)
        image = _opened(data)
    else:
        raise ImageError(f"an image is a path, bytes, a PIL image or an array, but got {type(source).__name__}")
    check_range(image)
    check_size(image)
    return image, data


def _opened(data: bytes) -> Image.Image:
    # What a small JPEG can do to a decoder is bounded by its size, and nearly all posters are small JPEGs.
    plain = data[:2] == b"\xff\xd8" and len(data) <= MAX_SMALL_BYTES
    file = io.BytesIO(data) if plain else GuardedFile(data)
    try:
        return Image.open(file, formats=FORMATS)
    except PIL.UnidentifiedImageError:
        if (extra := plugged_in(data)) is None:
            raise
        with _jpeg_xl_share(data) if extra.pillow_name == "JXL" else nullcontext():
            return Image.open(file, formats=(extra.pillow_name,))
    except ValueError as error:
        if "MAX_TEXT" not in str(error):  # A text or profile of a megabyte; without it, this is a picture like any.
            raise
        return Image.open(GuardedFile(png_without_compressed_text(data)), formats=("PNG",))


def _jpeg_xl_share(data: bytes) -> AbstractContextManager[None]:
    """Check the size of a JPEG XL before its plugin opens it, since that decodes it at once."""
    width, height = jpeg_xl_size(data)
    check_pixels(width, height, "JXL")
    return BUDGET.share((4 + JPEG_XL_BYTES) * width * height)


def _file_bytes(source: str | Path | bytes | bytearray | memoryview) -> bytes:
    if isinstance(source, (str, Path)):
        with open_regular(source) as file:
            data = read_bytes(file)
    else:
        data = bytes(source)
    if not data:
        raise ImageError("the file is empty")
    return data


def _from_array(array: np.ndarray) -> Image.Image:
    is_grey = array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 1)
    is_colour = array.ndim == 3 and array.shape[2] == 3
    if array.dtype != np.uint8 or not (is_grey or is_colour) or array.size == 0:
        raise ImageError(
            "an image array must be uint8 of shape (H, W, 3), (H, W, 1) or (H, W) with values 0 to 255, "
            f"but got {array.dtype} of shape {array.shape}"
        )
    return Image.fromarray(array.reshape(array.shape[:2]) if is_grey else array)


def _is_sideways(image: Image.Image) -> bool:
    return _orientation(image) in (5, 6, 7, 8)


def _orientation(image: Image.Image) -> object:
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # Broken EXIF data don't make the pixels unreadable.
        return None


def _header_exif(image: Image.Image, data: bytes) -> Image.Image:
    """Return an image with the EXIF data of an opened one, for which nothing has to be decoded.

    For the EXIF data of a PNG, Pillow decodes the pixels that may stand before them.
    """
    if image.format != "PNG" or not data or "exif" in image.info:
        return image
    return Image.open(io.BytesIO(png_without_pixels(data)), formats=("PNG",))


_lock = threading.Lock()

_silencing = 0  # blocks that run now, in any thread


@contextmanager
def _warnings_silenced() -> Iterator[None]:
    """Silence the decoder's warnings in every thread while the block runs, even under a filter that raises them.

    `warnings.catch_warnings` would not do: threads that leave it put back the filters of one another.
    """
    _count_silencing(+1)
    try:
        yield
    finally:
        _count_silencing(-1)


def _count_silencing(change: int) -> None:
    global _silencing
    filters = cast(list[Any], warnings.filters)
    with _lock:
        _silencing += change
        if not _silencing:
            with suppress(ValueError):
                filters.remove(_SILENCER)
        # Every time, since a `catch_warnings` that ended elsewhere may have removed the filter. Only if need be, since
        # `filterwarnings` removes the filter for an instant, in which another thread may warn.
        elif filters[:1] != [_SILENCER]:
            warnings.filterwarnings("ignore", module=_SILENCED)
