"""A Hugging Face image folder: metadata.csv or metadata.jsonl with file_name, in the folder or in one folder a side."""

from collections.abc import Iterator
from dataclasses import dataclass

from posters.catalogue.dialects.dialect import Dialect
from posters.catalogue.dialects.plain import LAYOUT
from posters.catalogue.layout import Layout
from posters.catalogue.rows import RawRow, is_side
from posters.catalogue.sources import open_table
from posters.catalogue.tables import Folder, Source, Table
from posters.errors import CatalogueError

_METADATA = ("metadata.csv", "metadata.jsonl")
_LAYOUT = Layout(id=("id",), image=("file_name",), genres=LAYOUT.genres)


@dataclass(frozen=True)
class ImageFolderDialect(Dialect):
    """One metadata file, or one for each side of the split."""

    def recognises(self, source: Source) -> bool:
        if isinstance(source, Table):
            return source.path.name in _METADATA and source.has("file_name") and _LAYOUT.fits(source)
        return bool(_metadata_files(source))

    def rows(self, source: Source) -> Iterator[RawRow]:
        if isinstance(source, Table):
            yield from _rows_of(source)
            return
        for file in _metadata_files(source):
            table = open_table(source.path / file)
            if not self.recognises(table):
                raise CatalogueError(f"{table.path}: needs the columns file_name and genres, but {table.described()}")
            yield from _rows_of(table, file)


def _metadata_files(folder: Folder) -> list[str]:
    """Of the folder itself, or of its sub-folders that are named for a side."""
    own = [name for name in _METADATA if name in folder.files]
    if own:
        return own
    sides = [name for name in folder.folders if is_side(name)]
    return [f"{side}/{name}" for side in sides for name in _METADATA if (folder.path / side / name).is_file()]


def _rows_of(table: Table, file: str = "") -> Iterator[RawRow]:
    folder = file.rpartition("/")[0]
    for raw in _LAYOUT.rows(table):
        raw.file = file
        raw.side = raw.side or folder or _side_in(raw.images[0])
        if folder and not table.has("id"):
            raw.id = f"{folder}/{raw.id}"
        yield raw


def _side_in(path: str) -> str:
    """The side that a path's first folder names, if it does."""
    folder, slash, _ = path.replace("\\", "/").partition("/")
    return folder if slash and is_side(folder) else ""


HUGGINGFACE = ImageFolderDialect(
    "huggingface",
    "a Hugging Face image folder: metadata.csv or metadata.jsonl with file_name and genres",
    "a folder with metadata.csv or metadata.jsonl, or such a file, with the columns file_name and genres",
    images_inside=True,
)
