"""What hangs in the sky: stars, suns, planets, clouds, rays, weather and birds."""

from posters_sample.canvas import HEIGHT, WIDTH, Canvas, around, polygon_mask
from posters_sample.palettes import Colour, mix


def stars(canvas: Canvas, count: int, floor: float = HEIGHT) -> None:
    """Points of light of a few sizes above `floor`, most of them faint."""
    palette = canvas.palette
    for x, y, chance in canvas.rng.uniform(0, 1, (count, 3)):
        colour = mix(palette.top, palette.glow, 0.35 + 0.65 * chance)
        canvas.disc(x * WIDTH, y * floor, 0.6 + 2.2 * chance**6, colour)


def orb(canvas: Canvas, x: float, y: float, radius: float, colour: Colour, halo: float = 0.55) -> None:
    """A sun or a moon in its own light."""
    canvas.glow(x, y, radius * 3.2, colour, halo)
    canvas.disc(x, y, radius, colour)


def craters(canvas: Canvas, x: float, y: float, radius: float, colour: Colour) -> None:
    """Darker patches that make a moon of a disc."""
    for _ in range(7):
        px, py = around(x, y, radius * canvas.between(0.1, 0.68), canvas.between(0, 360))
        canvas.disc(px, py, radius * canvas.between(0.06, 0.2), colour)


def striped_sun(canvas: Canvas, x: float, y: float, radius: float, colour: Colour, ground: Colour) -> None:
    """A sun cut by stripes that grow downwards."""
    orb(canvas, x, y, radius, colour)
    for stripe in range(6):
        top = y + radius * (0.05 + 0.17 * stripe)
        canvas.block(x - radius, top, x + radius, top + 3 + 2.4 * stripe, ground)


def planet(canvas: Canvas, x: float, y: float, radius: float, colour: Colour, shade: Colour) -> None:
    """A globe lit from the upper left, with bands of cloud."""
    globe = Canvas(canvas.palette, canvas.rng)
    globe.gradient(mix(colour, canvas.palette.glow, 0.35), colour)
    for _ in range(7):
        level = y + radius * canvas.between(-1, 1)
        globe.disc(x, level, radius * 1.1, mix(colour, shade, canvas.between(0.1, 0.45)), canvas.between(0.03, 0.13))
    globe.glow(x + radius * 0.75, y + radius * 0.75, radius * 1.9, shade, 1)
    globe.glow(x + radius * 0.9, y + radius * 0.9, radius * 1.6, shade, 0.9)
    canvas.glow(x - radius * 0.12, y - radius * 0.12, radius * 1.45, canvas.palette.glow, 0.55)
    circle = [around(x, y, radius, 4 * step) for step in range(90)]
    canvas.paint(polygon_mask(circle), globe.image)


def planet_ring(canvas: Canvas, x: float, y: float, radius: float, colour: Colour, front: bool) -> None:
    """The far or the near half of a tilted ring of three bands."""
    start = 0 if front else 180
    for factor, width in ((1.95, 5), (1.75, 16), (1.5, 8)):
        arc = [around(0, 0, radius * factor, start + 3 * step) for step in range(61)]
        tilted = [(x + px * 0.96 + py * 0.07, y + py * 0.24 - px * 0.28) for px, py in arc]
        canvas.stroke(tilted, colour, width * radius / 130)


def cloud(canvas: Canvas, x: float, y: float, width: float, colour: Colour) -> None:
    """A flat-bottomed heap of round puffs."""
    for share, size in ((-0.3, 0.16), (-0.08, 0.25), (0.16, 0.2), (0.34, 0.12)):
        canvas.disc(x + share * width, y - size * width * 0.5, size * width, colour)
    base = 0.11 * width
    canvas.stroke([(x - 0.42 * width, y + base * 0.4), (x + 0.42 * width, y + base * 0.4)], colour, base * 2)


def long_clouds(canvas: Canvas, y0: float, y1: float, colour: Colour, count: int = 5) -> None:
    """Streaks of evening cloud."""
    for _ in range(count):
        x, y, half = canvas.between(0, WIDTH), canvas.between(y0, y1), canvas.between(60, 190)
        canvas.disc(x, y, half, colour, 0.04)
        canvas.disc(x + half * 0.5, y + 7, half * 0.7, colour, 0.04)


def rays(canvas: Canvas, x: float, y: float, colour: Colour, count: int = 14, opacity: float = 1) -> None:
    """Wedges of light from one point over the whole sheet."""
    turn = canvas.between(0, 360 / count)
    starts = [turn + 360 * ray / count for ray in range(count)]
    wedges = [[(x, y), around(x, y, 1300, start), around(x, y, 1300, start + 180 / count)] for start in starts]
    canvas.veil(wedges, colour, opacity)


def light_cone(canvas: Canvas, x: float, y: float, spread: float, floor: float, colour: Colour) -> None:
    """A beam that falls from (x, y) and widens to 2 * spread at `floor`."""
    for width, opacity in ((1.0, 0.2), (0.72, 0.25), (0.44, 0.3)):
        foot = spread * width
        canvas.veil([[(x - 5, y), (x + 5, y), (x + foot, floor), (x - foot, floor)]], colour, opacity)


def rain(canvas: Canvas, colour: Colour, count: int = 130) -> None:
    """Slanting strokes."""
    for x, y, length in canvas.rng.uniform(0, 1, (count, 3)):
        px, py, run = x * 700 - 50, y * HEIGHT, 16 + 34 * length
        canvas.stroke([(px, py), (px - run * 0.28, py + run)], colour, 2)


def flakes(canvas: Canvas, colour: Colour, count: int = 90, size: float = 5) -> None:
    """Snow, ashes, sparks or petals, by their colour."""
    for x, y, chance in canvas.rng.uniform(0, 1, (count, 3)):
        canvas.disc(x * WIDTH, y * HEIGHT, 1 + size * chance**3, colour)


def birds(canvas: Canvas, x: float, y: float, spread: float, colour: Colour, count: int = 7) -> None:
    """A loose flight of birds, each two strokes."""
    for _ in range(count):
        px, py = x + canvas.between(-1, 1) * spread, y + canvas.between(-0.4, 0.4) * spread
        wing = canvas.between(6, 15)
        canvas.stroke([(px - wing, py - wing * 0.5), (px, py), (px + wing, py - wing * 0.6)], colour, 3)


def bats(canvas: Canvas, x: float, y: float, spread: float, colour: Colour, count: int = 6) -> None:
    """Bats with scalloped wings."""
    half = ((0, -0.1), (0.12, -0.28), (0.2, -0.1), (0.55, -0.3), (1, -0.12), (0.72, 0.02), (0.5, 0.16), (0.26, 0.1))
    outline = [*half, (0, 0.3), *((-px, py) for px, py in reversed(half))]
    for _ in range(count):
        px, py = x + canvas.between(-1, 1) * spread, y + canvas.between(-0.5, 0.5) * spread
        wing = canvas.between(12, 34)
        canvas.fill([(px + dx * wing, py + dy * wing) for dx, dy in outline], colour)
