"""Images and helpers that the tests of this folder share."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posters.config import PreprocessConfig
from posters.errors import ImageError
from posters.images.decoding import decode
from posters.images.png_chunks import SIGNATURE, chunk

IMAGES = Path(__file__).parents[1] / "golden" / "images"
SMALL = PreprocessConfig(height=24, width=16)
SHAPE = (24, 16, 3)

RED, GREEN, BLUE, YELLOW, WHITE = (220, 30, 30), (30, 180, 60), (40, 60, 200), (240, 220, 40), (255, 255, 255)
COLOURS = (RED, GREEN, BLUE, YELLOW)
GREYS = tuple((level,) * 3 for level in (0, 85, 170, 255))
# Green of which 128 / 255 are left over white.
PALE_GREEN = (142, 217, 157)

# The colours of the four corners, worked out by hand: upper left, upper right, lower left, lower right.
CORNERS = {
    "animation.gif": COLOURS,
    "animation.webp": COLOURS,
    "bits.png": ((0,) * 3, WHITE, WHITE, (0,) * 3),
    "cmyk.jpg": COLOURS,
    "grey16.pgm": GREYS,
    "grey16.png": GREYS,
    "grey16.tif": GREYS,
    "la.png": ((0,) * 3, (127,) * 3, (170,) * 3, WHITE),
    "palette.png": (RED, GREEN, BLUE, WHITE),
    "progressive.jpg": COLOURS,
    "rgb.avif": COLOURS,
    "rgb.bmp": COLOURS,
    "rgb.jp2": COLOURS,
    "rgb.jpg": COLOURS,
    "rgb.png": COLOURS,
    "rgb.ppm": COLOURS,
    "rgb.tif": COLOURS,
    "rgba.png": (RED, PALE_GREEN, BLUE, WHITE),
    "tall.jpg": COLOURS,
    "turned.jpg": COLOURS,
    "two_pictures.mpo": COLOURS,
    "wide.jpg": COLOURS,
}
LOSSY = (".jpg", ".avif", ".mpo")


def golden_bytes(name):
    return (IMAGES / name).read_bytes()


def saved(image, kind, **options):
    """An image file's bytes."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(height, width, *channels, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, *channels), dtype=np.uint8)


def refusal(source, preprocess=SMALL):
    """The message with which an image is refused: one line, always."""
    with pytest.raises(ImageError) as caught:
        decode(source, preprocess)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def smooth(width, height):
    """A picture with large and small shapes, as posters have."""
    coarse = Image.fromarray(noise(12, 8, 3)).resize((width, height), Image.Resampling.BICUBIC)
    fine = Image.fromarray(noise(height // 10, width // 10, 3, seed=1)).resize((width, height))
    return Image.blend(coarse, fine, 0.3)


def png_claiming(width, height, depth=8, colour=2):
    """A tiny PNG file whose header claims any size, of RGB unless another type of colour is given."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
