"""Where on a poster a genre's probability comes from: its class activation map, and a box around the strongest region.

The map is enlarged bilinearly. The places that reach half of its maximum and are connected to the maximum, side by
side, are the region; the box is the smallest that contains the region. A map without a positive value has no box:
nothing on the poster speaks for the genre. Class activation maps are those of Zhou et al. 2016.
"""

import math
from dataclasses import dataclass

import numpy as np

from posters._base.brief import brief_repr
from posters.config import PreprocessConfig

# How much the map is enlarged, so that a box is not tied to the map's few places.
_SCALE = 8
# Of the maximum, from which on a place belongs to the region. Zhou et al. take 0.2, to box whole objects in photos.
_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Explanation:
    """Where on one poster the probability of one genre comes from.

    Attributes:
        genre: the name of the genre.
        probability: calibrated, from 0 to 1.
        map: float32 (h, w), what each place adds to the genre's logit, to first order; below 0 it speaks against it.
        size: (width, height) of the upright poster in pixels.
        frame: (left, top, right, bottom) of the rectangle that the map covers, in pixels of the poster. The poster
            itself unless the classifier crops or pads posters; padding lies outside of the poster.
        box: (left, top, right, bottom) of the strongest region, in pixels of the poster; None if nothing speaks for
            the genre.

    Examples:
        >>> explain_map("Horror", 0.9, np.eye(3, dtype=np.float32), (300, 300), PreprocessConfig()).frame
        (0.0, 0.0, 300.0, 300.0)
    """

    __repr__ = brief_repr

    genre: str
    probability: float
    map: np.ndarray
    size: tuple[int, int]
    frame: tuple[float, float, float, float]
    box: tuple[int, int, int, int] | None


def explain_map(
    genre: str, probability: float, heat: np.ndarray, size: tuple[int, int], preprocess: PreprocessConfig
) -> Explanation:
    """Return the explanation that a class activation map gives.

    Args:
        genre: the name of the genre.
        probability: of the genre, calibrated, from 0 to 1.
        heat: float32 (h, w).
        size: (width, height) of the upright poster in pixels.
        preprocess: how the poster was decoded.

    Examples:
        >>> explain_map("Horror", 0.9, -np.ones((3, 2), np.float32), (400, 600), PreprocessConfig()).box is None
        True
    """
    from posters.images.resizing import visible_frame  # Here, as in `posters.classifier.loading`.

    frame = visible_frame(size, preprocess)
    box = _strongest_box(heat, size, frame) if heat.max() > 0 else None
    return Explanation(genre, probability, heat, size, frame, box)


def _strongest_box(
    heat: np.ndarray, size: tuple[int, int], frame: tuple[float, float, float, float]
) -> tuple[int, int, int, int] | None:
    from PIL import Image

    height, width = heat.shape
    enlarged = Image.fromarray(heat).resize((_SCALE * width, _SCALE * height), Image.Resampling.BILINEAR)
    rows, columns = np.nonzero(_strongest_region(np.asarray(enlarged)))
    step_x = (frame[2] - frame[0]) / enlarged.width
    step_y = (frame[3] - frame[1]) / enlarged.height
    left, right = _span(columns, step_x, frame[0], size[0])
    top, bottom = _span(rows, step_y, frame[1], size[1])
    # In padding alone, the region is not on the poster.
    return (left, top, right, bottom) if left < right and top < bottom else None


def _span(places: np.ndarray, step: float, start: float, length: int) -> tuple[int, int]:
    """Return first and last edge of the places, in whole pixels of a poster that is `length` pixels long."""
    first, last = start + step * places.min(), start + step * (places.max() + 1)
    # The margins keep rounding errors from growing the box by a pixel.
    return max(0, math.floor(first + 1e-6)), min(length, math.ceil(last - 1e-6))


def _strongest_region(heat: np.ndarray) -> np.ndarray:
    """Return bool (h, w): the places of at least half the maximum that are connected to it."""
    strong: np.ndarray = heat >= _SHARE * heat.max()
    region = np.zeros_like(strong)
    region.flat[heat.argmax()] = True
    # Grows by one place per turn. Without scipy, which the light install lacks; maps are small.
    while True:
        grown = region.copy()
        grown[1:] |= region[:-1]
        grown[:-1] |= region[1:]
        grown[:, 1:] |= region[:, :-1]
        grown[:, :-1] |= region[:, 1:]
        grown &= strong
        if (grown == region).all():
            return region
        region = grown
