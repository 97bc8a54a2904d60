"""The images in a folder, by name or by content, and what else it holds."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from posters._base.brief import brief_repr
from posters._base.text import counted, listed
from posters.catalogue.image_folder import EXTENSIONS, is_system_file

# The first bytes of the formats that are decoded. Of two letters, as BMP and PPM have, text may begin with them too.
_SIGNATURES = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF....WEBP|II\*\0|MM\0\*|....ftypavi[fs]|\0\0\0\x0cjP  "
    rb"|\xff\x4f\xff\x51|BM....\0\0\0\0|P[1-6]\s+\d+\s+\d",
    re.DOTALL,
)


@dataclass(frozen=True)
class FolderImages:
    """What a folder holds: paths that begin with its own, each list sorted.

    Attributes:
        images: the images that were asked for.
        below: images of sub-folders, if these were not asked for.
        others: files that are no images, where images were asked for.
        errors: what could not be listed.

    Examples:
        >>> FolderImages(["a/1.jpg"], ["a/b/2.jpg"], ["a/notes.txt"], []).left_out
        '1 file of another kind (notes.txt) and 1 image in sub-folders, which --recursive takes too'
    """

    __repr__ = brief_repr

    images: list[str]
    below: list[str]
    others: list[str]
    errors: list[OSError]

    @property
    def left_out(self) -> str:
        """What `images` leaves out, in words; "" if there is nothing."""
        parts = []
        if self.others:
            kind = "file of another kind" if len(self.others) == 1 else f"{len(self.others):,} files of other kinds"
            names = listed(map(os.path.basename, self.others))
            parts.append(f"{'1 ' if len(self.others) == 1 else ''}{kind} ({names})")
        if self.below:
            parts.append(f"{counted(len(self.below), 'image')} in sub-folders, which --recursive takes too")
        return " and ".join(parts)


def folder_images(folder: str | Path, recursive: bool = False) -> FolderImages:
    """List the images of a folder, without the files that systems leave there.

    Args:
        folder: a path.
        recursive: take those of its sub-folders too, through links as well.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "shop").mkdir()
        >>> (folder / "shop" / "alien.jpg").touch()
        >>> len(folder_images(folder).images), len(folder_images(folder, recursive=True).images)
        (0, 1)
    """
    folder = os.fspath(folder)
    found = FolderImages([], [], [], [])
    seen = {os.path.realpath(folder)}
    for place, folders, files in os.walk(folder, onerror=found.errors.append, followlinks=True):
        wanted = recursive or place == folder
        paths = {name: os.path.realpath(os.path.join(place, name)) for name in folders if not is_system_file(name)}
        # A link to a folder above would be walked for ever.
        folders[:] = [name for name, path in sorted(paths.items()) if path not in seen]
        seen.update(paths.values())
        for path in (os.path.join(place, name) for name in files if not is_system_file(name)):
            if is_image(path):
                (found.images if wanted else found.below).append(path)
            elif wanted:
                found.others.append(path)
    for paths_found in (found.images, found.below, found.others):
        paths_found.sort()
    # A sub-folder that can't be listed matters only to who asked for its images.
    found.errors[:] = [error for error in found.errors if recursive or error.filename == folder]
    return found


def is_image(path: str | Path) -> bool:
    r"""Return whether a file is an image: by its extension or, where that tells nothing, by its first bytes.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "brazil"
        >>> _ = path.write_bytes(b"\xff\xd8\xff\xe0")
        >>> is_image(path), is_image("heat.JPG"), is_image("none.txt")
        (True, True, False)
    """
    if os.fspath(path).lower().endswith(EXTENSIONS):
        return True
    try:
        # By `isfile`, because a pipe without a writer would never open.
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            return _SIGNATURES.match(file.read(64)) is not None
    except (OSError, ValueError):
        return False
