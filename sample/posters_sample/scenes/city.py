"""Scenes in the city: explosions, chases, street lamps, lit windows."""

from PIL import Image

from posters_sample.canvas import HEIGHT, WIDTH, Canvas, star
from posters_sample.motifs import buildings, machines, people, skies, things
from posters_sample.palettes import mix


def explosion(canvas: Canvas) -> None:
    """Somebody walks away from a burning city."""
    palette = canvas.palette
    buildings.skyline(canvas, 660, 300, palette.far, 0.12)
    skies.rays(canvas, 300, 520, palette.accent, 18, 0.16)
    canvas.glow(300, 500, 460, palette.accent, 0.9)
    for size, colour in ((230, palette.accent), (170, mix(palette.accent, palette.glow, 0.6)), (110, palette.glow)):
        blast = star(300, 490, size, size * canvas.between(0.5, 0.62), 13, canvas.between(0, 30))
        canvas.veil([blast], colour, 0.85)
    skies.flakes(canvas, palette.glow, 70, 7)
    buildings.skyline(canvas, 700, 90, palette.near, 0)
    canvas.haze(690, 900, palette.near, 1)
    people.person(canvas, 300, 740, canvas.between(230, 290), palette.near, "coat")


def helicopters(canvas: Canvas) -> None:
    """A flight of helicopters in front of a huge sun over the towers."""
    palette = canvas.palette
    skies.orb(canvas, canvas.between(230, 370), 430, canvas.between(150, 190), palette.glow)
    skies.long_clouds(canvas, 330, 520, mix(palette.bottom, palette.far, 0.5), 4)
    for x, y, size in ((200, 360, 70), (410, 310, 50), (330, 450, 105)):
        machines.helicopter(canvas, x + canvas.between(-30, 30), y, size, palette.near)
    buildings.skyline(canvas, 690, 210, palette.far, 0.1)
    canvas.haze(560, 720, palette.bottom, 0.45)
    buildings.skyline(canvas, 760, 150, palette.near, 0.12)


def chase(canvas: Canvas) -> None:
    """A car comes down an avenue at night."""
    palette = canvas.palette
    canvas.glow(300, 480, 420, palette.glow, 0.7)
    for side in (-1, 1):
        for step, near in enumerate((0.2, 0.5, 1.0)):
            x = 300 + side * (70 + 95 * step)
            wall = sorted((x, x + side * 130))
            canvas.block(wall[0], 420 - 130 * step, wall[1], 700, palette.depth(near))
            buildings.windows(canvas, wall[0] + 12, 440 - 130 * step, wall[1] - 12, 620, 0.3)
    canvas.fill([(270, 560), (330, 560), (760, HEIGHT), (-160, HEIGHT)], mix(palette.near, palette.far, 0.35))
    machines.car_front(
        canvas, 300, 730, canvas.between(290, 350), mix(palette.near, palette.accent, 0.35), palette.glow
    )
    canvas.haze(740, 900, palette.near, 1)


def detective_lamp(canvas: Canvas) -> None:
    """A man in a hat under a street lamp."""
    palette = canvas.palette
    buildings.skyline(canvas, 640, 330, palette.far, 0.08)
    canvas.haze(380, 680, palette.bottom, 0.5)
    x, y = buildings.street_lamp(canvas, 170, 760, 430, palette.near, 110)
    skies.light_cone(canvas, x, y, 190, 770, palette.glow)
    canvas.glow(x, y, 110, palette.glow, 0.9)
    canvas.fill([(0, 765), (WIDTH, 740), (WIDTH, HEIGHT), (0, HEIGHT)], palette.near)
    people.detective(canvas, x + 30, 768, 290, palette.near)
    if canvas.chance(0.5):
        skies.rain(canvas, mix(palette.bottom, palette.glow, 0.35))


def city_lights(canvas: Canvas) -> None:
    """A skyline and its mirror image in the water."""
    palette = canvas.palette
    skies.stars(canvas, 60, 300)
    skies.orb(canvas, canvas.between(120, 480), 270, canvas.between(45, 80), palette.glow, 0.4)
    buildings.skyline(canvas, 580, 260, palette.depth(0.25), 0.2)
    buildings.skyline(canvas, 600, 190, palette.depth(0.8), 0.35)
    mirrored = canvas.image.crop((0, 300, WIDTH, 600)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    canvas.image.paste(mirrored, (0, 600))
    canvas.haze(560, 900, palette.near, 0.95)
    for _ in range(40):
        y = canvas.between(604, 860)
        canvas.disc(canvas.between(0, WIDTH), y, canvas.between(20, 90), mix(palette.near, palette.bottom, 0.25), 0.02)


def lit_window(canvas: Canvas) -> None:
    """One lit window in a dark front, and somebody in it."""
    palette = canvas.palette
    wall = mix(palette.near, palette.far, 0.35)
    canvas.gradient(mix(wall, palette.top, 0.3), palette.near)
    x, y = canvas.between(200, 400), canvas.between(360, 470)
    for column in range(-3, 4):
        for row in range(-4, 5):
            cx, cy = x + column * 150, y + row * 190
            canvas.block(cx - 42, cy - 62, cx + 42, cy + 62, mix(wall, palette.near, 0.6))
    canvas.glow(x, y, 330, palette.glow, 0.55)
    canvas.block(x - 46, y - 66, x + 46, y + 66, palette.glow)
    people.person(canvas, x + 8, y + 92, 132, palette.near, canvas.pick(("plain", "dress")))
    canvas.block(x - 54, y + 66, x + 54, y + 96, wall)
    canvas.block(x - 2, y - 66, x + 2, y + 66, wall)


def under_umbrella(canvas: Canvas) -> None:
    """A couple under one umbrella in the rain."""
    palette = canvas.palette
    buildings.skyline(canvas, 690, 330, mix(palette.bottom, palette.far, 0.45), 0.2)
    canvas.haze(400, 720, palette.bottom, 0.6)
    canvas.glow(300, 520, 330, palette.glow, 0.6)
    canvas.gradient(mix(palette.far, palette.near, 0.3), palette.near, 720)
    skies.rain(canvas, mix(palette.glow, palette.bottom, 0.4), 90)
    things.umbrella(canvas, 300, 490, 140, palette.accent, palette.near)
    people.couple(canvas, 300, 760, 260, palette.near)
