"""A small catalogue of good posters, to spoil."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from posters.audit import Audit, audit
from posters.catalogue import Catalogue, read_catalogue


def picture(seed: int, size: tuple[int, int] = (80, 120)) -> Image.Image:
    """A picture with large shapes, as posters have; another seed gives one that does not look alike."""
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


class Shop:
    """A table and its images on disk: rows a to d are good posters, two of Comedy and two of Drama."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: list[dict[str, str]] = []
        for seed, id in enumerate("abcd"):
            self.add(id, genres="Comedy" if seed < 2 else "Drama", data=jpeg(picture(seed)))

    def add(self, id: str, *, data: bytes | None = None, image: str | None = None, genres: str = "Drama", **cells: str):
        """A row, and its image if `data` is given."""
        self.rows.append({"id": id, "image": f"{id}.jpg" if image is None else image, "genres": genres, **cells})
        if data is not None:
            self.put(self.rows[-1]["image"], data)

    def put(self, image: str, data: bytes) -> None:
        path = self.images / image
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    @property
    def images(self) -> Path:
        return self.folder / "images"

    @property
    def table(self) -> Path:
        columns = ("id", "image", "genres", "title", "year", "group", "split")
        path = self.folder / "posters.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.DictWriter(file, columns, restval="")
            rows.writeheader()
            rows.writerows(self.rows)
        return path

    def catalogue(self, **options: Any) -> Catalogue:
        return read_catalogue(self.table, self.images, **{"min_posters": 1, "max_lost": 1, "report": False} | options)

    def audit(self, *, read: dict[str, Any] | None = None, **options: Any) -> Audit:
        # Its pictures look like no posters, and looking at them would take most of the time.
        options = {"cache": self.folder / "cache", "min_posters": 1, "threads": 1, "look": False, **options}
        return audit(self.catalogue(**(read or {})), **options)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))
    return Shop(tmp_path)
