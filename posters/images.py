"""The one decoder: every pixel that training, prediction or a web page sees comes from here.

The rule, in order:

1. Open with Pillow, one of `FORMATS`, told by the bytes and never by the name. An image of more than `MAX_PIXELS` is
   refused before it is decoded.
2. A JPEG much larger than what is wanted is decoded at a reduced scale, still at least twice the wanted size.
3. An animation gives its first frame.
4. The EXIF orientation is applied; EXIF data that can't be read count as none.
5. To RGB: palettes are looked up; transparency is laid over white; 16-bit grey is scaled to 8 bits (v / 257, rounded);
   CMYK, YCbCr, LAB and HSV by Pillow's own formulas, colour profiles ignored; 32-bit integer or float grey, whose
   brightness range nobody knows, is refused.
6. Resize to (height, width) with an antialiasing filter, by the aspect rule of the `PreprocessConfig`:
   `posters.resizing`.

An image that is cut short is refused, not filled with grey. Any number of threads may decode at once.
"""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
from PIL import ExifTags, Image

from posters.config import PreprocessConfig
from posters.errors import DamagedImageError, ImageError
from posters.pillow_warnings import pillow_warnings_held_back
from posters.resizing import resized

ImageSource: TypeAlias = "str | Path | bytes | Image.Image | np.ndarray"

# Several pictures in one JPEG file (MPO) are opened as JPEG.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")
MAX_PIXELS = 120_000_000
# Of a file: as many pixels as that, uncompressed. What never ends, a device or a server, must end here.
MAX_BYTES = 3 * MAX_PIXELS
_PIECE = 1 << 20

# What puts an image of each EXIF orientation upright.
_TURNS: dict[object, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_WHITE = (255, 255, 255)

# What Pillow logs of a damaged file is said by the error; without a handler Python would print it on stderr as well.
logging.getLogger("PIL").addHandler(logging.NullHandler())

# Raised whenever the rule above comes to give other pixels, so that nothing packed by the old rule is taken for new.
DECODER_VERSION = 1


def decode(source: ImageSource, preprocess: PreprocessConfig, name: str = "") -> np.ndarray:
    """Decode one image to what the network takes.

    Args:
        source: a path, an image file's bytes, a PIL image, or a uint8 array (H, W, 3), (H, W, 1) or (H, W) of 0 to 255.
        preprocess: size, aspect rule and filter.
        name: what messages call bytes, an image or an array; a path is called by itself.

    Returns:
        uint8 RGB array (preprocess.height, preprocess.width, 3).

    Raises:
        ImageError: it can't be read or decoded; the message names the file, where there is one, and says why.
    """
    with _refusals(source, name):
        image = _in_rgb(source, (preprocess.width, preprocess.height))
    return np.asarray(resized(image, preprocess))


def to_rgb(source: ImageSource, wanted: tuple[int, int] | None = None, name: str = "") -> Image.Image:
    """Decode one image to RGB in its own size (steps 1 to 5).

    Args:
        source: as in `decode`.
        wanted: (width, height) that the caller is going to resize to; lets a large JPEG be decoded at a reduced scale.
        name: as in `decode`.

    Raises:
        ImageError: as in `decode`.
    """
    with _refusals(source, name):
        alone = _in_rgb(source, wanted).copy()  # A caller may do with it what they like.
    alone.info.clear()  # EXIF data have been followed, and would turn it again.
    return alone


def _in_rgb(source: ImageSource, wanted: tuple[int, int] | None) -> Image.Image:
    """Steps 1 to 5; the caller's own image, if nothing had to be done to it."""
    image = _checked_size(_opened(source))
    if wanted and image is not source:  # A caller's own image stays as it is.
        _reduce(image, wanted)
    image.load()
    return _rgb(_upright(image))


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What an image says of itself before its pixels are decoded.

    Attributes:
        format: one of `FORMATS`, or "MPO"; None for an image that is no file.
        width: in pixels, once it is upright.
        height: in pixels, once it is upright.
    """

    format: str | None
    width: int
    height: int


def read_header(source: ImageSource) -> ImageHeader:
    """The format and the size of an image.

    Raises:
        ImageError: as in `decode`, but for damage further on.
    """
    with _refusals(source):
        image = _checked_size(_opened(source))
        width, height = reversed(image.size) if _lies_on_its_side(image) else image.size
        return ImageHeader(image.format, width, height)


@contextmanager
def _refusals(source: ImageSource, name: str = "") -> Iterator[None]:
    """Raise whatever goes wrong as an ImageError that begins with what the source is called."""
    called = str(source) if isinstance(source, (str, Path)) else name
    name = f"{called}: " if called else ""
    try:
        with pillow_warnings_held_back():  # They tell of what is refused or written down here.
            yield
    except ImageError as error:
        raise ImageError(f"{name}{error}") from error.__cause__
    # Pillow's decoders raise whatever a broken file makes them stumble over, so that no narrower class will do.
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise DamagedImageError(f"{name}the image is damaged ({str(error) or type(error).__name__})") from error
        raise ImageError(f"{name}{reason}") from error


def _reason(error: Exception) -> str | None:
    """Why an image is refused before it is looked into; None if it is damaged."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "this is a folder, not an image"
    if isinstance(error, OSError) and error.strerror:
        return f"the file can't be read ({error.strerror})"
    if isinstance(error, Image.UnidentifiedImageError):
        return f"this is no image that can be read (none of {', '.join(FORMATS)})"
    if isinstance(error, Image.DecompressionBombError):
        return f"the image has more than {MAX_PIXELS:,} pixels"
    return None


def _opened(source: ImageSource) -> Image.Image:
    """Step 1. Reads the header alone, and closes no image that belongs to the caller."""
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return source
    if not isinstance(source, (str, Path, bytes, bytearray, memoryview)):
        raise ImageError(f"an image is a path, bytes, a PIL image or an array, but got {type(source).__name__}")
    data = _bytes_of(Path(source)) if isinstance(source, (str, Path)) else bytes(source)
    if not data:
        raise ImageError("the file is empty")
    return Image.open(io.BytesIO(data), formats=FORMATS)


def _bytes_of(path: Path) -> bytes:
    with open(path, "rb") as file:
        return read_bytes(file)


def read_bytes(file: BinaryIO) -> bytes:
    """All that is left of an open file.

    Raises:
        ImageError: that is more than `MAX_BYTES`.
    """
    data = io.BytesIO()
    while piece := file.read(_PIECE):
        if data.tell() + len(piece) > MAX_BYTES:
            raise ImageError(f"the file has more than {MAX_BYTES // 10**6} MB, which no poster needs: scale it down")
        data.write(piece)
    return data.getvalue()


def _from_array(array: np.ndarray) -> Image.Image:
    grey = array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 1)
    colour = array.ndim == 3 and array.shape[2] == 3
    if array.dtype != np.uint8 or not (grey or colour) or array.size == 0:
        raise ImageError(
            "an image array must be uint8 of shape (H, W, 3), (H, W, 1) or (H, W) with values 0 to 255, "
            f"but got {array.dtype} of shape {array.shape}"
        )
    return Image.fromarray(array.reshape(array.shape[:2]) if grey else array)


