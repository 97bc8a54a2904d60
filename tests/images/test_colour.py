"""Colour profiles: converted to sRGB as they mean it, and ignored where they are broken, huge or for something else."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from posters.config import PreprocessConfig
from posters.images.colour import MAX_PROFILE_BYTES
from posters.images.decoding import decode, to_rgb
from posters.images.png_chunks import chunk
from tests.images.pictures import IMAGES, SMALL, noise, saved, smooth
from tests.images.profiles import (
    DISPLAY_P3,
    PROPHOTO,
    SRGB,
    cmyk_profile,
    grey_profile,
    rgb_profile,
    srgb_of_lab,
    srgb_of_rgb,
    srgb_of_xyz,
)

PICTURE = noise(24, 16, 3)


def levels(source):
    return np.asarray(to_rgb(source)).astype(int)


@pytest.mark.parametrize(("primaries", "gamma"), [(DISPLAY_P3, 2.2), (PROPHOTO, 1.8), (SRGB, 1.0)])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_a_profile_of_rgb_is_converted_as_its_numbers_mean(primaries, gamma, kind):
    options = {"lossless": True} if kind == "WEBP" else {}
    file = saved(Image.fromarray(PICTURE), kind, icc_profile=rgb_profile(primaries, gamma), **options)
    expected = srgb_of_rgb(PICTURE, primaries, gamma)
    assert np.abs(levels(file) - PICTURE).max() > 20
    assert np.abs(levels(file) - expected).max() <= 2


@pytest.mark.parametrize("kind", ["JPEG", "AVIF"])
def test_lossy_formats_have_profiles_too(kind):
    picture = Image.new("RGB", (40, 60), (200, 60, 60))
    file = saved(picture, kind, icc_profile=rgb_profile(DISPLAY_P3, 2.2))
    plain = levels(saved(picture, kind))
    assert np.abs(levels(file) - srgb_of_rgb(plain, DISPLAY_P3, 2.2)).max() <= 2


def test_pixels_of_srgb_do_not_change_by_a_level():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name in ("rgb.jpg", "rgb.png"):
        picture = Image.open(IMAGES / name)
        plain = decode(picture, SMALL)
        picture.info["icc_profile"] = profile
        assert (decode(picture, SMALL) == plain).all()


def lab_of(cyan, magenta, yellow, black):
    """Inks that darken, each to a colour of its own; black, and all three others together, leave no light."""
    light = 0 if black or cyan + magenta + yellow == 3 else 100 - 20 * (cyan + magenta + yellow)
    return (light, -30 * cyan + 30 * magenta, -30 * cyan + 30 * yellow) if light else (0, 0, 0)


def test_a_profile_of_cmyk_is_converted_by_its_table():
    for inks in [(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (255, 255, 0, 0), (0, 0, 0, 255)]:
        picture = Image.new("CMYK", (16, 24), inks)
        file = saved(picture, "TIFF", icc_profile=cmyk_profile(lab_of))
        expected = srgb_of_lab(lab_of(*(ink // 255 for ink in inks)))
        assert np.abs(levels(file)[0, 0] - expected).max() <= 3, inks


def test_a_jpeg_of_cmyk_is_converted_too():
    """Its inks are stored the other way round."""
    picture = Image.new("CMYK", (40, 60), (255, 0, 0, 0))
    file = saved(picture, "JPEG", quality=95, icc_profile=cmyk_profile(lab_of))
    assert np.abs(levels(file)[30, 20] - srgb_of_lab(lab_of(1, 0, 0, 0))).max() <= 6


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_a_profile_of_grey_is_for_grey(mode):
    grey = Image.fromarray(PICTURE[..., 0]).convert(mode)
    grey.info["icc_profile"] = grey_profile(1.8)
    plain = np.asarray(grey.convert("L"))[..., None] / 255
    expected = srgb_of_xyz(plain**1.8 * SRGB.sum(axis=1))
    assert np.abs(levels(grey) - expected).max() <= 2


def test_grey_may_have_a_profile_of_rgb():
    """As cameras write it."""
    grey = Image.fromarray(PICTURE[..., 0])
    grey.info["icc_profile"] = rgb_profile(DISPLAY_P3, 1.0)
    expected = srgb_of_rgb(np.repeat(PICTURE[..., :1], 3, axis=2), DISPLAY_P3, 1.0)
    assert np.abs(levels(grey) - expected).max() <= 2


def test_palettes_and_transparency_are_resolved_before():
    palette = Image.fromarray(PICTURE).quantize(16)
    plain = levels(palette)
    palette.info["icc_profile"] = rgb_profile(DISPLAY_P3, 2.2)
    assert np.abs(levels(palette) - srgb_of_rgb(plain, DISPLAY_P3, 2.2)).max() <= 2
    clear = Image.new("RGBA", (16, 24), (200, 0, 0, 0))
    clear.info["icc_profile"] = rgb_profile(DISPLAY_P3, 2.2)
    assert levels(clear).min() >= 254


GOOD = rgb_profile(DISPLAY_P3, 2.2)


@pytest.mark.parametrize(
    "profile",
    [
        b"",
        b"no profile",
        GOOD[:200],
        GOOD[:36] + b"ACSP" + GOOD[40:],
        GOOD + bytes(MAX_PROFILE_BYTES),
        grey_profile(1.0),
        cmyk_profile(lab_of),
        "text",
    ],
    ids=["empty", "none", "cut", "unsigned", "huge", "of grey", "of CMYK", "of another type"],
)
def test_a_profile_that_does_not_count_changes_nothing(profile):
    picture = Image.fromarray(PICTURE)
    picture.info["icc_profile"] = profile
    assert (levels(picture) == PICTURE).all()


@given(place=st.integers(0, len(GOOD) - 1), value=st.integers(0, 255), end=st.integers(0, len(GOOD)))
def test_a_damaged_profile_never_makes_a_picture_unreadable(place, value, end):
    profile = bytearray(GOOD[:end])
    if place < end:
        profile[place] = value
    picture = Image.fromarray(PICTURE)
    picture.info["icc_profile"] = bytes(profile)
    assert levels(picture).shape == PICTURE.shape


def test_a_png_with_a_profile_of_a_megabyte_and_more_is_read_without_it():
    file = saved(Image.fromarray(PICTURE), "PNG")
    huge = chunk(b"iCCP", b"x\0\0" + zlib.compress(GOOD + bytes(2_000_000)))
    assert (levels(file[:33] + huge + file[33:]) == PICTURE).all()


@pytest.mark.parametrize("turned", [False, True])
def test_a_large_picture_with_a_profile_is_close_to_the_full_conversion(turned):
    exif = Image.Exif()
    exif[0x0112] = 6 if turned else 1
    file = saved(smooth(1000, 1500), "PNG", icc_profile=GOOD, exif=exif)
    assert to_rgb(file).size == ((1500, 1000) if turned else (1000, 1500))
    reduced = to_rgb(file, wanted=(60, 90)).size
    assert reduced == ((300, 200) if turned else (200, 300))
    config = PreprocessConfig(height=90, width=60)
    assert np.abs(decode(file, config).astype(int) - decode(to_rgb(file), config)).mean() < 2


def test_a_converted_picture_is_not_converted_again():
    file = saved(Image.fromarray(PICTURE), "PNG", icc_profile=GOOD)
    once = to_rgb(file)
    assert (decode(once, SMALL) == decode(file, SMALL)).all()
    assert "icc_profile" not in once.info
