"""An image folder of Hugging Face or Roboflow: metadata.csv, metadata.jsonl or _classes.csv, perhaps one a split."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

from posters.catalogue.dialects.base import ColumnMap, Dialect
from posters.catalogue.dialects.columns import genre_columns, marked_genres
from posters.catalogue.dialects.plain import COLUMN_MAP
from posters.catalogue.rows import Record, is_split
from posters.catalogue.table_files import open_table
from posters.catalogue.tables import Folder, Table, TableSource
from posters.errors import CatalogueError

# The last is Roboflow's, for several classes an image.
_METADATA = ("metadata.csv", "metadata.jsonl", "_classes.csv")
_COLUMN_MAP = ColumnMap(id=("id",), image=("file_name", "filename"), genres=COLUMN_MAP.genres)


@dataclass(frozen=True)
class ImageFolderDialect(Dialect):
    """An image folder with one metadata file, or with one for each split.

    Examples:
        >>> from pathlib import Path
        >>> table = Table(Path("metadata.csv"), ["file_name", "genres"], [["train/heat.jpg"], ["Crime"]], [2])
        >>> [(record.id, record.split) for record in HUGGINGFACE.rows(table)]
        [('train/heat', 'train')]
    """

    def recognises(self, source: TableSource) -> bool:
        """Return whether the source is such a metadata file, or a folder that has one."""
        if isinstance(source, Table):
            readable = _COLUMN_MAP.fits(source) or genre_columns(source)
            return source.path.name in _METADATA and any(map(source.has, _COLUMN_MAP.image)) and bool(readable)
        return bool(_metadata_files(source))

    def rows(self, source: TableSource) -> Iterator[Record]:
        """Yield a record for each row of each metadata file."""
        if isinstance(source, Table):
            yield from _rows_of(source)
            return
        for file in _metadata_files(source):
            table = open_table(source.path / file)
            if not self.recognises(table):
                needs = "needs file_name, and genres or a column of marks for each genre"
                raise CatalogueError(f"{table.path}: {needs}, but {table.described()}")
            yield from _rows_of(table, file)


def _metadata_files(folder: Folder) -> list[str]:
    """Return the metadata files of the folder itself, or of its sub-folders that are named for a split."""
    own = [name for name in _METADATA if name in folder.files]
    if own:
        return own
    splits = [name for name in folder.folders if is_split(name)]
    return [f"{split}/{name}" for split in splits for name in _METADATA if (folder.path / split / name).is_file()]


def _rows_of(table: Table, file: str = "") -> Iterator[Record]:
    folder = file.rpartition("/")[0]
    marks = repeat(None) if _COLUMN_MAP.fits(table) else marked_genres(table)
    for record, marked in zip(_COLUMN_MAP.rows(table), marks, strict=False):
        if marked is not None:
            marked.note(record)
            record.cell = marked.yes
        record.file = file
        # Without a folder for each split, the path itself may begin with one: "train/heat.jpg".
        first, slash, _ = record.images[0].replace("\\", "/").partition("/")
        record.split = record.split or folder or (first if slash and is_split(first) else "")
        # Files of two splits may have one name, but a poster has its id alone.
        if folder and not table.has("id"):
            record.id = f"{folder}/{record.id}"
        yield record


HUGGINGFACE = ImageFolderDialect(
    "huggingface",
    "a Hugging Face image folder: metadata.csv or metadata.jsonl with file_name and genres; Roboflow's _classes.csv",
    "a folder with metadata.csv, metadata.jsonl or _classes.csv, or such a file, with file_name and genres or marks",
    images_inside=True,
)
