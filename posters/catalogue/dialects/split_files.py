"""A folder with a table for each split: train.csv beside val.csv and test.csv."""

from collections.abc import Iterator
from dataclasses import dataclass

from posters.catalogue.dialects.base import Dialect, TableDialect
from posters.catalogue.dialects.columns import COLUMNS
from posters.catalogue.dialects.imdb import IMDB
from posters.catalogue.dialects.moviegenre import MOVIEGENRE
from posters.catalogue.dialects.plain import PLAIN
from posters.catalogue.dialects.tmdb import TMDB
from posters.catalogue.rows import Record, is_split
from posters.catalogue.table_files import open_table
from posters.catalogue.tables import Folder, TableSource, as_folder
from posters.errors import CatalogueError

# In the order in which they are tried on each of the tables.
TABLE_DIALECTS: tuple[TableDialect, ...] = (MOVIEGENRE, TMDB, IMDB, COLUMNS, PLAIN)
_ENDINGS = (".csv", ".tsv", ".json", ".jsonl")


@dataclass(frozen=True)
class SplitFilesDialect(Dialect):
    """A folder with a table for each split.

    Examples:
        >>> from pathlib import Path
        >>> SPLIT_FILES.recognises(Folder(Path("data"), ("test.csv", "train.csv"), ("images",)))
        True
    """

    def recognises(self, source: TableSource) -> bool:
        """Return whether the source is a folder with tables for two splits or more."""
        return isinstance(source, Folder) and len(_files(source)) > 1

    def rows(self, source: TableSource) -> Iterator[Record]:
        """Yield a record for each row of each table; its split is the file's, unless the row gives one."""
        folder = as_folder(source)
        for file in _files(folder):
            table = open_table(folder.path / file)
            dialect = next((dialect for dialect in TABLE_DIALECTS if dialect.recognises(table)), None)
            if dialect is None:
                raise CatalogueError(f"{table.path}: not a table of posters and genres: {table.described()}")
            for record in dialect.rows(table):
                record.file = file
                record.split = record.split or file.partition(".")[0]
                yield record


def _files(folder: Folder) -> list[str]:
    return [name for name in folder.files if name.endswith(_ENDINGS) and is_split(name.rpartition(".")[0])]


SPLIT_FILES = SplitFilesDialect(
    "splitfiles",
    "a folder with a table for each split: train.csv beside val.csv or test.csv",
    "a folder with two or more of train.csv, val.csv (valid, validation, dev) and test.csv",
)
