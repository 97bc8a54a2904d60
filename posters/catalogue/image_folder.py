"""Find image files by the names that tables give them, without asking the disk about each."""

import errno
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path

from posters._base.regular_files import is_file, is_inside
from posters._base.text import quoted
from posters.errors import CatalogueError, ConfigError, ImageError
from posters.images.object_store import check_stored_folder, joined, stored_files
from posters.images.parquet_images import is_in_parquet, parquet_row

# Where two files differ in these alone, the earlier one is taken.
EXTENSIONS = (
    *(".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"),
    *(".jfif", ".jpe", ".jp2", ".ppm", ".heic", ".heif", ".jxl"),
)

# IMDb pads its numbers to seven digits; a column of numbers with a gap becomes floats in pandas and in spreadsheets.
_IMDB_ID = re.compile(r"(?:tt)?0*([1-9]\d*)(?:\.0)?")
# Nearly all names are so plain that nothing about them has to be checked.
_PLAIN_NAME = re.compile(r"[\w-]+(\.[\w-]+)*")
# No address, nothing above the folder, nothing to put right.
_PLAIN_PATH = re.compile(r"[\w-]+([./][\w-]+)*")
# Without query and fragment, which are no part of a file's name.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^?#]*")
# Leaves the folder: Windows ignores dots and spaces at the end of a name ("...", ".. "), and takes "c:" for a drive.
_CLIMBS = re.compile(r"\.\.[. \s]*$|.:", re.DOTALL)
_SYSTEM_FILE = re.compile(r"\.|(?:thumbs\.db|desktop\.ini)\Z", re.IGNORECASE)
_WEB = re.compile(r"https?://", re.IGNORECASE)
# A name that is too long, or a path through a file, is a missing image like any other.
_NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}


def safe_image_path(text: str) -> str:
    r"""Return a table's name for an image as a path that stays below the image folder on every system.

    Args:
        text: a relative path, or a URL, of which the file name is taken.

    Returns:
        a relative path with `/` between its parts; "" if the text names nothing.

    Raises:
        CatalogueError: the path is absolute, names a drive, or holds `..` or a zero character.

    Examples:
        >>> safe_image_path("covers\\heat.jpg"), safe_image_path("https://example.org/p/heat.jpg?w=92")
        ('covers/heat.jpg', 'heat.jpg')
    """
    if _PLAIN_NAME.fullmatch(text):
        return text
    if is_in_parquet(text):
        raise CatalogueError("the table holds the image itself, which only `posters predict` reads: save it as a file")
    url = _URL.match(text)
    path = (url[0].split("://", 1)[1].rpartition("/")[2] if url else text).replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or "\0" in path or any(_CLIMBS.match(part) for part in parts):
        raise CatalogueError(
            f"the image {quoted(text)} would leave the image folder: give a path inside it, without '..', "
            "a drive or a leading slash"
        )
    return "/".join(parts)


