"""A poster with the places that speak for a genre: a heat map over it, and a box around the strongest region."""

import math

import numpy as np
from PIL import Image, ImageDraw

from posters.classifier.explanation import Explanation

# The longer side of a drawing in pixels. Larger posters are scaled down, smaller ones keep their size.
_LONGEST = 1200
# From dark to bright, so that stronger looks stronger in grey and to the colour-blind too: eight colours of
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
_GREYED = 0.6  # how far the poster's own colours are mixed with grey, so that those of the heat map stand out
_OPACITY = 0.72  # of the strongest place, so that the poster shines through
_BOX, _EDGE = (255, 255, 255), (0, 0, 0)


def draw_heatmap(poster: Image.Image, explanation: Explanation) -> Image.Image:
    """Draw an explanation over its poster; the poster itself stays as it is.

    The strength of a place is its map's value as a share of the map's maximum, from 0 to 1. It chooses the colour, from
    dark to bright, and how much the colour covers. The poster below is greyed.

    Args:
        poster: RGB, of the aspect of `explanation.size`, in any size.
        explanation: of this poster.

    Returns:
        An RGB image, its longer side at most 1,200 pixels.

    Examples:
        >>> heat = np.eye(3, dtype=np.float32)
        >>> explanation = Explanation("Horror", 0.9, heat, (300, 300), (0, 0, 300, 300), (0, 0, 100, 100))
        >>> draw_heatmap(Image.new("RGB", (300, 300)), explanation).size
        (300, 300)
    """
    scale = min(1.0, _LONGEST / max(explanation.size))
    size = _pixels(explanation.size[0] * scale), _pixels(explanation.size[1] * scale)
    poster = poster.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    greyed = np.asarray(Image.blend(poster, poster.convert("L").convert("RGB"), _GREYED), np.float32)
    shares = _enlarge(strength(explanation.map), explanation.frame, scale, size)
    # Each channel by itself: np.interp takes one curve at a time.
    stops = np.linspace(0, 1, len(_RAMP))
    colours = np.stack([np.interp(shares, stops, channel) for channel in _RAMP.T], axis=-1)
    opacity = (_OPACITY * shares)[..., None]
    drawing = Image.fromarray(np.rint(greyed * (1 - opacity) + colours * opacity).astype(np.uint8))
    if explanation.box:
        _draw_box(drawing, [round(scale * side) for side in explanation.box])
    return drawing


def strength(heat: np.ndarray) -> np.ndarray:
    """Return a map's values as shares of its strongest place.

    Args:
        heat: a class activation map, float32 (h, w).

    Returns:
        float32 (h, w), from 0 to 1: 0 where a place speaks against the genre, and everywhere if none speaks for it.

    Examples:
        >>> strength(np.array([[-1.0, 1.0, 2.0]])).tolist()
        [[0.0, 0.5, 1.0]]
    """
    strongest = float(heat.max())
    shares: np.ndarray = (heat.clip(0) / strongest if strongest > 0 else np.zeros_like(heat)).astype(np.float32)
    return shares


def _pixels(length: float) -> int:
    return max(1, round(length))


def _enlarge(
    shares: np.ndarray, frame: tuple[float, float, float, float], scale: float, size: tuple[int, int]
) -> np.ndarray:
    """Enlarge smoothly to float32 (height, width) of the drawing; 0 outside of the map."""
    left, top, right, bottom = (scale * side for side in frame)
    lengths = _pixels(right - left), _pixels(bottom - top)
    enlarged = Image.fromarray(shares).resize(lengths, Image.Resampling.BICUBIC)
    whole = Image.new("F", size)
    whole.paste(enlarged, (round(left), round(top)))
    # Bicubic filters overshoot.
    return np.asarray(whole).clip(0, 1)


def _draw_box(drawing: Image.Image, box: list[int]) -> None:
    """Draw a white line between two black ones, which is visible on any ground."""
    line = max(1, math.ceil(max(drawing.size) / 300))
    left, top, right, bottom = box
    pen = ImageDraw.Draw(drawing)
    for inset, width, colour in ((0, 3 * line, _EDGE), (line, line, _BOX)):
        corners = (left + inset, top + inset, right - 1 - inset, bottom - 1 - inset)
        if corners[0] <= corners[2] and corners[1] <= corners[3]:
            pen.rectangle(corners, outline=colour, width=width)
