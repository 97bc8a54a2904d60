"""An export of The Movie Database: CSV (also The Movies Dataset's), JSON or JSON lines."""

from posters.catalogue.dialects.base import ColumnMap, TableDialect

TMDB = TableDialect(
    "tmdb",
    "a TMDB export: genres as objects with a name, and poster_path",
    "a table with the columns genres and poster_path",
    column_map=ColumnMap(
        id=("id", "tmdb_id", "imdb_id"),
        image=("poster_path",),
        title=("title", "name", "original_title", "original_name"),
        # The Movies Dataset has three rows that are broken in two.
        short_rows=True,
    ),
    fits=lambda table: table.has("genres", "poster_path"),
)
