"""What a table may call an image: a path that stays below the image folder on every system."""

import re

from posters.catalogue.wording import quoted
from posters.errors import CatalogueError

_PLAIN_NAME = re.compile(r"[\w-]+(\.[\w-]+)*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def safe_image_path(text: str) -> str:
    """`text` as a relative path with `/` between its parts; of a URL, its file name; "" where it names nothing.

    Raises:
        CatalogueError: it is absolute, names a drive, holds `..` or a zero character: it could leave the image folder.
    """
    if _PLAIN_NAME.fullmatch(text):
        return text
    path = _file_name_of_url(text) if _URL.match(text) else text
    path = path.replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or "\0" in path or any(map(_leaves, parts)):
        raise CatalogueError(
            f"the image {quoted(text)} would leave the image folder: give a path inside it, without '..', "
            "a drive or a leading slash"
        )
    return "/".join(parts)


def _leaves(part: str) -> bool:
    # Windows ignores dots and spaces at a name's end ("...", ".. "), and takes any "c:" for a drive.
    climbs = part.startswith("..") and not part.strip(". ")
    return climbs or part[1:2] == ":"


def _file_name_of_url(url: str) -> str:
    address = re.split(r"[?#]", url, maxsplit=1)[0]
    return address.split("://", 1)[1].rpartition("/")[2]
