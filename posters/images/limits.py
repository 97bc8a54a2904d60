"""What decoding one image may cost: its size, the memory that all threads share, and the time.

All of it is known from the header, so that an image is refused before any of its pixels is decoded. How many bytes a
pixel takes was measured for each format, in the resident memory of a process (Pillow 13, 20 megapixels, noise).
"""

import io
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from PIL import Image, ImageFile

from posters.errors import ConfigError, ImageError

# Pillow keeps a large picture in blocks of 16 MB, which glibc takes from a heap of each thread and does not give back:
# six WebP files took 1.7 GB, one after the other. Blocks of 64 MB go back to the system, and small pictures have none.
_BLOCK_BYTES = 1 << 26
if "PILLOW_BLOCK_SIZE" not in os.environ:
    import_module("PIL._imaging").set_block_size(_BLOCK_BYTES)

MAX_PIXELS = 120_000_000
# Of a file: `MAX_PIXELS` uncompressed. It also ends reading from a server that never stops sending.
MAX_BYTES = 3 * MAX_PIXELS
MIN_SIDE = 16  # pixels; what is smaller is a spacer or a tracking pixel
MAX_ASPECT = 20  # times as long as wide: no poster, but the shape in which memory is best wasted
MAX_CPU_S = 5.0
IMAGE_MEMORY = 1_000_000_000  # bytes for all threads of a process, unless `set_image_memory` changes it

# Of that, what the interpreter, the network and the small buffers of decoders take.
_OWN_BYTES = 100_000_000

# Decoders so slow, measured on noise, that fewer pixels have to do: a codec or a format of Pillow's, the name for
# people, and how many. Those of PPM and BMP are written in Python.
_SLOW = {
    "jpeg2k": ("JPEG2000", 12_000_000),
    "AVIF": ("AVIF", 20_000_000),
    "HEIF": ("HEIC", 20_000_000),
    "JXL": ("JPEG XL", 20_000_000),
    "progressive": ("progressive JPEG", 70_000_000),
    "ppm": ("PPM with levels other than 255 and 65535", 1_500_000),
    "ppm_plain": ("PPM written as text", 3_000_000),
    "bmp_rle": ("run-length encoded BMP", 6_000_000),
}

JPEG_XL_BYTES = 28  # a pixel, beside the picture: floats of 32 bits, and the bytes that are handed over

# Bytes a pixel that a decoder takes beside the picture that Pillow keeps: two frames, the bytes that it hands over and
# its own planes for WebP; planes of 16 bits and a copy in RGB for AVIF; whole numbers of 32 bits for JPEG2000.
_WORKING_BYTES = {
    "WEBP": 16,
    "AVIF": 20,
    "HEIF": 24,
    "JXL": JPEG_XL_BYTES,
    "GIF": 4,
    "jpeg2k": 24,
    "ppm": 16,
    "bmp_rle": 4,
}
# Of a strip or tile, as libtiff decodes it: four channels of 16 bits.
_LIBTIFF_BYTES = 8
# These are handed the whole file, and copy it.
_COPYING = ("WEBP", "AVIF", "HEIF", "JXL")

MAX_SMALL_BYTES = 8_000_000  # of a file that needs no such care: a poster has 0.1 to 2 MB

_READ_AGAIN = 3  # times that a decoder may read a whole file

_FEW_BYTES = 1_000_000

_MAX_SCANS = 40  # of a JPEG of MAX_PIXELS; a smaller one may have more


