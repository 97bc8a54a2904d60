"""The sheet round the picture: windows of several shapes, cut out of plain paper."""

from collections.abc import Callable

from PIL import Image, ImageDraw

from posters.sample.canvas import HEIGHT, WIDTH, Canvas
from posters.sample.layouts import Box, Layout
from posters.sample.palettes import Colour, mix

_FOCUS = 455  # the height on the canvas that a window keeps in its middle


def _box(pen: ImageDraw.ImageDraw, box: Box) -> None:
    pen.rectangle((0, 0, box.width, box.height), fill=255)


def _disc(pen: ImageDraw.ImageDraw, box: Box) -> None:
    pen.ellipse((0, 0, box.width - 1, box.height - 1), fill=255)


def _arch(pen: ImageDraw.ImageDraw, box: Box) -> None:
    pen.ellipse((0, 0, box.width - 1, box.width - 1), fill=255)
    pen.rectangle((0, box.width // 2, box.width, box.height), fill=255)


def _slant(pen: ImageDraw.ImageDraw, box: Box) -> None:
    pen.polygon([(0, 0), (box.width, 0), (box.width, box.height - 110), (0, box.height)], fill=255)


SHAPES: dict[str, Callable[[ImageDraw.ImageDraw, Box], None]] = {
    "box": _box,
    "disc": _disc,
    "arch": _arch,
    "slant": _slant,
}


def framed(canvas: Canvas, layout: Layout) -> None:
    """Leave of the picture what the layout's window shows, on the layout's paper."""
    if layout.art is None:
        return
    box = layout.art
    art = _window_of(canvas.image, box)
    mask = Image.new("L", (box.width, box.height))
    SHAPES[layout.shape](ImageDraw.Draw(mask), box)
    sheet = paper_colour(canvas, layout.paper)
    canvas.gradient(sheet, mix(sheet, canvas.palette.near, 0.08))
    canvas.image.paste(art, (box.x0, box.y0), mask)


def paper_colour(canvas: Canvas, name: str) -> Colour:
    """A colour of the palette by its name, or "paper", a pale tint of the palette's light."""
    if name == "paper":
        return mix(mix(canvas.palette.glow, (250, 246, 236), 0.4), canvas.palette.bottom, 0.12)
    colour: Colour = getattr(canvas.palette, name)
    return colour


def _window_of(image: Image.Image, box: Box) -> Image.Image:
    """The largest part of the picture of the box's proportions, about the picture's focus, at the box's size."""
    width = min(WIDTH, HEIGHT * box.width / box.height)
    height = width * box.height / box.width
    left, top = (WIDTH - width) / 2, min(max(0.0, _FOCUS - height / 2), HEIGHT - height)
    part = (left, top, left + width, top + height)
    return image.resize((box.width, box.height), Image.Resampling.BILINEAR, box=part, reducing_gap=2)
