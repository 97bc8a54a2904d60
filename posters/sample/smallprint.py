"""The small print: tagline, actors' names, credits block and the studio's mark."""

from collections.abc import Sequence

from PIL import Image

from posters.sample.canvas import Canvas
from posters.sample.chance import one_of
from posters.sample.layouts import Box, Layout
from posters.sample.legibility import readable
from posters.sample.lettering import Lettering, line_mask
from posters.sample.titles import make_credits
from posters.sample.titling import anchored

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
