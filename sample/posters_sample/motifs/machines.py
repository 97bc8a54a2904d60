"""What flies, drives and shoots into space: rockets, saucers, helicopters, planes, cars, balloons, boats."""

from posters_sample.canvas import Canvas, placed, smooth, turned
from posters_sample.palettes import Colour, mix


def rocket(canvas: Canvas, x: float, y: float, size: float, hull: Colour, trim: Colour) -> None:
    """A finned rocket that points up, its nozzle at (x, y), with its flame below."""
    glow = canvas.palette.glow
    canvas.glow(x, y + size * 0.2, size * 0.7, glow, 0.7)
    canvas.fill(placed(smooth([(-0.13, 0), (-0.08, 0.3), (0, 0.75), (0.08, 0.3), (0.13, 0)]), x, y, size), glow)
    for mirrored in (False, True):
        canvas.fill(placed([(0.1, -0.35), (0.36, -0.05), (0.34, 0.12), (0.1, 0)], x, y, size, mirrored), trim)
    body = [(0, -1.25), (0.17, -0.9), (0.22, -0.5), (0.14, 0), (-0.14, 0), (-0.22, -0.5), (-0.17, -0.9)]
    canvas.fill(placed(smooth(body), x, y, size), hull)
    shade = [(0, -1.25), (0.17, -0.9), (0.22, -0.5), (0.14, 0), (0.04, 0), (0.1, -0.5)]
    canvas.fill(placed(shade, x, y, size), mix(hull, canvas.palette.near, 0.3))
    canvas.disc(x, y - size * 0.72, size * 0.11, trim)
    canvas.disc(x, y - size * 0.72, size * 0.075, canvas.palette.top)


def saucer(canvas: Canvas, x: float, y: float, half: float, hull: Colour) -> None:
    """A flying saucer with a row of lights."""
    canvas.disc(x, y - half * 0.18, half * 0.42, mix(hull, canvas.palette.glow, 0.6), 0.75)
    canvas.disc(x, y, half, hull, 0.24)
    canvas.disc(x, y + half * 0.06, half * 0.86, mix(hull, canvas.palette.near, 0.5), 0.17)
    for step in range(-3, 4):
        canvas.disc(x + step * half * 0.22, y + half * (0.11 - 0.009 * step * step), half * 0.045, canvas.palette.glow)


def helicopter(canvas: Canvas, x: float, y: float, size: float, colour: Colour, mirrored: bool = False) -> None:
    """A helicopter from the side, its nose to the right unless mirrored."""
    body = [(-0.25, -0.1), (0, -0.22), (0.3, -0.2), (0.5, 0), (0.4, 0.14), (0, 0.18), (-0.25, 0.06), (-0.85, -0.06)]
    canvas.fill(placed(smooth([*body, (-0.88, -0.12)], 6), x, y, size, mirrored), colour)
    fin = [(-0.8, -0.1), (-1.0, -0.34), (-0.9, -0.36), (-0.72, -0.1)]
    canvas.fill(placed(fin, x, y, size, mirrored), colour)
    width = max(2.0, size * 0.04)
    for line in (
        [(-0.8, -0.36), (0.95, -0.3)],
        [(0.08, -0.34), (0.08, -0.2)],
        [(-0.2, 0.3), (0.42, 0.3)],
        [(0, 0.15), (0, 0.3)],
        [(0.25, 0.15), (0.25, 0.3)],
    ):
        canvas.stroke(placed(line, x, y, size, mirrored), colour, width)


def plane(canvas: Canvas, x: float, y: float, span: float, colour: Colour, heading: float = 0) -> None:
    """An aircraft from below, flying up and turned clockwise by `heading` degrees."""
    half = [
        (0, -0.5), (0.05, -0.36), (0.06, -0.16), (0.5, 0.02), (0.5, 0.11), (0.06, 0.06), (0.035, 0.32), (0.17, 0.42),
        (0.17, 0.48), (0, 0.44),
    ]  # fmt: skip
    outline = [*half, *((-px, py) for px, py in reversed(half))]
    canvas.fill(placed(turned(outline, heading), x, y, span), colour)


