"""The dialects in the order in which they are tried: the first that recognises a table reads it.

The order goes from the dialect that asks most of a table to the one that asks least: a Hugging Face folder is told by
the very name of its metadata file, MM-IMDb by being a folder, the others by columns that few tables have, and `plain`
takes what is left. So a table that two dialects recognise is read as the more particular one says.
"""

from posters.catalogue.dialects.columns import COLUMNS
from posters.catalogue.dialects.dialect import Dialect
from posters.catalogue.dialects.huggingface import HUGGINGFACE
from posters.catalogue.dialects.imdb import IMDB
from posters.catalogue.dialects.mmimdb import MMIMDB
from posters.catalogue.dialects.moviegenre import MOVIEGENRE
from posters.catalogue.dialects.plain import PLAIN
from posters.catalogue.dialects.tmdb import TMDB
from posters.catalogue.tables import Source
from posters.errors import CatalogueError

DIALECTS: tuple[Dialect, ...] = (HUGGINGFACE, MMIMDB, MOVIEGENRE, TMDB, IMDB, COLUMNS, PLAIN)


def dialect_names() -> tuple[str, ...]:
    """What the dialects are called, in the order in which they are tried."""
    return tuple(dialect.name for dialect in DIALECTS)


def choose_dialect(source: Source, name: str | None = None) -> Dialect:
    """The dialect called `name`, or the first that recognises `source`.

    Raises:
        CatalogueError: there is no dialect of that name, it does not fit the source, or none does.
    """
    if name is not None:
        return _named(source, name)
    for dialect in DIALECTS:
        if dialect.recognises(source):
            return dialect
    needs = "; ".join(f"{dialect.name}: {dialect.needs}" for dialect in DIALECTS)
    raise CatalogueError(
        f"{source.path}: no dialect recognises it: {source.described()}. "
        f"The simplest is a table with columns called image and genres; there are {needs}"
    )


def _named(source: Source, name: str) -> Dialect:
    # "MM-IMDb" and "Hugging Face" are how their owners write them.
    key = "".join(filter(str.isalnum, str(name))).casefold()
    dialect = next((dialect for dialect in DIALECTS if dialect.name == key), None)
    if dialect is None:
        raise CatalogueError(f"there is no dialect {name!r}; there are {', '.join(dialect_names())}")
    if not dialect.recognises(source):
        raise CatalogueError(f"{source.path}: not {dialect.name}, which needs {dialect.needs}; {source.described()}")
    return dialect


__all__ = ["DIALECTS", "Dialect", "choose_dialect", "dialect_names"]
