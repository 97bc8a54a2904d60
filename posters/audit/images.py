"""Images that can't be decoded, or that are no posters by their looks, size or shape."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from posters.audit import kinds
from posters.audit.finding import Finding, Kind
from posters.audit.inspection import Inspection
from posters.catalogue import Catalogue

# The endings that files of each format may have.
_ENDINGS = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif", ".avifs"),
    "JPEG2000": (".jp2", ".j2k", ".jpx"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
}
_FORMAT_OF = {ending: name for name, endings in _ENDINGS.items() for ending in endings}


def image_findings(catalogue: Catalogue, inspections: Mapping[str, Inspection]) -> Iterator[Finding]:
    """What is wrong with each image that a poster has."""
    ids_of = defaultdict(list)
    for poster in catalogue:
        ids_of[poster.image].append(poster.id)
    for image, ids in ids_of.items():
        for kind, message in _faults(inspections[image]):
            yield kind.finding(f"{image}: {message}", ids=tuple(ids), images=(image,))


def _faults(image: Inspection) -> Iterator[tuple[Kind, str]]:
    if not image.readable:
        yield (kinds.DAMAGED_IMAGE if image.damaged else kinds.UNREADABLE_IMAGE), image.error
        return
    if is_blank(image):
        yield kinds.BLANK_IMAGE, f"all pixels have nearly one colour (standard deviation {image.spread:.1f} of 255)"
    size = f"{image.width} x {image.height} pixels"
    if min(image.width, image.height) < kinds.SHORTEST_SIDE:
        yield kinds.TINY_IMAGE, size
    if not kinds.NARROWEST <= image.width / image.height <= kinds.WIDEST:
        yield kinds.ODD_SHAPE, f"{size}, {image.width / image.height:.2f} times as wide as high"
    claimed, own = _FORMAT_OF.get(PurePosixPath(image.image).suffix.lower()), _format(image)
    if claimed not in (None, own):
        yield kinds.MISNAMED_IMAGE, f"its name says {claimed}, its bytes are {own}"


def is_blank(image: Inspection) -> bool:
    """Whether there is nothing to see."""
    return image.readable and image.spread < kinds.BLANK_SPREAD


def _format(image: Inspection) -> str:
    # Several pictures in one JPEG file are a JPEG for all who look at the first.
    return "JPEG" if image.format == "MPO" else image.format
