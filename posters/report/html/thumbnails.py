"""Posters small enough to stand in the page itself."""

import base64
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from PIL import Image

from posters.errors import ImageError
from posters.images import to_rgb

_SIZE = (96, 144)
_QUALITY = 60

# What the page may hold, at about 4 KB each.
MOST = 420

Progress = Callable[[list[str]], Iterable[str]]


class Thumbnails:
    """Posters by id as data URIs.

    Attributes:
        unreadable: ids whose image could not be read; the page shows an empty frame for them.
    """

    def __init__(self, images: Mapping[str, Path], ids: Iterable[str], progress: Progress = lambda ids: ids) -> None:
        self.unreadable: list[str] = []
        self._uris: dict[str, str] = {}
        for id in progress(list(dict.fromkeys(id for id in ids if id in images))):
            try:
                self._uris[id] = data_uri(to_rgb(images[id], wanted=_SIZE))
            except ImageError:
                self.unreadable.append(id)

    def __getitem__(self, id: str) -> str | None:
        """The poster as the address of an image; None where there is none."""
        return self._uris.get(id)


def data_uri(poster: Image.Image) -> str:
    """A poster as the address of a small JPEG that needs no file."""
    poster.thumbnail(_SIZE)
    file = io.BytesIO()
    poster.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
