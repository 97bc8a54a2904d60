"""Scenes in space: planets, rockets, saucers, glowing grids."""

from posters_sample.canvas import HEIGHT, WIDTH, Canvas, around
from posters_sample.motifs import buildings, lands, machines, people, skies
from posters_sample.palettes import mix


def ringed_planet(canvas: Canvas) -> None:
    """A planet with rings, and its moon."""
    palette = canvas.palette
    skies.stars(canvas, 170)
    x, y, radius = canvas.between(240, 360), canvas.between(380, 450), canvas.between(110, 155)
    ring = mix(palette.glow, palette.far, 0.25)
    skies.planet_ring(canvas, x, y, radius, ring, front=False)
    skies.planet(canvas, x, y, radius, mix(palette.accent, palette.far, 0.25), palette.near)
    skies.planet_ring(canvas, x, y, radius, ring, front=True)
    skies.planet(canvas, canvas.between(60, 160), 620, canvas.between(22, 40), palette.bottom, palette.near)


def planet_rise(canvas: Canvas) -> None:
    """The edge of a vast planet, with the sun behind it."""
    palette = canvas.palette
    skies.stars(canvas, 190, 640)
    x = canvas.between(200, 400)
    canvas.glow(x, 585, 420, palette.accent, 0.7)
    canvas.disc(300, 1140, 568, palette.glow)
    canvas.disc(300, 1146, 568, mix(palette.far, palette.near, 0.3))
    canvas.haze(575, 800, palette.near, 0.95)
    canvas.glow(x, 578, 180, palette.glow, 1)
    canvas.disc(x, 572, 26, palette.glow)
    if canvas.chance(0.5):
        skies.planet(canvas, WIDTH - x + 60, 380, canvas.between(40, 75), palette.bottom, palette.near)


def rocket(canvas: Canvas) -> None:
    """A rocket takes off past a moon."""
    palette = canvas.palette
    skies.stars(canvas, 110, 700)
    moon = mix(palette.glow, palette.bottom, 0.4)
    side = canvas.pick((-1, 1))
    skies.orb(canvas, 300 + side * 130, 360, canvas.between(90, 130), moon, 0.4)
    for step in range(16):
        y, spread = 640 + step * 17, 10 + step * 11
        puff = mix(palette.glow, palette.bottom, step / 15)
        canvas.disc(300 + canvas.between(-1, 1) * spread, y, 26 + step * 4.5, puff)
    machines.rocket(canvas, 300, 600, canvas.between(190, 230), palette.glow, palette.accent)


def abduction(canvas: Canvas) -> None:
    """A saucer shines its beam on a small figure."""
    palette = canvas.palette
    skies.stars(canvas, 110, 600)
    lands.ridges(canvas, 640, 730, 2, 36, 0.45)
    x = canvas.between(230, 370)
    skies.light_cone(canvas, x, 360, 160, 750, palette.glow)
    canvas.glow(x, 360, 250, palette.accent, 0.6)
    machines.saucer(canvas, x, 345, canvas.between(130, 170), mix(palette.far, palette.near, 0.4))
    lands.pine_row(canvas, 760, 80, palette.near)
    people.person(canvas, x, 762, 96, palette.near)


def neon_grid(canvas: Canvas) -> None:
    """A striped sun over a floor of light."""
    palette = canvas.palette
    skies.stars(canvas, 100, 420)
    skies.striped_sun(canvas, 300, 450, canvas.between(150, 185), palette.glow, palette.bottom)
    lands.ridge(canvas, 600, 50, palette.near, 0.6)
    canvas.gradient(palette.near, mix(palette.far, palette.near, 0.5), 630)
    lands.grid_floor(canvas, 632, palette.accent)
    canvas.glow(300, 632, 300, palette.accent, 0.35)


def tunnel(canvas: Canvas) -> None:
    """Rings of light lead to somebody far away."""
    palette = canvas.palette
    canvas.gradient(palette.near, palette.near)
    sides, turn = int(canvas.rng.integers(4, 9)), canvas.between(0, 90)
    for step in range(17):
        radius = 620 * 0.8**step
        shape = [around(300, 440, radius, turn + 2.5 * step + 360 * k / sides) for k in range(sides)]
        canvas.fill(
            shape,
            mix(palette.near, palette.far, step / 17) if step % 2 else mix(palette.accent, palette.bottom, step / 17),
        )
    canvas.glow(300, 440, 190, palette.glow, 1)
    people.person(canvas, 300, 500, 120, palette.near)


def domed_city(canvas: Canvas) -> None:
    """Towers on a strange world, with two moons."""
    palette = canvas.palette
    skies.stars(canvas, 80, 400)
    skies.planet(canvas, canvas.between(350, 460), 330, canvas.between(85, 125), palette.accent, palette.top)
    skies.orb(canvas, canvas.between(110, 190), 290, 30, palette.glow, 0.4)
    buildings.skyline(canvas, 690, 280, palette.depth(0.2), 0.15)
    canvas.haze(430, 700, palette.bottom, 0.5)
    buildings.skyline(canvas, 720, 170, palette.depth(0.65), 0.3)
    for x, y in ((120, 420), (230, 480), (470, 450)):
        machines.saucer(canvas, x + canvas.between(-40, 40), y, canvas.between(14, 30), palette.near)
    lands.ridge(canvas, 760, 30, palette.near, 0.4)
    canvas.block(0, HEIGHT - 60, WIDTH, HEIGHT, palette.near)
