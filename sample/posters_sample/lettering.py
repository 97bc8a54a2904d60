"""Lettering: a title as a mask, in the many voices that weight, width, tracking and effects can give one font.

Pillow's built-in font is the only one that is the same everywhere, so all the variety has to come from here. Effects
take a mask (white ink on black, with black all round) and return one of the same size; a backing lifts a title off the
picture; `title_mask` breaks the words into lines that fill their box.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from math import ceil

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from posters.errors import ConfigError
from posters_sample.canvas import Canvas
from posters_sample.layouts import Box
from posters_sample.palettes import Colour


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
    "bridges": lambda mask, rng: mask,  # `posters_sample.lettering` has cut them, letter by letter
    "inline": _inline,
    "worn": _worn,
    "sliced": _sliced,
    "drips": _drips,
    "jagged": _jagged,
    "scanlines": _scanlines,
}


SIZE = 132  # of the font that titles are cut from, before they are scaled to their box
_UNSPLIT = set("IJLTYFVilrtfj1!'.,:-")  # letters that have no two sides to a stencil's bridge


@dataclass(frozen=True, slots=True)
class Lettering:
    """How a title is set.

    Attributes:
        case: "upper", "title" or "lower".
        weight: how much the strokes grow, in ems.
        width: how wide the letters become, 1 as the font has them.
        tracking: space added between letters, in ems.
        slant: horizontal shear, 0.2 for an italic.
        bounce: how far letters hop from the baseline, in ems.
        effects: names in `posters_sample.lettering.EFFECTS`, applied in order.
        backing: what lies behind the letters, a name in `posters_sample.lettering.BACKINGS`.
    """

    case: str = "upper"
    weight: float = 0.0
    width: float = 1.0
    tracking: float = 0.0
    slant: float = 0.0
    bounce: float = 0.0
    effects: tuple[str, ...] = ()
    backing: str = "none"


LETTERINGS: dict[str, Lettering] = {
    "poster_black": Lettering(weight=0.05, width=0.8, effects=("square",)),
    "condensed": Lettering(weight=0.03, width=0.5, effects=("square",)),
    "tall": Lettering(weight=0.012, width=0.42, tracking=0.06),
    "wide_thin": Lettering(width=1.25, tracking=0.35),
    "wide_heavy": Lettering(weight=0.045, width=1.35, tracking=0.05, effects=("square",)),
    "spaced": Lettering(weight=0.01, tracking=0.55),
    "quiet": Lettering(case="title", weight=0.004, tracking=-0.01),
    "quiet_lower": Lettering(case="lower", weight=0.012, tracking=0.02),
    "didone": Lettering(weight=0.012, tracking=0.03, effects=("modulate", "serif")),
    "didone_title": Lettering(case="title", weight=0.014, tracking=0.0, effects=("modulate", "serif")),
    "didone_italic": Lettering(case="title", weight=0.014, slant=0.22, effects=("modulate", "serif")),
    "soft_italic": Lettering(case="lower", weight=0.008, slant=0.26, tracking=-0.02),
    "rounded": Lettering(case="title", weight=0.065, tracking=0.06),
    "bouncing": Lettering(weight=0.07, tracking=0.09, bounce=0.09, backing="sticker"),
    "bubble": Lettering(case="lower", weight=0.085, tracking=0.1, bounce=0.04, backing="extrude"),
    "comic": Lettering(weight=0.06, width=0.85, tracking=0.06, slant=0.12, effects=("square",), backing="extrude"),
    "marquee": Lettering(weight=0.05, tracking=0.08, effects=("square", "inline"), backing="shadow"),
    "slab": Lettering(weight=0.035, width=0.72, tracking=0.08, effects=("square", "slab"), backing="shadow"),
    "wood_type": Lettering(weight=0.04, width=0.55, tracking=0.1, effects=("square", "slab", "worn")),
    "stencil": Lettering(weight=0.045, width=0.82, tracking=0.06, effects=("square", "bridges")),
    "stencil_worn": Lettering(weight=0.05, width=0.66, tracking=0.06, effects=("square", "bridges", "worn")),
    "typewriter": Lettering(weight=0.018, tracking=0.14, effects=("slab", "worn")),
    "heavy_italic": Lettering(weight=0.055, width=0.9, slant=0.24, effects=("square",)),
    "sliced": Lettering(weight=0.05, width=0.95, slant=0.12, effects=("square", "sliced")),
    "impact": Lettering(weight=0.06, width=0.62, tracking=0.02, effects=("square",), backing="shadow"),
    "outlined": Lettering(weight=0.04, width=0.9, tracking=0.08, effects=("square", "outline")),
    "dripping": Lettering(weight=0.04, width=0.66, tracking=0.05, effects=("drips",), backing="glow"),
    "scratched": Lettering(weight=0.03, width=0.6, tracking=0.04, bounce=0.03, effects=("jagged", "worn")),
    "trembling": Lettering(weight=0.012, width=0.8, tracking=0.2, effects=("jagged",)),
    "glowing": Lettering(weight=0.012, width=1.1, tracking=0.22, backing="glow"),
    "scanned": Lettering(weight=0.045, width=1.15, tracking=0.1, effects=("square", "scanlines")),
    "storybook": Lettering(
        case="title", weight=0.03, tracking=0.03, bounce=0.03, effects=("modulate", "serif"), backing="glow"
    ),
    "carved": Lettering(weight=0.02, tracking=0.12, effects=("modulate", "serif"), backing="shadow"),
}

_CASES: dict[str, Callable[[str], str]] = {"upper": str.upper, "title": str, "lower": str.lower}


def line_mask(text: str, lettering: Lettering, rng: np.random.Generator, size: int = SIZE) -> Image.Image:
    """`text` in white on black, cropped to its ink; `lettering.width` and `slant` are already in it."""
    mask = _set_line(_CASES[lettering.case](text), lettering, rng, size)
    for effect in lettering.effects:
        mask = EFFECTS[effect](mask, rng)
    if lettering.slant:
        mask = _sheared(mask, lettering.slant)
    mask = mask.crop(mask.getbbox())
    return mask.resize((max(1, round(mask.width * lettering.width)), mask.height), Image.Resampling.BILINEAR)


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font, laid out by Pillow's own rules."""
    loaded = ImageFont.load_default(size)
    if not isinstance(loaded, ImageFont.FreeTypeFont):
        raise ConfigError("this Pillow was built without FreeType, which the sample needs: install Pillow from PyPI")
    return loaded


