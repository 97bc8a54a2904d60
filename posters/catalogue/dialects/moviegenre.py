"""Kaggle's MovieGenre.csv ("Movie Genre from its Poster")."""

from posters.catalogue.dialects.dialect import TableDialect
from posters.catalogue.layout import Layout
from posters.catalogue.tables import Table


def _candidates(id: str, image: str) -> tuple[str, ...]:
    """The table has addresses alone, and downloaders differ in what they call the files."""
    return id, f"tt{id.zfill(7)}", image


def _fits(table: Table) -> bool:
    return table.has("imdbid", "title", "genre", "poster")


MOVIEGENRE = TableDialect(
    "moviegenre",
    "Kaggle's MovieGenre.csv: imdbId, Title, Genre and the address of the poster",
    "a table with the columns imdbId, Title, Genre and Poster",
    layout=Layout(id=("imdbid",), image=("poster",), candidates=_candidates),
    fits=_fits,
)
