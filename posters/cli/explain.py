"""The pictures of `posters predict --explain`: a poster with the places that speak for a genre, a file for each."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from posters._base.atomic_files import replacing
from posters.errors import ConfigError

if TYPE_CHECKING:
    from posters.classifier import Prediction

_LONGEST = 80  # characters of a poster's name that its pictures' names keep
_QUALITY = 90  # of the JPEGs, 0 to 100


class Pictures:
    """Draws explanations into a directory. No two posters of one command share a file.

    Args:
        directory: is created if it does not exist.

    Raises:
        ConfigError: it can't be created.
    """

    def __init__(self, directory: Path) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{directory}: the folder for --explain can't be made ({error.strerror})") from error
        self._directory = directory
        self._taken: set[str] = set()

    def draw(self, name: str, prediction: "Prediction") -> tuple[str, ...]:
        """Draw every explanation of a prediction, and return the pictures' paths in the same order.

        Args:
            name: of the poster; the pictures' names begin with it.
            prediction: as from `Classifier.explain_many`.
        """
        from posters.classifier.heatmap import draw_heatmap
        from posters.images.decoding import to_rgb

        stem, paths = self._free(_plain(Path(name).stem) or "poster"), []
        # An unreadable poster has no source, and no explanations either.
        if prediction.source is None:
            return ()
        poster = to_rgb(prediction.source)
        for explanation in prediction.explanations:
            path = self._directory / f"{stem}-{_plain(explanation.genre)}.jpg"
            with replacing(path) as temporary:
                draw_heatmap(poster, explanation).save(temporary, "JPEG", quality=_QUALITY)
            paths.append(str(path))
        return tuple(paths)

    def _free(self, stem: str) -> str:
        """Return a name that no poster before had."""
        free, number = stem, 1
        # Without regard to case: on macOS and Windows, Alien.jpg and alien.jpg are one file.
        while free.casefold() in self._taken:
            number += 1
            free = f"{stem}-{number}"
        self._taken.add(free.casefold())
        return free


def _plain(name: str) -> str:
    """Return what every file system takes: letters and digits of ASCII, and dashes."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:_LONGEST]
