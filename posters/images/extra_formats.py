"""HEIC and JPEG XL, which Pillow reads with a plugin from an extra; without it, they are refused by their name."""

import importlib
import re
from dataclasses import dataclass

from posters.errors import ImageError


@dataclass(frozen=True)
class ExtraFormat:
    """A format that needs a plugin.

    Attributes:
        name: for people.
        plugin: the module that reads it.
        extra: of this package, which installs the plugin.
        pillow_name: what Pillow calls the format once the plugin is there.
        signature: of the file's first bytes.

    Examples:
        >>> ExtraFormat("HEIC", "pillow_heif", "heic", "HEIF", re.compile(b"....ftypheic")).extra
        'heic'
    """

    name: str
    plugin: str
    extra: str
    pillow_name: str
    signature: re.Pattern[bytes]


_HEIC = re.compile(rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)", re.DOTALL)
_JPEG_XL = re.compile(rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n")
_FORMATS = (
    ExtraFormat("HEIC", "pillow_heif", "heic", "HEIF", _HEIC),
    ExtraFormat("JPEG XL", "pillow_jxl", "jxl", "JXL", _JPEG_XL),
)
_JPEG_XL_RATIOS = {1: (1, 1), 2: (6, 5), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def plugged_in(data: bytes) -> ExtraFormat | None:
    """Return the format of an image file that needs a plugin, with its plugin loaded; None if it is of another format.

    Args:
        data: the file.

    Raises:
        ImageError: the plugin is not installed.

    Examples:
        >>> plugged_in(b"GIF89a") is None
        True
    """
    found = next((each for each in _FORMATS if each.signature.match(data)), None)
    if found:
        try:
            plugin = importlib.import_module(found.plugin)
        except ImportError as error:
            install = f"run `pip install 'posters[{found.extra}]'`"
            raise ImageError(
                f"this is a {found.name} image, which needs an extra: {install}, or save it as JPEG"
            ) from error
        if found.pillow_name == "HEIF":
            # One thread each: posters are decoded by several anyway. The other pictures of a file are not wanted.
            plugin.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    return found


def jpeg_xl_size(data: bytes) -> tuple[int, int]:
    """Return (width, height) of a JPEG XL file by its header (ISO/IEC 18181-1, SizeHeader): its plugin decodes at once.

    Args:
        data: the file.

    Raises:
        ImageError: the header is cut short.

    Examples:
        >>> jpeg_xl_size(bytes([255, 10, 0b01000011, 0]))
        (16, 16)
    """
    start = data.find(b"\xff\x0a", 0 if data[:1] == b"\xff" else 12) + 2
    bits = int.from_bytes(data[start : start + 16], "little")
    if start < 2 or len(data) < start + 2:
        raise ImageError("the image is damaged (its header is cut short)")

    def take(count: int) -> int:
        nonlocal bits
        value, bits = bits & ((1 << count) - 1), bits >> count
        return value

    def side() -> int:
        return 8 * (take(5) + 1) if in_eights else take((9, 13, 18, 30)[take(2)]) + 1

    in_eights = take(1)
    height = side()
    ratio = take(3)
    width = height * _JPEG_XL_RATIOS[ratio][0] // _JPEG_XL_RATIOS[ratio][1] if ratio else side()
    return width, height
