"""Objects that stand for a story: hearts, magnifying glasses, eyes, keys, swords, skulls, stars and more."""

from math import cos, pi, sin

from posters_sample.canvas import Canvas, Point, around, placed, smooth, star, turned
from posters_sample.palettes import Colour, mix


def heart_outline(x: float, y: float, size: float) -> list[Point]:
    """A heart about 2 * size wide around (x, y)."""
    turns = [2 * pi * step / 72 for step in range(72)]
    return [
        (x + size * sin(t) ** 3, y - size * (13 * cos(t) - 5 * cos(2 * t) - 2 * cos(3 * t) - cos(4 * t)) / 16)
        for t in turns
    ]


def heart(canvas: Canvas, x: float, y: float, size: float, colour: Colour) -> None:
    """Draw a heart about 2 * size wide."""
    canvas.fill(heart_outline(x, y, size), colour)


def magnifier(canvas: Canvas, x: float, y: float, radius: float, rim: Colour, angle: float = 50) -> None:
    """A magnifying glass whose lens has its middle at (x, y); what lies under the lens stays."""
    start, end = around(x, y, radius * 1.1, angle), around(x, y, radius * 2.4, angle)
    canvas.stroke([start, end], rim, radius * 0.26)
    canvas.ring(x, y, radius * 1.13, rim, radius * 0.15)
    glint = [around(x, y, radius * 0.82, 190 + 5 * step) for step in range(13)]
    canvas.stroke(glint, mix(rim, canvas.palette.glow, 0.8), radius * 0.06)


def eye(canvas: Canvas, x: float, y: float, half: float, iris: Colour, slit: bool = False) -> None:
    """An open eye; with `slit`, a beast's."""
    palette = canvas.palette
    white = smooth([(-1, 0.04), (-0.5, -0.36), (0, -0.5), (0.5, -0.38), (1, 0), (0.5, 0.34), (0, 0.44), (-0.5, 0.34)])
    canvas.fill(placed(white, x, y, half), palette.glow)
    canvas.disc(x, y - half * 0.02, half * 0.44, palette.near)
    canvas.disc(x, y - half * 0.02, half * 0.4, iris)
    for step in range(36):
        inner, outer = around(x, y, half * 0.2, step * 10), around(x, y, half * 0.38, step * 10 + 4)
        canvas.stroke([inner, outer], mix(iris, palette.near, 0.45), 2)
    canvas.disc(x, y - half * 0.02, half * (0.07 if slit else 0.19), palette.near, 5 if slit else 1)
    canvas.disc(x - half * 0.13, y - half * 0.16, half * 0.07, palette.glow)


def keyhole(x: float, y: float, size: float) -> list[Point]:
    """A keyhole's outline: a circle on a widening foot."""
    circle = [around(x, y, size * 0.42, degrees) for degrees in range(118, 423, 6)]
    return [*circle, (x + size * 0.4, y + size * 1.25), (x - size * 0.4, y + size * 1.25)]


def key(canvas: Canvas, x: float, y: float, size: float, colour: Colour) -> None:
    """A key, upright, its bow at the top."""
    canvas.ring(x, y - size * 0.7, size * 0.3, colour, size * 0.1)
    canvas.stroke([(x, y - size * 0.42), (x, y + size)], colour, size * 0.1)
    for level, reach in ((0.62, 0.26), (0.78, 0.18), (0.93, 0.28)):
        canvas.block(x, y + size * level, x + size * reach, y + size * (level + 0.09), colour)


def sword(canvas: Canvas, x: float, y: float, length: float, blade: Colour, hilt: Colour) -> None:
    """A sword that points down, its guard at (x, y)."""
    half = length * 0.04
    canvas.fill([(x, y), (x - half, y), (x - half, y + length * 0.9), (x, y + length)], blade)
    canvas.fill([(x, y), (x + half, y), (x + half, y + length * 0.9), (x, y + length)], mix(blade, hilt, 0.35))
    canvas.stroke([(x - length * 0.17, y + 6), (x, y - 2), (x + length * 0.17, y + 6)], hilt, length * 0.04)
    canvas.stroke([(x, y), (x, y - length * 0.22)], hilt, length * 0.036)
    canvas.disc(x, y - length * 0.25, length * 0.038, hilt)


