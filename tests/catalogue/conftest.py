"""Small catalogues on disk, and how to read them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from posters.catalogue import Catalogue, read_catalogue
from posters.errors import CatalogueError


class Desk:
    """A folder to write tables and image files in; an image file stays empty, for reading a catalogue opens none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def table(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def images(self, *names: str, folder: str = "images") -> Path:
        for name in names:
            path = self.folder / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return self.folder / folder

    def read(self, table: str, **options: Any) -> Catalogue:
        return read_catalogue(self.folder / table, **{"min_posters": 1, **options})

    def refusal(self, table: str, **options: Any) -> str:
        """The message with which the table is refused."""
        return refusal(lambda: self.read(table, **options))


def refusal(read: Callable[[], object]) -> str:
    with pytest.raises(CatalogueError) as refused:
        read()
    message = str(refused.value)
    assert message
    assert "\n" not in message
    return message


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
