"""What a horizon is made of: mountains, mesas, hills, sea, trees, mist and roads."""

from posters_sample.canvas import HEIGHT, WIDTH, Canvas, Point, around, broken_line, placed, smooth
from posters_sample.palettes import Colour, mix


def ridge(canvas: Canvas, y: float, height: float, colour: Colour, roughness: float = 0.5) -> None:
    """One layer of land from its skyline down: hills at a roughness of 0.25, crags at 0.6."""
    line = broken_line(canvas.rng, height, 7, roughness)
    step = WIDTH / (len(line) - 1)
    canvas.fill([(0, HEIGHT), *((i * step, y + dy) for i, dy in enumerate(line)), (WIDTH, HEIGHT)], colour)


def ridges(canvas: Canvas, y0: float, y1: float, layers: int, height: float, roughness: float = 0.5) -> None:
    """Layers of land, from the pale one at y0 to the dark one at y1, with haze between them."""
    for layer in range(layers):
        near = layer / max(1, layers - 1)
        y = y0 + (y1 - y0) * near
        ridge(canvas, y, height, canvas.palette.depth(near), roughness)
        if near < 1:
            canvas.haze(y, y + (y1 - y0) / layers + height, canvas.palette.bottom, 0.3)


def peak(canvas: Canvas, x: float, y: float, width: float, height: float, colour: Colour, snow: Colour) -> None:
    """A mountain with its foot at y, its shaded side and snow on its top."""
    top, left, right = (x, y - height), (x - width / 2, y), (x + width / 2, y)
    fold = (x + width * 0.08, y)
    canvas.fill([left, top, right], colour)
    canvas.fill([top, right, fold], mix(colour, canvas.palette.near, 0.45))
    edge = [(-0.16, 0.3), (-0.08, 0.24), (-0.03, 0.33), (0.03, 0.25), (0.08, 0.34), (0.17, 0.32)]
    canvas.fill([top, *((x + dx * width, y - height * (1 - dy * 1.02)) for dx, dy in edge)], snow)


def mesa(canvas: Canvas, x: float, y: float, width: float, height: float, colour: Colour) -> None:
    """A table mountain with steps in its flanks."""
    half = [(0.5, 0), (0.4, 0.3), (0.33, 0.34), (0.3, 0.72), (0.26, 0.75), (0.25, 1)]
    right = [(x + dx * width, y - dy * height) for dx, dy in half]
    left = [(x - dx * width, y - dy * height) for dx, dy in reversed(half)]
    canvas.fill([*right, *left], colour)
    shaded = [*right, (x + 0.1 * width, y - height), (x + 0.2 * width, y)]
    canvas.fill(shaded, mix(colour, canvas.palette.near, 0.28))


def sea(canvas: Canvas, y: float, x: float, colour: Colour, light: Colour) -> None:
    """Water below the horizon y, with a path of light under x."""
    canvas.gradient(mix(colour, light, 0.3), mix(colour, canvas.palette.near, 0.75), y)
    level, half = y + 6, 26.0
    while level < HEIGHT:
        shift = canvas.between(-0.25, 0.25) * half
        canvas.disc(x + shift, level, half * canvas.between(0.6, 1.1), mix(light, colour, (level - y) / 420), 0.05)
        level += 7 + (level - y) * 0.06
        half += 5


def pine(canvas: Canvas, x: float, y: float, height: float, colour: Colour) -> None:
    """A fir with its foot at (x, y)."""
    canvas.block(x - height * 0.025, y - height * 0.2, x + height * 0.025, y, colour)
    for foot, top, half in ((0.1, 0.55, 0.23), (0.32, 0.78, 0.18), (0.55, 1.0, 0.12)):
        canvas.fill(
            [(x - half * height, y - foot * height), (x, y - top * height), (x + half * height, y - foot * height)],
            colour,
        )


def pine_row(canvas: Canvas, y: float, height: float, colour: Colour) -> None:
    """A wood's edge across the sheet, and the ground under it."""
    x = -20.0
    while x < WIDTH + 20:
        size = height * canvas.between(0.55, 1.15)
        pine(canvas, x, y + 8, size, colour)
        x += size * canvas.between(0.16, 0.34)
    canvas.block(0, y, WIDTH, HEIGHT, colour)


def bare_tree(canvas: Canvas, x: float, y: float, length: float, colour: Colour, lean: float = -90) -> None:
    """A leafless tree: every branch bends and forks, five times over."""
    _branch(canvas, (x, y), lean, length * 0.34, length * 0.075, colour, 5)


def _branch(canvas: Canvas, foot: Point, angle: float, length: float, width: float, colour: Colour, forks: int) -> None:
    bend = around(*foot, length * 0.55, angle + canvas.between(-12, 12))
    tip = around(*bend, length * 0.5, angle + canvas.between(-16, 16))
    canvas.stroke([foot, bend, tip], colour, max(1.6, width))
    if forks:
        for side in (-1, 1):
            turn = side * canvas.between(14, 44)
            _branch(canvas, tip, angle + turn, length * canvas.between(0.62, 0.84), width * 0.62, colour, forks - 1)


