"""What people build: skylines, houses, castles, lighthouses, street lamps, doors and windows."""

from posters_sample.canvas import HEIGHT, WIDTH, Canvas, placed
from posters_sample.palettes import Colour, mix


def skyline(canvas: Canvas, y: float, height: float, colour: Colour, lights: float = 0.25) -> None:
    """Towers across the sheet that stand on y, a share `lights` of their windows lit."""
    x = -10.0
    while x < WIDTH:
        width, tall = canvas.between(34, 82), height * canvas.between(0.35, 1)
        tower(canvas, x, y, width, tall, colour)
        windows(canvas, x + 7, y - tall + 12, x + width - 7, y - 10, lights)
        x += width + canvas.between(-4, 6)
    canvas.block(0, y - 2, WIDTH, HEIGHT, colour)


def tower(canvas: Canvas, x: float, y: float, width: float, height: float, colour: Colour) -> None:
    """One house block, now and then with a spire, a slanted roof or a step."""
    top = y - height
    canvas.block(x, top, x + width, y, colour)
    kind = int(canvas.rng.integers(5))
    if kind == 0:
        canvas.fill([(x + width / 2 - 3, top), (x + width / 2, top - 60), (x + width / 2 + 3, top)], colour)
    elif kind == 1:
        canvas.fill([(x, top), (x, top - 24), (x + width, top)], colour)
    elif kind == 2:
        canvas.block(x + width * 0.2, top - 18, x + width * 0.8, top, colour)


