"""The decoder: golden pixels, every step on hand-made images, and threads."""

import io
import struct
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from posters.config import PreprocessConfig
from posters.images.decoding import decode, read_header, to_rgb
from tests.images.pictures import (
    CORNERS,
    IMAGES,
    LOSSY,
    RED,
    SHAPE,
    SMALL,
    WHITE,
    golden_bytes,
    noise,
    refusal,
    saved,
    smooth,
)

# Golden pixels


def test_every_golden_image_is_there_and_tested():
    """Fails, not skips, when the images or what is expected of them are missing."""
    assert sorted(path.name for path in IMAGES.iterdir()) == sorted([*CORNERS, "expected.npz"])


@pytest.mark.parametrize("name", CORNERS)
def test_golden_pixels(name):
    """Versions of the lossy codecs may differ by a little; everything else must not differ at all."""
    with np.load(IMAGES / "expected.npz") as expected:
        difference = decode(IMAGES / name, SMALL).astype(int) - expected[name]
    assert np.abs(difference).max() <= (4 if name.endswith(LOSSY) else 0)


@pytest.mark.parametrize("name", CORNERS)
def test_corners_have_the_colours_that_were_painted(name):
    pixels = decode(IMAGES / name, SMALL)
    assert pixels.shape == SHAPE
    assert pixels.dtype == np.uint8
    corners = pixels[[1, 1, -2, -2], [1, -2, 1, -2]].astype(int)
    tolerance = 15 if name.endswith(LOSSY) else 1
    assert np.abs(corners - CORNERS[name]).max() <= tolerance, corners


@pytest.mark.parametrize("name", CORNERS)
def test_neither_the_name_nor_the_type_of_the_source_matters(name, tmp_path):
    unnamed = tmp_path / "poster.txt"
    unnamed.write_bytes(golden_bytes(name))
    expected = decode(IMAGES / name, SMALL)
    with Image.open(IMAGES / name) as opened:
        sources: list[Any] = [str(unnamed), unnamed, golden_bytes(name), bytearray(golden_bytes(name)), opened]
        for source in sources:
            assert (decode(source, SMALL) == expected).all()


# Rules


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_16_bit_grey_is_divided_by_257_and_rounded(kind):
    levels = np.random.default_rng(0).integers(0, 2**16, SHAPE[:2], dtype=np.uint16)
    levels[0, :4] = (0, 128, 129, 65535)
    by_hand = b"P5 16 24 65535\n" + levels.astype(">u2").tobytes()
    file = by_hand if kind == "PPM" else saved(Image.fromarray(levels), kind)
    expected = np.rint(levels / 257).astype(np.uint8)
    assert (decode(file, SMALL) == expected[:, :, None]).all()
    assert expected[0, :4].tolist() == [0, 0, 1, 255]


def test_a_16_bit_grey_level_may_be_transparent():
    levels = np.full(SHAPE[:2], 40_000, np.uint16)
    levels[:12] = 1000
    pixels = decode(saved(Image.fromarray(levels), "PNG", transparency=1000), SMALL)
    assert (pixels[0, 0].tolist(), pixels[-1, 0].tolist()) == ([255] * 3, [156] * 3)


@given(alpha=st.integers(0, 255), colour=st.tuples(*[st.integers(0, 255)] * 3))
def test_transparency_lies_over_white(alpha, colour):
    expected = np.array(colour) * alpha / 255 + 255 * (1 - alpha / 255)
    pixels = decode(saved(Image.new("RGBA", (16, 24), (*colour, alpha)), "PNG"), SMALL)
    assert np.abs(pixels - expected).max() <= 1