def _set_line(text: str, lettering: Lettering, rng: np.random.Generator, size: int) -> Image.Image:
    """Letter by letter, so that each may keep its distance and hop."""
    margin = size // 2
    space = size * (lettering.tracking + lettering.weight * 0.5)
    steps = [font(size).getlength(letter) + space for letter in text]
    mask = Image.new("L", (ceil(sum(steps)) + 2 * margin, size * 2))
    hops = rng.uniform(-1, 1, len(text)) * lettering.bounce * size
    x = float(margin)
    for letter, step, hop in zip(text, steps, hops, strict=True):
        glyph = _glyph(letter, size, lettering.weight, "bridges" in lettering.effects)
        mask.paste(255, (round(x) - margin, round(float(hop))), glyph)
        x += step
    return mask


@lru_cache(maxsize=2048)  # a credits block has some 200 letters, and setting them anew would double a poster's time
def _glyph(letter: str, size: int, weight: float, bridged: bool) -> Image.Image:
    """One letter with half an em of space round it, parted by a stencil's bridge if it has two sides."""
    margin, across = size // 2, font(size).getlength(letter)
    mask = Image.new("L", (ceil(across) + 2 * margin, size * 2))
    pen = ImageDraw.Draw(mask)
    pen.text((margin, margin), letter, fill=255, font=font(size), stroke_width=weight * size / 2)
    if bridged and letter not in _UNSPLIT:
        middle = margin + across / 2
        pen.rectangle((middle - size * 0.03, 0, middle + size * 0.03, size * 2), fill=0)
    return mask


def _sheared(mask: Image.Image, slant: float) -> Image.Image:
    width = mask.width + ceil(slant * mask.height)
    transform = (1, slant, -slant * mask.height, 0, 1, 0)
    return mask.transform((width, mask.height), Image.Transform.AFFINE, transform, Image.Resampling.BILINEAR)


_LEADING = 0.16  # space between lines, as a share of their height
_TALLEST = 1.7  # how much higher than the lowest line of a justified title the highest one may be


def title_mask(words: str, lettering: Lettering, box: Box, align: str, rng: np.random.Generator) -> Image.Image:
    """The title as a mask that fits into `box`; `align` is "left", "centre" or "justify"."""
    lines = [line_mask(line, lettering, rng) for line in break_lines(words, lettering, box)]
    heights = _heights(lines, box, align)
    sized = [_scaled_to(line, height) for line, height in zip(lines, heights, strict=True)]
    return _stacked(sized, align)


