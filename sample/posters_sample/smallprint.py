"""The small print: tagline, actors' names, credits block and the studio's mark, in colours that can be read."""

from collections.abc import Sequence

from PIL import Image, ImageFilter

from posters_sample.canvas import HEIGHT, WIDTH, Canvas, one_of
from posters_sample.layouts import Box, Layout
from posters_sample.lettering import Lettering, anchored, line_mask
from posters_sample.palettes import Colour, contrast, mix
from posters_sample.words import make_credits

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


_SIZE = 44  # of the font that small print is cut from

_TAGLINES = (
    Lettering(case="title", tracking=0.03),
    Lettering(case="title", slant=0.2, tracking=0.02),
    Lettering(tracking=0.28),
    Lettering(case="lower", tracking=0.14),
)
_NAMES = (Lettering(weight=0.01, tracking=0.22), Lettering(weight=0.03, width=0.8, tracking=0.12))
_CREDITS = Lettering(weight=0.01, width=0.42, tracking=0.1)


def set_tagline(canvas: Canvas, tagline: str, layout: Layout) -> None:
    """Set the tagline in one line."""
    _set_lines(canvas, [tagline], one_of(_TAGLINES, canvas.rng), layout.tagline, layout.align)


def set_cast(canvas: Canvas, names: Sequence[str], layout: Layout) -> None:
    """The actors' names in one line."""
    _set_lines(canvas, ["     ".join(names)], one_of(_NAMES, canvas.rng), layout.cast, layout.align)


def set_credits(canvas: Canvas, title: str, names: Sequence[str], layout: Layout) -> None:
    """The block of narrow letters at the foot, and the studio's mark below it."""
    _set_lines(canvas, make_credits(title, names, canvas.rng), _CREDITS, layout.credits, layout.align)
    _set_mark(canvas, layout)


def _set_lines(canvas: Canvas, lines: Sequence[str], lettering: Lettering, box: Box, align: str) -> None:
    """Lines of one size, stacked in the box, in a colour that can be read there."""
    masks = [line_mask(line, lettering, canvas.rng, _SIZE) for line in lines]
    scale = min(box.width / max(mask.width for mask in masks), 0.8 * box.height / sum(mask.height for mask in masks))
    sized = [
        mask.resize((round(mask.width * scale), round(mask.height * scale)), Image.Resampling.BOX) for mask in masks
    ]
    pitch = box.height // len(lines)
    slots = [Box(box.x0, box.y0 + row * pitch, box.x1, box.y0 + (row + 1) * pitch) for row in range(len(lines))]
    places = [anchored(mask, slot, align) for mask, slot in zip(sized, slots, strict=True)]
    inked = Box(places[0][0], box.y0, places[0][0] + sized[0].width, box.y1)
    colour = readable(canvas, inked, (canvas.palette.glow, canvas.palette.near))
    for mask, place in zip(sized, places, strict=True):
        canvas.image.paste(colour, place, mask)


def _set_mark(canvas: Canvas, layout: Layout) -> None:
    """A ring, a disc or a triangle of a few pixels."""
    x, y = (300, 876) if layout.align != "left" else (layout.credits.x0 + 7, 876)
    colour = readable(canvas, Box(x - 8, y - 8, x + 8, y + 8), (canvas.palette.accent, canvas.palette.glow))
    kind = canvas.pick(("ring", "disc", "triangle"))
    if kind == "ring":
        canvas.ring(x, y, 8, colour, 3)
    elif kind == "disc":
        canvas.disc(x, y, 6, colour)
    else:
        canvas.fill([(x - 9, y + 6), (x, y - 8), (x + 9, y + 6)], colour)
