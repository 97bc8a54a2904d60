"""The sheet of thumbnails: which posters it shows, where, and what it does without some of them."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posters.catalogue import Catalogue, Poster
from posters.errors import ConfigError
from posters.report.sheet import SHOWN, SUFFIXES, write_sheet


def catalogue_of(folder: Path, count: int, size: tuple[int, int] = (20, 30), **cells) -> Catalogue:
    """Posters of one colour each."""
    posters = []
    for number in range(count):
        Image.new("RGB", size, (10 * number, 0, 200)).save(folder / f"{number}.png")
        posters.append(Poster(str(number), f"{number}.png", ("Drama", "War"), **cells))
    return Catalogue(tuple(posters), ("Drama", "War"), folder)


def drawn(path: Path) -> np.ndarray:
    with Image.open(path) as sheet:
        return np.asarray(sheet.convert("RGB")).astype(int)


def colours(sheet: np.ndarray) -> list[int]:
    """The numbers of the posters that can be seen, in the order of reading."""
    blue = (sheet[..., 1] < 3) & (abs(sheet[..., 2] - 200) < 3)
    seen: dict[int, tuple[int, int]] = {}
    for y, x in np.argwhere(blue)[::50]:
        seen.setdefault(round(sheet[y, x, 0] / 10), (y, x))
    return sorted(seen, key=lambda number: (seen[number][0] // 100, seen[number][1]))


@pytest.mark.parametrize("count", [1, 5, 6, 7, SHOWN, SHOWN + 1])
def test_the_first_posters_are_drawn_in_their_order(tmp_path, count):
    assert write_sheet(catalogue_of(tmp_path, count), tmp_path / "sheet.png") == 0
    assert colours(drawn(tmp_path / "sheet.png")) == list(range(min(count, SHOWN)))


@pytest.mark.parametrize("size", [(20, 30), (400, 600), (300, 30), (30, 300), (16, 16)])
def test_every_shape_fills_its_frame_and_stays_in_it(tmp_path, size):
    write_sheet(catalogue_of(tmp_path, 1, size), tmp_path / "sheet.png")
    rows, columns = np.where(drawn(tmp_path / "sheet.png")[..., 1] < 3)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert (width == 192) or (height == 288)
    assert width <= 192
    assert height <= 288
    assert width / height == pytest.approx(size[0] / size[1], rel=0.1)


def test_posters_that_cannot_be_read_are_counted_and_leave_their_place(tmp_path):
    catalogue = catalogue_of(tmp_path, 4)
    (tmp_path / "1.png").write_text("no image")
    (tmp_path / "2.png").unlink()
    assert write_sheet(catalogue, tmp_path / "sheet.png") == 2
    assert colours(drawn(tmp_path / "sheet.png")) == [0, 3]


@pytest.mark.parametrize(
    "title",
    ["Heat", "\u591c\u306e\u6620\u753b", "\u0416" * 500, "a" * 500, "a b " * 200, "\x1b[2J\n", "\ud800", "\U0010ffff"],
)
def test_any_title_can_be_drawn(tmp_path, title):
    assert write_sheet(catalogue_of(tmp_path, 2, title=title, year=1995, split="train"), tmp_path / "sheet.jpg") == 0


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".JPG"])
def test_the_suffix_names_the_format(tmp_path, suffix):
    write_sheet(catalogue_of(tmp_path, 1), tmp_path / f"sheet{suffix}")
    with Image.open(tmp_path / f"sheet{suffix}") as sheet:
        assert sheet.format == {".png": "PNG", ".webp": "WEBP"}.get(suffix, "JPEG")


@pytest.mark.parametrize("name", ["sheet", "sheet.txt", "sheet.pdf", ".jpg"])
def test_other_suffixes_are_refused(tmp_path, name):
    with pytest.raises(ConfigError, match="a sheet is a picture"):
        write_sheet(catalogue_of(tmp_path, 1), tmp_path / name)
