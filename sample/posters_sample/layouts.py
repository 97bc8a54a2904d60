"""Layouts: where picture, title and small print are on the sheet, as data, and the windows cut out of it."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw

from posters_sample.canvas import HEIGHT, WIDTH, Canvas
from posters_sample.palettes import Colour, mix


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the canvas."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Pixels across."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Pixels down."""
        return self.y1 - self.y0

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom."""
        return (self.x0, self.y0, self.x1, self.y1)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand on a sheet of 600x900.

    Attributes:
        title: the title's box.
        align: "left", "centre" or "justify".
        tagline: the tagline's box.
        cast: the box of the actors' names.
        credits: the box of the credits block.
        art: the window that the picture is seen through; None where it fills the sheet.
        shape: the window's shape, a name in `posters_sample.layouts.SHAPES`.
        paper: which colour of the palette the sheet round the window has.
        upright: whether the title is turned to run up the sheet.
        rules: whether thin lines set the title off.
    """

    title: Box
    align: str
    tagline: Box
    cast: Box
    credits: Box
    art: Box | None = None
    shape: str = "box"
    paper: str = "near"
    upright: bool = False
    rules: bool = False


_TOP = Box(60, 34, 540, 56)
_FOOT = Box(70, 816, 530, 858)

LAYOUTS: dict[str, Layout] = {
    "low": Layout(Box(44, 652, 556, 770), "centre", Box(70, 782, 530, 804), _TOP, _FOOT),
    "low_block": Layout(Box(44, 610, 556, 782), "justify", Box(70, 66, 530, 90), _TOP, _FOOT),
    "low_left": Layout(Box(44, 630, 520, 760), "left", Box(44, 772, 480, 796), _TOP, _FOOT),
    "high": Layout(Box(44, 74, 556, 200), "centre", Box(70, 212, 530, 236), _TOP, _FOOT),
    "high_block": Layout(Box(44, 40, 556, 236), "justify", Box(70, 782, 530, 806), Box(60, 752, 540, 772), _FOOT),
    "corner": Layout(Box(44, 44, 430, 250), "left", Box(44, 266, 430, 290), Box(44, 782, 556, 804), _FOOT),
    "split": Layout(Box(44, 70, 556, 168), "centre", Box(70, 770, 530, 796), _TOP, _FOOT, rules=True),
    "spine": Layout(Box(34, 120, 118, 770), "centre", Box(150, 66, 560, 90), _TOP, _FOOT, upright=True),
    "framed": Layout(
        Box(44, 676, 556, 776), "centre", Box(70, 788, 530, 810), Box(60, 646, 540, 664), _FOOT,
        art=Box(36, 36, 564, 632), paper="paper",
    ),
    "framed_high": Layout(
        Box(44, 66, 556, 170), "justify", Box(70, 182, 530, 204), Box(60, 32, 540, 52), _FOOT,
        art=Box(36, 222, 564, 800), paper="near",
    ),
    "banded": Layout(
        Box(44, 634, 556, 768), "justify", Box(70, 782, 530, 804), _TOP, _FOOT,
        art=Box(0, 0, 600, 606), paper="accent",
    ),
    "banded_dark": Layout(
        Box(44, 640, 556, 766), "left", Box(44, 780, 530, 802), _TOP, _FOOT, art=Box(0, 0, 600, 610), paper="near",
    ),
    "banded_high": Layout(
        Box(44, 44, 556, 206), "justify", Box(70, 222, 530, 244), Box(60, 788, 540, 808), _FOOT,
        art=Box(0, 262, 600, 900), paper="accent",
    ),
    "medallion": Layout(
        Box(44, 640, 556, 764), "centre", Box(70, 778, 530, 800), _TOP, _FOOT,
        art=Box(60, 110, 540, 590), shape="disc", paper="paper",
    ),
    "medallion_dark": Layout(
        Box(44, 640, 556, 764), "centre", Box(70, 778, 530, 800), _TOP, _FOOT,
        art=Box(60, 110, 540, 590), shape="disc", paper="far",
    ),
    "arch": Layout(
        Box(44, 660, 556, 770), "centre", Box(70, 782, 530, 804), _TOP, _FOOT,
        art=Box(90, 84, 510, 634), shape="arch", paper="paper",
    ),
    "letterbox": Layout(
        Box(44, 70, 556, 190), "centre", Box(70, 716, 530, 740), _TOP, _FOOT, art=Box(0, 232, 600, 690), paper="near",
    ),
    "slant": Layout(
        Box(44, 628, 556, 772), "justify", Box(70, 786, 530, 806), _TOP, _FOOT,
        art=Box(0, 0, 600, 660), shape="slant", paper="near",
    ),
    "type_only": Layout(
        Box(50, 96, 550, 540), "justify", Box(70, 556, 530, 582), _TOP, _FOOT,
        art=Box(200, 600, 400, 800), shape="disc", paper="far",
    ),
    "type_light": Layout(
        Box(50, 470, 520, 690), "left", Box(50, 706, 530, 732), Box(50, 772, 540, 794), _FOOT,
        art=Box(50, 60, 400, 430), paper="paper",
    ),
}  # fmt: skip


_FOCUS = 455  # the height on the canvas that a window keeps in its middle


def _box(pen: ImageDraw.ImageDraw, box: Box) -> None:
    pen.rectangle((0, 0, box.width, box.height), fill=255)


def _disc(pen: ImageDraw.ImageDraw, box: Box) -> None:
    pen.ellipse((0, 0, box.width - 1, box.height - 1), fill=255)


def _arch(pen: ImageDraw.ImageDraw, box: Box) -> None:
    pen.ellipse((0, 0, box.width - 1, box.width - 1), fill=255)
    pen.rectangle((0, box.width // 2, box.width, box.height), fill=255)


def _slant(pen: ImageDraw.ImageDraw, box: Box) -> None:
    pen.polygon([(0, 0), (box.width, 0), (box.width, box.height - 110), (0, box.height)], fill=255)


SHAPES: dict[str, Callable[[ImageDraw.ImageDraw, Box], None]] = {
    "box": _box,
    "disc": _disc,
    "arch": _arch,
    "slant": _slant,
}


def framed(canvas: Canvas, layout: Layout) -> None:
    """Leave of the picture what the layout's window shows, on the layout's paper."""
    if layout.art is None:
        return
    box = layout.art
    art = _window_of(canvas.image, box)
    mask = Image.new("L", (box.width, box.height))
    SHAPES[layout.shape](ImageDraw.Draw(mask), box)
    sheet = paper_colour(canvas, layout.paper)
    canvas.gradient(sheet, mix(sheet, canvas.palette.near, 0.08))
    canvas.image.paste(art, (box.x0, box.y0), mask)


def paper_colour(canvas: Canvas, name: str) -> Colour:
    """A colour of the palette by its name, or "paper", a pale tint of the palette's light."""
    if name == "paper":
        return mix(mix(canvas.palette.glow, (250, 246, 236), 0.4), canvas.palette.bottom, 0.12)
    colour: Colour = getattr(canvas.palette, name)
    return colour


def _window_of(image: Image.Image, box: Box) -> Image.Image:
    """The largest part of the picture of the box's proportions, about the picture's focus, at the box's size."""
    width = min(WIDTH, HEIGHT * box.width / box.height)
    height = width * box.height / box.width
    left, top = (WIDTH - width) / 2, min(max(0.0, _FOCUS - height / 2), HEIGHT - height)
    part = (left, top, left + width, top + height)
    return image.resize((box.width, box.height), Image.Resampling.BILINEAR, box=part, reducing_gap=2)
