"""Finds image files by the names that tables give them, without asking the disk about each."""

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from posters.catalogue.image_paths import safe_image_path
from posters.errors import CatalogueError

# Where two files differ by these alone, the earlier one is taken.
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")

_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}


class ImageFolder:
    """The image files below one folder. Each sub-folder is listed once, and only when a table names something in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._listings: dict[str, dict[str, str]] = {}
        self._found: set[str] = set()

    def find(self, candidates: Iterable[str], start: str = "") -> str | None:
        """The path of the first of `candidates` that is there, as it stands or with an extension added.

        Candidates start from the sub-folder `start`, the path returned from the root. The case of an extension does not
        count.

        Raises:
            CatalogueError: a candidate could leave the folder.
        """
        for candidate in candidates:
            below, _, name = safe_image_path(candidate).rpartition("/")
            folder = _joined(start, below)
            found = self._match(self._listing(folder), name)
            if found is not None:
                path = _joined(folder, found)
                self._found.add(path)
                return path
        return None

    def unnamed(self) -> list[str]:
        """Images in the listed folders that `find` has not returned, sorted."""
        paths = {
            _joined(folder, name)
            for folder, listing in self._listings.items()
            for name in listing.values()
            if name.lower().endswith(EXTENSIONS)
        }
        return sorted(paths - self._found)

    def _match(self, listing: dict[str, str], name: str) -> str | None:
        if not name:
            return None
        if name in listing:
            return listing[name]
        names = (_lower_extension(name), *(name + extension for extension in EXTENSIONS))
        return next((listing[name] for name in names if name in listing), None)

    def _listing(self, folder: str) -> dict[str, str]:
        """The files of a sub-folder by their names, and by their names with the extension in lower case."""
        if folder not in self._listings:
            names = _files_in(self.root / folder)
            listing = {name: name for name in names}
            for name in names:
                listing.setdefault(_lower_extension(name), name)
            self._listings[folder] = listing
        return self._listings[folder]


def file_looked_for(candidates: Iterable[str]) -> str:
    """An example of a file that `find` looks for, given the same candidates."""
    name = safe_image_path(next(filter(None, candidates), ""))
    return name if name.lower().endswith(EXTENSIONS) else name + EXTENSIONS[0]


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name


def _lower_extension(name: str) -> str:
    stem, extension = os.path.splitext(name)
    return name if extension.islower() else stem + extension.lower()


def _files_in(folder: Path) -> list[str]:
    """Sorted, so that the choice between `a.JPG` and `a.Jpg` is the same on every disk."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_file())
    except UnicodeEncodeError:
        return []
    except OSError as error:
        if error.errno in _NOT_THERE:
            return []
        raise CatalogueError(f"{folder}: the image folder can't be read ({error.strerror})") from error
