"""Read a table of posters and genres, in any dialect, as a `Catalogue`."""

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from os.path import commonprefix
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters._base.garbage import without_collections
from posters._base.log import logger
from posters._base.text import counted, quoted
from posters.catalogue.binary_tables import frame_table
from posters.catalogue.catalogue import Catalogue
from posters.catalogue.corrections import apply_corrections
from posters.catalogue.dialects import Dialect, all_dialects, choose_dialect
from posters.catalogue.dialects.plain import COLUMN_MAP, PLAIN
from posters.catalogue.genre_names import GenreNames, joining_text
from posters.catalogue.image_folder import EXTENSIONS, ImageFolder, StoredFolder, expected_file, web_address
from posters.catalogue.merging import common_genres, merge_repeats, posters_with, settle_genres
from posters.catalogue.problems import Cause, ProblemLog
from posters.catalogue.rows import AMBIGUOUS, NOT_DOWNLOADED, Record, read_records
from posters.catalogue.several_tables import Part, describe_parts, unite_tables
from posters.catalogue.table_files import open_source
from posters.catalogue.tables import Folder, Table, TableSource, name_columns, without_cells
from posters.errors import CatalogueError, ImageError
from posters.images.object_store import is_stored
from posters.images.parquet_images import is_in_parquet

if TYPE_CHECKING:
    import pandas

# What an empty cell among marks may mean.
EMPTY = ("no", "unknown")
MAX_LOST = 0.1
# Rows that may always be left out: a tenth of a small table is none at all.
_FEW_LOST = 3
# By these a problem has cost a poster.
_LOSSES = frozenset(
    {
        *(Cause.UNUSABLE_ROW, Cause.NO_IMAGE_NAMED, Cause.NO_ID, Cause.MISSING_IMAGE, Cause.DOWNLOAD),
        *(Cause.NO_GENRE_NAMED, Cause.NO_GENRE_LEFT),
    }
)
_NO_FOLDER = "there is no such image folder: pass the folder that image paths start from"
_IN_A_STORE = "only `posters predict` reads images from a store: copy them into a folder, and pass it as --images"
IMAGE_FOLDERS = ("images", "Images", "posters", "Posters")