class ImageFolder:
    """The image files below one folder.

    Each sub-folder is listed once, and only when a table names something in it: a question to the disk for every one
    of a million rows would take longer than everything else.

    Args:
        root: the folder that image paths start from.

    Attributes:
        downloads: by address, where its image was downloaded to, or why it could not be.

    Examples:
        >>> ImageFolder(Path("/no/such/folder")).find(["heat.jpg"]) is None
        True
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.downloads: dict[str, Path | ImageError] = {}
        self._found_by_tail: dict[str, set[str]] = {}
        self._expected: dict[str, str] = {}
        # By name as in `_listing`; None where a file of this very name was found. A million rows need no second set.
        self._listings: dict[str, dict[str, str | None]] = {}

    def find(self, candidates: Sequence[str], start: str = "", id: str = "") -> str | None:
        """Return the path of the first candidate that exists, as it is or as people also write it.

        Tried in turn: each candidate as it is, or with an extension added; composed (é) where the disk has it
        decomposed; absolute, but inside the folder; without the folder's own name in front; without the ".0" of a
        number; with another extension; the id, as it is, as IMDb pads it (tt0000862) and unpadded; where a URL was
        downloaded to; and of a URL that was not, the last part.

        Args:
            candidates: paths from the sub-folder `start`, or URLs. The case of an extension does not matter.
            start: a sub-folder.
            id: of the poster.

        Returns:
            a path from the root, or an absolute one of a downloaded image; None if no candidate exists.

        Raises:
            CatalogueError: a candidate could leave the folder.
        """
        if len(candidates) == 1 and _PLAIN_PATH.fullmatch(candidates[0]):
            # Nearly all of a million rows: asked for at once, and only if it isn't there as people also write it.
            found = self._find(candidates[0], start)
            if found:
                return found
        paths = [safe_image_path(inside) for inside in map(self._inside, candidates) if not _URL.match(inside)]
        for path in paths:
            found = self._find(path, start)
            if found:
                # Further candidates that exist are copies of it: files that are named, too.
                for other in paths[1:]:
                    self._find(other, start)
                return found
        others = chain(self._variants(paths), image_names(id))
        found = next(filter(None, (self._find(path, start) for path in others)), None)
        if found:
            return found
        address = web_address(candidates)
        # An address that was asked for is known better than by its last part, which others may have too.
        if address in self.downloads:
            return self._downloaded(address)
        return self._find_tail(filter(_URL.match, candidates), start)

    def expect(self, names: Sequence[str]) -> None:
        """Use these texts as the names of the files that are called so, instead of texts of its own.

        Args:
            names: before the first is looked for; those of one folder. Whether there are such files does not matter.
        """
        self._expected = dict(zip(names, names, strict=True))

    def _find_tail(self, urls: Iterable[str], start: str) -> str | None:
        for url in urls:
            found = self._find(safe_image_path(url), start)
            if found:
                self._found_by_tail.setdefault(found, set()).add(url)
                return found
        return None

    def ambiguous(self) -> set[str]:
        """Return the URLs whose last part named an image that the last part of another URL named, too."""

        def pages(urls: Iterable[str]) -> set[str]:
            return {url.partition("?")[0].partition("#")[0] for url in urls}

        return {url for urls in self._found_by_tail.values() if len(pages(urls)) > 1 for url in urls}

    def _downloaded(self, address: str) -> str | None:
        path = self.downloads[address]
        if not isinstance(path, Path):
            return None
        # An absolute path joined to the root is that path, wherever the root is.
        return (path.relative_to(self.root) if path.is_relative_to(self.root) else path.absolute()).as_posix()

    def _find(self, path: str, start: str) -> str | None:
        below, _, name = path.rpartition("/")
        folder = _joined(start, below)
        listing = self._listing(folder) if name else {}
        if not (found := _marked(listing, name)):
            # macOS stores names decomposed, and tables are typed composed.
            name = unicodedata.normalize("NFC", name)
            forms = chain((name, _lower_extension(name)), map(name.__add__, EXTENSIONS))
            found = _marked(listing, next(filter(listing.__contains__, forms), ""))
        return _joined(folder, found) if found else None

    def _variants(self, paths: Sequence[str]) -> Iterator[str]:
        """Yield what people also write for the same files."""
        for path in paths:
            first, _, rest = path.partition("/")
            if rest and first == self.root.name:
                yield rest
            # A column of numbers with a gap becomes floats in pandas and in spreadsheets.
            if path.endswith(".0") and path[:-2].isdecimal():
                yield path[:-2]
        for path in paths:
            stem = without_extension(path)
            if stem != path:
                yield stem

    def _inside(self, candidate: str) -> str:
        """Return an absolute path inside the folder as one below it; leave everything else as it is."""
        if candidate.startswith("/") or candidate[1:3] in (":/", ":\\"):
            # TMDB's paths begin with a slash, which is not the root of a disk.
            if "/" not in candidate[1:] and "\\" not in candidate:
                return candidate[1:]
            with suppress(ValueError, OSError):
                return Path(candidate).relative_to(self.root.absolute()).as_posix()
        return candidate

    def unnamed(self) -> list[str]:
        """Return the images in the listed folders that `find` has not returned, sorted."""
        # Another form of a name is not equal to the name that it stands for.
        return sorted(
            _joined(folder, name)
            for folder, listing in self._listings.items()
            for name, found in listing.items()
            if name == found and name.lower().endswith(EXTENSIONS)
        )

    def _listing(self, folder: str) -> dict[str, str | None]:
        """Return the files of a sub-folder by name, and by name with the extension in lower case."""
        if folder not in self._listings:
            # Text that is there already is taken in the place of its equal, of which a million rows need one.
            names = self._names(folder)
            names = list(map(self._expected.get, names, names))
            self._expected.clear()
            listing: dict[str, str | None] = dict(zip(names, names, strict=True))
            for name in names:
                if name.isascii() and name.islower():
                    continue  # It has no other form.
                listing.setdefault(_lower_extension(name), name)
                listing.setdefault(unicodedata.normalize("NFC", name), name)
            self._listings[folder] = listing
        return self._listings[folder]

    def _names(self, folder: str) -> list[str]:
        # Links may lead to files beside the folder, where tables are, and no further.
        return _files_in(self.root / folder, (self.root, self.root.parent))

    def place(self, path: str) -> Path | str:
        """Return where a file is that `find` found, or would be: a path, or the address in a store."""
        return self.root / path


class StoredFolder(ImageFolder):
    """A folder in an object store. A name with an image's extension is taken at its word, without a listing.

    To list the ten million objects of a bucket takes longer than a few that are missing are worth.

    Args:
        address: of the folder, as in "s3://bucket/posters".

    Raises:
        ConfigError: there is no such folder, or the store can't be read.
        MissingExtraError: fsspec is not installed.

    Examples:
        >>> import fsspec
        >>> _ = fsspec.filesystem("memory").pipe("/shop/7.png", b"pixels")
        >>> folder = StoredFolder("memory://shop")
        >>> folder.place(folder.find(["7"]))
        'memory://shop/7.png'
    """

    def __init__(self, address: str) -> None:
        super().__init__(Path(address))
        check_stored_folder(address)
        self._address = address

    def find(self, candidates: Sequence[str], start: str = "", id: str = "") -> str | None:
        """Return the path of the first candidate that has an image's extension, or else what is listed."""
        for inside in map(self._inside, candidates):
            if not _URL.match(inside) and inside.lower().endswith(EXTENSIONS):
                return _joined(start, safe_image_path(inside))
        return super().find(candidates, start, id)

    def _inside(self, candidate: str) -> str:
        return candidate.removeprefix(self._address.rstrip("/") + "/")

    def _names(self, folder: str) -> list[str]:
        try:
            files = stored_files(joined(self._address, folder))
        except ConfigError as error:
            # As on a disk, a sub-folder that isn't there has no files; the folder itself was there.
            if isinstance(error.__cause__, FileNotFoundError):
                return []
            raise
        names = (file.partition("::")[0].rpartition("/")[2] for file in files)
        return [name for name in names if not is_system_file(name)]

    def place(self, path: str) -> Path | str:
        """Return the address of a file; a downloaded one is on this machine."""
        return Path(path) if path.startswith("/") else joined(self._address, path)


