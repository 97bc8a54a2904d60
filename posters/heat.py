"""A poster with the places that spoke for a genre: heat laid over it, and a box around the strongest region."""

import math

import numpy as np
from PIL import Image, ImageDraw

from posters.classifier import Explanation

# The longer side of a drawing; larger posters are scaled down, smaller ones stay as they are.
_LONGEST = 1200
# From dark to bright, so that stronger looks stronger, also in grey and to the colour-blind: eight colours of
# matplotlib's "inferno" (CC0), evenly spaced from 0 to 1.
_RAMP = np.array(
    [
        (0, 0, 4),
        (40, 11, 83),
        (101, 21, 110),
        (159, 42, 99),
        (212, 72, 66),
        (245, 125, 21),
        (250, 193, 39),
        (252, 255, 164),
    ],
    float,
)
_PALED = 0.6  # how far the poster's own colours are on their way to grey, so that the heat's stand out
_OPAQUE = 0.72  # of the strongest place, so that the poster is seen through it
_BOX, _EDGE = (255, 255, 255), (0, 0, 0)


def heat_picture(poster: Image.Image, explanation: Explanation) -> Image.Image:
    """Draw an explanation over its poster, in RGB; the poster itself stays as it is.

    A place's strength is its map's value as a share of the map's maximum, from 0 to 1. It chooses the colour, from dark
    to bright, and how much of the poster the colour covers. The poster below is paled, and nothing else.

    Args:
        poster: RGB, in any size that has the sides of `explanation.size`, but for rounding.
        explanation: of this poster.
    """
    scale = min(1.0, _LONGEST / max(explanation.size))
    size = _at_least_one(explanation.size[0] * scale), _at_least_one(explanation.size[1] * scale)
    ground = poster.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    shares = _on_poster(strength(explanation.map), explanation.frame, scale, size)
    paled = Image.blend(ground, ground.convert("L").convert("RGB"), _PALED)
    drawn = Image.fromarray(_over(np.asarray(paled, np.float32), shares))
    if explanation.box:
        _draw_box(drawn, [round(scale * side) for side in explanation.box])
    return drawn


def _at_least_one(length: float) -> int:
    return max(1, round(length))


def strength(map: np.ndarray) -> np.ndarray:
    """A map's values, (h, w), as shares of its strongest place.

    Returns:
        float32 (h, w), 0 to 1: 0 where a place speaks against the genre, and everywhere if none speaks for it.
    """
    strongest = float(map.max())
    return (map.clip(0) / strongest if strongest > 0 else np.zeros_like(map)).astype(np.float32)


def _on_poster(
    shares: np.ndarray, frame: tuple[float, float, float, float], scale: float, size: tuple[int, int]
) -> np.ndarray:
    """Enlarged smoothly to (height, width) of the drawing; 0 where the map doesn't reach."""
    left, top, right, bottom = (scale * side for side in frame)
    enlarged = Image.fromarray(shares).resize(
        (_at_least_one(right - left), _at_least_one(bottom - top)), Image.Resampling.BICUBIC
    )
    whole = Image.new("F", size)
    whole.paste(enlarged, (round(left), round(top)))
    return np.asarray(whole).clip(0, 1)


def _over(pixels: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3): pixels (H, W, 3), 0 to 255, under colours of shares (H, W), 0 to 1."""
    stops = np.linspace(0, 1, len(_RAMP))
    colours = np.stack([np.interp(shares, stops, channel) for channel in _RAMP.T], axis=-1)
    opacity = (_OPAQUE * shares)[..., None]
    return np.rint(pixels * (1 - opacity) + colours * opacity).astype(np.uint8)


def _draw_box(picture: Image.Image, box: list[int]) -> None:
    """A white line between two black ones, which is seen on any ground."""
    line = max(1, math.ceil(max(picture.size) / 300))
    left, top, right, bottom = box
    pen = ImageDraw.Draw(picture)
    for inset, width, colour in ((0, 3 * line, _EDGE), (line, line, _BOX)):
        corners = (left + inset, top + inset, right - 1 - inset, bottom - 1 - inset)
        if corners[0] <= corners[2] and corners[1] <= corners[3]:
            pen.rectangle(corners, outline=colour, width=width)