@without_collections()
def read_catalogue(  # noqa: PLR0913 -- a table is read in as many ways as by pandas.read_csv
    table: "str | Path | pandas.DataFrame | Sequence[str | Path | pandas.DataFrame]",
    images: str | Path | None = None,
    *,
    dialect: str | None = None,
    min_posters: int = 20,
    aliases: Mapping[str, str] | None = None,
    separator: str | None = None,
    columns: Mapping[str, str] | None = None,
    corrections: str | Path | None = None,
    empty: str = "no",
    download: bool = False,
    max_lost: float = MAX_LOST,
    report: bool = True,
) -> Catalogue:
    r"""Read a table of posters and genres.

    Rows of one id become one poster with all their genres, under IMDb's names. Whatever is dropped, merged or left out
    is counted in the catalogue's `problems`.

    Args:
        table: a file of CSV, JSON, Parquet, Arrow or a workbook, also inside gzip, or its address in a store, as in
            "s3://bucket/posters.csv"; a folder, for dialects that are one; a query, as in
            "sqlite:///films.db?query=SELECT ..."; or a DataFrame of pandas or Polars, a table of PyArrow, or a
            `datasets.Dataset`. Or a list of these, which are read together: a genre that one of them does not use at
            all is unknown for its posters.
        images: the folder that image paths start from; by default `images` or `posters` beside the table, or the
            table's own folder if the dialect keeps images there. For a DataFrame: the working directory.
        dialect: one of `dialect_names()`; by default the first that recognises the table.
        min_posters: genres with fewer posters are left out.
        aliases: other names of genres and what to call them, such as {"Suspense": "Thriller"}.
        separator: what joins the genres in a cell, such as " & "; by default the first of `|`, a line break, `;` and
            `,` that the cell contains. Lists in cells are read as lists all the same.
        columns: which column means what, such as {"image": "Poster_Link", "genres": "tags"}, if its name is not a usual
            one; id, image, genres, title, year, group, split and unknown may be named.
        corrections: a CSV file of genres to add to posters and to remove, such as a report's `label_issues.csv`, with
            the columns id, genre, change and accept. Only rows with "yes" under accept change anything.
        empty: what an empty cell means in a table with a column of marks for each genre: "no", or "unknown" if nobody
            has looked yet. In any dialect, a column `unknown` lists the genres that are unknown for a poster.
        download: fetch images that are not in the folder, but have an address of http or https, into the cache: once
            each, few at a time from each server.
        max_lost: the share of the rows, from 0 to 1, that may be left out: for want of an image, say, or of a genre.
            Three rows may always be.
        report: log how much was read, and every problem.

    Raises:
        CatalogueError: the table, its images or an argument can't be used; the message tells where and what to do.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "images").mkdir()
        >>> (folder / "images" / "heat.jpg").touch()
        >>> _ = (folder / "posters.csv").write_text("image,genres\nheat.jpg,Crime|Drama\n")
        >>> read_catalogue(folder / "posters.csv", min_posters=1, report=False).posters[0].genres
        ('Crime', 'Drama')
    """
    _check_arguments(table, min_posters, separator, empty, max_lost)
    names, log = GenreNames(aliases), ProblemLog()
    tables: Sequence[Any] = table if isinstance(table, list | tuple) else [table]
    # Table -> records, completed in place -> posters: a record is the only thing between a table and its posters.
    folders: dict[Path, ImageFolder] = {}
    parts = []
    for one in tables:
        source = open_source(one) if isinstance(one, str | Path) else frame_table(one)
        source = name_columns(source, columns or {})
        chosen = choose_dialect(source, dialect)
        root = image_root(source, chosen, images, download)
        folder = folders.setdefault(root, ImageFolder(root))
        folder.expect(_image_names(source))
        if download:
            fetch_images(chosen.rows(source), folder)
        records, count = _usable_records(chosen.rows(source), source.path, folder, log, separator, empty)
        source = without_cells(source)
        parts.append(Part(source, chosen, folder, records, count))
    settle_genres([record for part in parts for record in part.records], names, log)
    for part in parts:
        # Merged before genres are counted: a poster in two rows counts once towards `min_posters`.
        part.records = merge_repeats(part.records, part.source.path, log)
    notes = describe_parts(parts) if len(parts) > 1 else [part.source.note for part in parts if part.source.note]
    records, root = unite_tables(parts, log) if len(parts) > 1 else (parts[0].records, parts[0].folder.root)
    # Corrected before genres are counted too: a correction may make a genre common, or rare.
    if corrections is not None:
        apply_corrections(Path(corrections), records, names, log)
    name = Path(" + ".join(str(part.source.path) for part in parts))
    genre_names = common_genres(records, min_posters, name, log)
    posters = posters_with(genre_names, records, log)
    for folder in folders.values():
        for image in folder.unnamed():
            log.add("image", "no row names it", image, Cause.UNNAMED_IMAGE, image=image)
    path = None if len(parts) > 1 or source.in_memory else source.path
    dialects = " + ".join(dict.fromkeys(part.dialect.name for part in parts))
    catalogue = Catalogue(posters, genre_names, root, path, dialects, log.problems())
    if report:
        rows = sum(part.rows for part in parts)
        head = f"{name} ({dialects}): {describe_sizes(catalogue, rows)}, images in {root}"
        logger.info("\n  ".join([head, *notes, *map(str, catalogue.problems)]))
    _check_lost(catalogue, name, sum(part.rows for part in parts), max_lost)
    return catalogue


def _image_names(source: TableSource) -> Sequence[str]:
    """Return the first column of a table that is text and begins with the name of an image file."""
    for column in source.columns if isinstance(source, Table) else ():
        if isinstance(column[0], str) and column[0].lower().endswith(EXTENSIONS):
            return column if set(map(type, column)) == {str} else ()
    return ()


def _check_lost(catalogue: Catalogue, name: Path, rows: int, max_lost: float) -> None:
    """Refuse a table that has lost too many of its rows: nobody would look for them later."""
    losses = [problem for problem in catalogue.problems if problem.kind == "row" and problem.cause in _LOSSES]
    lost = sum(problem.count for problem in losses)
    if lost <= max(_FEW_LOST, max_lost * rows):
        return
    rare = [item.genre for problem in catalogue.problems if problem.cause == Cause.RARE_GENRE for item in problem.items]
    joined = joining_text(rare)
    hint = f"; genres look joined, as in {quoted(joined[1])}: pass --separator {quoted(joined[0])}" if joined else ""
    # Rounded up: as printed, it must be enough.
    share = math.ceil(100 * lost / rows) / 100
    raise CatalogueError(
        f"{name}: {lost:,} of its {counted(rows, 'row')} are left out, more than a share of {max_lost:g}: "
        f"{'; '.join(map(str, losses))}{hint}. Mend the table, or pass --max-lost {share:g} to go on without them"
    )


