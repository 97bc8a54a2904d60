"""Check image files: can they be decoded, do they look like posters, are they named rightly, and are they used."""

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from posters.audit import kinds
from posters.audit.context import AuditContext
from posters.audit.inspection import Inspection
from posters.audit.kinds import Finding, Kind
from posters.catalogue.image_folder import EXTENSIONS

# By Pillow's name of each format: the extensions that other programs open as that format.
_EXTENSIONS_OF = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif", ".avifs"),
    "JPEG2000": (".jp2", ".j2k", ".jpx"),
    "HEIF": (".heic", ".heif"),
    "JXL": (".jxl",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
}

_FORMAT_OF = {extension: name for name, extensions in _EXTENSIONS_OF.items() for extension in extensions}


def image_findings(context: AuditContext) -> Iterator[Finding]:
    """Yield what is wrong with each image of a poster.

    Examples:
        >>> from pathlib import Path
        >>> from posters.catalogue import Catalogue, Poster
        >>> images = {"1.jpg": Inspection("1.jpg", 9, 9, format="JPEG", width=40, height=60, spread=50.0)}
        >>> catalogue = Catalogue((Poster("a", "1.jpg", ("Drama",)),), ("Drama",), Path())
        >>> [finding.message for finding in image_findings(AuditContext(catalogue, images, {}, 20))]
        ['1.jpg: 40 x 60 pixels']
    """
    ids_of = defaultdict(list)
    for poster in context.catalogue:
        ids_of[poster.image].append(poster.id)
    for image, ids in ids_of.items():
        inspection = context.inspections[image]
        if not inspection.readable:
            kind = kinds.DAMAGED_IMAGE if inspection.damaged else kinds.UNREADABLE_IMAGE
            faults = [(kind, inspection.error)]
        else:
            faults = list(_faults(inspection, context.is_blank(image)))
        for kind, message in faults:
            yield kind.finding(f"{image}: {message}", ids=tuple(ids), images=(image,))


def _faults(image: Inspection, blank: bool) -> Iterator[tuple[Kind, str]]:
    """Yield what is wrong with a readable image."""
    if blank:
        yield kinds.BLANK_IMAGE, f"all pixels have nearly one colour (standard deviation {image.spread:.1f} of 255)"
    size = f"{image.width} x {image.height} pixels"
    if min(image.width, image.height) < kinds.SHORTEST_SIDE:
        yield kinds.TINY_IMAGE, size
    if not kinds.NARROWEST <= image.width / image.height <= kinds.WIDEST:
        yield kinds.ODD_SHAPE, f"{size}, {image.width / image.height:.2f} times as wide as high"
    named = _FORMAT_OF.get(PurePosixPath(image.image).suffix.lower())
    # A JPEG file with several pictures (MPO) is a JPEG to every program that reads only the first.
    actual = "JPEG" if image.format == "MPO" else image.format
    if named not in (None, actual):
        yield kinds.MISNAMED_IMAGE, f"named as {named}, but its bytes are {actual}"


def file_findings(context: AuditContext) -> Iterator[Finding]:
    """Yield one finding for each image below the image folder that no row names, dropped rows included.

    Examples:
        >>> from pathlib import Path
        >>> from posters.catalogue import Catalogue
        >>> list(file_findings(AuditContext(Catalogue((), ("Drama",), Path("nowhere")), {}, {}, 20)))
        []
    """
    catalogue = context.catalogue
    used = {poster.image for poster in catalogue}
    used.update(item.image for problem in catalogue.problems if problem.kind == "row" for item in problem.items)
    for folder, _, names in os.walk(catalogue.image_root):  # Links to folders are not followed.
        below = Path(folder).relative_to(catalogue.image_root)
        for name in names:
            image = (below / name).as_posix()
            if name.lower().endswith(EXTENSIONS) and image not in used:
                yield kinds.UNUSED_IMAGE.finding(f"{image}: no row names it", images=(image,))
