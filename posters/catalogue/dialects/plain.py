"""A plain table: an id, an image and genres for each poster."""

from posters.catalogue.dialects.dialect import TableDialect
from posters.catalogue.layout import Layout

LAYOUT = Layout(
    id=("id", "poster_id", "movie_id", "movieid", "film_id", "imdb_id", "imdbid", "tconst"),
    image=("image", "image_path", "filename", "file_name", "file", "filepath", "file_path", "path", "poster"),
    genres=("genres", "genre", "labels", "label"),
)
# Of any table: neither these nor pandas' unnamed index are genres.
KNOWN_COLUMNS = frozenset(
    ("", *LAYOUT.id, *LAYOUT.image, *LAYOUT.genres, *LAYOUT.title, *LAYOUT.year, *LAYOUT.group, *LAYOUT.side)
)

PLAIN = TableDialect(
    "plain",
    "a table with the columns id, image and genres",
    "a table with a column genres, and a column id or image",
    layout=LAYOUT,
    fits=LAYOUT.fits,
)