def _checked_size(image: Image.Image) -> Image.Image:
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(f"the image has {image.width * image.height:,} pixels, and at most {MAX_PIXELS:,} are read")
    if image.width == 0 or image.height == 0:
        raise ImageError("the image has no pixels")
    return image


def _reduce(image: Image.Image, wanted: tuple[int, int]) -> None:
    """Step 2. Pillow's draft mode halves a JPEG, perhaps repeatedly, and never below the size that it is given."""
    if image.format in ("JPEG", "MPO"):
        width, height = reversed(wanted) if _lies_on_its_side(image) else wanted
        image.draft(None, (2 * width, 2 * height))


def _lies_on_its_side(image: Image.Image) -> bool:
    return _orientation(image) in (5, 6, 7, 8)


def _orientation(image: Image.Image) -> object:
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # Broken EXIF says nothing of the pixels, and counts as none.
        return None


def _upright(image: Image.Image) -> Image.Image:
    """Step 4."""
    orientation = _orientation(image)
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _rgb(image: Image.Image) -> Image.Image:
    """Step 5."""
    if image.mode in ("I", "F"):
        image = _wide_grey(image)
    elif image.mode.startswith("I;16"):
        image = _from_16_bit(image)
    if "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        return _over_white(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _wide_grey(image: Image.Image) -> Image.Image:
    # Pillow also opens 16-bit PNG and PPM files in its 32-bit mode; of these the range is known.
    if image.mode == "I" and image.format in ("PNG", "PPM"):
        return _from_16_bit(image)
    raise ImageError(f"grey levels of 32 bits (mode {image.mode}) have no known brightness range: save it with 8 bits")


def _from_16_bit(image: Image.Image) -> Image.Image:
    levels = np.asarray(image)
    grey = np.clip(np.rint(levels.astype(np.float32) / 257), 0, 255).astype(np.uint8)
    grey[levels == image.info.get("transparency")] = 255
    return Image.fromarray(grey)


def _over_white(image: Image.Image) -> Image.Image:
    # Premultiplied modes convert to their plain ones alone.
    plain = image.convert({"La": "LA", "RGBa": "RGBA"}.get(image.mode, image.mode)).convert("RGBA")
    ground = Image.new("RGBA", plain.size, (*_WHITE, 255))
    return Image.alpha_composite(ground, plain).convert("RGB")
