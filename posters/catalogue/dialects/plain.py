"""A plain table: an id, an image and genres for each poster."""

from posters.catalogue.dialects.base import ColumnMap, TableDialect

# Of several columns the earlier name counts: where a table has both `id` and `imdb_id`, its own ids are in the first.
COLUMN_MAP = ColumnMap(
    id=(
        *("id", "poster_id", "movie_id", "movieid", "film_id", "imdb_id", "imdbid", "imdb_title_id", "tconst"),
        *("tmdb_id", "tmdbid"),
    ),
    image=(
        *("image", "image_path", "filename", "file_name", "file", "filepath", "file_path", "path", "poster"),
        *("image_name", "image_id", "poster_path", "poster_url", "poster_link", "image_url", "thumbnail"),
    ),
    genres=("genres", "genre", "genre_names", "labels", "label", "tags", "genre_ids"),
)
# In any table, neither these nor pandas' unnamed index are genres.
KNOWN_COLUMNS = frozenset(
    key
    for keys in (
        ("",),
        COLUMN_MAP.id,
        COLUMN_MAP.image,
        COLUMN_MAP.genres,
        COLUMN_MAP.title,
        COLUMN_MAP.year,
        COLUMN_MAP.group,
        COLUMN_MAP.split,
    )
    for key in keys
)

PLAIN = TableDialect(
    "plain",
    "a table with the columns id, image and genres",
    "a table with a column genres, and a column id or image",
    column_map=COLUMN_MAP,
    fits=COLUMN_MAP.fits,
)
