"""What an audit wants to know of one image, from its bytes."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import ImageStat

from posters.config import PreprocessConfig
from posters.duplicates import perceptual_hash
from posters.errors import DamagedImageError, ImageError
from posters.images import decode, read_header, to_rgb
from posters.packed_index import FileRecord, stamped

# The pixels that training would look at by default, so that hashes agree with those that a split is grouped by.
PREPROCESS = PreprocessConfig()


@dataclass(frozen=True, slots=True)
class Inspection(FileRecord):
    """One image.

    Attributes:
        image: its path below the image folder.
        size: of its file, in bytes; -1 if the file could not be read.
        mtime_ns: when its file was changed; -1 if the file could not be read.
        sha256: of its bytes.
        error: why it can't be decoded; "" if it can.
        damaged: whether it begins like an image, but is cut short or broken further on.
        format: what its bytes are, as Pillow calls it.
        width: in pixels, once it is upright.
        height: in pixels, once it is upright.
        spread: standard deviation of the values of its pixels, 0 to 255, in the channel where it is largest.
        hash: its perceptual hash, 64 bits.
    """

    image: str
    size: int
    mtime_ns: int
    sha256: str = ""
    error: str = ""
    damaged: bool = False
    format: str = ""
    width: int = 0
    height: int = 0
    spread: float = 0.0
    hash: int = 0


def inspect(root: Path, image: str) -> Inspection:
    """Read and decode one image; what is wrong with it stands in `error`."""
    stamp = stamped(root, image)
    try:
        data = (root / image).read_bytes()
    except OSError as error:
        # Without a stamp, so that it is tried again: being allowed to read a file does not change its time.
        return Inspection(image, -1, -1, error=f"the file can't be read ({error.strerror})")
    found = Inspection(image, stamp.size, stamp.mtime_ns, sha256=hashlib.sha256(data).hexdigest())
    try:
        return _decoded(found, data)
    except ImageError as error:
        return replace(found, error=str(error), damaged=isinstance(error, DamagedImageError))


def _decoded(found: Inspection, data: bytes) -> Inspection:
    rgb = to_rgb(data, wanted=(PREPROCESS.width, PREPROCESS.height))
    pixels = decode(rgb, PREPROCESS)
    header = read_header(data)
    return replace(
        found,
        format=header.format or "",
        width=header.width,
        height=header.height,
        spread=float(max(ImageStat.Stat(rgb).stddev)),
        hash=perceptual_hash(pixels),
    )