def parachute(canvas: Canvas, x: float, y: float, size: float, colour: Colour) -> None:
    """Somebody under a parachute."""
    dome = smooth(
        [(-0.5, 0), (-0.42, -0.3), (0, -0.5), (0.42, -0.3), (0.5, 0), (0.25, -0.07), (0, 0), (-0.25, -0.07)], 5
    )
    canvas.fill(placed(dome, x, y, size), colour)
    for dx in (-0.46, -0.16, 0.16, 0.46):
        canvas.stroke(placed([(dx, 0), (0, 0.62)], x, y, size), colour, 1.6)
    canvas.disc(x, y + size * 0.68, size * 0.06, colour)
    canvas.disc(x, y + size * 0.8, size * 0.055, colour, 2)


def car_front(canvas: Canvas, x: float, y: float, size: float, colour: Colour, light: Colour) -> None:
    """A car that comes towards the beholder with its lamps on."""
    canvas.block(x - 0.45 * size, y - 0.1 * size, x - 0.3 * size, y + 0.08 * size, canvas.palette.near)
    canvas.block(x + 0.3 * size, y - 0.1 * size, x + 0.45 * size, y + 0.08 * size, canvas.palette.near)
    shell = [
        (-0.5, 0),
        (-0.5, -0.28),
        (-0.36, -0.34),
        (-0.25, -0.6),
        (0.25, -0.6),
        (0.36, -0.34),
        (0.5, -0.28),
        (0.5, 0),
    ]
    canvas.fill(placed(shell, x, y, size), colour)
    glass = [(-0.3, -0.35), (-0.21, -0.55), (0.21, -0.55), (0.3, -0.35)]
    canvas.fill(placed(glass, x, y, size), mix(colour, canvas.palette.glow, 0.25))
    canvas.block(x - 0.2 * size, y - 0.22 * size, x + 0.2 * size, y - 0.1 * size, canvas.palette.near)
    for side in (-1, 1):
        canvas.glow(x + side * 0.37 * size, y - 0.18 * size, size * 0.6, light, 0.9)
        canvas.disc(x + side * 0.37 * size, y - 0.18 * size, size * 0.075, light)


def hot_air_balloon(canvas: Canvas, x: float, y: float, radius: float, colours: tuple[Colour, ...]) -> None:
    """A striped balloon with its basket."""
    canvas.fill([(x - radius * 0.86, y + radius * 0.5), (x + radius * 0.86, y + radius * 0.5),
                 (x + radius * 0.2, y + radius * 1.35), (x - radius * 0.2, y + radius * 1.35)], colours[0])  # fmt: skip
    for stripe, half in enumerate((1.0, 0.68, 0.34)):
        colour = colours[stripe % len(colours)]
        oval = [(-half, 0), (-half * 0.9, -0.5), (0, -1), (half * 0.9, -0.5), (half, 0), (half * 0.86, 0.5),
                (half * 0.2, 1.35), (-half * 0.2, 1.35), (-half * 0.86, 0.5)]  # fmt: skip
        canvas.fill(placed(smooth(oval, 6), x, y, radius), colour)
    basket = canvas.palette.near
    for side in (-1, 1):
        canvas.stroke(
            [(x + side * radius * 0.2, y + radius * 1.3), (x + side * radius * 0.16, y + radius * 1.7)], basket, 2
        )
    canvas.block(x - radius * 0.2, y + radius * 1.65, x + radius * 0.2, y + radius * 1.92, basket)


def sail_boat(canvas: Canvas, x: float, y: float, size: float, hull: Colour, sail: Colour) -> None:
    """A small boat with two sails, afloat at y."""
    canvas.fill(placed([(-0.5, -0.12), (0.52, -0.12), (0.36, 0.06), (-0.36, 0.06)], x, y, size), hull)
    canvas.fill(placed([(0.02, -0.16), (0.02, -1.1), (0.44, -0.2)], x, y, size), sail)
    canvas.fill(placed([(-0.04, -0.16), (-0.04, -0.95), (-0.38, -0.2)], x, y, size), mix(sail, hull, 0.25))
