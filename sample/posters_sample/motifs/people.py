"""Silhouettes of people: standing, as a pair, in a hat, under a helmet, in profile, a crowd of faces, a hand."""

from posters_sample.canvas import Canvas, Point, placed, smooth
from posters_sample.palettes import Colour, mix

# Outlines with the origin between the feet and a height of 1, y downwards.
_COAT = [
    (-0.02, -0.85), (-0.13, -0.8), (-0.165, -0.6), (-0.15, -0.42), (-0.12, -0.4), (-0.15, -0.2), (-0.09, -0.19),
    (-0.085, 0), (-0.02, 0), (0, -0.18), (0.03, 0), (0.1, 0), (0.085, -0.2), (0.15, -0.22), (0.115, -0.42),
    (0.155, -0.44), (0.165, -0.6), (0.13, -0.8), (0.02, -0.85),
]  # fmt: skip
_PLAIN = [
    (-0.03, -0.84), (-0.12, -0.8), (-0.16, -0.62), (-0.15, -0.42), (-0.115, -0.42), (-0.105, -0.6), (-0.095, -0.45),
    (-0.1, -0.2), (-0.095, 0), (-0.02, 0), (-0.005, -0.4), (0.025, 0), (0.1, 0), (0.1, -0.22), (0.095, -0.45),
    (0.105, -0.6), (0.115, -0.42), (0.15, -0.42), (0.16, -0.62), (0.12, -0.8), (0.03, -0.84),
]  # fmt: skip
_DRESS = [
    (-0.025, -0.83), (-0.09, -0.8), (-0.13, -0.62), (-0.12, -0.44), (-0.09, -0.44), (-0.085, -0.58),
    (-0.065, -0.55), (-0.16, -0.2), (-0.06, -0.19), (-0.055, 0), (-0.01, 0), (0, -0.18), (0.02, 0), (0.065, 0),
    (0.06, -0.19), (0.16, -0.2), (0.065, -0.55), (0.085, -0.58), (0.09, -0.44), (0.12, -0.44), (0.13, -0.62),
    (0.09, -0.8), (0.025, -0.83),
]  # fmt: skip
_OUTLINES = {"coat": _COAT, "plain": _PLAIN, "dress": _DRESS}

# A head in profile that looks left, with its neck and shoulders: origin in the middle of the head, which is 2 high.
_PROFILE = [
    (-0.1, -0.98), (-0.46, -0.86), (-0.62, -0.62), (-0.64, -0.4), (-0.61, -0.3), (-0.66, -0.16), (-0.84, 0.1),
    (-0.82, 0.17), (-0.68, 0.2), (-0.68, 0.26), (-0.75, 0.34), (-0.68, 0.41), (-0.72, 0.49), (-0.65, 0.56),
    (-0.67, 0.72), (-0.56, 0.84), (-0.36, 0.84), (-0.06, 0.74), (-0.02, 1.05), (-0.12, 1.3), (-0.5, 1.55),
    (-0.95, 1.85), (-1.2, 2.6), (1.5, 2.6), (1.3, 1.75), (0.95, 1.45), (0.62, 1.25), (0.52, 0.9), (0.5, 0.6),
    (0.66, 0.3), (0.74, -0.15), (0.62, -0.62), (0.3, -0.92),
]  # fmt: skip

# What grows on that head: a short cut, and hair put up in a knot.
_HAIR = {
    "short": [
        (-0.66, -0.56), (-0.72, -0.86), (-0.4, -1.14), (0.1, -1.16), (0.56, -0.98), (0.8, -0.55), (0.82, -0.1),
        (0.7, 0.3), (0.5, 0.5), (0.3, 0.2), (0.1, -0.3), (-0.2, -0.6),
    ],
    "knot": [
        (-0.62, -0.5), (-0.6, -0.82), (-0.25, -1.1), (0.25, -1.1), (0.55, -0.92), (0.78, -1.08), (1.08, -0.92),
        (1.12, -0.58), (0.86, -0.4), (0.76, 0.05), (0.6, 0.5), (0.4, 0.3), (0.1, -0.3), (-0.3, -0.6),
    ],
}  # fmt: skip

