"""A folder for each genre: Drama/heat.jpg, or train/Drama/heat.jpg."""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from posters._base.regular_files import is_file, is_folder, is_inside, open_regular
from posters.catalogue.dialects.base import Dialect
from posters.catalogue.folder_images import is_image
from posters.catalogue.image_folder import is_system_file
from posters.catalogue.rows import Record, is_split
from posters.catalogue.tables import Folder, TableSource, as_folder
from posters.errors import CatalogueError

# Beside a table, these hold all images and name no genre.
_NO_GENRE = {"images", "posters", "image", "poster", "img", "imgs"}
_TABLES = (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".xlsx")


@dataclass(frozen=True)
class GenreFoldersDialect(Dialect):
    """A folder with a folder of images for each genre, perhaps below a folder for each split.

    A film of several genres is in several folders under one name; copies with the same bytes are one poster.

    Examples:
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp())
        >>> for genre in ("Drama", "Crime"):
        ...     (root / genre).mkdir()
        ...     (root / genre / "heat.jpg").touch()
        >>> [(record.id, record.cell) for record in GENRE_FOLDERS.rows(Folder(root, (), ("Crime", "Drama")))]
        [('heat', ['Crime', 'Drama'])]
    """

    def recognises(self, source: TableSource) -> bool:
        """Return whether the source is a folder with two folders of images or more, and no table."""
        if not isinstance(source, Folder) or any(name.lower().endswith(_TABLES) for name in source.files):
            return False
        with_images = [path for path in _genre_folders(source) if next(_images(path), None)]
        return len({path.name for path in with_images}) > 1

    def rows(self, source: TableSource) -> Iterator[Record]:
        """Yield a record for each poster, in the order of the paths."""
        folder = as_folder(source)
        copies: defaultdict[tuple[str, str], list[PurePosixPath]] = defaultdict(list)
        for below in _genre_folders(folder):
            for image in sorted(_images(below)):
                path = PurePosixPath(image.relative_to(folder.path).as_posix())
                copies[str(path.parents[1]), path.name].append(path)
        posters = [same for paths in copies.values() for same in _identical(folder.path, paths)]
        stems = Counter(paths[0].stem for paths in posters)
        for paths in sorted(posters):
            first = paths[0]
            # Two pictures of one name are two posters: then the folder is part of the id.
            id = first.stem if stems[first.stem] == 1 else first.with_suffix("").as_posix()
            split = "" if str(first.parents[1]) == "." else str(first.parents[1])
            yield Record(0, id, tuple(map(str, paths)), [path.parent.name for path in paths], split=split)


def _genre_folders(folder: Folder) -> list[Path]:
    """Return the folders that are named for genres: those of the folder, or those in its folders for splits."""
    splits = [name for name in folder.folders if is_split(name)]
    tops = [folder.path / split for split in splits] if splits else [folder.path]
    return [path for top in tops for path in _folders(top) if path.name.casefold() not in _NO_GENRE]


def _folders(top: Path) -> list[Path]:
    with os.scandir(top) as entries:
        return sorted(Path(entry.path) for entry in entries if is_folder(entry) and not is_system_file(entry.name))


def _images(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            # A link may not lead out of the folders that the command was given.
            inside = not entry.is_symlink() or is_inside(entry.path, folder.parent)
            if not is_system_file(entry.name) and is_file(entry) and inside and is_image(entry.path):
                yield Path(entry.path)


def _identical(root: Path, paths: Iterable[PurePosixPath]) -> list[list[PurePosixPath]]:
    """Group paths of one file name by their bytes."""
    paths = list(paths)
    if len(paths) == 1:
        return [paths]
    groups: defaultdict[str, list[PurePosixPath]] = defaultdict(list)
    for path in paths:
        try:
            with open_regular(root / path) as file:
                groups[hashlib.file_digest(file, "sha256").hexdigest()].append(path)
        except OSError as error:
            raise CatalogueError(f"{root / path}: the image can't be read ({error.strerror})") from error
    return list(groups.values())


GENRE_FOLDERS = GenreFoldersDialect(
    "folders",
    "a folder of images for each genre, perhaps below a folder for each split",
    "a folder with two folders of images or more, named for genres, or with folders train and test that have them",
    images_inside=True,
)