def skull(canvas: Canvas, x: float, y: float, size: float, bone: Colour, hollow: Colour) -> None:
    """A skull from the front."""
    dome = smooth([(-0.72, -0.1), (-0.62, -0.66), (0, -0.95), (0.62, -0.66), (0.72, -0.1), (0.58, 0.3), (0.4, 0.38),
                   (0.36, 0.82), (-0.36, 0.82), (-0.4, 0.38), (-0.58, 0.3)], 6)  # fmt: skip
    canvas.fill(placed(dome, x, y, size), bone)
    for mirrored in (False, True):
        socket = smooth([(0.1, -0.02), (0.26, -0.2), (0.54, -0.1), (0.54, 0.14), (0.3, 0.24), (0.14, 0.16)], 5)
        canvas.fill(placed(socket, x, y, size, mirrored), hollow)
    canvas.fill(placed([(0, 0.2), (0.11, 0.44), (0, 0.38), (-0.11, 0.44)], x, y, size), hollow)
    for step in range(-2, 3):
        canvas.stroke(placed([(step * 0.13, 0.56), (step * 0.13, 0.8)], x, y, size), hollow, size * 0.035)


def fingerprint(canvas: Canvas, x: float, y: float, size: float, colour: Colour) -> None:
    """Broken ridges around a whorl."""
    width = size * 0.042
    for ring in range(1, 12):
        radius = size * ring / 11
        gap, start = canvas.between(14, 60), canvas.between(0, 360)
        arc = [around(0, 0, radius, start + gap + (360 - 2 * gap) * step / 60) for step in range(61)]
        canvas.stroke([(x + px * 0.76, y + py * (1.1 if py < 0 else 1.25)) for px, py in arc], colour, width)


def crosshair(canvas: Canvas, x: float, y: float, radius: float, colour: Colour) -> None:
    """A gun sight."""
    for factor, width in ((1.0, 9), (0.62, 5)):
        canvas.ring(x, y, radius * factor, colour, width)
    for degrees in (0, 90, 180, 270):
        canvas.stroke([around(x, y, radius * 0.16, degrees), around(x, y, radius * 1.22, degrees)], colour, 5)


def sheriff_star(canvas: Canvas, x: float, y: float, radius: float, colour: Colour, edge: Colour) -> None:
    """A five-pointed badge with balls on its points."""
    for outer, fill in ((1.1, edge), (1.0, colour)):
        canvas.fill(star(x, y, radius * outer, radius * outer * 0.46, 5), fill)
    for step in range(5):
        canvas.disc(*around(x, y, radius * 1.02, -90 + 72 * step), radius * 0.1, edge)
    canvas.ring(x, y, radius * 0.36, edge, radius * 0.035)


def barbed_wire(canvas: Canvas, y: float, sag: float, colour: Colour) -> None:
    """A wire across the sheet with its barbs."""
    line = [(x, y + sag * (1 - ((x - 300) / 320) ** 2)) for x in range(-20, 640, 20)]
    canvas.stroke(line, colour, 4)
    for x, height in line[1::3]:
        for lean in (-7, 7):
            canvas.stroke([(x - lean, height - 13), (x + lean, height + 13)], colour, 3)


def umbrella(canvas: Canvas, x: float, y: float, half: float, colour: Colour, handle: Colour) -> None:
    """An open umbrella, the middle of its rim at (x, y)."""
    canvas.stroke([(x, y - half * 0.4), (x, y + half * 0.6)], handle, half * 0.05)
    rim = [(x + half * (1 - step / 4), y + (0 if step % 2 == 0 else -half * 0.12)) for step in range(9)]
    dome = [around(x, y, half, degrees) for degrees in range(180, 361, 6)]
    canvas.fill([*dome, *rim], colour)
    for share in (-0.5, 0.0, 0.5):
        shade = mix(colour, canvas.palette.near, 0.25)
        canvas.stroke([(x, y - half), (x + share * half * 0.8, y - half * 0.5), (x + share * half, y)], shade, 3)


def rose(canvas: Canvas, x: float, y: float, size: float, petals: Colour, stalk: Colour) -> None:
    """A rose on its stalk, the flower's middle at (x, y)."""
    canvas.stroke([(x, y), (x + size * 0.12, y + size * 1.6), (x - size * 0.05, y + size * 3.2)], stalk, size * 0.11)
    for side, level in ((1, 1.5), (-1, 2.1)):
        leaf = smooth([(0, 0), (0.45, -0.35), (0.95, -0.3), (0.6, 0.12)], 6)
        canvas.fill(placed(leaf, x + size * 0.08, y + size * level, size, side < 0), stalk)
    for ring, (radius, dim) in enumerate(((1.0, 0.4), (0.82, 0.15), (0.6, 0.3), (0.4, 0.0), (0.2, 0.35))):
        bloom = [around(x, y, size * radius * (1.0 if k % 2 else 0.82), 40 * ring + 36 * k) for k in range(10)]
        canvas.fill(smooth(bloom, 5), mix(petals, canvas.palette.near, dim))


