"""The images that a table names, whatever it says of their genres: a table to predict needn't have any."""

from pathlib import Path

from posters.catalogue.dialects import DIALECTS, choose_dialect
from posters.catalogue.dialects.dialect import Dialect
from posters.catalogue.dialects.plain import LAYOUT, PLAIN
from posters.catalogue.image_folder import ImageFolder, file_looked_for
from posters.catalogue.read import image_root
from posters.catalogue.rows import RawRow
from posters.catalogue.sources import open_source
from posters.catalogue.tables import Source, Table
from posters.errors import CatalogueError, ImageError


def named_images(
    table: str | Path, images: str | Path | None = None, *, dialect: str | None = None
) -> dict[str, Path | ImageError]:
    """Where the image of each poster of a table should lie, by the poster's id, in the table's order.

    An image that is missing has the path at which it was looked for. A row that names none, or one outside the folder,
    has an ImageError that says so. Rows that repeat an id are one poster.

    Args:
        table: as in `read_catalogue`, but that genres may be missing.
        images: as in `read_catalogue`.
        dialect: as in `read_catalogue`.

    Raises:
        CatalogueError: the table or an argument can't be used.
    """
    source = open_source(Path(table))
    chosen = _dialect(source, dialect)
    folder = ImageFolder(image_root(source, chosen, images))
    found: dict[str, Path | ImageError] = {}
    for raw in chosen.rows(source):
        found.setdefault(raw.id or raw.where, _image(raw, folder, source))
    return found


def _dialect(source: Source, name: str | None) -> Dialect:
    """As when a catalogue is read, but that a plain table needs no genres."""
    may_be_plain = name == PLAIN.name or (name is None and not any(known.recognises(source) for known in DIALECTS))
    if may_be_plain and isinstance(source, Table) and any(map(source.has, LAYOUT.id + LAYOUT.image)):
        return PLAIN
    return choose_dialect(source, name)


def _image(raw: RawRow, folder: ImageFolder, source: Source) -> Path | ImageError:
    if raw.problem or not any(raw.images):
        return ImageError(f"{source.path}: {raw.where}: {raw.problem or 'no image is named'}")
    try:
        return folder.root / (folder.find(raw.images, raw.folder) or file_looked_for(raw.images))
    except CatalogueError as error:
        return ImageError(f"{source.path}: {raw.where}: {error}")