def leafy_tree(canvas: Canvas, x: float, y: float, height: float, wood: Colour, leaves: Colour) -> None:
    """A round tree with light on its upper left."""
    canvas.fill([(x - height * 0.05, y), (x - height * 0.02, y - height * 0.6), (x + height * 0.05, y)], wood)
    for dx, dy, size in ((-0.17, 0.55, 0.17), (0.18, 0.56, 0.17), (0, 0.72, 0.24), (-0.1, 0.82, 0.14)):
        canvas.disc(x + dx * height, y - dy * height, size * height, leaves)
    lit = mix(leaves, canvas.palette.glow, 0.15)
    for dx, dy, size in ((-0.12, 0.8, 0.1), (-0.2, 0.6, 0.07), (0.07, 0.85, 0.06)):
        canvas.disc(x + dx * height, y - dy * height, size * height, lit)


def cactus(canvas: Canvas, x: float, y: float, height: float, colour: Colour) -> None:
    """A saguaro with two arms."""
    width = height * 0.13
    canvas.stroke([(x, y), (x, y - height)], colour, width)
    for side, level, reach in ((-1, 0.38, 0.3), (1, 0.5, 0.26)):
        elbow = (x + side * height * 0.25, y - height * level)
        arm = [(x, y - height * level), elbow, (elbow[0], elbow[1] - height * reach)]
        canvas.stroke(arm, colour, width * 0.78)


def grass(canvas: Canvas, y: float, height: float, colour: Colour, count: int = 110) -> None:
    """Blades along y."""
    for x, lean, size in canvas.rng.uniform(0, 1, (count, 3)):
        px, tall = x * WIDTH, height * (0.4 + 0.6 * size)
        canvas.fill([(px - 3, y), (px + (lean - 0.5) * tall, y - tall), (px + 3, y)], colour)


def flowers(canvas: Canvas, y0: float, y1: float, petals: Colour, heart: Colour, count: int = 26) -> None:
    """Poppies on their stalks, larger the nearer they stand."""
    for near, across in zip(sorted(canvas.rng.uniform(0, 1, count)), canvas.rng.uniform(0, 1, count), strict=True):
        x, y, size = across * WIDTH, y0 + (y1 - y0) * near, 4 + 15 * near
        canvas.stroke([(x, y), (x + size * 0.3, y + size * 4)], mix(heart, petals, 0.15), 1 + 2 * near)
        for dx in (-0.5, 0.5):
            canvas.disc(x + dx * size, y, size * 0.75, mix(petals, heart, 0.12 + dx * 0.24), 0.85)
        canvas.disc(x, y + size * 0.15, size * 0.3, heart)


def mist(canvas: Canvas, y: float, colour: Colour, opacity: float = 0.5) -> None:
    """A bank of fog about y."""
    canvas.haze(y - 90, y, colour, opacity)
    canvas.haze(y + 110, y, colour, opacity)


def road(canvas: Canvas, x: float, y: float, colour: Colour, marks: Colour) -> None:
    """A straight road to the vanishing point (x, y), with a dashed line."""
    canvas.fill([(x - 4, y), (x + 4, y), (520, HEIGHT), (80, HEIGHT)], colour)
    for near, far in ((0.03, 0.06), (0.1, 0.17), (0.26, 0.42), (0.6, 0.92)):
        ends = [(x + (300 - x) * share, y + (HEIGHT - y) * share, 14 * share) for share in (near, far)]
        (x0, y0, w0), (x1, y1, w1) = ends
        canvas.fill([(x0 - w0, y0), (x0 + w0, y0), (x1 + w1, y1), (x1 - w1, y1)], marks)


def grid_floor(canvas: Canvas, y: float, colour: Colour) -> None:
    """A floor of glowing lines in perspective."""
    for step in range(-14, 15):
        canvas.stroke([(300 + step * 16, y), (300 + step * 130, HEIGHT)], colour, 2)
    level, gap = y, 5.0
    while level < HEIGHT:
        canvas.stroke([(0, level), (WIDTH, level)], colour, 2)
        level, gap = level + gap, gap * 1.32


def island(canvas: Canvas, x: float, y: float, width: float, grass_colour: Colour, rock: Colour) -> None:
    """A piece of land that floats: a green top on a tapering rock."""
    drop = [(-0.5, 0), (-0.36, 0.16), (-0.28, 0.3), (-0.12, 0.42), (0, 0.72), (0.1, 0.45), (0.27, 0.33), (0.38, 0.14)]
    canvas.fill(placed([*drop, (0.5, 0)], x, y, width), rock)
    lit = placed([(-0.5, 0), (-0.36, 0.16), (-0.28, 0.3), (-0.12, 0.42), (-0.05, 0.1)], x, y, width)
    canvas.fill(lit, mix(rock, canvas.palette.glow, 0.25))
    top = smooth([(-0.52, 0.02), (-0.3, -0.07), (0, -0.1), (0.32, -0.06), (0.52, 0.02), (0.2, 0.07), (-0.2, 0.07)])
    canvas.fill(placed(top, x, y, width), grass_colour)