class MemoryBudget:
    """Bytes that threads share: each waits until its share is free, in the order in which they came.

    Args:
        limit: bytes.

    Attributes:
        limit: bytes; may be changed at any time.
        taken: bytes that shares hold now.

    Examples:
        >>> budget = MemoryBudget(100)
        >>> with budget.share(70):
        ...     budget.taken
        70
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.taken = limit, 0
        self._changed = threading.Condition()
        self._waiting: deque[object] = deque()
        self._own = threading.local()

    @contextmanager
    def share(self, size: int) -> Iterator[None]:
        """Hold `size` bytes while the block runs.

        A share within a share of the same thread is a part of it: a thread that held one and waited for another could
        wait for ever. A share above the limit waits until no other is held.

        Args:
            size: in bytes.
        """
        if getattr(self._own, "held", False):
            yield
            return
        self._take(size)
        self._own.held = True
        try:
            yield
        finally:
            self._own.held = False
            with self._changed:
                self.taken -= size
                self._changed.notify_all()

    def _take(self, size: int) -> None:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                self._changed.wait_for(
                    lambda: self._waiting[0] is ticket and (not self.taken or self.taken + size <= self.limit)
                )
                self.taken += size
                if size > _BLOCK_BYTES:
                    _give_back_freed_memory()
            finally:  # Ctrl-C may end the wait.
                self._waiting.remove(ticket)
                self._changed.notify_all()


def _give_back_freed_memory() -> None:
    """Have glibc return what the heap of each thread has kept, of blocks that were too small for their own mapping."""
    if sys.platform == "linux":
        import ctypes  # Here, because few pictures are so large.

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # Other C libraries of Linux lack it.
        if trim is not None:
            trim(0)


BUDGET = MemoryBudget(IMAGE_MEMORY - _OWN_BYTES)


def set_image_memory(gigabytes: float) -> None:
    """Choose how much memory decoding may take in this process, all threads together: 1 GB unless this is called.

    An image that takes more by itself is refused.

    Args:
        gigabytes: of 10^9 bytes; at least 0.2.

    Raises:
        ConfigError: it is less, or no number.

    Examples:
        >>> set_image_memory(1)
    """
    # Written so that NaN is refused, too.
    if isinstance(gigabytes, bool) or not isinstance(gigabytes, (int, float)) or not 0.2 <= gigabytes <= 1e6:
        raise ConfigError(f"image memory must be a number of gigabytes from 0.2 up, but got {gigabytes!r}")
    BUDGET.limit = int(gigabytes * 10**9) - _OWN_BYTES


def check_size(image: Image.Image) -> None:
    """Refuse an image by its width and height.

    Args:
        image: opened, but not decoded.

    Raises:
        ImageError: it has more than `MAX_PIXELS`, or more than its format's decoder manages in `MAX_CPU_S`; or, in a
            file, a side is below `MIN_SIDE`, or one side is more than `MAX_ASPECT` times the other.

    Examples:
        >>> check_size(Image.new("L", (0, 8)))
        Traceback (most recent call last):
        posters.errors.ImageError: the image has no pixels
    """
    width, height = image.size
    check_pixels(width, height, _decoder(image))
    # A picture in memory costs nothing to decode, and may have any shape.
    shape = f"the image is {width} x {height} pixels"
    if isinstance(image, ImageFile.ImageFile) and min(width, height) < MIN_SIDE:
        raise ImageError(f"{shape}, and no side may have fewer than {MIN_SIDE}: find a larger copy")
    if isinstance(image, ImageFile.ImageFile) and max(width, height) > MAX_ASPECT * min(width, height):
        raise ImageError(f"{shape}, one side more than {MAX_ASPECT} times the other: no poster has this shape")


def check_pixels(width: int, height: int, decoder: str = "") -> None:
    """Refuse an image by the number of its pixels.

    Args:
        width: in pixels.
        height: in pixels.
        decoder: the codec or format, as Pillow calls it.

    Raises:
        ImageError: there are none, more than `MAX_PIXELS`, or more than this decoder manages in `MAX_CPU_S`.

    Examples:
        >>> check_pixels(4000, 4000, "jpeg2k")
        Traceback (most recent call last):
        posters.errors.ImageError: the image has 16,000,000 pixels, more than the limit of 12,000,000 for JPEG2000: \
