"""Files of the image folder that no row names."""

import os
from collections.abc import Iterator
from pathlib import Path

from posters.audit import kinds
from posters.audit.finding import Finding
from posters.catalogue import Catalogue
from posters.catalogue.image_folder import EXTENSIONS


def file_findings(catalogue: Catalogue) -> Iterator[Finding]:
    """One for each image below the image folder that neither a poster nor a row left out has."""
    used = {poster.image for poster in catalogue}
    used.update(item.image for loss in catalogue.losses if loss.kind == "row" for item in loss.items)
    for image in _images_below(catalogue.image_root):
        if image not in used:
            yield kinds.UNUSED_IMAGE.finding(f"{image}: no row names it", images=(image,))


def _images_below(root: Path) -> Iterator[str]:
    """The images in a folder and all below it, as paths from there; links to folders are not followed."""
    for folder, _, names in os.walk(root):
        below = Path(folder).relative_to(root).as_posix()
        start = "" if below == "." else f"{below}/"
        yield from (start + name for name in names if name.lower().endswith(EXTENSIONS))
