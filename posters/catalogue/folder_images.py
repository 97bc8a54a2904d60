"""The images in a folder, by name or by content, and what else it holds."""

import glob
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import groupby
from pathlib import Path

from posters._base.brief import brief_repr
from posters._base.regular_files import is_file, is_folder, is_inside
from posters._base.text import counted, listed
from posters.catalogue.image_folder import EXTENSIONS, is_system_file

# The first bytes of the formats that are decoded. Of two letters, as BMP and PPM have, text may begin with them too.
_SIGNATURES = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF....WEBP|II\*\0|MM\0\*|....ftyp(?:avi[fs]|hei[cxms]|hev[cxms]|mif1|msf1)"
    rb"|\0\0\0\x0cjP  |\0\0\0\x0cJXL |\xff\x0a|\xff\x4f\xff\x51|BM....\0\0\0\0|P[1-6]\s+\d+\s+\d",
    re.DOTALL,
)


@dataclass(frozen=True)
class FolderImages:
    """What a folder holds: paths that begin with its own, each list sorted.

    Attributes:
        images: the images that were asked for, each once, however many links lead to it.
        below: images of sub-folders, if these were not asked for.
        others: files that are no images, where images were asked for.
        outside: links that lead out of the folder, which are not followed.
        errors: what could not be listed.

    Examples:
        >>> FolderImages(["a/1.jpg"], ["a/b/2.jpg"], ["a/notes.txt"], [], []).left_out
        '1 file of another kind (notes.txt) and 1 image in sub-folders, which --recursive takes too'
    """

    __repr__ = brief_repr

    images: list[str]
    below: list[str]
    others: list[str]
    outside: list[str]
    errors: list[OSError]

    @property
    def left_out(self) -> str:
        """What `images` leaves out, in words; "" if there is nothing."""
        parts = []
        if self.others:
            kind = "file of another kind" if len(self.others) == 1 else f"{len(self.others):,} files of other kinds"
            names = listed(map(os.path.basename, self.others))
            parts.append(f"{'1 ' if len(self.others) == 1 else ''}{kind} ({names})")
        if self.outside:
            names = listed(map(os.path.basename, self.outside))
            parts.append(f"{counted(len(self.outside), 'link')} out of the folder, not followed unless named ({names})")
        if self.below:
            parts.append(f"{counted(len(self.below), 'image')} in sub-folders, which --recursive takes too")
        return " and ".join(parts)


def folder_images(folder: str | Path, recursive: bool = False) -> FolderImages:
    """List the images of a folder, without the files that systems leave there.

    Args:
        folder: a path.
        recursive: take those of its sub-folders too.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "shop").mkdir()
        >>> (folder / "shop" / "alien.jpg").touch()
        >>> len(folder_images(folder).images), len(folder_images(folder, recursive=True).images)
        (0, 1)
    """
    folder = os.fspath(folder)
    found, links, places = FolderImages([], [], [], [], []), [], [folder]
    # Without following links: whatever those in the folder lead to is found where it is.
    while places:
        wanted = recursive or places[-1] == folder
        for entry in _listing(places.pop(), found.errors):
            if entry.is_symlink():
                links.append((entry.path, wanted))
            elif is_folder(entry):
                places.append(entry.path)
            elif is_file(entry) and _is_image_file(entry.path):
                (found.images if wanted else found.below).append(entry.path)
            elif wanted:
                found.others.append(entry.path)
    _add_links(links, folder, found)
    for paths_found in (found.images, found.below, found.others, found.outside):
        paths_found.sort()
    # A sub-folder that can't be listed matters only to who asked for its images.
    found.errors[:] = [error for error in found.errors if recursive or error.filename == folder]
    return found


def _listing(folder: str, errors: list[OSError]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if not is_system_file(entry.name)]
    except OSError as error:
        errors.append(error)
        return []


def _add_links(links: Iterable[tuple[str, bool]], folder: str, found: FolderImages) -> None:
    """Add the files that links lead to, unless they are there already or outside of the folder."""
    taken = set(map(os.path.realpath, found.images)) if links else set()
    for path, wanted in sorted(links):
        if wanted and not is_inside(path, folder):
            found.outside.append(path)
        elif wanted and is_image(path) and os.path.realpath(path) not in taken:
            taken.add(os.path.realpath(path))
            found.images.append(path)
        elif wanted and not os.path.exists(path):
            found.others.append(path)


def matching_files(pattern: str) -> FolderImages:
    """List the files that match a pattern, each once; `images` holds them all, images or not.

    Links out of the folder that the pattern begins with are not followed, nor, by `**`, any link to a folder.

    Args:
        pattern: as for `glob.glob`, with `**` for folders at any depth.

    Examples:
        >>> matching_files("no/such/folder/**/*.jpg").images
        []
    """
    parts = [part for part, _ in groupby(pattern.split(os.sep))]
    first = next(number for number, part in enumerate(parts) if glob.has_magic(part))
    base = os.sep.join(parts[:first]) or (os.sep if first else "")
    found, taken = FolderImages([], [], [], [], []), set()
    matches = set(filter(os.path.isfile, _matches(base, parts[first:])))
    # Of several names for one file, that of the file itself comes first.
    for path in sorted(matches, key=lambda path: (os.path.islink(path), path)):
        real = os.path.realpath(path)
        if not is_inside(path, base or os.curdir):
            found.outside.append(path)
        elif real not in taken:
            taken.add(real)
            found.images.append(path)
    found.images.sort()
    return found


def _matches(place: str, parts: list[str]) -> Iterator[str]:
    """Yield the paths below a folder that match the parts of a pattern, some perhaps more than once."""
    part, *rest = parts
    try:
        with os.scandir(place or os.curdir) as listing:
            entries = [(os.path.join(place, entry.name), entry) for entry in listing]
    except OSError:  # As a shell does, which finds nothing there.
        return
    if part == "**":
        yield from _matches(place, rest or ["*"])
    for path, entry in entries:
        hidden = entry.name.startswith(".")
        if part == "**" and is_folder(entry) and not entry.is_symlink() and not hidden:
            yield from _matches(path, parts)
        elif part != "**" and fnmatch(entry.name, part) and (not hidden or part.startswith(".")):
            yield from _matches(path, rest) if rest else (path,)


def is_image(path: str | Path) -> bool:
    r"""Return whether a file is an image: by its extension or, where that tells nothing, by its first bytes.

    A pipe or a device is none, whatever it is called. A file that is missing may have been one.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "brazil"
        >>> _ = path.write_bytes(b"\xff\xd8\xff\xe0")
        >>> is_image(path), is_image("heat.JPG"), is_image("none.txt")
        (True, True, False)
    """
    try:
        if not os.path.exists(path):
            return os.fspath(path).lower().endswith(EXTENSIONS)
        # By `isfile`, because a pipe without a writer would never open.
        return os.path.isfile(path) and _is_image_file(path)
    except ValueError:  # The name holds what no file's can.
        return False


def _is_image_file(path: str | Path) -> bool:
    if os.fspath(path).lower().endswith(EXTENSIONS):
        return True
    try:
        with open(path, "rb") as file:
            return begins_like_image(file.read(64))
    except OSError:
        return False


def begins_like_image(data: bytes) -> bool:
    r"""Return whether the first bytes of a file, 64 or more, are those of a format that is decoded.

    Examples:
        >>> begins_like_image(b"\xff\xd8\xff\xe0"), begins_like_image(b"heat.jpg")
        (True, False)
    """
    return _SIGNATURES.match(data) is not None
