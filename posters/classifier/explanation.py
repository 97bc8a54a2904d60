"""Where on a poster a genre's probability comes from: its class activation map, and a box around the strongest region.

The box is made by one rule. The map is enlarged (bilinear); of the places that reach half of its maximum, those that
hang together with the maximum, side by side, are the region; the box is the smallest that holds it. A map that is
nowhere above 0 has no box: nothing on the poster speaks for the genre.
"""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from posters.config import PreprocessConfig
from posters.resizing import seen_frame

_ENLARGED = 8  # times, so that a box is not bound to the map's few places
_SHARE = 0.5  # of the maximum, from which on a place belongs to the region


@dataclass(frozen=True, eq=False)
class Explanation:
    """Where on one poster one genre's probability comes from.

    Attributes:
        genre: which.
        probability: calibrated, from 0 to 1.
        map: float32 (h, w), what each place adds to the genre's logit, to first order; below 0 it speaks against it.
        size: (width, height) of the poster in pixels, upright.
        frame: (left, top, right, bottom) of the rectangle that the map covers, in pixels of the poster. The poster
            itself unless the classifier cuts or pads posters; padding lies outside of the poster.
        box: (left, top, right, bottom) of the strongest region, in pixels of the poster; None if nothing speaks for
            the genre.
    """

    genre: str
    probability: float
    map: np.ndarray
    size: tuple[int, int]
    frame: tuple[float, float, float, float]
    box: tuple[int, int, int, int] | None


def explanation(
    genre: str, probability: float, map: np.ndarray, size: tuple[int, int], preprocess: PreprocessConfig
) -> Explanation:
    """Put a genre's map, float32 (h, w), onto a poster of `size` (width, height) that was decoded by `preprocess`."""
    frame = seen_frame(size, preprocess)
    return Explanation(genre, probability, map, size, frame, _box(map, size, frame))


def _box(
    map: np.ndarray, size: tuple[int, int], frame: tuple[float, float, float, float]
) -> tuple[int, int, int, int] | None:
    if not map.max() > 0:
        return None
    height, width = map.shape
    enlarged = Image.fromarray(map).resize((_ENLARGED * width, _ENLARGED * height), Image.Resampling.BILINEAR)
    rows, columns = np.nonzero(_region(np.asarray(enlarged)))
    step_x = (frame[2] - frame[0]) / enlarged.width
    step_y = (frame[3] - frame[1]) / enlarged.height
    left, right = _span(columns, step_x, frame[0], size[0])
    top, bottom = _span(rows, step_y, frame[1], size[1])
    return (left, top, right, bottom) if left < right and top < bottom else None


def _span(places: np.ndarray, step: float, start: float, length: int) -> tuple[int, int]:
    """From the first place to the end of the last, in whole pixels of a poster that is `length` long."""
    first, last = start + step * places.min(), start + step * (places.max() + 1)
    return max(0, math.floor(first + 1e-6)), min(length, math.ceil(last - 1e-6))


def _region(map: np.ndarray) -> np.ndarray:
    """bool (h, w): what hangs together with the maximum among the places that reach half of it."""
    strong = map >= _SHARE * map.max()
    region = np.zeros_like(strong)
    region.flat[map.argmax()] = True
    while True:
        grown = _with_neighbours(region) & strong
        if (grown == region).all():
            return region
        region = grown


def _with_neighbours(region: np.ndarray) -> np.ndarray:
    grown = region.copy()
    grown[1:] |= region[:-1]
    grown[:-1] |= region[1:]
    grown[:, 1:] |= region[:, :-1]
    grown[:, :-1] |= region[:, 1:]
    return grown
