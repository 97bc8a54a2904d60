"""Aspect rules and filters, on pictures whose pixels are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from posters.config import PreprocessConfig
from posters.images.decoding import decode
from tests.images.pictures import BLUE, GREEN, RED, SMALL, noise

# Geometry: a picture of three stripes, each a third of it.


def stripes(width, height, across):
    pixels = np.zeros((height, width, 3), np.uint8)
    for number, colour in enumerate((RED, GREEN, BLUE)):
        third = slice(number * width // 3, (number + 1) * width // 3)
        pixels[:, third] = colour
    return pixels if across else pixels.transpose(1, 0, 2)


def square(aspect):
    return PreprocessConfig(height=30, width=30, aspect=aspect, resampling="box")


@pytest.mark.parametrize("across", [True, False])
def test_stretch_keeps_everything_and_distorts(across):
    pixels = decode(stripes(90, 30, across), square("stretch"))
    assert (pixels == stripes(30, 30, across)).all()


@pytest.mark.parametrize("across", [True, False])
def test_crop_keeps_the_middle_undistorted(across):
    """The middle third of three times as wide as high is the green stripe alone."""
    pixels = decode(stripes(90, 30, across), square("crop"))
    assert (pixels == np.array(GREEN)).all()


@pytest.mark.parametrize("across", [True, False])
def test_pad_keeps_everything_undistorted_between_white(across):
    pixels = decode(stripes(90, 30, across), square("pad"))
    pixels = pixels if across else pixels.transpose(1, 0, 2)
    assert (pixels[:10] == 255).all()
    assert (pixels[20:] == 255).all()
    assert (pixels[10:20] == stripes(30, 10, True)).all()


@pytest.mark.parametrize("aspect", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("size", [(16, 24), (32, 48), (160, 240)])
def test_the_aspect_rule_does_not_matter_for_an_image_of_the_right_shape(size, aspect):
    picture = Image.fromarray(noise(size[1], size[0], 3))
    expected = decode(picture, SMALL)
    assert (decode(picture, PreprocessConfig(height=24, width=16, aspect=aspect)) == expected).all()


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    preprocess=st.builds(
        PreprocessConfig,
        height=st.integers(16, 40),
        width=st.integers(16, 40),
        aspect=st.sampled_from(["stretch", "crop", "pad"]),
        resampling=st.sampled_from(["bilinear", "bicubic", "lanczos", "box"]),
    ),
)
def test_a_picture_of_one_colour_stays_so_in_any_shape(width, height, preprocess):
    pixels = decode(Image.new("RGB", (width, height), RED), preprocess)
    assert pixels.shape == preprocess.shape
    painted = (pixels == np.array(RED)).all(axis=2)
    assert painted.any()
    assert (painted | ((pixels == 255).all(axis=2) & (preprocess.aspect == "pad"))).all()


def test_resizing_is_antialiased():
    """Black and white lines become even grey, whatever the filter."""
    lines = np.tile(np.array([[0], [255]], np.uint8), (240, 160))
    for resampling in ("bilinear", "bicubic", "lanczos", "box"):
        pixels = decode(lines, PreprocessConfig(height=24, width=16, resampling=resampling))
        assert np.abs(pixels[2:-2].astype(int) - 127.5).max() < 5