scale it down
    """
    pixels = width * height
    kind, most = _SLOW.get(decoder, ("", MAX_PIXELS))
    if pixels > most:
        limit = f"{most:,}{f' for {kind}' if kind else ''}"
        raise ImageError(f"the image has {pixels:,} pixels, more than the limit of {limit}: scale it down")
    if pixels == 0:
        raise ImageError("the image has no pixels")


def memory_needed(image: Image.Image, data: bytes, pixels: int) -> int:
    """Return how many bytes it takes at most to decode an image and to convert it to RGB.

    Args:
        image: opened, but not decoded; perhaps to be decoded at a reduced scale.
        data: its file; b"" if there is none at hand.
        pixels: of the image at its full scale.

    Raises:
        ImageError: it is more than an image may take, or the file decodes too slowly.

    Examples:
        >>> memory_needed(Image.new("L", (100, 100)), b"", 100 * 100)
        50000
    """
    own = image.width * image.height
    # Pillow keeps three channels in four bytes, as it does four.
    picture = own * (1 if image.mode in ("1", "L", "P") else 4)
    # Whatever is not RGB is converted, and what lies on its side turned: either takes a second picture.
    converting = picture + 4 * own
    needed = len(data) + max(picture + _working_bytes(image, data, pixels), converting)
    if needed > BUDGET.limit:
        raise ImageError(
            f"decoding the image would take {(needed + _OWN_BYTES) / 1e9:.1f} GB of memory, more than the limit of "
            f"{(BUDGET.limit + _OWN_BYTES) / 1e9:.1f} GB: scale it down, or allow more (--image-memory)"
        )
    return needed


def _decoder(image: Image.Image) -> str:
    """Return the codec that will decode an image or, where that tells nothing, its format."""
    tiles = getattr(image, "tile", None)
    codec = tiles[0][0] if tiles else ""
    return codec if codec in _SLOW or codec == "libtiff" else image.format or ""


def _working_bytes(image: Image.Image, data: bytes, pixels: int) -> int:
    """Return what a decoder takes beside the picture."""
    own, decoder = image.width * image.height, _decoder(image)
    if decoder == "libtiff":
        # A tile, of the width and length that these tags give, may be larger than the picture.
        width, length = (image.tag_v2.get(tag, 0) for tag in (322, 323))  # type: ignore[attr-defined]
        return _LIBTIFF_BYTES * max(own, int(width) * int(length))
    if decoder in ("JPEG", "MPO"):
        return _coefficient_bytes(image, data, pixels)
    return own * _WORKING_BYTES.get(decoder, 0) + 2 * len(data) * (decoder in _COPYING)


def _coefficient_bytes(image: Image.Image, data: bytes, pixels: int) -> int:
    """Return what a JPEG of several scans takes for its coefficients, which are all there before the first pixel is."""
    progressive = "progressive" in image.info
    if progressive:
        check_pixels(pixels, 1, "progressive")
    # Not counted in what nearly all posters are: too few bytes for many scans, unless these refine what others gave.
    scans = data.count(b"\xff\xda") if progressive or len(data) > _FEW_BYTES else 2
    if scans * pixels > _MAX_SCANS * MAX_PIXELS:
        raise ImageError(f"the JPEG has {scans:,} scans, which take too long to decode: save it again")
    layers = [(max(1, h), max(1, v)) for _, h, v, _ in image.layer]  # type: ignore[attr-defined]
    densest = max(h for h, _ in layers) * max(v for _, v in layers)
    # Of two bytes each.
    return int(2 * pixels * sum(h * v for h, v in layers) // densest) if scans > 1 else 0


class GuardedFile(io.BytesIO):
    """An image file that a decoder may neither read for too long nor again and again.

    A decoder comes back for more of the file, and is then refused. It is what ends loops of Pillow over millions of
    blocks, and tables that name one part of a file thousands of times.

    Args:
        data: the file.

    Examples:
        >>> GuardedFile(b"pixels").read(3)
        b'pix'
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._end = time.thread_time() + MAX_CPU_S
        self._left = _READ_AGAIN * len(data) + MAX_SMALL_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        """Return at most `size` bytes.

        Raises:
            ImageError: decoding has taken more than `MAX_CPU_S`, or more was read than the file has several times.
        """
        piece = super().read(size)
        self._left -= len(piece)
        if self._left < 0 or time.thread_time() > self._end:
            raise ImageError("the image is made so that it takes too long to decode: save it again as JPEG or PNG")
        return piece