@pytest.mark.parametrize("mode", ["La", "RGBa", "PA", "RGBX", "YCbCr", "HSV", "LAB", "CMYK", "P", "L", "1", "LA"])
def test_every_mode_of_pillow_that_has_a_known_range_becomes_rgb(mode):
    ways = {"PA": ["P", "PA"], "La": ["LA", "La"], "RGBa": ["RGBA", "RGBa"], "LAB": []}
    image = Image.new("LAB", (16, 24), (255, 128, 128)) if mode == "LAB" else Image.new("RGB", (16, 24), WHITE)
    for step in ways.get(mode, [mode]):
        image = image.convert(step)
    assert image.mode == mode
    assert decode(image, SMALL).min() >= 254


@pytest.mark.parametrize(("mode", "kind"), [("I", "TIFF"), ("F", "TIFF"), ("I", None), ("F", None)])
def test_grey_of_32_bits_is_refused_with_advice(mode, kind):
    image = Image.new(mode, (16, 24))
    message = refusal(image if kind is None else saved(image, kind))
    assert f"(mode {mode}) have no known brightness range: save it with 8 bits" in message


UPRIGHT_FROM_STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.rot90(stored, 2).transpose(1, 0, 2),
    8: np.rot90,
}


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("orientation", UPRIGHT_FROM_STORED)
def test_exif_orientation_is_applied(orientation, kind):
    stored = noise(*((16, 24) if orientation >= 5 else (24, 16)), 3)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = saved(Image.fromarray(stored), kind, exif=exif)
    assert (decode(file, SMALL) == UPRIGHT_FROM_STORED[orientation](stored)).all()
    assert (decode(Image.open(io.BytesIO(file)), SMALL) == UPRIGHT_FROM_STORED[orientation](stored)).all()


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0\x08\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        b"Exif\0\0nonsense",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0\0\0\0\0",
    ],
)
def test_unreadable_exif_data_count_as_none(exif):
    picture = Image.fromarray(noise(24, 16, 3))
    assert (decode(saved(picture, "JPEG", exif=exif), SMALL) == decode(saved(picture, "JPEG"), SMALL)).all()


def test_a_readable_orientation_counts_although_other_exif_data_are_broken():
    """One entry more, of a type that does not exist."""
    entries = struct.pack("<HHIHH", 0x0112, 3, 1, 3, 0) + struct.pack("<HHII", 0x9286, 99, 2**31, 2**31)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + entries + bytes(4)
    picture = Image.fromarray(noise(24, 16, 3))
    turned = decode(saved(picture, "PNG", exif=exif), SMALL)
    assert (turned == np.rot90(noise(24, 16, 3), 2)).all()


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("aspect", ["stretch", "crop", "pad"])
def test_a_large_jpeg_decoded_at_a_reduced_scale_is_close_to_the_full_decode(aspect, orientation):
    preprocess = PreprocessConfig(aspect=aspect)
    upright = smooth(1000, 1500)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = upright if orientation == 1 else upright.transpose(Image.Transpose.ROTATE_90)
    file = saved(stored, "JPEG", quality=90, exif=exif)
    full = decode(to_rgb(file), preprocess)
    reduced = decode(file, preprocess)
    assert np.abs(reduced.astype(int) - full).mean() < 2
    assert np.abs(reduced.astype(int) - decode(upright, preprocess)).mean() < 3


def test_a_large_jpeg_is_reduced_to_no_less_than_twice_the_wanted_size():
    """Measured by the memory that it takes, too: decoding posters of 6 megapixels in full would be slow."""
    file = saved(Image.new("RGB", (2000, 3000), RED), "JPEG")
    assert to_rgb(file).size == (2000, 3000)
    assert to_rgb(file, wanted=(192, 288)).size == (500, 750)
    assert to_rgb(file, wanted=(1001, 288)).size == (2000, 3000)
    assert to_rgb(saved(Image.new("RGB", (300, 450)), "JPEG"), wanted=(192, 288)).size == (300, 450)


