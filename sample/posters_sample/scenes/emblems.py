"""Scenes with one large object on a plain ground, as a minimalist poster has it."""

from posters_sample.canvas import HEIGHT, WIDTH, Canvas, polygon_mask, star
from posters_sample.motifs import buildings, lands, machines, people, skies, things
from posters_sample.palettes import mix


def heart_sun(canvas: Canvas) -> None:
    """A heart sets over the sea instead of the sun."""
    palette = canvas.palette
    canvas.glow(300, 460, 430, palette.glow, 0.7)
    things.heart(canvas, 300, 480, canvas.between(150, 190), palette.accent)
    lands.sea(canvas, 590, 300, palette.far, mix(palette.accent, palette.glow, 0.5))
    people.couple(canvas, 300, 700, 130, palette.near)
    canvas.gradient(palette.near, palette.near, 698)


def heart_window(canvas: Canvas) -> None:
    """A couple on a hill, seen through a heart."""
    palette = canvas.palette
    inner = Canvas(palette, canvas.rng)
    inner.gradient(palette.top, palette.bottom, 200, 700)
    skies.orb(inner, 300, 420, 76, palette.glow)
    lands.ridges(inner, 520, 590, 2, 24, 0.3)
    people.couple(inner, 300, 572, 150, palette.near)
    paper = mix(palette.glow, palette.bottom, 0.2)
    canvas.gradient(paper, mix(paper, palette.bottom, 0.35))
    things.heart(canvas, 300, 440, 240, mix(palette.accent, palette.glow, 0.25))
    canvas.paint(polygon_mask(things.heart_outline(300, 440, 222)), inner.image)


def rose(canvas: Canvas) -> None:
    """One rose with falling petals."""
    palette = canvas.palette
    canvas.glow(300, 420, 330, palette.glow, 0.7)
    things.rose(canvas, 300, canvas.between(370, 410), canvas.between(90, 115), palette.accent, palette.near)
    for _ in range(8):
        canvas.disc(
            canvas.between(90, 510),
            canvas.between(480, 740),
            canvas.between(8, 17),
            palette.accent,
            canvas.between(0.4, 0.8),
        )


def target(canvas: Canvas) -> None:
    """Somebody in a gun sight."""
    palette = canvas.palette
    canvas.disc(300, 440, 235, mix(palette.bottom, palette.glow, 0.55))
    buildings.skyline(canvas, 590, 110, mix(palette.bottom, palette.far, 0.5), 0)
    canvas.gradient(palette.far, palette.near, 610)
    people.person(canvas, 300, 810, 490, palette.near, "coat")
    canvas.haze(620, 800, palette.near, 1)
    canvas.gradient(palette.near, palette.near, 798)
    things.crosshair(canvas, 300, 430, canvas.between(190, 220), palette.accent)


def slashes(canvas: Canvas) -> None:
    """Somebody in front of diagonal blades of colour."""
    palette = canvas.palette
    canvas.gradient(palette.near, palette.top)
    tones = (palette.accent, palette.far, palette.bottom, mix(palette.accent, palette.near, 0.45), palette.glow)
    for step in range(8):
        x, width = -420 + step * 125 + canvas.between(-30, 30), canvas.between(30, 110)
        canvas.fill([(x, 900), (x + width, 900), (x + width + 450, 0), (x + 450, 0)], tones[step % 5])
    canvas.haze(330, 0, palette.near, 0.9)
    people.person(canvas, canvas.between(240, 360), 830, 500, palette.near, "coat")
    canvas.haze(640, 810, palette.near, 1)
    canvas.gradient(palette.near, palette.near, 808)


def print_of_a_finger(canvas: Canvas) -> None:
    """A huge fingerprint."""
    palette = canvas.palette
    ground = mix(palette.glow, palette.bottom, 0.3) if canvas.chance(0.4) else palette.near
    ink = palette.accent if canvas.chance(0.6) else mix(palette.far, palette.glow, 0.4)
    canvas.gradient(ground, mix(ground, palette.far, 0.25))
    things.fingerprint(canvas, 300, 440, canvas.between(200, 235), ink)


def all_seeing(canvas: Canvas) -> None:
    """One eye in the dark."""
    palette = canvas.palette
    canvas.gradient(palette.near, mix(palette.near, palette.far, 0.6))
    canvas.glow(300, 440, 400, palette.accent, 0.4)
    things.eye(canvas, 300, 440, canvas.between(200, 240), palette.accent, slit=canvas.chance(0.5))
    for x in range(60, WIDTH, 37):
        if canvas.chance(0.4):
            length = canvas.between(60, 260)
            canvas.fill([(x - 4, 520), (x + 4, 520), (x, 520 + length)], mix(palette.near, palette.accent, 0.5))


def skull_moon(canvas: Canvas) -> None:
    """A skull for a moon over bare trees."""
    palette = canvas.palette
    canvas.glow(300, 420, 400, palette.glow, 0.45)
    things.skull(canvas, 300, 430, canvas.between(170, 205), mix(palette.glow, palette.bottom, 0.12), palette.near)
    for x, length in ((60, 320), (540, 340), (200, 190), (400, 180)):
        lands.bare_tree(canvas, x, 770, length, palette.near)
    lands.ridge(canvas, 765, 16, palette.near, 0.4)


