"""Scenes of war: a patrol, parachutes, poppies, wire."""

from posters_sample.canvas import HEIGHT, WIDTH, Canvas
from posters_sample.motifs import lands, machines, people, skies, things
from posters_sample.palettes import mix


def patrol(canvas: Canvas) -> None:
    """Soldiers walk along a ridge at dusk."""
    palette = canvas.palette
    skies.orb(canvas, canvas.between(200, 400), 480, canvas.between(110, 160), palette.glow, 0.5)
    _smoke(canvas)
    lands.ridge(canvas, 640, 26, palette.depth(0.3), 0.5)
    canvas.fill([(0, 700), (WIDTH, 664), (WIDTH, HEIGHT), (0, HEIGHT)], palette.near)
    for step in range(5):
        x = 70 + step * 112 + canvas.between(-16, 16)
        people.soldier(canvas, x, 704 - x * 0.06, canvas.between(120, 150), palette.near)


def _smoke(canvas: Canvas) -> None:
    """Columns of smoke on the horizon."""
    colour = mix(canvas.palette.bottom, canvas.palette.near, 0.5)
    for x in (canvas.between(40, 200), canvas.between(380, 560)):
        lean = canvas.between(-30, 50)
        for step in range(16):
            canvas.glow(x + lean * step / 5, 640 - step * 22, 26 + step * 6, colour, 0.5)


def airdrop(canvas: Canvas) -> None:
    """Planes above, parachutes below them."""
    palette = canvas.palette
    canvas.glow(300, 520, 420, palette.glow, 0.6)
    skies.long_clouds(canvas, 300, 600, mix(palette.bottom, palette.glow, 0.35), 6)
    heading = canvas.between(-35, 35)
    for x, y, span in ((170, 300, 90), (300, 250, 120), (440, 310, 90)):
        machines.plane(canvas, x, y, span, palette.near, heading)
    for _ in range(9):
        low = canvas.between(0, 1)
        size, colour = 30 + 47 * low, palette.depth(0.25 + 0.75 * low)
        machines.parachute(canvas, canvas.between(40, 560), 380 + 260 * low, size, colour)
    lands.ridges(canvas, 700, 780, 2, 24, 0.4)


def poppies(canvas: Canvas) -> None:
    """A helmet on a rifle in a field of poppies."""
    palette = canvas.palette
    skies.orb(canvas, canvas.between(180, 420), 440, 100, palette.glow, 0.5)
    lands.ridge(canvas, 610, 24, palette.depth(0.2), 0.3)
    canvas.gradient(palette.depth(0.4), palette.near, 640)
    canvas.stroke([(300, 760), (300, 470)], palette.near, 13)
    canvas.stroke([(300, 520), (322, 500)], palette.near, 8)
    canvas.disc(300, 478, 62, palette.near, 0.28)
    canvas.disc(300, 462, 48, palette.near, 0.75)
    lands.flowers(canvas, 650, 860, palette.accent, palette.near, 44)


def wire(canvas: Canvas) -> None:
    """Barbed wire across a burning sky."""
    palette = canvas.palette
    skies.orb(canvas, 300, 470, canvas.between(130, 190), palette.glow, 0.6)
    _smoke(canvas)
    lands.ridge(canvas, 680, 34, palette.depth(0.7), 0.6)
    for x in (80, 520):
        canvas.fill([(x - 10, 300), (x + 10, 296), (x + 14, HEIGHT), (x - 14, HEIGHT)], palette.near)
    for y in (370, 480, 590):
        things.barbed_wire(canvas, y, canvas.between(18, 40), palette.near)
    lands.ridge(canvas, 765, 20, palette.near, 0.6)


def dogfight(canvas: Canvas) -> None:
    """Planes cross a cloudy sky and trail smoke."""
    palette = canvas.palette
    canvas.glow(canvas.between(150, 450), 420, 420, palette.glow, 0.7)
    for _ in range(6):
        skies.cloud(
            canvas,
            canvas.between(0, WIDTH),
            canvas.between(420, 760),
            canvas.between(140, 260),
            mix(palette.bottom, palette.glow, canvas.between(0.2, 0.7)),
        )
    for x, y, span, heading in ((190, 470, 210, 30), (430, 330, 130, -40), (420, 560, 90, -20)):
        for step in range(9):
            canvas.glow(x - step * heading * 0.5, y + span * 0.4 + step * 24, 16 + step * 3, palette.near, 0.4)
        machines.plane(canvas, x, y, span, palette.near, heading + canvas.between(-10, 10))
    lands.ridge(canvas, 790, 24, palette.near, 0.5)
