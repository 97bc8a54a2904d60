"""Read a table of posters and genres, in any dialect, as a `Catalogue`."""

from collections.abc import Mapping
from pathlib import Path

from posters.catalogue.catalogue import Catalogue
from posters.catalogue.causes import Cause
from posters.catalogue.corrections import apply_corrections
from posters.catalogue.dialects import Dialect, choose_dialect
from posters.catalogue.drafts import Drafter
from posters.catalogue.genre_names import GenreNames
from posters.catalogue.image_folder import ImageFolder
from posters.catalogue.merging import merge_repeats, settle_genres
from posters.catalogue.rare import common_genres, posters_with
from posters.catalogue.sources import open_source
from posters.catalogue.tables import Source
from posters.catalogue.tally import Tally
from posters.errors import CatalogueError
from posters.log import logger

IMAGE_FOLDERS = ("images", "posters")


def read_catalogue(
    table: str | Path,
    images: str | Path | None = None,
    *,
    dialect: str | None = None,
    min_posters: int = 20,
    aliases: Mapping[str, str] | None = None,
    corrections: str | Path | None = None,
    report: bool = True,
) -> Catalogue:
    """Read a table of posters and genres.

    Rows of one id become one poster with all their genres, called by IMDb's names. Whatever is dropped, merged or left
    out is counted in the catalogue's `losses`.

    Args:
        table: a CSV or JSON file, or a folder of a dialect that is a folder.
        images: the folder that image paths start from; by default `images` or `posters` beside the table, or the
            table's own folder if the dialect keeps images there.
        dialect: one of `dialect_names()`; by default the first of `DIALECTS` that recognises the table.
        min_posters: genres that fewer posters have are left out.
        aliases: other names of genres and what to call them, such as {"Suspense": "Thriller"}.
        corrections: a CSV file of genres to add to posters and to remove, such as a report's `label_issues.csv`, with
            the columns id, genre, change and accept. Only rows with "yes" under accept change anything.
        report: log how much was read, and what was lost on the way.

    Raises:
        CatalogueError: the table, its images or an argument can't be used; the message says what, where and what to do.
    """
    names = GenreNames(aliases)
    _check_min_posters(min_posters)
    source = open_source(Path(table))
    chosen = choose_dialect(source, dialect)
    tally = Tally()
    folder = ImageFolder(image_root(source, chosen, images))
    drafter = Drafter(source.path, folder, tally)
    drafts = drafter.drafts(chosen.rows(source))
    if not drafts:
        raise _nothing_left(source, folder, tally)
    settle_genres(drafts, names, tally)
    drafts = merge_repeats(drafts, source.path, tally)
    if corrections is not None:
        apply_corrections(Path(corrections), drafts, names, tally)
    genre_names = common_genres(drafts, min_posters, source.path, tally)
    posters = posters_with(genre_names, drafts, tally)
    _count_unnamed(folder, tally)
    catalogue = Catalogue(posters, genre_names, folder.root, source.path, chosen.name, tally.losses())
    if report:
        logger.info(_summary(catalogue, drafter.rows_read, source.note))
    return catalogue


def _check_min_posters(value: object) -> None:
    if type(value) is not int or value < 1:
        raise CatalogueError(f"min_posters must be a whole number from 1 up, but got {value!r}")


def image_root(source: Source, dialect: Dialect, images: str | Path | None) -> Path:
    """The folder that image paths start from: `images`, or where a table of this dialect has it.

    Raises:
        CatalogueError: there is no such folder.
    """
    if images is not None:
        root = Path(images)
        if not root.is_dir():
            raise CatalogueError(f"{root}: there is no such image folder: pass the folder that image paths start from")
        return root
    if dialect.images_inside:
        return source.folder
    for name in IMAGE_FOLDERS:
        if (source.folder / name).is_dir():
            return source.folder / name
    raise CatalogueError(
        f"{source.path}: there is no folder {' or '.join(IMAGE_FOLDERS)} beside the table: pass --images FOLDER"
    )


def _nothing_left(source: Source, folder: ImageFolder, tally: Tally) -> CatalogueError:
    reasons = "; ".join(map(str, tally.losses()))
    return CatalogueError(
        f"{source.path}: no poster is left of its rows: {reasons}. Image paths start from {folder.root}: "
        "pass --images FOLDER if they start elsewhere"
    )


def _count_unnamed(folder: ImageFolder, tally: Tally) -> None:
    for image in folder.unnamed():
        tally.add("image", "no row names it", image, Cause.UNNAMED_IMAGE, image=image)


def _summary(catalogue: Catalogue, rows_read: int, note: str) -> str:
    posters, rows = _counted(len(catalogue), "poster"), _counted(rows_read, "row")
    genres = _counted(len(catalogue.genre_names), "genre")
    head = f"{catalogue.name} ({catalogue.dialect}): {posters} of {rows}, {genres}, images in {catalogue.image_root}"
    return "\n  ".join([head, *([note] if note else []), *map(str, catalogue.losses)])


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
