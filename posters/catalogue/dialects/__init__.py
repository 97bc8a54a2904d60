"""The dialects, in the order in which they are tried: the first that recognises a table reads it.

The most particular dialects come first: a Hugging Face folder is recognised by the name of its metadata file, other
folders by what is in them, others by columns that few tables have; `plain` takes the rest. So a table that two dialects
recognise is read by the more particular one.
"""

import re

from posters._base.text import did_you_mean
from posters.catalogue.dialects.base import Dialect
from posters.catalogue.dialects.columns import COLUMNS
from posters.catalogue.dialects.genre_folders import GENRE_FOLDERS
from posters.catalogue.dialects.huggingface import HUGGINGFACE
from posters.catalogue.dialects.imdb import IMDB
from posters.catalogue.dialects.label_studio import LABEL_STUDIO
from posters.catalogue.dialects.mmimdb import MMIMDB
from posters.catalogue.dialects.moviegenre import MOVIEGENRE
from posters.catalogue.dialects.plain import COLUMN_MAP, PLAIN
from posters.catalogue.dialects.split_files import SPLIT_FILES
from posters.catalogue.dialects.tmdb import TMDB
from posters.catalogue.tables import Table, TableSource
from posters.errors import CatalogueError

DIALECTS: tuple[Dialect, ...] = (
    *(HUGGINGFACE, MMIMDB, SPLIT_FILES, GENRE_FOLDERS, LABEL_STUDIO),
    *(MOVIEGENRE, TMDB, IMDB, COLUMNS, PLAIN),
)

# The latest first, so that a dialect can be registered over a more general one.
_registered: list[Dialect] = []


def register_dialect(dialect: Dialect) -> Dialect:
    """Add a dialect of your own. It is tried before those of this package, the latest first.

    Args:
        dialect: its name must be new, of lower-case letters and digits.

    Returns:
        the dialect, so that the call can be an assignment.

    Raises:
        CatalogueError: the name is taken, or can't be typed as `--dialect`.

    Examples:
        >>> from posters.catalogue import ColumnMap, TableDialect
        >>> shop = ColumnMap(id=("sku",), image=("cover",), genres=("shelf",))
        >>> mine = register_dialect(TableDialect("shop", "our shop", "a column sku", column_map=shop, fits=shop.fits))
        >>> dialect_names()[0]
        'shop'
        >>> unregister_dialect("shop")
    """
    if not dialect.name.isalnum() or dialect.name != dialect.name.casefold():
        raise CatalogueError(f"a dialect's name must be lower-case letters and digits, but got {dialect.name!r}")
    if dialect.name in dialect_names():
        raise CatalogueError(f"there is a dialect {dialect.name!r} already: choose another name")
    _registered.insert(0, dialect)
    return dialect


def unregister_dialect(name: str) -> None:
    """Remove a dialect that was added by `register_dialect`; do nothing if there is none of that name.

    Examples:
        >>> unregister_dialect("never registered")
    """
    _registered[:] = [dialect for dialect in _registered if dialect.name != name]


def all_dialects() -> tuple[Dialect, ...]:
    """Return every dialect, in the order in which they are tried.

    Examples:
        >>> all_dialects()[-1].name
        'plain'
    """
    return (*_registered, *DIALECTS)


def dialect_names() -> tuple[str, ...]:
    """Return the names of the dialects, in the order in which they are tried.

    Examples:
        >>> "imdb" in dialect_names()
        True
    """
    return tuple(dialect.name for dialect in all_dialects())


def choose_dialect(source: TableSource, name: str | None = None) -> Dialect:
    """Return the dialect of that name, or the first that recognises the source.

    Raises:
        CatalogueError: there is no dialect of that name, it does not fit the source, or none does.

    Examples:
        >>> from pathlib import Path
        >>> from posters.catalogue.tables import Table
        >>> choose_dialect(Table(Path("t.csv"), ["id", "genres"], [["7"], ["Drama"]], [2])).name
        'plain'
    """
    known = all_dialects()
    if name is None:
        recognised = next((dialect for dialect in known if dialect.recognises(source)), None)
        if recognised is not None:
            return recognised
        raise CatalogueError(f"{source.path}: no dialect recognises it: {source.described()}. {_way_out(source)}")
    # "MM-IMDb" and "Hugging Face" are how their owners write them.
    key = "".join(filter(str.isalnum, str(name))).casefold()
    named = next((dialect for dialect in known if dialect.name == key), None)
    if named is None:
        raise CatalogueError(f"there is no dialect {name!r}{did_you_mean(key, dialect_names())}")
    if not named.recognises(source):
        raise CatalogueError(f"{source.path}: not {named.name}, which needs {named.needs}; {source.described()}")
    return named


_IMAGE_NAME = re.compile(r".+\.(?:jpe?g|png|webp|gif|bmp|tiff?|avif)|https?://.+", re.IGNORECASE)


def _way_out(source: TableSource) -> str:
    """Return what the source lacks, and what to do."""
    if not isinstance(source, Table):
        return (
            "A folder may have metadata.csv, a folder of images for each genre, train.csv beside test.csv, or a .json "
            "file for each film; otherwise name the table in it. All dialects: `posters catalogue --dialects`"
        )
    if any(map(_IMAGE_NAME.fullmatch, source.names)):
        return "Its first row looks like data: put a header above it, such as image,genres"
    columns = {"image": (*COLUMN_MAP.id, *COLUMN_MAP.image), "genres": COLUMN_MAP.genres}
    lacking = [meaning for meaning, keys in columns.items() if not any(map(source.has, keys))]
    options = " ".join(f"--column {meaning}=NAME" for meaning in lacking)
    return (
        f"No column is called {' or '.join(lacking)}, or as usual for that: name it by {options}. "
        "Genres may also be columns of 0 and 1. All dialects: `posters catalogue --dialects`"
    )


__all__ = [
    "DIALECTS",
    "Dialect",
    "all_dialects",
    "choose_dialect",
    "dialect_names",
    "register_dialect",
    "unregister_dialect",
]
