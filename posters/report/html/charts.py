"""From figures to what a drawing needs: points in pixels, labelled ticks, and words for those who can't see it."""

from collections.abc import Sequence
from dataclasses import dataclass

from posters._base.brief import brief_repr

# The ends of most axes: shares and probabilities.
UNIT = (0.0, 1.0)


@dataclass(frozen=True)
class Frame:
    """Where a chart's plane lies in its drawing, in the drawing's own pixels; the page scales them.

    Examples:
        >>> Frame().right - Frame().left
        192
    """

    width: int = 240
    height: int = 158
    left: int = 40
    right: int = 232
    top: int = 8
    bottom: int = 138


# Units of the drawing's own viewBox, not of the screen: the page scales every chart to the room there is.
FRAME = Frame()


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis, in pixels.

    Examples:
        >>> Tick(40, "0").text
        '0'
    """

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """A line through points in pixels, as the `points` of an SVG polyline; `style` is a class of the style sheet.

    Examples:
        >>> Line("0,0 1,1", "main").style
        'main'
    """

    points: str
    style: str


@dataclass(frozen=True)
class Bar:
    """A rectangle in pixels.

    Examples:
        >>> Bar(0, 0, 10, 5, "without").height
        5
    """

    x: float
    y: float
    width: float
    height: float
    style: str


@dataclass(frozen=True)
class Dot:
    """A point in pixels.

    Examples:
        >>> Dot(40, 138, 2).radius
        2
    """

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Chart:
    """One drawing.

    Attributes:
        title: what stands above it.
        note: a figure beside the title.
        words: what it shows, for screen readers.
        x_label: what its axis means; as is `y_label`.
        x_ticks: labelled places.
        y_ticks: labelled places.
        lines: drawn over the bars; dots are drawn last.

    Examples:
        >>> Chart("War", "AP 0.4", "", "recall", "precision", (), ()).bars
        ()
    """

    __repr__ = brief_repr

    title: str
    note: str
    words: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()
    dots: tuple[Dot, ...] = ()


@dataclass(frozen=True)
class Plane:
    """The plane of a chart: from figures to pixels.

    Attributes:
        x: least and greatest figure to the right.
        y: least and greatest figure upwards.

    Examples:
        >>> Plane(x=(0, 2)).right(1)
        136.0
    """

    x: tuple[float, float] = UNIT
    y: tuple[float, float] = UNIT

    def right(self, value: float) -> float:
        """Return how far to the right a figure is, in units of the drawing."""
        # A tenth of a unit can't be seen, and more digits would only make the page larger.
        return round(FRAME.left + _share(value, self.x) * (FRAME.right - FRAME.left), 1)

    def down(self, value: float) -> float:
        """Return how far below the drawing's top a figure is, in units of the drawing."""
        return round(FRAME.bottom - _share(value, self.y) * (FRAME.bottom - FRAME.top), 1)

    def line(self, xs: Sequence[float], ys: Sequence[float], style: str) -> Line:
        """A line through the points (x, y), in figures."""
        return Line(" ".join(f"{self.right(x):g},{self.down(y):g}" for x, y in zip(xs, ys, strict=True)), style)

    def bar(self, left: float, right: float, height: float, style: str) -> Bar:
        """A bar on the floor, in figures."""
        x, y, floor = self.right(left), self.down(height), self.down(self.y[0])
        return Bar(x, y, round(self.right(right) - x, 1), round(floor - y, 1), style)

    def dot(self, x: float, y: float, radius: float) -> Dot:
        """Return a dot at (x, y), in figures; the radius is in units of the drawing."""
        return Dot(self.right(x), self.down(y), round(radius, 1))

    def x_ticks(self, values: Sequence[float], texts: Sequence[str] | None = None) -> tuple[Tick, ...]:
        """Return labelled ticks below the drawing."""
        texts = texts or [f"{value:g}" for value in values]
        return tuple(Tick(self.right(value), text) for value, text in zip(values, texts, strict=True))

    def y_ticks(self, values: Sequence[float], texts: Sequence[str] | None = None) -> tuple[Tick, ...]:
        """Return labelled ticks left of the drawing."""
        texts = texts or [f"{value:g}" for value in values]
        return tuple(Tick(self.down(value), text) for value, text in zip(values, texts, strict=True))


def _share(value: float, ends: tuple[float, float]) -> float:
    """Return how far `value` is on its way between the ends, from 0 to 1; halfway where they are one."""
    # Clipped: a figure beyond the axis is drawn at its end instead of over the text beside it.
    low, high = ends
    return 0.5 if high <= low else min(1.0, max(0.0, (value - low) / (high - low)))
