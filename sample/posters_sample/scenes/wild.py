"""Scenes out in the open: lone figures, trees, seas, mesas, hills."""

from posters_sample.canvas import HEIGHT, WIDTH, Canvas
from posters_sample.motifs import buildings, lands, machines, people, skies, things
from posters_sample.palettes import mix


def lone_figure(canvas: Canvas) -> None:
    """A small person with a long shadow in front of a large low sun."""
    palette = canvas.palette
    x = canvas.between(210, 390)
    skies.orb(canvas, x, 500, canvas.between(90, 170), palette.glow, 0.5)
    lands.ridge(canvas, 600, 40, palette.depth(0.1), 0.3)
    canvas.gradient(mix(palette.far, palette.bottom, 0.3), palette.near, 620)
    people.long_shadow(canvas, x, 668, 26, 230, palette.near, canvas.between(-90, 90))
    people.person(canvas, x, 672, canvas.between(110, 150), palette.near, canvas.pick(("plain", "coat", "dress")))


def lone_tree(canvas: Canvas) -> None:
    """One tree on a bare hill."""
    palette = canvas.palette
    x = canvas.between(180, 420)
    skies.orb(canvas, WIDTH - x, canvas.between(330, 430), canvas.between(50, 90), palette.glow, 0.4)
    skies.birds(canvas, 300, 330, 150, palette.depth(0.6))
    lands.ridge(canvas, 640, 40, palette.depth(0.2), 0.25)
    canvas.disc(x, 1190, 640, palette.near, 0.78)
    if canvas.chance(0.5):
        lands.bare_tree(canvas, x, 705, 300, palette.near)
    else:
        lands.leafy_tree(canvas, x, 710, 310, palette.near, mix(palette.far, palette.near, 0.45))
    people.person(canvas, x + 95, 703, 74, palette.near)


def mountains(canvas: Canvas) -> None:
    """Ranges one behind another, with birds."""
    palette = canvas.palette
    skies.orb(canvas, canvas.between(120, 480), canvas.between(260, 380), canvas.between(50, 95), palette.glow)
    snow = mix(palette.glow, palette.far, 0.35)
    lands.peak(canvas, canvas.between(200, 400), 660, 620, canvas.between(270, 340), palette.depth(0.1), snow)
    canvas.haze(480, 660, palette.bottom, 0.7)
    lands.ridges(canvas, 590, 780, 3, 60, 0.55)
    skies.birds(canvas, 300, 330, 170, palette.near)


def sea_boat(canvas: Canvas) -> None:
    """A sailing boat at sundown."""
    palette = canvas.palette
    x = canvas.between(200, 400)
    skies.orb(canvas, x, 545, canvas.between(80, 130), palette.glow)
    skies.long_clouds(canvas, 300, 470, mix(palette.bottom, palette.glow, 0.35))
    lands.sea(canvas, 590, x, palette.far, palette.glow)
    machines.sail_boat(canvas, x + canvas.between(-110, 110), 650, canvas.between(80, 130), palette.near, palette.near)


def open_road(canvas: Canvas) -> None:
    """A road to the horizon."""
    palette = canvas.palette
    x = canvas.between(230, 370)
    skies.orb(canvas, x, 520, canvas.between(70, 130), palette.glow)
    lands.ridge(canvas, 545, 45, palette.depth(0.15), 0.5)
    canvas.gradient(mix(palette.far, palette.bottom, 0.2), mix(palette.far, palette.near, 0.7), 570)
    lands.road(canvas, x, 570, mix(palette.near, palette.far, 0.2), palette.glow)
    if canvas.chance(0.6):
        people.person(canvas, x + 30, 690, 125, palette.near, canvas.pick(("plain", "coat")))


def mesas(canvas: Canvas) -> None:
    """Table mountains, a cactus and a huge sun."""
    palette = canvas.palette
    skies.orb(canvas, canvas.between(200, 400), 450, canvas.between(100, 150), palette.glow)
    skies.long_clouds(canvas, 300, 470, mix(palette.bottom, palette.glow, 0.5))
    for x, width, height, near in ((120, 300, 190, 0.05), (480, 240, 260, 0.25), (300, 190, 120, 0.4)):
        lands.mesa(canvas, x + canvas.between(-50, 50), 650, width, height, palette.depth(near))
    canvas.gradient(mix(palette.far, palette.bottom, 0.35), mix(palette.far, palette.near, 0.6), 648)
    lands.ridge(canvas, 760, 22, palette.near, 0.35)
    lands.cactus(canvas, canvas.between(70, 180), 775, canvas.between(170, 260), palette.near)
    lands.cactus(canvas, canvas.between(430, 540), 765, canvas.between(80, 130), palette.near)