def web_address(candidates: Iterable[str]) -> str:
    """Return the first address of http or https; "" if there is none.

    Examples:
        >>> web_address(["heat.jpg", "https://example.org/heat.jpg"])
        'https://example.org/heat.jpg'
    """
    return next(filter(_WEB.match, candidates), "")


def is_system_file(name: str) -> bool:
    """Return whether a file is one that an operating system leaves in folders, and never a poster.

    Examples:
        >>> is_system_file("._heat.jpg"), is_system_file("Thumbs.db"), is_system_file("heat.jpg")
        (True, True, False)
    """
    return _SYSTEM_FILE.match(name) is not None


def without_extension(path: str) -> str:
    r"""Return the path of an image, with `/` between its parts, without the extension of an image.

    Of an image in a Parquet file, which has no name, it is the number of its row.

    Examples:
        >>> without_extension("covers\\heat.JPG"), without_extension("vol.2"), without_extension(".jpg")
        ('covers/heat', 'vol.2', '.jpg')
    """
    if is_in_parquet(path):
        return parquet_row(path)
    path = path.replace("\\", "/")
    stem, dot, extension = path.rpartition(".")
    # What begins with a dot has no extension.
    return stem if f"{dot}{extension}".lower() in EXTENSIONS and stem.rpartition("/")[2] else path


