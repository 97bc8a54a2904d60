"""Scenes of wonder: castles, swords, dragons, floating islands, enchanted woods."""

from posters_sample.canvas import WIDTH, Canvas, around
from posters_sample.motifs import buildings, lands, people, skies, things
from posters_sample.palettes import mix


def castle(canvas: Canvas) -> None:
    """A castle on its crag in front of a great moon."""
    palette = canvas.palette
    skies.stars(canvas, 100, 480)
    skies.orb(
        canvas, canvas.between(230, 370), 400, canvas.between(150, 190), mix(palette.glow, palette.bottom, 0.2), 0.6
    )
    lands.ridge(canvas, 600, 60, palette.depth(0.1), 0.6)
    lands.mist(canvas, 620, palette.bottom, 0.5)
    buildings.castle(canvas, 300, 610, canvas.between(250, 300), palette.depth(0.55), palette.glow)
    canvas.fill([(60, 800), (130, 690), (165, 610), (300, 594), (435, 608), (470, 690), (560, 800)], palette.near)
    lands.mist(canvas, 730, palette.bottom, 0.4)
    lands.pine_row(canvas, 780, 110, palette.near)


def sword(canvas: Canvas) -> None:
    """A sword in a column of light."""
    palette = canvas.palette
    skies.rays(canvas, 300, 330, palette.glow, 16, 0.1)
    canvas.glow(300, 440, 420, palette.accent, 0.5)
    canvas.glow(300, 420, 250, palette.glow, 0.8)
    lands.ridges(canvas, 640, 720, 2, 50, 0.55)
    things.sword(canvas, 300, 350, canvas.between(340, 380), palette.glow, palette.near)
    canvas.fill([(170, 800), (225, 700), (270, 664), (335, 668), (385, 715), (430, 800)], palette.near)
    skies.flakes(canvas, palette.glow, 60, 5)


def dragon(canvas: Canvas) -> None:
    """A dragon flies over the mountains."""
    palette = canvas.palette
    skies.orb(canvas, canvas.between(220, 380), 400, canvas.between(130, 175), palette.glow, 0.5)
    lands.peak(
        canvas, canvas.between(80, 180), 680, 430, 280, palette.depth(0.15), mix(palette.glow, palette.bottom, 0.3)
    )
    lands.peak(
        canvas, canvas.between(420, 520), 680, 480, 240, palette.depth(0.25), mix(palette.glow, palette.bottom, 0.3)
    )
    canvas.haze(500, 680, palette.bottom, 0.6)
    things.dragon(canvas, 300, 430, canvas.between(190, 235), palette.near, canvas.chance(0.5))
    lands.ridges(canvas, 650, 770, 2, 40, 0.6)


def islands(canvas: Canvas) -> None:
    """Islands that float in the sky."""
    palette = canvas.palette
    skies.orb(canvas, canvas.between(150, 450), 320, 70, palette.glow, 0.5)
    for x, y, width in ((120, 330, 110), (480, 400, 150), (290, 510, 300)):
        ix = x + canvas.between(-30, 30)
        skies.cloud(canvas, ix + width * 0.3, y + width * 0.5, width * 0.9, mix(palette.bottom, palette.glow, 0.5))
        lands.island(canvas, ix, y, width, mix(palette.far, palette.glow, 0.2), palette.depth(0.75))
        lands.leafy_tree(canvas, ix - width * 0.25, y - width * 0.04, width * 0.4, palette.near, palette.depth(0.4))
    buildings.castle(canvas, 310, 492, 130, palette.depth(0.6), palette.glow)
    for x in (60, 260, 520):
        skies.cloud(
            canvas, x, canvas.between(740, 820), 330, mix(palette.bottom, palette.glow, canvas.between(0.3, 0.7))
        )


def enchanted_wood(canvas: Canvas) -> None:
    """An arch of trees opens to a light, with sparks in the air."""
    palette = canvas.palette
    canvas.gradient(palette.near, palette.far)
    canvas.glow(300, 470, 430, palette.bottom, 1)
    canvas.glow(300, 490, 260, palette.glow, 1)
    for near, spread in ((0.35, 150), (0.7, 225), (1.0, 300)):
        colour = palette.depth(near)
        for side in (-1, 1):
            x = 300 + side * spread
            crown = [around(x + side * 60, 250 - 40 * near, 210 * canvas.between(0.85, 1.1), 24 * k) for k in range(15)]
            canvas.fill(crown, colour)
            trunk = [
                (x - 26, 900),
                (x - 12, 640),
                (x - side * 34, 330),
                (x + side * 50, 250),
                (x + 20, 640),
                (x + 44, 900),
            ]
            canvas.fill(trunk, colour)
    canvas.haze(680, 860, palette.near, 1)
    people.person(canvas, 300, 716, 130, palette.near, canvas.pick(("coat", "dress")))
    lands.grass(canvas, 740, 44, palette.near)
    skies.flakes(canvas, palette.glow, 70, 5)


def tree_house(canvas: Canvas) -> None:
    """A lit house in a great tree at night."""
    palette = canvas.palette
    skies.stars(canvas, 110, 560)
    skies.orb(canvas, canvas.between(90, 160), 300, 54, palette.glow, 0.5)
    lands.ridges(canvas, 680, 760, 2, 26, 0.25)
    lands.leafy_tree(canvas, 320, 760, 470, palette.near, palette.depth(0.7))
    canvas.glow(320, 540, 150, palette.glow, 0.7)
    buildings.cottage(canvas, 320, 590, 120, mix(palette.accent, palette.near, 0.3), palette.near, palette.glow)
    canvas.block(245, 588, 395, 598, palette.near)
    canvas.stroke([(285, 598), (285, 745)], palette.near, 4)
    canvas.stroke([(310, 598), (310, 745)], palette.near, 4)
    for y in range(615, 745, 20):
        canvas.stroke([(285, y), (310, y)], palette.near, 4)
    canvas.block(0, 790, WIDTH, 900, palette.near)
