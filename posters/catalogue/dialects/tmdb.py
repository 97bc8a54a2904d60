"""An export of The Movie Database: CSV (also The Movies Dataset's), JSON or JSON lines."""

from posters.catalogue.dialects.dialect import TableDialect
from posters.catalogue.layout import Layout
from posters.catalogue.tables import Table


def _candidates(id: str, image: str) -> tuple[str, ...]:
    """TMDB's paths begin with a slash, which is no root of a disk. Many save the posters by id."""
    return image.removeprefix("/"), id


def _fits(table: Table) -> bool:
    return table.has("genres", "poster_path")


TMDB = TableDialect(
    "tmdb",
    "a TMDB export: genres as objects with a name, and poster_path",
    "a table with the columns genres and poster_path",
    layout=Layout(
        id=("id", "tmdb_id", "imdb_id"),
        image=("poster_path",),
        title=("title", "name", "original_title", "original_name"),
        candidates=_candidates,
        short_rows=True,  # The Movies Dataset has three rows that are broken in two
    ),
    fits=_fits,
)