def same_name(text: str, path: str) -> bool:
    """Return whether a table's name for an image and a path end in one file name, but for case and composed letters.

    Examples:
        >>> same_name("/data/Heat.JPG", "heat.jpg"), same_name("heat.jpg", "heat.webp")
        (True, False)
    """
    one, other = (unicodedata.normalize("NFC", name).casefold().rpartition("/")[2] for name in (text, path))
    # Neither a URL nor a path of TMDB's ("/umSVjVdb.jpg") is the name of a file here: posters are often saved by id.
    elsewhere = _URL.match(text) or (text.startswith("/") and "/" not in text[1:])
    return one.rpartition("\\")[2] == other or bool(elsewhere)


def image_names(id: str) -> tuple[str, ...]:
    """Return the names, without extension, that an image called by the poster's id may have.

    Examples:
        >>> image_names("heat"), image_names("tt0113277"), image_names("862.0")
        (('heat',), ('tt0113277', '113277', '0113277'), ('862.0', '862', 'tt0000862', '0000862'))
    """
    number = _IMDB_ID.fullmatch(id)
    spellings = (number[1], f"tt{number[1].zfill(7)}", number[1].zfill(7)) if number else ()
    return tuple(dict.fromkeys(name for name in (id, *spellings) if _PLAIN_NAME.fullmatch(name)))


def expected_file(candidates: Iterable[str], id: str = "") -> str:
    """Return one file that `ImageFolder.find` looks for, given the same arguments: for an address, one named by the id.

    Examples:
        >>> expected_file(["", "heat"]), expected_file(["https://example.org/MV5B.jpg"], "tt0113277")
        ('heat.jpg', 'tt0113277.jpg')
    """
    named = next(filter(None, candidates), "")
    name = safe_image_path(id if id and _URL.match(named) else named)
    return name if name.lower().endswith(EXTENSIONS) else name + EXTENSIONS[0]


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name


def _marked(listing: dict[str, str | None], name: str) -> str:
    """Return the file of that name, which counts as found from now on; "" if there is none."""
    found = listing.get(name, "")
    if found:
        listing[found] = None
    return name if found is None else found


def _lower_extension(name: str) -> str:
    stem, dot, extension = name.rpartition(".")
    # As in os.path.splitext, what begins with a dot (".jpg") has no extension.
    return f"{stem}{dot}{extension.lower()}" if stem.strip(".") and not extension.islower() else name


def _files_in(folder: Path, allowed: Sequence[Path]) -> list[str]:
    """Return the names of files, sorted, so that the choice between `a.JPG` and `a.Jpg` is the same on every disk.

    Links are followed alone: to follow every name of a million to its end would take minutes.
    """
    try:
        with os.scandir(folder) as entries:
            return sorted(
                entry.name
                for entry in entries
                if (entry.is_file(follow_symlinks=False) or (is_file(entry) and is_inside(entry.path, *allowed)))
                and not _SYSTEM_FILE.match(entry.name)
            )
    except UnicodeEncodeError:
        return []
    except OSError as error:
        if error.errno in _NOT_THERE:
            return []
        raise CatalogueError(f"{folder}: the image folder can't be read ({error.strerror})") from error
