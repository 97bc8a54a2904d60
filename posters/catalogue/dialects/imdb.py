"""The IMDb poster set: a list of genres, and the same again as a column of 0 and 1 for each genre."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from posters.catalogue.dialects.dialect import TableDialect
from posters.catalogue.dialects.plain import KNOWN_COLUMNS, LAYOUT
from posters.catalogue.genre_names import IMDB_GENRES, genre_key
from posters.catalogue.genres import parse_genres
from posters.catalogue.rows import RawRow
from posters.catalogue.tables import Source, Table, column_key
from posters.catalogue.wording import quoted
from posters.errors import CatalogueError

_GENRE_COLUMNS = frozenset(map(column_key, IMDB_GENRES))


@dataclass(frozen=True, kw_only=True)
class MultiHotDialect(TableDialect):
    """Columns that say it twice, and must say the same."""

    def rows(self, source: Source) -> Iterator[RawRow]:
        assert isinstance(source, Table)  # or it would not have been recognised
        columns = [index for index, key in enumerate(source.keys) if key not in KNOWN_COLUMNS]
        names = [source.names[index] for index in columns]
        marks = zip(*(source.columns[index] for index in columns), strict=True)
        for raw, row_marks in zip(super().rows(source), marks, strict=True):
            _check_agreement(source, raw, names, row_marks)
            yield raw


def _check_agreement(table: Table, raw: RawRow, names: Sequence[str], marks: Sequence[str]) -> None:
    try:
        listed = parse_genres(raw.genres)
    except CatalogueError as error:
        raise table.fault(raw.row, str(error)) from None
    for name, mark in zip(names, marks, strict=True):
        if mark not in ("0", "1"):
            raise table.fault(
                raw.row, f"the column {name} holds {quoted(mark)}, not 0 or 1; dialect='plain' reads the list alone"
            )
    marked = [name for name, mark in zip(names, marks, strict=True) if mark == "1"]
    if set(map(genre_key, listed)) != set(map(genre_key, marked)):
        raise table.fault(
            raw.row,
            f"the list says {', '.join(listed) or 'no genre'}, but the columns of 0 and 1 say "
            f"{', '.join(marked) or 'no genre'}; mend the row, or read the list alone with dialect='plain'",
        )


def _fits(table: Table) -> bool:
    return LAYOUT.fits(table) and len(_GENRE_COLUMNS.intersection(table.keys)) > 1


IMDB = MultiHotDialect(
    "imdb",
    "the IMDb poster set: a list of genres beside a column of 0 and 1 for each genre, which must agree",
    "a table with a column genre, a column id or image, and columns named for genres",
    layout=LAYOUT,
    fits=_fits,
)