_HAND = [
    (-0.3, 1.6), (-0.27, 0.75), (-0.44, 0.4), (-0.72, 0.12), (-0.86, -0.06), (-0.74, -0.16), (-0.5, 0.0),
    (-0.33, 0.14), (-0.36, -0.25), (-0.42, -0.72), (-0.3, -0.78), (-0.18, -0.35), (-0.13, -0.1), (-0.12, -0.5),
    (-0.1, -0.98), (0.03, -0.98), (0.05, -0.5), (0.07, -0.1), (0.14, -0.45), (0.24, -0.86), (0.36, -0.8),
    (0.3, -0.35), (0.26, 0.0), (0.4, -0.22), (0.55, -0.48), (0.65, -0.38), (0.52, 0.0), (0.42, 0.4), (0.3, 0.75),
    (0.33, 1.6),
]  # fmt: skip


def person(canvas: Canvas, x: float, y: float, height: float, colour: Colour, dress: str = "plain") -> None:
    """Someone who stands on (x, y), in one of the outlines "coat", "plain" and "dress"."""
    canvas.fill(placed(_OUTLINES[dress], x, y, height), colour)
    canvas.disc(x, y - height * 0.92, height * 0.072, colour, 1.12)


def long_shadow(
    canvas: Canvas, x: float, y: float, width: float, length: float, colour: Colour, slant: float = 0
) -> None:
    """The shadow of someone at (x, y) that falls towards the beholder."""
    tip = x + slant
    outline = [(x - width / 2, y), (x + width / 2, y), (tip + width * 0.9, y + length), (tip - width * 0.9, y + length)]
    canvas.veil([outline], colour, 0.55)


def hat(canvas: Canvas, x: float, y: float, width: float, colour: Colour, brim: float = 0.09) -> None:
    """A hat seen from the front, its brim's middle at (x, y)."""
    crown = smooth([(-0.27, 0), (-0.25, -0.3), (-0.12, -0.38), (0, -0.32), (0.12, -0.38), (0.25, -0.3), (0.27, 0)], 5)
    canvas.fill(placed(crown, x, y, width), colour)
    canvas.disc(x, y, width / 2, colour, brim / 0.5)


def detective(canvas: Canvas, x: float, y: float, height: float, colour: Colour) -> None:
    """A long coat and a hat."""
    person(canvas, x, y, height, colour, "coat")
    hat(canvas, x, y - height * 0.955, height * 0.26, colour)


def cowboy(canvas: Canvas, x: float, y: float, height: float, colour: Colour) -> None:
    """Legs apart, hands near the belt, a wide hat."""
    right: list[Point] = [
        (0.03, -0.85), (0.14, -0.81), (0.22, -0.62), (0.2, -0.46), (0.12, -0.44), (0.15, -0.58), (0.1, -0.66),
        (0.1, -0.47), (0.14, -0.25), (0.17, -0.04), (0.23, 0), (0.1, 0), (0.05, -0.3), (0, -0.42),
    ]  # fmt: skip
    outline = [*right, *((-px, py) for px, py in reversed(right))]
    canvas.fill(placed(outline, x, y, height), colour)
    canvas.disc(x, y - height * 0.91, height * 0.068, colour, 1.15)
    hat(canvas, x, y - height * 0.94, height * 0.36, colour, 0.07)


def soldier(canvas: Canvas, x: float, y: float, height: float, colour: Colour, mirrored: bool = False) -> None:
    """A helmet, a pack and a rifle held across."""
    person(canvas, x, y, height, colour)
    canvas.disc(x, y - height * 0.945, height * 0.1, colour, 0.7)
    side = -1 if mirrored else 1
    canvas.stroke([(x - side * height * 0.2, y - height * 0.5), (x + side * height * 0.26, y - height * 0.74)], colour,
                  max(3.0, height * 0.03))  # fmt: skip
    canvas.disc(x - side * height * 0.12, y - height * 0.68, height * 0.09, colour, 1.3)


