"""Scenes of the night: haunted houses, woods, fog, doors, lighthouses, keyholes."""

from posters_sample.canvas import HEIGHT, WIDTH, Canvas, around, polygon_mask
from posters_sample.motifs import buildings, lands, people, skies, things
from posters_sample.palettes import mix


def haunted_hill(canvas: Canvas) -> None:
    """A crooked house on a hill in front of the moon."""
    palette = canvas.palette
    x = canvas.between(230, 370)
    moon = mix(palette.glow, palette.bottom, 0.15)
    skies.orb(canvas, x + canvas.between(-60, 60), 400, canvas.between(140, 180), moon)
    skies.bats(canvas, x, 330, 190, palette.near)
    lands.ridge(canvas, 650, 40, palette.depth(0.35), 0.5)
    lands.mist(canvas, 680, palette.bottom, 0.4)
    canvas.fill(
        [
            (0, 800),
            (x - 190, 690),
            (x - 110, 640),
            (x + 110, 640),
            (x + 200, 700),
            (WIDTH, 790),
            (WIDTH, HEIGHT),
            (0, HEIGHT),
        ],
        palette.near,
    )
    buildings.haunted_house(canvas, x, 650, 215, palette.near, palette.accent)
    lands.bare_tree(canvas, canvas.between(50, 130), 790, 300, palette.near, -80)


def bare_wood(canvas: Canvas) -> None:
    """Leafless trees close in on a small figure in the moonlight."""
    palette = canvas.palette
    skies.orb(canvas, 300, 430, canvas.between(110, 160), palette.glow, 0.6)
    for x in (200, 405):
        lands.bare_tree(canvas, x, 720, 330, palette.depth(0.35))
    lands.mist(canvas, 640, palette.bottom, 0.5)
    canvas.gradient(palette.depth(0.7), palette.near, 700)
    people.person(canvas, 300, 715, 92, palette.near)
    lands.bare_tree(canvas, 40, 860, 640, palette.near, -84)
    lands.bare_tree(canvas, 570, 860, 600, palette.near, -98)


def fog_lantern(canvas: Canvas) -> None:
    """Somebody with a lantern among firs in the fog."""
    palette = canvas.palette
    for step, near in enumerate((0.1, 0.3, 0.55)):
        lands.pine_row(
            canvas, 590 + 55 * step, 330 - 40 * step, mix(palette.depth(near), palette.bottom, 0.45 - 0.15 * step)
        )
        lands.mist(canvas, 620 + 55 * step, palette.bottom, 0.55)
    x = canvas.between(220, 380)
    canvas.glow(x + 34, 650, 200, palette.glow, 0.85)
    people.detective(canvas, x, 745, 190, palette.near)
    canvas.disc(x + 34, 655, 8, palette.glow)
    canvas.gradient(palette.near, palette.near, 742)
    lands.grass(canvas, 746, 26, palette.near)


def lighthouse(canvas: Canvas) -> None:
    """A lighthouse sends its beam over the sea."""
    palette = canvas.palette
    skies.stars(canvas, 90, 520)
    x = canvas.between(330, 430)
    for slope, opacity in ((60, 0.3), (110, 0.2)):
        canvas.veil([[(x, 352), (-20, 352 - slope), (-20, 352 + slope)]], palette.glow, opacity)
    canvas.glow(x, 352, 170, palette.glow, 0.9)
    lands.sea(canvas, 640, 160, palette.far, palette.glow)
    buildings.lighthouse(canvas, x, 690, 370, palette.glow, palette.accent)
    rock = [
        (x - 210, 760),
        (x - 120, 690),
        (x - 40, 672),
        (x + 60, 676),
        (x + 130, 700),
        (700, 740),
        (700, 900),
        (x - 280, 900),
    ]
    canvas.fill(rock, palette.near)


def open_door(canvas: Canvas) -> None:
    """Light falls out of a door that stands ajar."""
    palette = canvas.palette
    canvas.gradient(palette.near, mix(palette.near, palette.far, 0.6))
    canvas.gradient(mix(palette.near, palette.far, 0.3), palette.near, 690)
    buildings.door_ajar(canvas, 300, 695, canvas.between(330, 400), palette.glow, mix(palette.near, palette.far, 0.45))
    if canvas.chance(0.7):
        people.person(canvas, 270, 698, 220, palette.near, canvas.pick(("plain", "coat", "dress")))


def graveyard(canvas: Canvas) -> None:
    """Crosses and stones under the moon."""
    palette = canvas.palette
    skies.orb(canvas, canvas.between(180, 420), 390, canvas.between(90, 130), palette.glow)
    lands.bare_tree(canvas, 480, 720, 430, palette.depth(0.7), -100)
    skies.bats(canvas, 240, 350, 150, palette.near, 4)
    canvas.disc(300, 1130, 560, palette.near, 0.8)
    for x in (90, 190, 290, 385):
        top, stone = canvas.between(590, 640), palette.near
        if canvas.chance(0.5):
            canvas.block(x - 6, top - 20, x + 6, 740, stone)
            canvas.block(x - 26, top + 6, x + 26, top + 18, stone)
        else:
            canvas.block(x - 28, top + 30, x + 28, 760, stone)
            canvas.disc(x, top + 30, 28, stone)
    lands.mist(canvas, 745, palette.bottom, 0.45)


def rising_hand(canvas: Canvas) -> None:
    """A hand comes up out of the ground."""
    palette = canvas.palette
    canvas.glow(300, 480, 380, palette.accent, 0.75)
    skies.flakes(canvas, mix(palette.accent, palette.glow, 0.3), 50)
    people.hand(canvas, 300, 540, canvas.between(190, 230), palette.near, canvas.chance(0.5))
    lands.ridge(canvas, 770, 26, palette.near, 0.5)
    lands.grass(canvas, 780, 50, palette.near)


def keyhole(canvas: Canvas) -> None:
    """Somebody seen through a keyhole."""
    palette = canvas.palette
    room = Canvas(palette, canvas.rng)
    room.gradient(palette.bottom, palette.glow)
    room.gradient(mix(palette.bottom, palette.near, 0.4), palette.near, 690)
    people.long_shadow(room, 300, 700, 40, 140, palette.near, 40)
    people.person(room, 300, 700, 290, palette.near, canvas.pick(("coat", "dress")))
    canvas.gradient(mix(palette.near, palette.far, 0.4), palette.near)
    canvas.fill(things.keyhole(300, 440, 275), mix(palette.near, palette.accent, 0.4))
    canvas.paint(polygon_mask(things.keyhole(300, 440, 255)), room.image)


def spiral_stairs(canvas: Canvas) -> None:
    """A staircase seen from above winds down to a figure."""
    palette = canvas.palette
    x, y = 300, 430
    canvas.gradient(palette.near, palette.near)
    for step in range(64):
        radius, turn = 520 * 0.956**step, step * 19
        wedge = [(x, y), *(around(x, y, radius, turn + k * 7) for k in range(5))]
        shade = mix(
            palette.near, mix(palette.bottom, palette.glow, step / 80), 0.15 + 0.75 * (step % 2) * (0.4 + step / 110)
        )
        canvas.fill(wedge, shade)
    canvas.glow(x, y, 150, palette.glow, 0.9)
    canvas.disc(x, y, 36, palette.glow)
    people.detective(canvas, x, y + 28, 54, palette.near)
