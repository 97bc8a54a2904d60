"""Posters small enough to stand in the page itself."""

import base64
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from PIL import Image

from posters.errors import ImageError
from posters.images import to_rgb

SIZE = (96, 144)
_QUALITY = 60

Progress = Callable[[list[str]], Iterable[str]]


class Thumbnails:
    """Posters as data URIs, each once; the page shows one by its reference, as often as it likes.

    Attributes:
        uris: by reference, which is a fit `id` of an element.
        asked: of how many posters there should be one.
        lacking: how many of them have no image, or none that can be read; the page shows an empty frame for them.
    """

    def __init__(self, images: Mapping[str, Path], ids: Iterable[str], progress: Progress = lambda ids: ids) -> None:
        self.uris: dict[str, str] = {}
        self._references: dict[str, str] = {}
        wanted = list(dict.fromkeys(ids))
        for id in progress(wanted):
            uri = _read(images.get(id))
            if uri is not None:
                self._references[id] = reference = f"poster-{len(self.uris)}"
                self.uris[reference] = uri
        self.asked, self.lacking = len(wanted), len(wanted) - len(self.uris)

    def __getitem__(self, id: str) -> str | None:
        """The poster's reference; None where there is no picture."""
        return self._references.get(id)


def _read(path: Path | None) -> str | None:
    """The address of the poster in a file; None where there is none, or it can't be read."""
    if path is None:
        return None
    try:
        return data_uri(to_rgb(path, wanted=SIZE))
    except ImageError:
        return None


def data_uri(poster: Image.Image) -> str:
    """A poster as the address of a small JPEG that needs no file."""
    poster.thumbnail(SIZE)
    file = io.BytesIO()
    poster.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
