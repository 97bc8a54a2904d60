"""Effects on a line of letters: square corners, serifs, stencils, wear, drips, cuts.

Each takes a mask (white ink on black, with black all round) and a source of chance and returns a mask of the same size.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageDraw


def grown(mask: Image.Image, across: int, down: int) -> Image.Image:
    """The mask with its ink spread by some pixels each way, corners kept square; negative numbers thin it."""
    for step, (dx, dy) in ((across, (1, 0)), (down, (0, 1))):
        combine = ImageChops.lighter if step > 0 else ImageChops.darker
        for distance in _doublings(abs(step)):
            moved = ImageChops.offset(mask, dx * distance, dy * distance)
            back = ImageChops.offset(mask, -dx * distance, -dy * distance)
            mask = combine(combine(mask, moved), back)
    return mask


def _doublings(total: int) -> list[int]:
    """Steps that add up to `total`, none longer than what the ones before it have filled."""
    steps, reached = [], 0
    while reached < total:
        step = min(total - reached, 2 * reached + 1)
        steps.append(step)
        reached += step
    return steps


def _ends(mask: Image.Image, reach: int, band: float) -> Image.Image:
    """Spread the ink sideways at the top and the bottom of the letters: serifs."""
    _, top, _, bottom = mask.getbbox() or (0, 0, *mask.size)
    height = max(2, round((bottom - top) * band))
    wide = grown(mask, reach, 0)
    for y in (top, bottom - height):
        box = (0, y, mask.width, y + height)
        mask.paste(wide.crop(box), box)
    return mask


def _worn(mask: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Ink that did not take everywhere."""
    coarse = rng.integers(0, 256, (max(2, mask.height // 5), max(2, mask.width // 5)), dtype=np.uint8)
    patches = Image.fromarray(coarse).resize(mask.size, Image.Resampling.BICUBIC)
    return ImageChops.multiply(mask, patches.point([min(255, max(0, (value - 34) * 9)) for value in range(256)]))


def _sliced(mask: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Two cuts through the line, what lies between them pushed aside."""
    result = mask.copy()
    _, top, _, bottom = mask.getbbox() or (0, 0, *mask.size)
    for share in (0.36, 0.68):
        y = round(top + (bottom - top) * share)
        band = mask.crop((0, y, mask.width, mask.height))
        result.paste(ImageChops.offset(band, int(rng.integers(5, 12)) * (1 if share < 0.5 else -1), 0), (0, y))
        result.paste(0, (0, y, mask.width, y + 4))
    return result


def _drips(mask: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Runs of paint below the letters."""
    left, _, right, bottom = mask.getbbox() or (0, 0, *mask.size)
    pen, ink = ImageDraw.Draw(mask), mask.load()
    for x in range(left + 6, right - 6, 13):
        width, length = float(rng.uniform(2.5, 5.5)), float(rng.uniform(0.03, 0.32)) ** 1.4 * 210
        if ink is not None and ink[x, bottom - 8] and rng.uniform() < 0.75:
            pen.rectangle((x - width, bottom - 12, x + width, bottom + length), fill=255)
            drop = (x - width * 1.2, bottom + length - width, x + width * 1.2, bottom + length + width * 2)
            pen.ellipse(drop, fill=255)
    return mask


def _jagged(mask: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Rows and columns pushed about, as by a shaking hand."""
    pixels = np.asarray(mask)
    across = np.repeat(rng.integers(-2, 3, pixels.shape[0] // 5 + 1), 5)[: pixels.shape[0], None]
    down = np.repeat(rng.integers(-3, 4, pixels.shape[1] // 8 + 1), 8)[None, : pixels.shape[1]]
    rows = np.clip(np.arange(pixels.shape[0])[:, None] + down, 0, pixels.shape[0] - 1)
    columns = np.clip(np.arange(pixels.shape[1])[None, :] + across, 0, pixels.shape[1] - 1)
    return Image.fromarray(pixels[rows, columns])


def _scanlines(mask: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Dark lines across."""
    pen = ImageDraw.Draw(mask)
    for y in range(0, mask.height, 12):
        pen.rectangle((0, y, mask.width, y + 3), fill=0)
    return mask


def _inline(mask: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A light line inside every stroke."""
    line = ImageChops.subtract(grown(mask, -4, -4), grown(mask, -7, -7))
    return ImageChops.subtract(mask, line)


EFFECTS: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "square": lambda mask, rng: grown(mask, 3, 3),
    "modulate": lambda mask, rng: grown(grown(mask, 4, 0), 0, -3),
    "serif": lambda mask, rng: _ends(mask, 9, 0.035),
    "slab": lambda mask, rng: _ends(mask, 9, 0.13),
    "outline": lambda mask, rng: ImageChops.subtract(mask, grown(mask, -4, -4)),
    "bridges": lambda mask, rng: mask,  # `posters.sample.lettering` has cut them, letter by letter
    "inline": _inline,
    "worn": _worn,
    "sliced": _sliced,
    "drips": _drips,
    "jagged": _jagged,
    "scanlines": _scanlines,
}
