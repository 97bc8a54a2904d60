"""Legibility: colours that stand out from what lies under the letters, and calm where the picture is too lively."""

from collections.abc import Sequence

from PIL import Image, ImageFilter

from posters.sample.canvas import HEIGHT, WIDTH, Canvas
from posters.sample.layouts import Box
from posters.sample.palettes import Colour, contrast, mix

LEGIBLE = 4.5  # the least contrast ratio between letters and their ground, as WCAG asks of text

_BUSY = 80  # the range of grey values (of 255) under a text from which on the picture is calmed
_HEAD, _FOOT = Box(0, 0, WIDTH, 30), Box(0, HEIGHT - 30, WIDTH, HEIGHT)  # whose colours the picture sinks into
_WHITE, _BLACK = (252, 250, 244), (14, 13, 16)


def ground_of(canvas: Canvas, box: Box) -> Colour:
    """The mean colour of the picture in the box."""
    red, green, blue = canvas.image.crop(box.corners).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]
    return (int(red), int(green), int(blue))


def readable(canvas: Canvas, box: Box, wanted: Sequence[Colour]) -> Colour:
    """The first of the `wanted` colours that stands out from the picture in the box, or near-white or near-black.

    Where nothing does, because the ground is of middling brightness, a scrim in the ground's own hue is laid under it.
    """
    ground = ground_of(canvas, box)
    for colour in (*wanted, _WHITE, _BLACK):
        if contrast(colour, ground) >= LEGIBLE:
            return colour
    scrim(canvas, box, mix(ground, _BLACK, 0.8))
    return _WHITE


def calmed(canvas: Canvas, box: Box) -> None:
    """Quieten the picture in the box if it has so much light and dark that letters would drown in it."""
    low, high = canvas.image.crop(box.corners).convert("L").reduce(8).getextrema()
    if float(high) - float(low) < _BUSY:  # type: ignore[arg-type]
        return
    if box.y0 > HEIGHT * 0.62:
        _fade(canvas, ground_of(canvas, _FOOT), box.y0 - 90, box.y0 + 10, HEIGHT)
    elif box.y1 < HEIGHT * 0.38:
        _fade(canvas, ground_of(canvas, _HEAD), box.y1 + 90, box.y1 - 10, 0)
    else:
        ground = ground_of(canvas, box)
        ends = (canvas.palette.near, canvas.palette.glow)
        scrim(canvas, box, mix(ground, min(ends, key=lambda end: contrast(end, ground)), 0.7))


def _fade(canvas: Canvas, colour: Colour, start: int, full: int, end: int) -> None:
    """Let the picture sink into a colour from `start` on, and leave it there from `full` to the sheet's `end`."""
    canvas.haze(start, full, colour, 0.86)
    canvas.veil([[(0, full), (WIDTH, full), (WIDTH, end), (0, end)]], colour, 0.86)


def scrim(canvas: Canvas, box: Box, colour: Colour) -> None:
    """A soft veil under text."""
    small = Image.new("L", (WIDTH // 10, HEIGHT // 10))
    small.paste(215, (box.x0 // 10 - 2, box.y0 // 10, box.x1 // 10 + 2, box.y1 // 10))
    veil = small.filter(ImageFilter.GaussianBlur(4)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    canvas.paint(veil, colour)