def _check_arguments(table: object, min_posters: int, separator: str | None, empty: str, max_lost: float) -> None:
    if not 0 <= max_lost <= 1:
        raise CatalogueError(f"max_lost must be a share from 0 to 1, but got {max_lost!r}")
    if isinstance(table, list | tuple) and not table:
        raise CatalogueError("the list of tables is empty: name one or more")
    if type(min_posters) is not int or min_posters < 1:
        raise CatalogueError(f"min_posters must be a whole number from 1 up, but got {min_posters!r}")
    if separator == "":
        raise CatalogueError("the separator of genres must be some text, but it is empty")
    if empty not in EMPTY:
        raise CatalogueError(f"an empty cell means {' or '.join(EMPTY)}, but got {quoted(empty)}")


def _usable_records(
    rows: Iterable[Record], table: Path, folder: ImageFolder, log: ProblemLog, separator: str | None, empty: str
) -> tuple[list[Record], int]:
    records, rows_read = read_records(rows, table, folder, log, separator, empty)
    if not records:
        raise CatalogueError(
            f"{table}: no poster is left of its rows: {'; '.join(map(str, log.problems()))}. Images were "
            f"looked for in {folder.root}, by name, with other extensions and by id: pass --images FOLDER for another"
        )
    return records, rows_read


def describe_sizes(catalogue: Catalogue, rows: int) -> str:
    """Return how many posters, genres and unknown labels were read, in words.

    Examples:
        >>> from posters.catalogue.catalogue import Poster
        >>> catalogue = Catalogue((Poster("7", "a.jpg", ("War",), unknown=("Noir",)),), ("Noir", "War"), Path("images"))
        >>> describe_sizes(catalogue, rows=3)
        '1 poster of 3 rows, 2 genres, 1 of 2 labels unknown'
    """
    posters, genres = len(catalogue), len(catalogue.genre_names)
    words = f"{counted(posters, 'poster')} of {counted(rows, 'row')}, {counted(genres, 'genre')}"
    if not catalogue.partly_known:
        return words
    known = sum(catalogue.known_counts().values())
    return f"{words}, {posters * genres - known:,} of {posters * genres:,} labels unknown"


def image_root(source: TableSource, dialect: Dialect, images: str | Path | None, download: bool = False) -> Path:
    """Return the folder that image paths start from: `images`, or where tables of this dialect have it.

    With `download`, a table of addresses needs no folder: it is that of all downloads.

    Raises:
        CatalogueError: there is no such folder.

    Examples:
        >>> from posters.catalogue.tables import Folder
        >>> from posters.catalogue.dialects.mmimdb import MMIMDB
        >>> image_root(Folder(Path("mmimdb"), ("1.json", "1.jpeg"), ()), MMIMDB, None).name
        'mmimdb'
    """
    if images is not None:
        root = Path(images)
        if not root.is_dir():
            why = _IN_A_STORE if is_stored(str(images)) else _NO_FOLDER
            raise CatalogueError(f"{images}: {why}")
        return root
    if dialect.images_inside or source.in_memory:
        return source.folder
    for name in IMAGE_FOLDERS:
        if (source.folder / name).is_dir():
            return source.folder / name
    if isinstance(source, Folder):
        return source.path
    return _without_folder(source, dialect, download)


def _without_folder(source: TableSource, dialect: Dialect, download: bool) -> Path:
    addresses = {web_address(record.images) for record in dialect.rows(source)} - {""}
    if addresses and download:
        from posters.images.bulk_download import downloads_folder

        return downloads_folder()
    stored = [image for record in dialect.rows(source) for image in record.images if is_stored(image)]
    if stored:
        place = commonprefix(stored).rpartition("/")[0]  # noqa: RUF071  # these are no paths
        raise CatalogueError(f"{source.path}: its images are in a store: to predict, pass --images ADDRESS: {place}")
    message = f"{source.path}: there is no folder images or posters beside the table: pass --images FOLDER"
    if addresses:
        message += f", or --download to fetch {counted(len(addresses), 'image')} from the web"
    raise CatalogueError(message)