# What a caller hands over


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "1", "I;16", "CMYK"])
def test_a_callers_image_is_not_modified(mode):
    image = Image.fromarray(noise(40, 30, 3)).convert("L" if mode == "I;16" else mode)
    if mode == "I;16":
        image = Image.fromarray(noise(40, 30).astype(np.uint16) * 257)
    image.info["title"] = "mine"
    before = (image.size, image.mode, image.tobytes(), dict(image.info))
    decode(image, SMALL)
    to_rgb(image).paste(0, (0, 0, 30, 40))
    assert (image.size, image.mode, image.tobytes(), dict(image.info)) == before


def test_a_callers_open_file_is_not_reduced_and_not_closed():
    file = saved(Image.new("RGB", (800, 1200), RED), "JPEG")
    corner = Image.open(io.BytesIO(file)).getpixel((799, 1199))
    image = Image.open(io.BytesIO(file))
    decode(image, SMALL)
    assert (image.size, image.mode, image.getpixel((799, 1199))) == ((800, 1200), "RGB", corner)


def test_a_callers_array_is_not_modified_and_not_shared():
    array = noise(24, 16, 3)
    pixels = decode(array, SMALL)
    assert (pixels == array).all()
    to_rgb(array).paste(0, (0, 0, 16, 24))
    assert (array == noise(24, 16, 3)).all()


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_uint8_arrays_are_accepted(channels):
    array = noise(24, 16, *channels)
    expected = array if channels == (3,) else array.reshape(24, 16, 1).repeat(3, axis=2)
    assert (decode(array, SMALL) == expected).all()
    assert (decode(array[::-1], SMALL) == expected[::-1]).all(), "not contiguous"


def test_array_image_and_file_of_the_same_pixels_agree():
    array = noise(50, 40, 3)
    image = Image.fromarray(array)
    for source in (image, saved(image, "PNG"), saved(image, "BMP"), saved(image, "WEBP", lossless=True)):
        assert (decode(source, SMALL) == decode(array, SMALL)).all()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((24, 16, 3)),
        np.zeros((24, 16, 3), np.float32),
        np.zeros((24, 16), np.uint16),
        np.zeros((24, 16), bool),
        np.zeros((24, 16, 4), np.uint8),
        np.zeros((24, 16, 2), np.uint8),
        np.zeros((3, 24, 16), np.uint8),
        np.zeros((1, 24, 16, 3), np.uint8),
        np.zeros((0, 16, 3), np.uint8),
        np.zeros(7, np.uint8),
    ],
)
def test_other_arrays_are_refused_by_rule_and_shape(array):
    message = refusal(array)
    assert "must be uint8 of shape (H, W, 3), (H, W, 1) or (H, W)" in message
    assert f"but got {array.dtype} of shape {array.shape}" in message


@pytest.mark.parametrize("source", [None, 3, ["poster.jpg"], io.BytesIO(b"")])
def test_other_types_are_refused(source):
    assert f"but got {type(source).__name__}" in refusal(source)


# Threads


def test_threads_decode_without_a_warning_and_restore_the_filters():
    """With `catch_warnings`, filters that one thread puts back are those that another had set for itself."""
    header = struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 9_500, 9_500, 1, 24, *[0] * 6)
    files = [b"BM" + header] * 2000  # Pillow warns of their size.
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        with ThreadPoolExecutor(8) as pool:
            headers = list(pool.map(read_header, files))
        assert warnings.filters == before
        assert shown == []
        warnings.warn("of the caller", stacklevel=1)
        assert [str(warning.message) for warning in shown] == ["of the caller"]
    assert {header.width for header in headers} == {9_500}


class TellTale(Image.Image):
    """An image that warns as Pillow does, and as its caller would, while it is decoded."""

    def load(self):
        warnings.warn_explicit("of Pillow", UserWarning, "Image.py", 1, "PIL.Image")
        warnings.warn_explicit("of the caller", UserWarning, "shop.py", 1, "shop")
        return super().load()


def test_the_callers_own_warnings_are_shown_during_decoding():
    image = TellTale()
    image.__dict__.update(Image.new("RGB", (4, 4)).__dict__)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        to_rgb(image)
    assert {str(warning.message) for warning in shown} == {"of the caller"}