def break_lines(words: str, lettering: Lettering, box: Box) -> list[str]:
    """The words in the lines that let the letters become largest."""
    letter_width = (0.62 + lettering.tracking) * lettering.width
    return max(_partitions(words.split()), key=lambda lines: _letter_size(lines, letter_width, box))


def _partitions(words: Sequence[str]) -> list[list[str]]:
    """Every way to break the words into at most four lines."""
    found = []
    for count in range(min(4, len(words))):
        for cuts in combinations(range(1, len(words)), count):
            edges = (0, *cuts, len(words))
            found.append([" ".join(words[a:b]) for a, b in pairwise(edges)])
    return found


def _letter_size(lines: Sequence[str], letter_width: float, box: Box) -> float:
    longest = max(len(line) for line in lines)
    return min(box.width / (longest * letter_width), box.height / (len(lines) * (0.72 + _LEADING)))


def _heights(lines: Sequence[Image.Image], box: Box, align: str) -> list[float]:
    """The height of every line: the same scale for all of them, or each as wide as the box."""
    if align == "justify":
        heights = [line.height * box.width / line.width for line in lines]
        heights = [min(height, min(heights) * _TALLEST) for height in heights]
    else:
        scale = box.width / max(line.width for line in lines)
        heights = [line.height * scale for line in lines]
    total = sum(heights) * (1 + _LEADING)
    return [height * min(1, box.height / total) for height in heights]


def _scaled_to(line: Image.Image, height: float) -> Image.Image:
    size = (max(1, round(line.width * height / line.height)), max(1, round(height)))
    return line.resize(size, Image.Resampling.BOX if size[1] < line.height else Image.Resampling.BICUBIC)


def _stacked(lines: Sequence[Image.Image], align: str) -> Image.Image:
    width, gap = max(line.width for line in lines), round(_LEADING * min(line.height for line in lines))
    mask = Image.new("L", (width, sum(line.height for line in lines) + gap * (len(lines) - 1)))
    y = 0
    for line in lines:
        mask.paste(line, (0 if align == "left" else (width - line.width) // 2, y))
        y += line.height + gap
    return mask


def anchored(mask: Image.Image, box: Box, align: str) -> tuple[int, int]:
    """Where the mask's corner must lie for it to stand in the middle of the box, or at its left side."""
    x = box.x0 if align == "left" else box.x0 + (box.width - mask.width) // 2
    return (x, box.y0 + (box.height - mask.height) // 2)


def _no_backing(canvas: Canvas, mask: Image.Image, at: tuple[int, int], colour: Colour) -> None:
    """Nothing."""


def _shadow(canvas: Canvas, mask: Image.Image, at: tuple[int, int], colour: Colour) -> None:
    canvas.image.paste(colour, (at[0] + 5, at[1] + 5), mask)


def _extrude(canvas: Canvas, mask: Image.Image, at: tuple[int, int], colour: Colour) -> None:
    for step in range(9, 0, -1):
        canvas.image.paste(colour, (at[0] + step, at[1] + step), mask)


def _sticker(canvas: Canvas, mask: Image.Image, at: tuple[int, int], colour: Colour) -> None:
    canvas.image.paste(colour, (at[0] - 14, at[1] - 14), grown(_padded(mask, 14), 7, 7))
    canvas.image.paste(colour, (at[0] - 10, at[1] - 6), grown(_padded(mask, 14), 7, 7))


def _glow(canvas: Canvas, mask: Image.Image, at: tuple[int, int], colour: Colour) -> None:
    small = _padded(mask, 40).reduce(4).filter(ImageFilter.GaussianBlur(4))
    light = ImageChops.add(small, small).resize((mask.width + 80, mask.height + 80), Image.Resampling.BICUBIC)
    canvas.image.paste(colour, (at[0] - 40, at[1] - 40), light)


def _padded(mask: Image.Image, margin: int) -> Image.Image:
    wider = Image.new("L", (mask.width + 2 * margin, mask.height + 2 * margin))
    wider.paste(mask, (margin, margin))
    return wider


BACKINGS: dict[str, Callable[[Canvas, Image.Image, tuple[int, int], Colour], None]] = {
    "none": _no_backing,
    "shadow": _shadow,
    "extrude": _extrude,
    "sticker": _sticker,
    "glow": _glow,
}
