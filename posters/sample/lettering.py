"""Lettering: one line of text as a mask, in the many voices that weight, width and tracking can give one font.

Pillow's built-in font is the only one that is the same everywhere, so all the variety has to come from here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from posters.errors import ConfigError
from posters.sample.inks import EFFECTS

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
        effects: names in `posters.sample.inks.EFFECTS`, applied in order.
        backing: what lies behind the letters, a name in `posters.sample.backings.BACKINGS`.
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