def paw(canvas: Canvas, x: float, y: float, size: float, colour: Colour) -> None:
    """A paw print."""
    canvas.disc(x, y + size * 0.2, size * 0.52, colour, 0.82)
    for dx, dy in ((-0.62, -0.28), (-0.23, -0.66), (0.23, -0.66), (0.62, -0.28)):
        canvas.disc(x + dx * size, y + dy * size, size * 0.22, colour, 1.25)


def dog(canvas: Canvas, x: float, y: float, size: float, colour: Colour, mirrored: bool = False) -> None:
    """A sitting dog that looks left unless mirrored; its paws stand at y."""
    outline = [
        (-0.3, 0), (-0.26, -0.55), (-0.36, -0.72), (-0.62, -0.76), (-0.66, -0.88), (-0.42, -1.0), (-0.3, -1.12),
        (-0.1, -1.1), (0.02, -0.85), (0.14, -0.5), (0.36, -0.2), (0.4, -0.02), (0.1, 0),
    ]  # fmt: skip
    canvas.fill(placed(smooth(outline, 6), x, y, size, mirrored), colour)
    ear = smooth([(-0.14, -1.08), (0.06, -1.0), (0.1, -0.72), (-0.03, -0.74)], 6)
    canvas.fill(placed(ear, x, y, size, mirrored), mix(colour, canvas.palette.near, 0.45))
    tail = placed([(0.34, -0.1), (0.58, -0.2), (0.66, -0.42)], x, y, size, mirrored)
    canvas.stroke(tail, colour, size * 0.09)


def dragon(canvas: Canvas, x: float, y: float, size: float, colour: Colour, mirrored: bool = False) -> None:
    """A dragon that beats its wings before the sky, its head to the left unless mirrored."""
    wing = [
        (0.08, 0.05), (0.2, -0.5), (0.42, -0.82), (0.5, -0.95), (0.54, -0.8), (0.86, -0.6), (1.2, -0.2), (1.0, -0.22),
        (0.93, 0.05), (0.76, -0.1), (0.62, 0.2), (0.5, 0.02), (0.3, 0.32),
    ]  # fmt: skip
    for side in (False, True):
        canvas.fill(placed(wing, x, y, size, side), mix(colour, canvas.palette.bottom, 0.12))
    body = [
        (0.02, -0.3), (-0.08, -0.62), (-0.3, -0.74), (-0.52, -0.62), (-0.5, -0.52), (-0.3, -0.56), (-0.2, -0.45),
        (-0.2, 0), (-0.12, 0.4), (0.1, 0.75), (0.4, 0.9), (0.68, 0.8), (0.8, 0.62), (0.62, 0.7), (0.4, 0.74),
        (0.22, 0.55), (0.2, 0.1),
    ]  # fmt: skip
    canvas.fill(placed(smooth(body, 6), x, y, size, mirrored), colour)
    for spike in ([(-0.3, -0.7), (-0.12, -0.92), (-0.16, -0.6)], [(0.74, 0.68), (0.95, 0.48), (0.82, 0.8)]):
        canvas.fill(placed(spike, x, y, size, mirrored), colour)


def claws(canvas: Canvas, x: float, y: float, length: float, colour: Colour) -> None:
    """Four slashes."""
    for step in range(4):
        across, tall = (step - 1.5) * length * 0.24, length * (1 - 0.12 * abs(step - 1.4))
        slash = [
            (across, -tall / 2),
            (across + length * 0.055, 0),
            (across - length * 0.04, tall / 2),
            (across - length * 0.035, 0),
        ]
        canvas.fill(placed(smooth(turned(slash, 16), 6), x, y, 1), colour)


def cracks(canvas: Canvas, x: float, y: float, radius: float, colour: Colour) -> None:
    """A hole in glass with the cracks around it."""
    for step in range(13):
        angle, reach = step * 27.7 + canvas.between(-9, 9), radius * canvas.between(0.6, 2.6)
        bend = around(x, y, reach * 0.5, angle + canvas.between(-7, 7))
        canvas.stroke([(x, y), bend, around(x, y, reach, angle)], colour, 2)
    canvas.fill([around(x, y, radius * canvas.between(0.2, 0.36), 30 * k) for k in range(12)], colour)
    canvas.disc(x, y, radius * 0.17, canvas.palette.near)
