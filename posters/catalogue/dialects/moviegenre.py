"""Kaggle's MovieGenre.csv ("Movie Genre from its Poster")."""

from posters.catalogue.dialects.base import ColumnMap, TableDialect

MOVIEGENRE = TableDialect(
    "moviegenre",
    "Kaggle's MovieGenre.csv: imdbId, Title, Genre and the address of the poster",
    "a table with the columns imdbId, Title, Genre and Poster",
    column_map=ColumnMap(
        id=("imdbid",),
        image=("poster",),
    ),
    fits=lambda table: table.has("imdbid", "title", "genre", "poster"),
)
