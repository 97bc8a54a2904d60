"""From a plan to a poster: picture, frame, letters, finish."""

import numpy as np
from PIL import Image, ImageOps

from posters_sample.canvas import Canvas
from posters_sample.finishes import finished
from posters_sample.layouts import LAYOUTS, Box, Layout, framed
from posters_sample.lettering import BACKINGS, LETTERINGS, anchored, title_mask
from posters_sample.palettes import Colour, contrast, make_palette
from posters_sample.plan import Plan
from posters_sample.scenes import SCENES
from posters_sample.smallprint import calmed, readable, set_cast, set_credits, set_tagline
from posters_sample.words import make_names


def draw_poster(plan: Plan, rng: np.random.Generator) -> Image.Image:
    """The poster as an RGB picture of 300x450 pixels; the same plan and generator give the same pixels."""
    canvas, layout = Canvas(make_palette(plan.palette, rng), rng), LAYOUTS[plan.layout]
    SCENES[plan.scene](canvas)
    if canvas.chance(0.5):
        canvas.image.paste(ImageOps.mirror(canvas.image))
    framed(canvas, layout)
    # Before any letters: what calms the picture under one text may reach as far as the next.
    for box in (layout.title, layout.tagline, layout.cast, layout.credits):
        calmed(canvas, box)
    names = make_names(6, rng)
    _set_title(canvas, plan, layout)
    set_tagline(canvas, plan.tagline, layout)
    set_cast(canvas, names[: canvas.pick((2, 3))], layout)
    set_credits(canvas, plan.title, names, layout)
    return finished(canvas.image, plan.finish, rng)


def _set_title(canvas: Canvas, plan: Plan, layout: Layout) -> None:
    box, lettering = layout.title, LETTERINGS[plan.lettering]
    space = Box(0, 0, box.height, box.width) if layout.upright else box
    mask = title_mask(plan.title, lettering, space, layout.align, canvas.rng)
    if layout.upright:
        mask = mask.transpose(Image.Transpose.ROTATE_90)
    at = anchored(mask, box, layout.align)
    inked = Box(at[0], at[1], at[0] + mask.width, at[1] + mask.height)
    colour = readable(canvas, inked, _title_colours(canvas))
    BACKINGS[lettering.backing](canvas, mask, at, _against(colour, canvas))
    canvas.image.paste(colour, at, mask)
    if layout.rules:
        for y in (box.y0 - 10, box.y1 + 10):
            canvas.block(box.x0, y, box.x1, y + 2, colour)


def _title_colours(canvas: Canvas) -> tuple[Colour, ...]:
    palette = canvas.palette
    colours = (palette.glow, palette.near)
    return (palette.accent, *colours) if canvas.chance(0.55) else (*colours, palette.accent)


def _against(colour: Colour, canvas: Canvas) -> Colour:
    """The palette's colour that the letters stand out from most."""
    return max(canvas.palette.colours, key=lambda other: contrast(colour, other))
