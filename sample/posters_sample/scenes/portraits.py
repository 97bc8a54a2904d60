"""Scenes made of faces: two profiles, a landscape in a head, light through blinds, a cheerful crowd."""

from posters_sample.canvas import HEIGHT, WIDTH, Canvas, polygon_mask
from posters_sample.motifs import buildings, lands, people, skies
from posters_sample.palettes import mix


def double_exposure(canvas: Canvas) -> None:
    """A landscape or a city inside a head in profile."""
    palette = canvas.palette
    inner = Canvas(palette, canvas.rng)
    inner.gradient(mix(palette.top, palette.near, 0.35), palette.bottom)
    skies.orb(inner, 330, 420, 80, palette.glow)
    if canvas.chance(0.6):
        lands.ridges(inner, 520, 760, 3, 60, 0.5)
        lands.pine_row(inner, 720, 110, palette.near)
    else:
        buildings.skyline(inner, 650, 240, palette.depth(0.4), 0.3)
        inner.haze(600, 860, palette.near, 1)
    pale = mix(palette.glow, palette.bottom, 0.35)
    canvas.gradient(mix(pale, palette.top, 0.2), pale)
    hair = canvas.pick(("short", "knot"))
    head = people.profile(310, 440, canvas.between(185, 210), canvas.chance(0.5), hair)
    canvas.paint(polygon_mask(*head), inner.image)
    skies.birds(canvas, 300, 330, 210, palette.near, 6)
    canvas.haze(700, 900, palette.near, 1)


def two_profiles(canvas: Canvas) -> None:
    """Two people face each other in front of the sun."""
    palette = canvas.palette
    skies.orb(canvas, 300, 460, canvas.between(110, 150), palette.glow)
    for outline in people.profile(118, 480, 150, mirrored=True):
        canvas.fill(outline, palette.near)
    for outline in people.profile(486, 490, 145, hair="knot"):
        canvas.fill(outline, mix(palette.near, palette.accent, 0.45))
    canvas.haze(600, 800, palette.near, 1)
    canvas.gradient(palette.near, palette.near, 798)


def stand_off(canvas: Canvas) -> None:
    """One large face in profile behind a small figure."""
    palette = canvas.palette
    canvas.glow(210, 430, 430, palette.accent, 0.55)
    for outline in people.profile(370, 430, 215, hair=canvas.pick(("short", "knot"))):
        canvas.fill(outline, mix(palette.near, palette.far, 0.45))
    lands.ridge(canvas, 690, 30, palette.near, 0.5)
    canvas.haze(600, 720, palette.near, 0.8)
    people.person(canvas, canvas.between(160, 260), 735, 190, mix(palette.near, palette.top, 0.1), "coat")


def blinds(canvas: Canvas) -> None:
    """A head in a hat, cut into stripes by the light through a blind."""
    palette = canvas.palette
    lit, tilt = Canvas(palette, canvas.rng), canvas.between(-40, 40)
    lit.gradient(palette.glow, mix(palette.glow, palette.bottom, 0.6))
    head = people.profile(320, 440, 185, canvas.chance(0.5))[0]
    lit.fill(head, mix(palette.accent, palette.near, 0.35))
    people.hat(lit, 315, 325, 470, mix(palette.accent, palette.near, 0.7), 0.06)
    canvas.gradient(palette.near, mix(palette.near, palette.far, 0.8))
    canvas.fill(head, palette.near)
    people.hat(canvas, 315, 325, 470, palette.near, 0.06)
    slats = [
        [(0, y + tilt), (WIDTH, y - tilt), (WIDTH, y + 23 - tilt), (0, y + 23 + tilt)] for y in range(170, 760, 46)
    ]
    canvas.paint(polygon_mask(*slats, opacity=0.9), lit.image)
    canvas.haze(560, 900, palette.near, 1)


def crowd(canvas: Canvas) -> None:
    """Cheerful faces in two rows."""
    palette = canvas.palette
    skies.rays(canvas, 300, 640, mix(palette.bottom, palette.glow, 0.6), 15, 0.7)
    skins = ((244, 202, 164), (214, 158, 116), (150, 98, 66), (250, 220, 190), (110, 70, 48))
    hairs = (palette.near, mix(palette.accent, palette.near, 0.45), (70, 44, 32), mix(palette.glow, palette.far, 0.5))
    shirts = (palette.accent, palette.far, palette.top, mix(palette.far, palette.near, 0.5), palette.glow)
    start = int(canvas.rng.integers(5))
    for step, (x, y, size) in enumerate(
        ((190, 440, 66), (410, 440, 66), (85, 590, 82), (515, 590, 82), (300, 560, 94))
    ):
        turn = start + step
        people.face(canvas, x, y + canvas.between(-14, 14), size, skins[turn % 5], hairs[turn % 4], shirts[turn % 5])
    canvas.block(0, 790, WIDTH, HEIGHT, palette.near)


def disguise(canvas: Canvas) -> None:
    """Nothing but a hat, glasses and a moustache."""
    palette = canvas.palette
    ink = palette.near
    if canvas.chance(0.5):
        skies.rays(canvas, 300, 440, mix(palette.bottom, palette.glow, 0.7), 16, 0.55)
    people.hat(canvas, 300, 350, 330, ink, 0.05)
    canvas.block(212, 318, 388, 336, palette.accent)
    for side in (-1, 1):
        canvas.disc(300 + side * 72, 430, 58, palette.glow)
        canvas.ring(300 + side * 72, 430, 62, ink, 13)
        canvas.disc(300 + side * canvas.between(58, 84), 432, 17, ink)
    canvas.stroke([(282, 424), (318, 424)], ink, 11)
    canvas.disc(300, 490, 24, mix(palette.accent, palette.glow, 0.35), 1.25)
    people.moustache(canvas, 300, 545, 120, ink)
