"""A table with columns for genres: one of marks (0 and 1, x and nothing) for each, or genre1, genre2 and so on."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from posters._base.text import quoted
from posters.catalogue.dialects.base import TableDialect
from posters.catalogue.dialects.plain import COLUMN_MAP, KNOWN_COLUMNS
from posters.catalogue.genre_cells import split_names
from posters.catalogue.genre_names import ALIASES, IMDB_GENRES
from posters.catalogue.rows import Record
from posters.catalogue.tables import FEW, Table, TableSource, as_table, column_key
from posters.errors import CatalogueError

GENRE_COLUMNS = frozenset(map(column_key, (*IMDB_GENRES, *ALIASES)))
# As spreadsheets, pandas, JSON and people write them. An empty cell beside an x is a no, unless the user wants another.
_YES = ("1", "1.0", "true", "yes", "y", "x", "\N{CHECK MARK}", "\N{HEAVY CHECK MARK}")
_EMPTY = ("", "none")
# -1 is what `Catalogue.to_pandas` writes, and what the labels of CheXpert have for uncertain.
_UNKNOWN = ("-1", "-1.0", "?", "unknown")
_MARKS = (
    dict.fromkeys(_YES, 1) | dict.fromkeys((*_EMPTY, "0", "0.0", "false", "no", "n"), 0) | dict.fromkeys(_UNKNOWN, -1)
)
_NUMBERED = re.compile(r"(genre|label)s?_?\d+")
# Of "genre_Drama", as pandas' get_dummies writes it, the genre is what remains.
_PREFIX = re.compile(r"\s*(?:genres?|labels?|tags?|is|has)[\s_.:-]+(?=\S)", re.IGNORECASE)
# Of TMDB and IMDb: truths about a film that are no genres.
_FLAGS = frozenset({"adult", "isadult", "is_adult", "video"})


def genre_columns(table: Table) -> dict[int, str]:
    """Return the columns of marks: by place, the genre, which is the column's name without a prefix such as `genre_`.

    A column is one of marks by its name, if that is a genre's, or because every cell is a mark and one is not empty.

    Examples:
        >>> from pathlib import Path
        >>> table = Table(Path("t.csv"), ["id", "genre_War", "votes"], [["7", "8"], ["x", ""], ["0", "5"]], [2, 3])
        >>> genre_columns(table)
        {1: 'War'}
    """
    found = {}
    for place, (name, key) in enumerate(zip(table.names, table.keys, strict=True)):
        genre = _PREFIX.sub("", name, count=1).strip()
        if key not in KNOWN_COLUMNS | _FLAGS and (column_key(genre) in GENRE_COLUMNS or _all_marks(table, place)):
            # "label_1" would become "1": a number names nothing.
            found[place] = name.strip() if genre.isdecimal() else genre
    return found


class Marks(NamedTuple):
    """The marks of one row.

    Attributes:
        yes: the genres that are marked.
        unknown: those whose mark is one for unknown.
        empty: those whose cell is empty, which is a no or unknown, as the user wants it.

    Examples:
        >>> Marks.of({"War": "x", "Drama": "-1", "Crime": ""}.items())
        Marks(yes=['War'], unknown=('Drama',), empty=('Crime',))
    """

    yes: list[str]
    unknown: tuple[str, ...]
    empty: tuple[str, ...]

    @classmethod
    def of(cls, cells: Iterable[tuple[str, object]]) -> "Marks":
        """Return the marks of pairs of a genre and its cell.

        Raises:
            CatalogueError: a cell is no mark.
        """
        yes: list[str] = []
        unknown: list[str] = []
        empty: list[str] = []
        for genre, cell in cells:
            mark = parse_mark(cell)
            if mark is None:
                raise CatalogueError(f"the column {genre} holds {quoted(cell)}, not 0 or 1")
            if mark:
                (yes if mark == 1 else unknown).append(genre)
            elif str(cell).strip().casefold() in _EMPTY:
                empty.append(genre)
        return cls(yes, tuple(unknown), tuple(empty))

    def note(self, record: Record) -> None:
        """Note in a record what the marks tell beside its genres."""
        record.unknown, record.empty = self.unknown, self.empty


class SharedMarks:
    """The marks of equal rows, which are read once: a million rows have a few thousand different ones.

    Examples:
        >>> shared, cells = SharedMarks(), ("1", "0")
        >>> shared.get(cells) is None
        True
        >>> shared.keep(cells, Marks(["War"], (), ()))
        >>> shared.get(cells).yes
        ['War']
    """

    def __init__(self) -> None:
        self._by_cells: dict[object, Marks] = {}

    def get(self, cells: object) -> Marks | None:
        """Return the marks of cells that were kept, if they were."""
        try:
            return self._by_cells.get(cells)
        except TypeError:  # JSON's lists and objects have no hash.
            return None

    def keep(self, cells: object, marks: Marks) -> None:
        """Keep the marks of some cells, unless there are too many different ones to be worth it."""
        if len(self._by_cells) < FEW:
            with suppress(TypeError):
                self._by_cells[cells] = marks


def marked_genres(table: Table) -> Iterator[Marks]:
    """Yield the marks of each row.

    Raises:
        CatalogueError: a cell in a column named for a genre is no mark.

    Examples:
        >>> from pathlib import Path
        >>> table = Table(Path("t.csv"), ["id", "War", "Drama"], [["7"], ["no"], ["yes"]], [2])
        >>> [marks.yes for marks in marked_genres(table)]
        [['Drama']]
    """
    columns, shared = genre_columns(table), SharedMarks()
    for row, cells in zip(table.rows, zip(*(table.columns[place] for place in columns), strict=True), strict=True):
        try:
            marks = shared.get(cells) or Marks.of(zip(columns.values(), cells, strict=True))
        except CatalogueError as error:
            raise table.fault(row, f"{error}: correct the cell") from None
        shared.keep(cells, marks)
        yield marks


def parse_mark(cell: object) -> int | None:
    """Return 1 if a cell marks its genre, 0 if not, -1 if nobody knows; None if it holds something else than a mark.

    Examples:
        >>> parse_mark("1.0"), parse_mark("no"), parse_mark(""), parse_mark("?"), parse_mark("0.5")
        (1, 0, 0, -1, None)
    """
    return _MARKS.get(str(cell).strip().casefold())


def _all_marks(table: Table, place: int) -> bool:
    # Equal cells are looked at once; a column of votes ends it at the first.
    cells = set(map(str, table.columns[place]))
    return all(parse_mark(cell) is not None for cell in cells) and any(
        cell.strip() and cell != "None" for cell in cells
    )


def _numbered(table: Table) -> Sequence[int]:
    """Return the columns genre1, genre2 and so on, in their order, unless they hold marks."""
    numbered = [place for place, key in enumerate(table.keys) if _NUMBERED.fullmatch(key)]
    return [] if all(_all_marks(table, place) for place in numbered) else numbered


@dataclass(frozen=True, kw_only=True)
class ColumnsDialect(TableDialect):
    """A table whose genres have columns of their own.

    Examples:
        >>> from pathlib import Path
        >>> table = Table(Path("t.csv"), ["id", "War", "Drama"], [["7"], ["0"], ["1"]], [2])
        >>> [record.cell for record in COLUMNS.rows(table)]
        [['Drama']]
    """

    def rows(self, source: TableSource) -> Iterator[Record]:
        """Yield a record for each row, with the genres of its columns."""
        table = as_table(source)
        genres = _listed(table) if _numbered(table) else marked_genres(table)
        # The record is made before its genres are read, so that a row that is too short is refused as such.
        for record, found in zip(super().rows(table), genres, strict=True):
            if isinstance(found, Marks):
                found.note(record)
            record.cell = found.yes if isinstance(found, Marks) else found
            yield record


def _listed(table: Table) -> Iterator[list[Any]]:
    """Yield what the numbered columns of each row name; most rows use only a few of them."""
    for cells in zip(*(table.columns[index] for index in _numbered(table)), strict=True):
        texts = (split_names(cell) if isinstance(cell, str) else [cell] for cell in cells if cell is not None)
        yield [name for names in texts for name in names]


def _fits(table: Table) -> bool:
    if any(map(table.has, COLUMN_MAP.genres)) or not any(map(table.has, (*COLUMN_MAP.id, *COLUMN_MAP.image))):
        return False
    marks = [genre for place, genre in genre_columns(table).items() if place not in _numbered(table)]
    # A table with both kinds of columns might contradict itself.
    return (len(_numbered(table)) > 1) != (len(marks) > 1)


COLUMNS = ColumnsDialect(
    "columns",
    "a column of marks (0 and 1, yes and no, x and nothing) for each genre, or columns genre1, genre2 and so on",
    "a table with a column id or image, and two columns or more of marks, or called genre1, genre2 and so on",
    column_map=COLUMN_MAP,
    fits=_fits,
)
