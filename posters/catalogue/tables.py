"""What a catalogue is read from: a table with named columns, or a folder."""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from posters._base.brief import brief_repr
from posters._base.text import quoted
from posters.errors import CatalogueError

FEW = 50_000  # different cells of a column, as of genres and years: equal ones are then one object
_SHOWN = 12  # columns or files that a message names


def column_key(name: str) -> str:
    """Return what column names are compared by: case, outer space, and `-`, `_` or space between words don't matter.

    Examples:
        >>> column_key(" Poster-Path "), column_key("Genre(s)")
        ('poster_path', 'genres')
    """
    return re.sub(r"[\s_-]+", "_", re.sub(r"\(s\)$", "s", name.strip().casefold()))


# The keys by which an object that stands for a file names it.
_PATHS = ("path", "file_name", "src", "url")


def sharing() -> Callable[[Any], Any]:
    """Return a function that gives equal texts of a column, and equal lists of texts, back as one object.

    A million rows have a hundred years and a few thousand sets of genres. A column of ids is given up soon.

    Examples:
        >>> shared = sharing()
        >>> shared(["Drama", "War"]) is shared(["Drama", "War"])
        True
    """
    known: dict[Any, Any] = {}

    def shared(cell: Any) -> Any:
        if len(known) >= FEW:
            return cell
        if type(cell) is list and set(map(type, cell)) == {str}:
            return known.setdefault(tuple(cell), cell)
        return known.setdefault(cell, cell) if type(cell) is str else cell

    return shared


@dataclass(frozen=True)
class Table:
    """A table in memory, column by column.

    Attributes:
        path: the file.
        names: the columns' names, as the file spells them.
        columns: a list of values for each name. A CSV file's values are all text; JSON's are what JSON has.
        rows: the number of each row in the file, counted from 1, a CSV file's header being row 1.
        short: the rows that have fewer fields than the header, and how many they have.
        note: what a person should know about the file.
        in_memory: whether it never was a file.

    Examples:
        >>> Table(Path("t.csv"), ["Id", "Genres"], [["1"], ["Drama"]], [2]).texts(["poster_id", "id"])
        ['1']
    """

    __repr__ = brief_repr

    path: Path
    names: Sequence[str]
    columns: Sequence[list[Any]] = field(repr=False)
    rows: Sequence[int] = field(repr=False)
    short: Mapping[int, int] = field(default_factory=dict)
    note: str = ""
    in_memory: bool = False

    @property
    def folder(self) -> Path:
        """The folder that images may be in, or near."""
        return Path() if self.in_memory else self.path.parent

    @cached_property
    def keys(self) -> list[str]:
        """The columns' names as `column_key` writes them."""
        return [column_key(name) for name in self.names]

    def has(self, *keys: str) -> bool:
        """Return whether there are columns of all these names."""
        return set(self.keys).issuperset(keys)

    def values(self, keys: Sequence[str]) -> list[Any] | None:
        """Return the column of the first of `keys` that the table has, or None if it has none of them.

        Raises:
            CatalogueError: two columns go by that name.
        """
        key = next((key for key in keys if key in self.keys), None)
        if key is None:
            return None
        if self.keys.count(key) > 1:
            raise CatalogueError(f"{self.path}: more than one column is called {key!r}: rename all but one")
        return self.columns[self.keys.index(key)]

    def texts(self, keys: Sequence[str]) -> list[str] | None:
        """Return the same column as text without surrounding space; JSON's null is "".

        An object with a path, as libraries of datasets write an image, is its path.

        Raises:
            CatalogueError: a value is a list, another object or a truth value.
        """
        if (values := self.values(keys)) is None:
            return None
        with suppress(TypeError):  # Not all of them are text.
            stripped = list(map(str.strip, values))
            # A million cells that have no space around them need no second list; not to be changed, either.
            return values if stripped == values else stripped
        texts = []
        for row, value in zip(self.rows, values, strict=True):
            if type(value) is dict:
                value = next((value[key] for key in _PATHS if isinstance(value.get(key), str)), value)
            if value is not None and type(value) is not str:
                raise self.fault(row, f"the {keys[0]} must be text, but it is {quoted(value)}")
            texts.append(value.strip() if value else "")
        return texts

    def fault(self, row: int, message: str) -> CatalogueError:
        """Return an error that names the file and the row."""
        return CatalogueError(f"{self.path}: row {row}: {message}")

    def described(self) -> str:
        """Describe what is in it, for a message."""
        more = ", ..." if len(self.names) > _SHOWN else ""
        return f"its columns are {', '.join(self.names[:_SHOWN])}{more}"


