"""Backings: what lies behind a title and lifts it off the picture."""

from collections.abc import Callable

from PIL import Image, ImageChops, ImageFilter

from posters.sample.canvas import Canvas
from posters.sample.inks import grown
from posters.sample.palettes import Colour


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