def couple(canvas: Canvas, x: float, y: float, height: float, colour: Colour) -> None:
    """Two people hand in hand."""
    reach = height * 0.155
    person(canvas, x - reach, y, height, colour)
    person(canvas, x + reach, y, height * 0.93, colour, "dress")
    canvas.stroke([(x - reach * 0.35, y - height * 0.43), (x + reach * 0.4, y - height * 0.42)], colour, height * 0.04)


def profile(x: float, y: float, size: float, mirrored: bool = False, hair: str = "short") -> list[list[Point]]:
    """The outlines of a head with its shoulders and of its hair, "short" or "knot"; it looks left unless mirrored."""
    return [placed(smooth(outline, 6), x, y, size, mirrored) for outline in (_PROFILE, _HAIR[hair])]


def hand(canvas: Canvas, x: float, y: float, size: float, colour: Colour, mirrored: bool = False) -> None:
    """A hand with spread fingers that reaches up."""
    canvas.fill(placed(smooth(_HAND, 6), x, y, size, mirrored), colour)


def face(canvas: Canvas, x: float, y: float, size: float, skin: Colour, hair: Colour, shirt: Colour) -> None:
    """A flat cartoon head and shoulders; (x, y) is the middle of the face. Hair, glasses and mouth vary."""
    canvas.disc(x, y + size * 2.3, size * 1.35, shirt, 0.95)
    if canvas.chance(0.45):
        long_hair = smooth([(-1.05, 1.2), (-1.1, -0.4), (0, -1.3), (1.1, -0.4), (1.05, 1.2)], 6)
        canvas.fill(placed(long_hair, x, y, size), hair)
    canvas.block(x - size * 0.33, y + size * 0.5, x + size * 0.33, y + size * 1.3, mix(skin, hair, 0.18))
    for side in (-1, 1):
        canvas.disc(x + side * size * 0.84, y + size * 0.08, size * 0.17, mix(skin, hair, 0.12))
    canvas.disc(x, y, size * 0.86, skin, 1.14)
    fringe = [
        (-0.92, -0.1), (-0.95, -0.7), (-0.5, -1.12), (0, -1.05), (0.5, -1.15), (0.95, -0.7), (0.92, -0.1), (0.7, -0.42),
        (0.2, -0.62 + canvas.between(-0.12, 0.12)), (-0.4, -0.5),
    ]  # fmt: skip
    canvas.fill(placed(smooth(fringe, 5), x, y, size), hair)
    _features(canvas, x, y, size, canvas.palette.near)


def _features(canvas: Canvas, x: float, y: float, size: float, ink: Colour) -> None:
    for side in (-1, 1):
        canvas.disc(x + side * size * 0.34, y - size * 0.02, size * 0.09, ink)
    if canvas.chance(0.45):
        for side in (-1, 1):
            canvas.ring(x + side * size * 0.34, y, size * 0.29, ink, max(3.0, size * 0.07))
    if canvas.chance(0.35):
        moustache(canvas, x, y + size * 0.42, size * 0.5, ink)
    else:
        mouth = [(-0.34, 0.44), (-0.18, 0.62), (0.18, 0.62), (0.34, 0.44)]
        canvas.stroke(placed(mouth, x, y, size), ink, max(3.0, size * 0.08))


def moustache(canvas: Canvas, x: float, y: float, half: float, colour: Colour) -> None:
    """A curled moustache, `half` of it to each side."""
    curl = smooth([(0, -0.12), (0.3, -0.32), (0.68, -0.12), (1.05, -0.3), (0.8, 0.14), (0.38, 0.2), (0, 0.06)], 6)
    for mirrored in (False, True):
        canvas.fill(placed(curl, x, y, half, mirrored), colour)