@dataclass(frozen=True)
class Folder:
    """A folder that is itself the table.

    Attributes:
        path: of the folder.
        files: the sorted names of the files in it.
        folders: the sorted names of the folders in it.
        note: as in `Table`.
        in_memory: as in `Table`.

    Examples:
        >>> Folder(Path("mm"), ("1.json", "1.jpeg"), ()).described()
        'the folder holds 1.json, 1.jpeg'
    """

    path: Path
    files: tuple[str, ...] = field(repr=False)
    folders: tuple[str, ...] = field(repr=False)
    note: str = ""
    in_memory: bool = False

    @property
    def folder(self) -> Path:
        """The folder that images are in."""
        return self.path

    def described(self) -> str:
        """Describe what is in it, for a message."""
        found = [*self.folders, *self.files]
        more = ", ..." if len(found) > _SHOWN else ""
        return f"the folder holds {', '.join(found[:_SHOWN])}{more}" if found else "the folder is empty"


TableSource: TypeAlias = Table | Folder


# What a column can mean, as `--column` calls it.
MEANINGS = ("id", "image", "genres", "title", "year", "group", "split", "unknown")


def name_columns(source: TableSource, columns: Mapping[str, str]) -> TableSource:
    """Return a table whose columns are called by what they mean.

    Args:
        source: a table; a folder only if no column is named.
        columns: by one of `MEANINGS`, the name of its column, as `column_key` compares names.

    Raises:
        CatalogueError: a meaning or a column does not exist, or the source is a folder.

    Examples:
        >>> table = Table(Path("t.csv"), ["Poster_Link", "tags", "genres"], [["a.jpg"], ["War"], ["?"]], [2])
        >>> name_columns(table, {"image": "Poster_Link", "genres": "tags"}).names
        ['image', 'genres', 'genres (not read)']
    """
    if not columns:
        return source
    if not isinstance(source, Table):
        raise CatalogueError(f"{source.path}: a folder has no columns to name: name those of the tables in it")
    names = list(source.names)
    for meaning, name in columns.items():
        if meaning not in MEANINGS:
            raise CatalogueError(f"no column means {quoted(meaning)}: a column means one of {', '.join(MEANINGS)}")
        places = [place for place, key in enumerate(source.keys) if key == column_key(name)]
        if len(places) != 1:
            found = "no column is" if not places else f"{len(places)} columns are"
            raise CatalogueError(f"{source.path}: {found} called {quoted(name)}: {source.described()}")
        # Another column of that name would contradict the one that was named.
        taken = [f"{each} (not read)" if column_key(each) == meaning else each for each in names]
        names = [meaning if place == places[0] else each for place, each in enumerate(taken)]
    return replace(source, names=names)


def without_cells(source: TableSource) -> TableSource:
    """Return a table without its cells, once they are in records or of no use: of a million rows they are large.

    Examples:
        >>> without_cells(Table(Path("t.csv"), ["id", "genres"], [["1"], ["Drama"]], [2])).described()
        'its columns are id, genres'
    """
    return replace(source, columns=(), rows=()) if isinstance(source, Table) else source


def as_table(source: TableSource) -> Table:
    """Return the source as the table that its dialect recognised.

    Raises:
        CatalogueError: it is a folder.

    Examples:
        >>> as_table(Folder(Path("mm"), (), ()))
        Traceback (most recent call last):
        posters.errors.CatalogueError: mm: a table is needed, but this is a folder
    """
    if not isinstance(source, Table):
        raise CatalogueError(f"{source.path}: a table is needed, but this is a folder")
    return source


def as_folder(source: TableSource) -> Folder:
    """Return the source as the folder that its dialect recognised.

    Raises:
        CatalogueError: it is a table.

    Examples:
        >>> as_folder(Folder(Path("mm"), ("1.json",), ())).files
        ('1.json',)
    """
    if not isinstance(source, Folder):
        raise CatalogueError(f"{source.path}: a folder is needed, but this is a table")
    return source