def clawed(canvas: Canvas) -> None:
    """Four slashes torn into the picture."""
    palette = canvas.palette
    lands.pine_row(canvas, 690, 240, mix(palette.far, palette.near, 0.5))
    canvas.haze(420, 740, palette.near, 1)
    canvas.gradient(palette.near, palette.near, 738)
    things.claws(canvas, 300, 440, 500, palette.near)
    things.claws(canvas, 296, 436, 470, palette.accent)


def clue(canvas: Canvas) -> None:
    """A magnifying glass over a footprint, a key or a face."""
    palette = canvas.palette
    x, y, radius = 275, 410, canvas.between(135, 165)
    canvas.disc(x, y, radius * 1.1, mix(palette.glow, palette.bottom, 0.1))
    kind = int(canvas.rng.integers(3))
    if kind == 0:
        things.key(canvas, x, y - 10, radius * 0.68, palette.near)
    elif kind == 1:
        things.fingerprint(canvas, x, y, radius * 0.78, palette.near)
    else:
        people.detective(canvas, x, y + radius * 0.9, radius * 1.7, palette.near)
    things.magnifier(canvas, x, y, radius, palette.near)


def badge(canvas: Canvas) -> None:
    """A sheriff's star with a bullet hole."""
    palette = canvas.palette
    canvas.glow(300, 430, 400, palette.glow, 0.6)
    if canvas.chance(0.5):
        skies.rays(canvas, 300, 430, palette.far, 18, 0.3)
    things.sheriff_star(canvas, 300, 440, canvas.between(190, 220), mix(palette.glow, palette.far, 0.35), palette.near)
    if canvas.chance(0.6):
        things.cracks(canvas, 300 + canvas.between(-40, 40), 440, 60, palette.near)


def shattered(canvas: Canvas) -> None:
    """Bullet holes in a pane, the city behind it."""
    palette = canvas.palette
    buildings.skyline(canvas, 700, 330, palette.far, 0.2)
    canvas.haze(400, 800, palette.near, 0.95)
    for x, y, radius in ((220, 370, 110), (400, 480, 85), (250, 590, 60)):
        things.cracks(canvas, x + canvas.between(-40, 40), y, radius, palette.glow)


def big_paw(canvas: Canvas) -> None:
    """A dog on a bright disc, paw prints around it."""
    palette = canvas.palette
    for x, y in ((90, 300), (500, 290), (70, 520), (530, 540), (140, 680), (470, 690)):
        things.paw(canvas, x, y, canvas.between(20, 32), mix(palette.bottom, palette.far, 0.5))
    canvas.disc(300, 450, 205, palette.glow)
    canvas.ring(300, 450, 205, palette.accent, 14)
    coat = mix(palette.near, palette.accent, canvas.between(0, 0.45))
    things.dog(canvas, 310, 625, canvas.between(270, 300), coat, canvas.chance(0.5))
    canvas.block(150, 622, 450, 634, palette.accent)


def starburst(canvas: Canvas) -> None:
    """A car or a heart bursts out of a comic-book star."""
    palette = canvas.palette
    skies.rays(canvas, 300, 440, mix(palette.bottom, palette.glow, 0.5), 17, 0.8)
    for size, colour in ((265, palette.near), (250, palette.accent), (195, palette.glow)):
        canvas.fill(star(300, 440, size, size * 0.7, 14), colour)
    if canvas.chance(0.5):
        machines.car_front(canvas, 300, 530, 250, palette.far, palette.glow)
    else:
        things.heart(canvas, 300, 440, 120, palette.accent)


def plain(canvas: Canvas) -> None:
    """Hardly anything: one or two flat shapes."""
    canvas.pick((_disc, _horizon, _halves, _stripes, _rings))(canvas)


def _disc(canvas: Canvas) -> None:
    canvas.disc(300, 430, canvas.between(110, 190), canvas.pick((canvas.palette.glow, canvas.palette.accent)))


def _horizon(canvas: Canvas) -> None:
    y = canvas.between(430, 560)
    canvas.disc(300, y, canvas.between(70, 150), canvas.palette.glow)
    canvas.gradient(canvas.palette.far, canvas.palette.near, y)


def _halves(canvas: Canvas) -> None:
    left, right = canvas.between(200, 700), canvas.between(200, 700)
    canvas.fill([(0, left), (WIDTH, right), (WIDTH, HEIGHT), (0, HEIGHT)], canvas.palette.accent)
    canvas.fill([(0, left + 60), (WIDTH, right + 60), (WIDTH, HEIGHT), (0, HEIGHT)], canvas.palette.near)


def _stripes(canvas: Canvas) -> None:
    for step in range(5):
        y = 300 + 74 * step
        canvas.block(0, y, WIDTH, y + 14 + 11 * step, mix(canvas.palette.accent, canvas.palette.far, step / 4))


def _rings(canvas: Canvas) -> None:
    for step in range(6):
        colour = canvas.palette.glow if step % 2 else canvas.palette.far
        canvas.disc(300, 430, 210 - 36 * step, colour)