def cowboy_sun(canvas: Canvas) -> None:
    """A cowboy stands in front of the sun."""
    palette = canvas.palette
    skies.orb(canvas, 300, 470, canvas.between(180, 225), palette.glow)
    for x, width in ((70, 260), (540, 300)):
        lands.mesa(canvas, x, 680, width, canvas.between(110, 200), palette.depth(0.2))
    canvas.haze(560, 690, palette.bottom, 0.5)
    canvas.gradient(palette.depth(0.5), palette.near, 676)
    people.cowboy(canvas, 300, 735, canvas.between(370, 430), palette.near)


def duel(canvas: Canvas) -> None:
    """Two men in an empty street at noon."""
    palette = canvas.palette
    skies.orb(canvas, 300, 400, 90, palette.glow, 0.7)
    lands.ridge(canvas, 560, 26, palette.depth(0.1), 0.5)
    canvas.gradient(mix(palette.bottom, palette.far, 0.3), mix(palette.far, palette.near, 0.35), 590)
    buildings.western_street(canvas, 600, mix(palette.near, palette.far, 0.2), palette.glow)
    people.cowboy(canvas, 300, 640, 105, palette.near)
    people.long_shadow(canvas, 300, 640, 28, 120, palette.near)
    people.cowboy(canvas, canvas.between(130, 190), 910, 430, palette.near)


def balloons(canvas: Canvas) -> None:
    """Hot-air balloons over green hills."""
    palette = canvas.palette
    for _ in range(4):
        skies.cloud(canvas, canvas.between(0, WIDTH), canvas.between(270, 520), canvas.between(90, 190), palette.glow)
    lands.ridges(canvas, 650, 780, 3, 34, 0.25)
    stripes = (palette.accent, palette.glow, mix(palette.accent, palette.near, 0.4))
    for x, y, radius in ((430, 330, 46), (140, 480, 34), (280, 440, 100)):
        machines.hot_air_balloon(canvas, x + canvas.between(-40, 40), y, radius * canvas.between(0.85, 1.1), stripes)
        stripes = (stripes[2], stripes[0], stripes[1])


def cottage(canvas: Canvas) -> None:
    """A house on a hill under a rainbow."""
    palette = canvas.palette
    hues = (
        palette.accent,
        mix(palette.accent, palette.glow, 0.55),
        palette.glow,
        mix(palette.far, palette.glow, 0.5),
        palette.top,
    )
    for band, hue in enumerate(hues):
        canvas.ring(300, 660, 285 - 20 * band, mix(hue, palette.bottom, 0.15), 21)
    skies.cloud(canvas, 60, 640, 200, palette.glow)
    skies.cloud(canvas, 560, 620, 220, palette.glow)
    lands.ridge(canvas, 650, 28, palette.depth(0.1), 0.25)
    canvas.disc(300, 1010, 470, mix(palette.far, palette.near, 0.25), 0.75)
    buildings.cottage(canvas, canvas.between(250, 350), 668, 150, palette.glow, palette.accent, palette.bottom)
    for x in (70, 160, 450, 540):
        lands.leafy_tree(
            canvas, x, 735 - 30 * (100 < x < 500), canvas.between(90, 150), palette.near, palette.depth(0.5)
        )


def best_friends(canvas: Canvas) -> None:
    """A child and a dog look over the hills."""
    palette = canvas.palette
    skies.orb(canvas, canvas.between(220, 380), 450, 130, palette.glow, 0.6)
    skies.cloud(canvas, 110, 380, 160, mix(palette.glow, palette.bottom, 0.3))
    skies.cloud(canvas, 500, 320, 190, mix(palette.glow, palette.bottom, 0.3))
    lands.ridges(canvas, 610, 720, 2, 34, 0.25)
    canvas.disc(300, 1080, 520, palette.near, 0.72)
    people.person(canvas, 250, 716, 165, palette.near, canvas.pick(("plain", "dress")))
    things.dog(canvas, 350, 716, 96, palette.near, True)
    lands.grass(canvas, 730, 24, palette.near)


def harbour_bench(canvas: Canvas) -> None:
    """A couple in front of the sea and the setting sun."""
    palette = canvas.palette
    skies.orb(canvas, 300, 500, canvas.between(120, 170), palette.glow)
    skies.long_clouds(canvas, 300, 460, mix(palette.bottom, palette.glow, 0.4))
    lands.sea(canvas, 580, 300, palette.far, palette.glow)
    canvas.fill([(0, 745), (WIDTH, 725), (WIDTH, HEIGHT), (0, HEIGHT)], palette.near)
    people.couple(canvas, canvas.between(230, 370), 750, canvas.between(200, 250), palette.near)
    lands.grass(canvas, 748, 36, palette.near)
