"""HEIC and JPEG XL: read where their plugins are installed, and refused by their name where not."""

import importlib
import sys

import numpy as np
import pytest
from PIL import Image

from posters.catalogue.folder_images import folder_images
from posters.errors import ImageError
from posters.images.decoding import decode, read_header
from posters.images.extra_formats import jpeg_xl_size
from tests.images.pictures import SMALL, refusal, saved

# The first bytes of files, as far as anyone looks who can't read them.
HEADS = {
    "photo.heic": (b"\0\0\0\x18ftypheic" + bytes(60), "HEIC", "pillow_heif", "posters[heic]"),
    "burst.heif": (b"\0\0\0\x18ftypmif1" + bytes(60), "HEIC", "pillow_heif", "posters[heic]"),
    "art.jxl": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(60), "JPEG XL", "pillow_jxl", "posters[jxl]"),
    "bare.jxl": (b"\xff\x0a\x43" + bytes(60), "JPEG XL", "pillow_jxl", "posters[jxl]"),
}


@pytest.mark.parametrize("name", HEADS)
def test_without_its_extra_a_format_is_refused_by_its_name(name, monkeypatch):
    data, kind, plugin, extra = HEADS[name]
    monkeypatch.setitem(sys.modules, plugin, None)
    assert refusal(data) == (
        f"this is a {kind} image, which needs an extra: run `pip install '{extra}'`, or save it as JPEG"
    )


def test_such_files_count_as_images_of_a_folder_by_name_and_by_content(tmp_path):
    for number, (name, (data, *_)) in enumerate(HEADS.items()):
        (tmp_path / name).write_bytes(data)
        (tmp_path / f"unnamed{number}").write_bytes(data)
    assert len(folder_images(tmp_path).images) == 8


def test_jpeg_2000_counts_as_an_image_by_name_and_by_content(tmp_path):
    data = saved(Image.new("RGB", (16, 24)), "JPEG2000")
    for name in ("poster.jp2", "poster"):
        (tmp_path / name).write_bytes(data)
    assert len(folder_images(tmp_path).images) == 2


def jpeg_xl_header(*fields):
    """Numbers and their bits, the lowest first."""
    bits, place = 0, 0
    for value, size in fields:
        bits |= value << place
        place += size
    return b"\xff\x0a" + bits.to_bytes(16, "little")


@pytest.mark.parametrize(
    ("header", "size"),
    [
        (jpeg_xl_header((1, 1), (2, 5), (0, 3), (4, 5)), (40, 24)),
        (jpeg_xl_header((1, 1), (2, 5), (1, 3)), (24, 24)),
        (jpeg_xl_header((0, 1), (0, 2), (299, 9), (0, 3), (1, 2), (4999, 13)), (5000, 300)),
        (jpeg_xl_header((0, 1), (2, 2), (99_999, 18), (7, 3)), (200_000, 100_000)),
        (jpeg_xl_header((0, 1), (3, 2), (2**30 - 1, 30), (0, 3), (3, 2), (2**30 - 1, 30)), (2**30, 2**30)),
    ],
)
def test_the_size_of_a_jpeg_xl_stands_in_its_header(header, size):
    assert jpeg_xl_size(header) == size
    container = b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0\0\0\x14ftypjxl \0\0\0\0jxl " + b"\0\0\0\x1ajxlc" + header
    assert jpeg_xl_size(container) == size


@pytest.mark.parametrize("data", [b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n", b"\0\0\0\x0cJXL \r\n\x87\n\xff\x0a"])
def test_a_jpeg_xl_without_a_size_is_refused(data):
    with pytest.raises(ImageError, match="the image is damaged"):
        jpeg_xl_size(data)


def test_a_jpeg_xl_of_any_size_is_refused_before_its_plugin_decodes_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_jxl", sys)
    header = jpeg_xl_header((0, 1), (2, 2), (99_999, 18), (7, 3))
    assert "20,000,000,000 pixels, more than the limit of 20,000,000 for JPEG XL" in refusal(header)


@pytest.mark.parametrize(("kind", "plugin"), [("HEIF", "pillow_heif"), ("JXL", "pillow_jxl")])
def test_with_its_plugin_a_format_is_read(kind, plugin):
    """Skipped where the extra is not installed."""
    pytest.importorskip(plugin)
    if kind == "HEIF":
        importlib.import_module(plugin).register_heif_opener()
    picture = Image.new("RGB", (64, 96), (200, 60, 60))
    file = saved(picture, kind)
    assert np.abs(decode(file, SMALL).astype(int) - (200, 60, 60)).max() <= 8
    assert (read_header(file).width, read_header(file).height) == (64, 96)
    for end in range(20, len(file), 40):
        with pytest.raises(ImageError):
            decode(file[:end], SMALL)