def fetch_images(rows: Iterable[Record], folder: ImageFolder) -> None:
    """Download the images that are not in the folder but have an address; the folder then finds them.

    Examples:
        >>> folder = ImageFolder(Path("nowhere"))
        >>> fetch_images([Record(2, "7", ("7.jpg",), "Drama")], folder)
        >>> folder.downloads
        {}
    """
    addresses: dict[str, None] = {}
    for record in rows:
        address = web_address(record.images)
        # What is wrong with a row is reported when it is read.
        with suppress(CatalogueError):
            if address and not record.problem and not folder.find(record.images, record.folder, record.id):
                addresses[address] = None
    addresses |= dict.fromkeys(sorted(url for url in folder.ambiguous() if web_address([url])))
    if addresses:
        # Here, because it loads an image decoder and a progress bar, which other tables don't need.
        from posters.images.bulk_download import download_all, downloads_folder

        folder.downloads = download_all(addresses, downloads_folder())


def read_named_images(
    table: str | Path, images: str | Path | None = None, **options: Any
) -> dict[str, Path | str | ImageError]:
    r"""Return where the image of each poster of a table should be, whether or not the table has genres.

    Args:
        table: as in `read_catalogue`; a Parquet file may hold the images themselves in a column.
        images: as in `read_catalogue`, or the address of a folder in a store, as in "s3://bucket/posters".
        **options: dialect, columns and download, as in `read_catalogue`.

    Returns:
        by the poster's id, in the table's order: the path of its image, which may not exist, or its address; or an
        ImageError, if the row names no image or one outside the folder. Rows that repeat an id are one poster.

    Raises:
        CatalogueError: the table or an argument can't be used.
        ConfigError: the store can't be read.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "images").mkdir()
        >>> _ = (folder / "posters.csv").write_text("image\nheat.jpg\n")
        >>> read_named_images(folder / "posters.csv")["heat"].name
        'heat.jpg'
    """
    return read_named_rows(table, images, **options)[1]


@without_collections()
def read_named_rows(
    table: str | Path,
    images: str | Path | None = None,
    *,
    dialect: str | None = None,
    columns: Mapping[str, str] | None = None,
    download: bool = False,
) -> tuple[list[str], dict[str, Path | str | ImageError]]:
    r"""Return the id of each row's poster, in the table's order, and what `read_named_images` returns.

    Args:
        table: as in `read_named_images`.
        images: as in `read_named_images`.
        dialect: as in `read_catalogue`.
        columns: as in `read_catalogue`.
        download: as in `read_catalogue`.

    Raises:
        CatalogueError: the table or an argument can't be used.
        ConfigError: the store can't be read.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "images").mkdir()
        >>> _ = (folder / "posters.csv").write_text("id,image\n7,heat.jpg\n7,heat.jpg\n")
        >>> read_named_rows(folder / "posters.csv")[0]
        ['7', '7']
    """
    source = name_columns(open_source(table), columns or {})
    # A table that is only predicted needs no genres, which the plain dialect would ask for.
    may_be_plain = dialect == PLAIN.name or (dialect is None and not any(d.recognises(source) for d in all_dialects()))
    keys = COLUMN_MAP.id + COLUMN_MAP.image
    plain = may_be_plain and isinstance(source, Table) and any(map(source.has, keys))
    chosen = PLAIN if plain else choose_dialect(source, dialect)
    inside = any(is_in_parquet(record.images[0]) for record in islice(chosen.rows(source), 1))
    if images is not None and is_stored(str(images)):
        folder: ImageFolder = StoredFolder(str(images))
    else:
        folder = ImageFolder(source.folder if inside else image_root(source, chosen, images, download))
    if download and not inside:
        fetch_images(chosen.rows(source), folder)
    found: dict[str, Path | str | ImageError] = {}
    ids = []
    for record in chosen.rows(source):
        ids.append(record.id or record.where)
        found.setdefault(ids[-1], _named_image(record, folder, source))
    # These show only once all rows are read.
    ambiguous = folder.ambiguous() - folder.downloads.keys()
    for record in chosen.rows(source) if ambiguous else ():
        if not ambiguous.isdisjoint(record.images):
            found[record.id or record.where] = ImageError(f"{source.path}: {record.where}: {AMBIGUOUS}")
    return ids, found


def _named_image(record: Record, folder: ImageFolder, source: TableSource) -> Path | str | ImageError:
    if is_in_parquet(record.images[0]):
        return record.images[0]
    if record.problem or not any(record.images):
        return ImageError(f"{source.path}: {record.where}: {record.problem or 'no image is named'}")
    try:
        found = folder.find(record.images, record.folder, record.id)
        address = web_address(record.images)
        if not found and address:
            reason = folder.downloads.get(address, NOT_DOWNLOADED)
            return ImageError(f"{source.path}: {record.where}: {address}: {reason}")
        return folder.place(found or expected_file(record.images, record.id))
    except CatalogueError as error:
        return ImageError(f"{source.path}: {record.where}: {error}")
