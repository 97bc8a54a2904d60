"""Inspect every image of a catalogue once: results are cached, and only files that changed are read again."""

import hashlib
import math
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

from posters._base.atomic_files import fingerprint
from posters._base.prefetch import ahead, batched
from posters._base.progress import tqdm
from posters._base.ray_cluster import Spread
from posters._base.regular_files import open_regular
from posters._base.threads import threads_or_cores
from posters.catalogue import Catalogue
from posters.config import PreprocessConfig
from posters.errors import DamagedImageError, ImageError
from posters.images.decoding import DECODER_VERSION, decode, read_bytes, read_header, rgb_image
from posters.images.perceptual_hash import perceptual_hash
from posters.store.journal import FileRecord, stamped
from posters.store.resumable import ResumableStore, locked

# The pixels that training uses by default, so that hashes agree with those that posters are grouped by for a split.
PREPROCESS = PreprocessConfig()

# Inspections written at a time: what a kill can cost.
CHUNK = 16


@dataclass(frozen=True, slots=True)
class Inspection(FileRecord):
    """What an audit knows about one image.

    Attributes:
        image: path below the image folder.
        size: of the file in bytes; -1 if the file can't be read.
        mtime_ns: when the file was last modified, in nanoseconds; -1 if the file can't be read.
        sha256: hexadecimal digest of its bytes.
        error: why it can't be decoded; "" if it can.
        damaged: whether it begins like an image but is cut short or broken.
        format: of its bytes, as Pillow calls it.
        width: in pixels, once upright.
        height: in pixels, once upright.
        spread: standard deviation of the pixel values, 0 to 255, in the channel where it is largest.
        hash: perceptual hash, 64 bits.

    Examples:
        >>> Inspection("alien.jpg", 1200, 5, error="the file is empty").readable
        False
    """

    # The order of the fields is the order in the journal: a new field needs a new rule in `inspect_images`.
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
    """Read and decode one image. A file that can't be read or decoded has the reason in `error`.

    Examples:
        >>> inspect(Path("nowhere"), "alien.jpg").error
        "the file can't be read (No such file or directory)"
    """
    stamp = stamped(root, image)
    try:
        with open_regular(root / image) as file:
            data = read_bytes(file)
    except OSError as error:
        # Without a stamp, so that the next run tries again: permission to read a file doesn't change its time.
        return Inspection(image, -1, -1, error=f"the file can't be read ({error.strerror})")
    except ImageError as error:
        return Inspection(image, stamp.size, stamp.mtime_ns, error=str(error))
    inspection = Inspection(image, stamp.size, stamp.mtime_ns, sha256=hashlib.sha256(data).hexdigest())
    try:
        # At the reduced scale that training decodes at: faster, and with the same hash.
        with rgb_image(data, wanted=(PREPROCESS.width, PREPROCESS.height)) as rgb:
            pixels, spread = decode(rgb, PREPROCESS), _spread(rgb)
        header = read_header(data)
    except ImageError as error:
        return replace(inspection, error=str(error), damaged=isinstance(error, DamagedImageError))
    return replace(
        inspection,
        format=header.format or "",
        width=header.width,
        height=header.height,
        spread=spread,
        hash=perceptual_hash(pixels),
    )


def _spread(rgb: Image.Image) -> float:
    """Return the largest standard deviation of a channel: `PIL.ImageStat`'s to the bit, without its loops in Python."""
    values = np.arange(256)
    # Whole numbers up to the division, as Python has them: a large poster's squares have more digits than a float.
    moments = np.array(rgb.histogram()).reshape(3, 256) @ np.stack([values**0, values, values**2], axis=1)
    return math.sqrt(max((squares - total**2 / pixels) / pixels for pixels, total, squares in moments.tolist()))


def inspect_images(
    catalogue: Catalogue, cache: Path, threads: int | None = None, spread: Spread | None = None
) -> dict[str, Inspection]:
    """Inspect the image of every poster of `catalogue`.

    Args:
        catalogue: the posters.
        cache: where inspections are kept, in one folder per image folder. An interrupted audit resumes from there.
        threads: number of threads; by default one per core.
        spread: has other machines inspect the images; by default this process does.

    Returns:
        the inspection of each image, by its path below the image folder.

    Raises:
        ConfigError: threads is below 1, or not a whole number.

    Examples:
        >>> import tempfile
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue((Poster("alien", "alien.jpg", ("Horror",)),), ("Horror",), Path("nowhere"))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     inspect_images(catalogue, Path(folder))["alien.jpg"].readable
        False
    """
    threads = threads_or_cores(threads)
    root = catalogue.image_root
    directory = cache / f"audit-{fingerprint(str(root.resolve()))}"
    directory.mkdir(parents=True, exist_ok=True)
    rule = fingerprint([DECODER_VERSION, PIL.__version__, asdict(PREPROCESS)])
    images = sorted({poster.image for poster in catalogue})
    with locked(directory / ".lock"):
        store = ResumableStore(directory / "inspections.jsonl", rule, Inspection, root)
        # Catalogues share an image folder, so records of images that are not in this one are kept too.
        known = {inspection.image: inspection for inspection in store.records}
        plan = [stamped(root, image) for image in images]
        reused = {now.image: store.reusable(Inspection(now.image, now.size, now.mtime_ns)) for now in plan}
        known.update({image: inspection for image, inspection in reused.items() if inspection})
        changed = [image for image, inspection in reused.items() if not inspection]
        if changed or store.unfinished or list(known.values()) != store.records:
            bar = tqdm(total=len(changed), desc="inspecting", unit="image", disable=not changed)
            if spread:
                found = spread(partial(inspect, root.absolute()), changed, sees=[root])
            else:
                found = (inspection for _, inspection in ahead(partial(inspect, root), changed, threads))
            store.update(known.values(), ((chunk, None) for chunk in batched(found, CHUNK)), bar)
    inspections = {inspection.image: inspection for inspection in store.records}
    return {image: inspections[image] for image in images}
