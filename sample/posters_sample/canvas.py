"""The sheet that a poster is drawn on, at twice its final size, and the strokes and curves that motifs are made of."""

from collections.abc import Sequence
from functools import lru_cache
from math import cos, pi, sin
from typing import TypeVar

import numpy as np
from PIL import Image, ImageDraw

from posters_sample.palettes import Colour, Palette

WIDTH, HEIGHT = 600, 900

Point = tuple[float, float]
Option = TypeVar("Option")


def one_of(options: Sequence[Option], rng: np.random.Generator) -> Option:
    """One of `options`, each as likely as the others."""
    return options[int(rng.integers(len(options)))]


class Canvas:
    """A picture of 600x900 pixels, its palette and its own source of chance.

    Coordinates are pixels from the top left corner; opacities go from 0 to 1.
    """

    def __init__(self, palette: Palette, rng: np.random.Generator) -> None:
        self.palette = palette
        self.rng = rng
        self.image = Image.new("RGB", (WIDTH, HEIGHT))
        self._pen = ImageDraw.Draw(self.image)
        self.gradient(palette.top, palette.bottom)

    def between(self, low: float, high: float) -> float:
        """A number drawn evenly between `low` and `high`."""
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """Return True with a probability."""
        return self.between(0, 1) < probability

    def pick(self, options: Sequence[Option]) -> Option:
        """Return one of `options`, each as likely as the others."""
        return one_of(options, self.rng)

    def gradient(self, top: Colour, bottom: Colour, y0: float = 0, y1: float = HEIGHT) -> None:
        """Fill the band from y0 to y1 with a vertical run of colour."""
        height = round(y1) - round(y0)
        self.image.paste(_gradient(top, bottom, height), (0, round(y0)))

    def fill(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        self._pen.polygon(points, fill=colour)

    def veil(self, polygons: Sequence[Sequence[Point]], colour: Colour, opacity: float) -> None:
        """Translucent polygons, which let what lies under them through evenly where they overlap."""
        self.paint(polygon_mask(*polygons, opacity=opacity), colour)

    def disc(self, x: float, y: float, radius: float, colour: Colour, flat: float = 1) -> None:
        """A filled circle, or an ellipse `flat` times as high as it is wide."""
        self._pen.ellipse((x - radius, y - radius * flat, x + radius, y + radius * flat), fill=colour)

    def ring(self, x: float, y: float, radius: float, colour: Colour, width: float) -> None:
        """A circle's outline, `width` pixels inwards from its radius."""
        self._pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=colour, width=round(width))

    def block(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        """A filled rectangle."""
        self._pen.rectangle((x0, y0, x1, y1), fill=colour)

    def stroke(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """A line through `points` with rounded corners and ends."""
        self._pen.line(points, fill=colour, width=round(width), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2 - 0.5, colour)

    def glow(self, x: float, y: float, radius: float, colour: Colour, opacity: float = 0.6) -> None:
        """Light that fades to nothing at `radius`."""
        size = max(2, round(radius * 2))
        mask = _halo().resize((size, size), Image.Resampling.BILINEAR).point(_fading(opacity))
        self.image.paste(colour, (round(x - size / 2), round(y - size / 2)), mask)

    def haze(self, y0: float, y1: float, colour: Colour, opacity: float = 0.7) -> None:
        """A veil over the full width that grows from nothing at y0 to `opacity` at y1, up- or downwards."""
        low, high = sorted((round(y0), round(y1)))
        ramp = Image.linear_gradient("L").resize((WIDTH, max(1, high - low)))
        if y1 < y0:
            ramp = ramp.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        self.image.paste(colour, (0, low), ramp.point(_fading(opacity)))

    def paint(self, mask: Image.Image, colour: Colour | Image.Image) -> None:
        """Colour, or another picture of this size, where a mask of this size is white."""
        self.image.paste(colour, (0, 0), mask)


def polygon_mask(*polygons: Sequence[Point], opacity: float = 1) -> Image.Image:
    """A mask of the canvas's size, `opacity` inside the polygons."""
    mask = Image.new("L", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(mask)
    for points in polygons:
        pen.polygon(points, fill=round(255 * opacity))
    return mask


def _gradient(top: Colour, bottom: Colour, height: int) -> Image.Image:
    share = np.linspace(0, 1, max(1, height))[:, None, None]
    column = np.array(top) * (1 - share) + np.array(bottom) * share
    return Image.fromarray(np.rint(column).astype(np.uint8)).resize((WIDTH, max(1, height)), Image.Resampling.NEAREST)


@lru_cache(maxsize=1)
def _halo() -> Image.Image:
    """White in the middle, falling off with the square of the way to the edge of a circle."""
    axis = np.linspace(-1, 1, 192)
    fall = np.clip(1 - np.sqrt(axis[:, None] ** 2 + axis[None, :] ** 2), 0, 1) ** 2
    return Image.fromarray(np.rint(fall * 255).astype(np.uint8))


def _fading(opacity: float) -> list[int]:
    return [round(value * opacity) for value in range(256)]


def smooth(points: Sequence[Point], steps: int = 8) -> list[Point]:
    """A closed Catmull-Rom curve through `points`, with `steps` points for each of them."""
    before, here, after, beyond = (
        np.roll(np.asarray(points, float), shift, axis=0)[:, None] for shift in (1, 0, -1, -2)
    )
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    curve = (
        2 * here
        + (after - before) * t
        + (2 * before - 5 * here + 4 * after - beyond) * t**2
        + (3 * here - before - 3 * after + beyond) * t**3
    ) / 2
    return [(float(x), float(y)) for x, y in curve.reshape(-1, 2)]


def placed(points: Sequence[Point], x: float, y: float, scale: float, mirrored: bool = False) -> list[Point]:
    """`points` times `scale`, with their origin moved to (x, y)."""
    across = -scale if mirrored else scale
    return [(x + px * across, y + py * scale) for px, py in points]


def turned(points: Sequence[Point], degrees: float, x: float = 0, y: float = 0) -> list[Point]:
    """`points` turned clockwise around (x, y)."""
    c, s = cos(degrees * pi / 180), sin(degrees * pi / 180)
    return [(x + (px - x) * c - (py - y) * s, y + (px - x) * s + (py - y) * c) for px, py in points]


def around(x: float, y: float, radius: float, degrees: float) -> Point:
    """The point at `radius` from (x, y) in the direction `degrees`: 0 to the right, 90 downwards."""
    return (x + radius * cos(degrees * pi / 180), y + radius * sin(degrees * pi / 180))


def star(x: float, y: float, outer: float, inner: float, points: int, turn: float = -90) -> list[Point]:
    """A star's outline, its radius going back and forth between `outer` and `inner`."""
    return [around(x, y, inner if i % 2 else outer, turn + 180 * i / points) for i in range(2 * points)]


def broken_line(rng: np.random.Generator, height: float, halvings: int, roughness: float = 0.5) -> list[float]:
    """2**halvings + 1 heights about 0, made by moving midpoints: low roughness rolls, high roughness is jagged."""
    line = rng.uniform(-height, height, 2)
    for _ in range(halvings):
        middles = (line[:-1] + line[1:]) / 2 + rng.uniform(-height, height, len(line) - 1)
        longer = np.empty(2 * len(line) - 1)
        longer[0::2], longer[1::2] = line, middles
        line, height = longer, height * roughness
    return [float(value) for value in line]