def windows(canvas: Canvas, x0: float, y0: float, x1: float, y1: float, share: float) -> None:
    """Rows of small windows, of which `share` are lit."""
    colours = [mix(canvas.palette.glow, canvas.palette.near, dim) for dim in (0.05, 0.3, 0.5)]
    columns, rows = int((x1 - x0) // 11), int((y1 - y0) // 16)
    if share <= 0 or columns < 1 or rows < 1:
        return
    chances = canvas.rng.uniform(0, 1, (columns, rows))
    for column in range(columns):
        for row in range(rows):
            if chances[column, row] < share:
                x, y = x0 + column * 11, y0 + row * 16
                canvas.block(x, y, x + 5, y + 8, colours[int(chances[column, row] / share * 3)])


def haunted_house(canvas: Canvas, x: float, y: float, size: float, colour: Colour, light: Colour) -> None:
    """A crooked gabled house with a tower; one or two windows are lit."""
    body = [
        (-0.5, 0), (-0.47, -0.5), (-0.58, -0.48), (-0.3, -0.8), (-0.12, -0.6), (-0.1, -0.86), (-0.17, -0.85),
        (-0.02, -1.3), (0.15, -0.86), (0.1, -0.86), (0.12, -0.62), (0.3, -0.74), (0.55, -0.42), (0.46, -0.42),
        (0.48, 0),
    ]  # fmt: skip
    canvas.fill(placed(body, x, y, size), colour)
    canvas.fill(placed([(0.32, -0.6), (0.33, -0.86), (0.41, -0.85), (0.42, -0.5)], x, y, size), colour)
    for px, py in ((-0.34, -0.4), (0.0, -0.74), (0.26, -0.36)):
        arched_window(canvas, x + px * size, y + py * size, size * 0.1, light if canvas.chance(0.75) else colour)
    canvas.fill(placed([(-0.07, 0), (-0.07, -0.22), (0, -0.27), (0.07, -0.22), (0.07, 0)], x, y, size), light)


def arched_window(canvas: Canvas, x: float, y: float, width: float, colour: Colour) -> None:
    """A small window with a round top and a cross."""
    canvas.block(x - width / 2, y, x + width / 2, y + width * 1.3, colour)
    canvas.disc(x, y, width / 2, colour)
    frame = canvas.palette.near
    canvas.stroke([(x, y - width / 2), (x, y + width * 1.3)], frame, 3)
    canvas.stroke([(x - width / 2, y + width * 0.45), (x + width / 2, y + width * 0.45)], frame, 3)


def castle(canvas: Canvas, x: float, y: float, size: float, colour: Colour, light: Colour) -> None:
    """Towers with pointed roofs round a keep."""
    shaded = mix(colour, canvas.palette.near, 0.5)
    for px, height, half, roof in ((-0.42, 0.62, 0.09, 0.3), (0.4, 0.7, 0.1, 0.32), (-0.14, 0.95, 0.1, 0.38),
                                   (0.16, 0.8, 0.12, 0.36)):  # fmt: skip
        left, right, top = x + (px - half) * size, x + (px + half) * size, y - height * size
        canvas.block(left, top, right, y, colour)
        canvas.block((left + right) / 2, top, right, y, shaded)
        canvas.fill([(left - 8, top), ((left + right) / 2, top - roof * size), (right + 8, top)], shaded)
        canvas.block((left + right) / 2 - 4, top + 26, (left + right) / 2 + 4, top + 46, light)
    canvas.block(x - 0.4 * size, y - 0.34 * size, x + 0.4 * size, y + 4, colour)
    for step in range(9):
        left = x - 0.4 * size + step * 0.094 * size
        canvas.block(left, y - 0.39 * size, left + 0.05 * size, y - 0.33 * size, colour)
    arched_window(canvas, x, y - 0.16 * size, size * 0.12, light)


def lighthouse(canvas: Canvas, x: float, y: float, height: float, colour: Colour, stripe: Colour) -> None:
    """A tapering tower with stripes and a lantern."""
    top, foot = height * 0.065, height * 0.12
    for band in range(5):
        low, high = band / 5, (band + 1) / 5
        a, b = foot + (top - foot) * low, foot + (top - foot) * high
        y0, y1 = y - height * 0.8 * low, y - height * 0.8 * high
        canvas.fill([(x - a, y0), (x - b, y1), (x + b, y1), (x + a, y0)], stripe if band % 2 else colour)
    canvas.block(x - top * 1.3, y - height * 0.83, x + top * 1.3, y - height * 0.8, canvas.palette.near)
    canvas.block(x - top * 0.8, y - height * 0.93, x + top * 0.8, y - height * 0.83, canvas.palette.glow)
    roof = [(x - top * 1.1, y - height * 0.92), (x, y - height), (x + top * 1.1, y - height * 0.92)]
    canvas.fill(roof, canvas.palette.near)


def street_lamp(
    canvas: Canvas, x: float, y: float, height: float, colour: Colour, reach: float = 60
) -> tuple[float, float]:
    """A lamp post that leans over to one side; returns where its light is."""
    head = (x + reach, y - height + 10)
    canvas.stroke([(x, y), (x, y - height + 30), (x + reach * 0.3, y - height), (x + reach, y - height)], colour, 9)
    canvas.fill([(head[0] - 24, head[1] + 10), (head[0] - 9, head[1] - 12), (head[0] + 9, head[1] - 12),
                 (head[0] + 24, head[1] + 10)], colour)  # fmt: skip
    return (head[0], head[1] + 10)


def cottage(canvas: Canvas, x: float, y: float, size: float, wall: Colour, roof: Colour, light: Colour) -> None:
    """A small friendly house with a chimney."""
    canvas.block(x + 0.2 * size, y - 0.95 * size, x + 0.33 * size, y - 0.5 * size, roof)
    canvas.block(x - 0.42 * size, y - 0.5 * size, x + 0.42 * size, y, wall)
    canvas.fill(placed([(-0.56, -0.48), (0, -0.95), (0.56, -0.48)], x, y, size), roof)
    canvas.block(x - 0.1 * size, y - 0.3 * size, x + 0.1 * size, y, roof)
    for side in (-1, 1):
        cx = x + side * 0.26 * size
        canvas.block(cx - 0.08 * size, y - 0.36 * size, cx + 0.08 * size, y - 0.19 * size, light)


def western_street(canvas: Canvas, y: float, colour: Colour, light: Colour) -> None:
    """False-fronted houses on both sides that shrink towards the middle."""
    for side in (-1, 1):
        for near, (outer, inner, tall) in zip(
            (0.45, 0.75, 1.0), ((96, 60, 120), (178, 96, 210), (310, 178, 330)), strict=True
        ):
            face = canvas.palette.depth(near)
            x0, x1 = 300 + side * inner, 300 + side * outer
            drop = tall * 0.22
            canvas.fill([(x0, y), (x0, y - tall + drop), (x1, y - tall * 1.15), (x1, y + (outer - 60) * 0.4)], face)
            canvas.fill(
                [(x0, y - tall * 0.36), (x1, y - tall * 0.44), (x1, y - tall * 0.5), (x0, y - tall * 0.42)], colour
            )
            wx = x0 + side * (outer - inner) * 0.4
            canvas.block(wx - 6, y - tall * 0.66, wx + 6, y - tall * 0.53, light)


def door_ajar(canvas: Canvas, x: float, y: float, height: float, light: Colour, wood: Colour) -> None:
    """A door opened a hand's breadth, and the light that falls out of it over the floor."""
    width = height * 0.42
    canvas.glow(x, y - height / 2, height * 0.9, light, 0.5)
    floor = [(x - width / 2, y), (x + width / 2, y), (x + width * 1.6, HEIGHT), (x - width * 0.9, HEIGHT)]
    canvas.veil([floor], light, 0.35)
    canvas.block(x - width / 2, y - height, x + width / 2, y, light)
    edge = x + width * 0.12
    canvas.fill(
        [(edge, y + height * 0.05), (edge, y - height * 1.04), (x + width / 2, y - height), (x + width / 2, y)], wood
    )
    canvas.disc(edge + 12, y - height * 0.47, 6, light)
