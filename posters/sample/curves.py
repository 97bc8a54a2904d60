"""Outlines: smooth curves through a few points, broken lines of hills, and their move to where they are wanted."""

from collections.abc import Sequence
from math import cos, pi, sin

import numpy as np

from posters.sample.canvas import Point


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
