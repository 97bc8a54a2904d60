"""The pictures of `posters predict --explain`: a poster with the places that spoke for a genre, a file for each."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from posters.cli.predictions import Picture
from posters.errors import ConfigError

if TYPE_CHECKING:
    from posters.classifier import Explanation, Result

_LONGEST = 80  # characters of a poster's name that its pictures' names keep
_QUALITY = 90  # of the JPEGs, 0 to 100


class Pictures:
    """Draws explanations into a directory. No two posters of one command share a file.

    Args:
        directory: is made if it is not there.

    Raises:
        ConfigError: it can't be made.
    """

    def __init__(self, directory: Path) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{directory}: the folder for --explain can't be made ({error.strerror})") from error
        self._directory = directory
        self._taken: set[str] = set()

    def drawn(self, name: str, result: "Result") -> tuple[Picture, ...]:
        """Draw every explanation of a result; none of a poster that could not be read."""
        stem = self._free(_plain(Path(name).stem) or "poster")
        return tuple(self._drawn(stem, result, explanation) for explanation in result.explanations)

    def _drawn(self, stem: str, result: "Result", explanation: "Explanation") -> Picture:
        from posters.files import replacing
        from posters.heat import heat_picture
        from posters.images import to_rgb

        assert result.source is not None
        picture = heat_picture(to_rgb(result.source), explanation)
        path = self._directory / f"{stem}-{_plain(explanation.genre)}.jpg"
        with replacing(path) as temporary:
            picture.save(temporary, "JPEG", quality=_QUALITY)
        return Picture(explanation.genre, str(path), explanation.box)

    def _free(self, stem: str) -> str:
        """A name that no poster before had, whatever the case of its letters."""
        free, number = stem, 1
        while free.casefold() in self._taken:
            number += 1
            free = f"{stem}-{number}"
        self._taken.add(free.casefold())
        return free


def _plain(name: str) -> str:
    """What every file system takes: letters and digits of ASCII, and dashes."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:_LONGEST]
