"""A spreadsheet without a list of genres: a column of 0 and 1 for each genre, or columns genre1, genre2 and so on."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from posters.catalogue.dialects.dialect import TableDialect
from posters.catalogue.dialects.plain import KNOWN_COLUMNS, LAYOUT
from posters.catalogue.genre_names import ALIASES, IMDB_GENRES
from posters.catalogue.genres import split_names
from posters.catalogue.rows import RawRow
from posters.catalogue.tables import Source, Table, column_key
from posters.catalogue.wording import quoted

_GENRES = frozenset(map(column_key, (*IMDB_GENRES, *ALIASES)))
_NUMBERED = re.compile(r"(genre|label)s?_?\d+")
# As spreadsheets, pandas and JSON write them.
_MARKS = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}


@dataclass(frozen=True, kw_only=True)
class ColumnsDialect(TableDialect):
    """Genres that stand in columns of their own."""

    def rows(self, source: Source) -> Iterator[RawRow]:
        assert isinstance(source, Table)  # or it would not have been recognised
        genres = _listed(source) if _numbered(source) else _marked(source)
        # The row comes before its genres: one that is too short is refused as that.
        for raw, names in zip(super().rows(source), genres, strict=True):
            raw.genres = names
            yield raw


def _listed(table: Table) -> Iterator[list[Any]]:
    """What each row's numbered columns name; most rows need but a few of them."""
    for cells in zip(*(table.columns[index] for index in _numbered(table)), strict=True):
        texts = (split_names(cell) if isinstance(cell, str) else [cell] for cell in cells if cell is not None)
        yield [name for names in texts for name in names]


def _marked(table: Table) -> Iterator[list[str]]:
    """The names of the columns that hold a 1 in each row."""
    columns = [index for index in range(len(table.names)) if _holds_marks(table, index)]
    names = [table.names[index].strip() for index in columns]
    for row, marks in zip(table.rows, zip(*(table.columns[index] for index in columns), strict=True), strict=True):
        yield [name for name, mark in zip(names, marks, strict=True) if _is_set(table, row, name, mark)]


def _holds_marks(table: Table, index: int) -> bool:
    """Whether a column is a genre: by its name, or because it holds nothing but 0 and 1."""
    key = table.keys[index]
    if key in KNOWN_COLUMNS:
        return False
    return key in _GENRES or all(map(_is_mark, table.columns[index]))


def _is_mark(cell: object) -> bool:
    return str(cell).strip().casefold() in _MARKS


def _is_set(table: Table, row: int, name: str, cell: object) -> bool:
    if not _is_mark(cell):
        raise table.fault(row, f"the column {name} holds {quoted(cell)}, not 0 or 1: mend the cell")
    return _MARKS[str(cell).strip().casefold()]


def _numbered(table: Table) -> Sequence[int]:
    """The columns genre1, genre2 and so on, in their order."""
    return [index for index, key in enumerate(table.keys) if _NUMBERED.fullmatch(key)]


def _fits(table: Table) -> bool:
    if any(map(table.has, LAYOUT.genres)) or not any(map(table.has, (*LAYOUT.id, *LAYOUT.image))):
        return False
    # Tables with both kinds might contradict themselves.
    return (len(_numbered(table)) > 1) != (len(_GENRES.intersection(table.keys)) > 1)


COLUMNS = ColumnsDialect(
    "columns",
    "a column of 0 and 1 for each genre, or columns genre1, genre2 and so on",
    "a table with a column id or image, and two columns or more named for genres, or called genre1, genre2 and so on",
    layout=LAYOUT,
    fits=_fits,
)
