"""The one decoder: every pixel that training, prediction or a web page uses comes from here.

The steps, in order:

1. Open with Pillow. The format is one of `FORMATS`, detected from the bytes and never from the name. An image of more
   than `MAX_PIXELS` is refused before it is decoded.
2. Decode a JPEG that is much larger than needed at a reduced scale, still at least twice the needed size.
3. Of an animation, take the first frame.
4. Apply the EXIF orientation. EXIF data that can't be read count as none.
5. Convert to RGB: look up palettes; lay transparency over white; scale 16-bit grey to 8 bits (v / 257, rounded);
   convert CMYK, YCbCr, LAB and HSV by Pillow's own formulas, ignoring colour profiles; refuse 32-bit integer or float
   grey, whose brightness range is unknown.
6. Resize to (height, width) with an antialiasing filter, by the aspect rule of the `PreprocessConfig`: see
   `posters.images.resizing`.

An image that is cut short is refused, not filled with grey. Any number of threads may decode at once.
"""

import io
import logging
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

import numpy as np
import PIL
from PIL import ExifTags, Image

from posters.config import PreprocessConfig
from posters.errors import DamagedImageError, ImageError
from posters.images.resizing import resize

ImageSource: TypeAlias = "str | Path | bytes | Image.Image | np.ndarray"

# Pillow opens a JPEG file with several pictures (MPO) as JPEG.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")

MAX_PIXELS = 120_000_000
# Of a file: MAX_PIXELS uncompressed. It also ends reading from a device or a server that never stops sending.
MAX_BYTES = 3 * MAX_PIXELS

# Raise this whenever the steps above give other pixels, so that pixels and scores from the old steps are not reused.
DECODER_VERSION = 1

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

_WHITE = (255, 255, 255, 255)

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
    with _image_errors(source, name):
        image = _load_rgb(source, (preprocess.width, preprocess.height))
    return np.asarray(resize(image, preprocess))


def to_rgb(source: ImageSource, wanted: tuple[int, int] | None = None, name: str = "") -> Image.Image:
    """Decode one image to RGB at its own size (steps 1 to 5).

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
    with _image_errors(source, name):
        image = _load_rgb(source, wanted).copy()  # The source may be the caller's own image.
    image.info.clear()  # The orientation is applied, and must not be applied again.
    return image


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What is known of an image before its pixels are decoded.

    Attributes:
        format: one of `FORMATS`, or "MPO"; None for an image that is not a file.
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
        ImageError: as in `decode`, except for damage behind the header.

    Examples:
        >>> read_header(Image.new("RGB", (60, 90)))
        ImageHeader(format=None, width=60, height=90)
    """
    with _image_errors(source):
        image = _open(source)
        width, height = reversed(image.size) if _is_sideways(image) else image.size
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
        raise ImageError(f"{prefix}{error}") from error.__cause__
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


def _load_rgb(source: ImageSource, wanted: tuple[int, int] | None) -> Image.Image:
    """Run steps 1 to 5; the result is the caller's own image if nothing had to be done to it."""
    image = _open(source)
    # Step 2. Pillow's draft mode halves a JPEG, perhaps repeatedly, but never below the given size. A caller's own
    # image must not change.
    if wanted and image is not source and image.format in ("JPEG", "MPO"):
        width, height = reversed(wanted) if _is_sideways(image) else wanted
        image.draft(None, (2 * width, 2 * height))
    image.load()  # Step 3: Pillow opens an animation at its first frame.
    orientation = _orientation(image)
    upright = image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
    return _convert(upright)


def _open(source: ImageSource) -> Image.Image:
    """Run step 1. This reads only the header."""
    if isinstance(source, np.ndarray):
        image = _from_array(source)
    elif isinstance(source, Image.Image):
        image = source
    elif isinstance(source, (str, Path, bytes, bytearray, memoryview)):
        image = Image.open(io.BytesIO(_file_bytes(source)), formats=FORMATS)
    else:
        raise ImageError(f"an image is a path, bytes, a PIL image or an array, but got {type(source).__name__}")
    pixels = image.width * image.height
    if pixels > MAX_PIXELS:
        raise ImageError(f"the image has {pixels:,} pixels, more than the limit of {MAX_PIXELS:,}: scale it down")
    if pixels == 0:
        raise ImageError("the image has no pixels")
    return image


def _file_bytes(source: str | Path | bytes | bytearray | memoryview) -> bytes:
    if isinstance(source, (str, Path)):
        with Path(source).open("rb") as file:
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


def _convert(image: Image.Image) -> Image.Image:
    """Run step 5."""
    if image.mode in ("I", "F"):
        # Pillow also opens 16-bit PNG and PPM files in its 32-bit mode; the range of these is known.
        if image.mode == "F" or image.format not in ("PNG", "PPM"):
            raise ImageError(
                f"grey levels of 32 bits (mode {image.mode}) have no known brightness range: save it with 8 bits"
            )
        image = _from_16_bit(image)
    elif image.mode.startswith("I;16"):
        image = _from_16_bit(image)
    if "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        # Premultiplied modes convert only to their plain ones.
        plain = image.convert({"La": "LA", "RGBa": "RGBA"}.get(image.mode, image.mode)).convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", plain.size, _WHITE), plain)
    return image if image.mode == "RGB" else image.convert("RGB")


def _from_16_bit(image: Image.Image) -> Image.Image:
    levels = np.asarray(image)
    grey = np.clip(np.rint(levels.astype(np.float32) / 257), 0, 255).astype(np.uint8)
    grey[levels == image.info.get("transparency")] = 255
    return Image.fromarray(grey)


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
