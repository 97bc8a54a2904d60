"""The IMDb poster set: a list of genres, and the same again as a column of 0 and 1 for each genre."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from posters.catalogue.dialects.base import TableDialect
from posters.catalogue.dialects.columns import GENRE_COLUMNS, Marks, SharedMarks, genre_columns
from posters.catalogue.dialects.plain import COLUMN_MAP
from posters.catalogue.genre_cells import parse_genres
from posters.catalogue.genre_names import genre_key
from posters.catalogue.rows import Record
from posters.catalogue.tables import Table, TableSource, as_table, column_key
from posters.errors import CatalogueError


@dataclass(frozen=True, kw_only=True)
class MultiHotDialect(TableDialect):
    """A table that lists its genres twice, and must agree with itself.

    Examples:
        >>> from pathlib import Path
        >>> table = Table(Path("t.csv"), ["id", "genre", "War", "Drama"], [["7"], ["['War']"], ["1"], ["0"]], [2])
        >>> [record.cell for record in IMDB.rows(table)]
        ["['War']"]
    """

    def rows(self, source: TableSource) -> Iterator[Record]:
        """Yield a record for each row whose list and columns agree."""
        table = as_table(source)
        columns = _checked_columns(table)
        names = tuple(columns.values())
        cells_of_rows = zip(*(table.columns[place] for place in columns), strict=True)
        checked = SharedMarks()
        for record, cells in zip(super().rows(table), cells_of_rows, strict=True):
            marks = checked.get((record.cell, cells)) or _marks(table, record, names, cells)
            checked.keep((record.cell, cells), marks)
            marks.note(record)
            yield record


def _checked_columns(table: Table) -> dict[int, str]:
    """Return the columns of marks that are of genres: named for one, or for what a list names."""
    listed, seen = set(GENRE_COLUMNS), set()
    for row, cell in zip(table.rows, table.values(COLUMN_MAP.genres) or (), strict=True):
        if isinstance(cell, str):
            if cell in seen:
                continue
            seen.add(cell)
        listed.update(map(column_key, _listed(table, row, cell)))
    return {place: genre for place, genre in genre_columns(table).items() if column_key(genre) in listed}


def _listed(table: Table, row: int, cell: object) -> tuple[str, ...]:
    try:
        return parse_genres(cell)
    except CatalogueError as error:
        raise table.fault(row, str(error)) from None


def _marks(table: Table, record: Record, names: Sequence[str], cells: Sequence[object]) -> Marks:
    """Return the marks of a row; refuse those that contradict its list."""
    listed = _listed(table, record.row, record.cell)
    try:
        marks = Marks.of(zip(names, cells, strict=True))
    except CatalogueError as error:
        raise table.fault(record.row, f"{error}; dialect='plain' reads the list alone") from None
    marked = marks.yes
    # Compared by keys: the column may be called "Sci Fi", where the list has "Sci-Fi".
    if set(map(genre_key, listed)) != set(map(genre_key, marked)):
        raise table.fault(
            record.row,
            f"the list has {', '.join(listed) or 'no genre'}, but the columns of 0 and 1 have "
            f"{', '.join(marked) or 'no genre'}; correct the row, or read the list alone with dialect='plain'",
        )
    return marks


def _fits(table: Table) -> bool:
    marks = genre_columns(table).values() if COLUMN_MAP.fits(table) else ()
    return sum(column_key(genre) in GENRE_COLUMNS for genre in marks) > 1


IMDB = MultiHotDialect(
    "imdb",
    "the IMDb poster set: a list of genres beside a column of 0 and 1 for each genre, which must agree",
    "a table with a column genre, a column id or image, and columns named for genres",
    column_map=COLUMN_MAP,
    fits=_fits,
)
