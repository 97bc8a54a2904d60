"""The verdict: the figure to quote, and the model beside logistic regression and chance on one axis."""

from dataclasses import dataclass

from posters.evaluation import Evaluation, Figure
from posters.report.sentences import baseline_map
from posters.report.tables import number, span


@dataclass(frozen=True)
class Headline:
    """The figure to quote, as text."""

    value: str
    interval: str | None
    counted: str


def headline(evaluation: Evaluation) -> Headline:
    figure = evaluation.of("model").figures["macro_map"]
    counted = figure.counted or 0
    genres = f"{counted} genre" if counted == 1 else f"{counted} genres"
    return Headline(number(figure.value), span(figure.interval) if figure.interval else None, genres)


@dataclass(frozen=True)
class AxisRow:
    """One predictor on the axis; places are percentages of its length, `ends` those of the interval."""

    name: str
    value: str
    interval: str
    at: float
    ends: tuple[float, float] | None


@dataclass(frozen=True)
class AxisTick:
    """A labelled place on the axis, in per cent of its length."""

    at: float
    text: str


@dataclass(frozen=True)
class Axis:
    """Macro mAP of the model, logistic regression and chance on one axis; no rows where it is undefined."""

    rows: tuple[AxisRow, ...]
    ticks: tuple[AxisTick, ...]
    words: str


def axis(evaluation: Evaluation) -> Axis:
    named = {
        "model": evaluation.of("model").figures["macro_map"],
        "logistic regression": baseline_map(evaluation),
        "chance": evaluation.of("prior").figures["macro_map"],
    }
    figures = {name: figure for name, figure in named.items() if figure is not None and figure.value is not None}
    top = _top([_greatest(figure) for figure in figures.values()])
    rows = tuple(_row(name, figure, top) for name, figure in figures.items())
    ticks = tuple(AxisTick(25.0 * quarter, f"{round(quarter * top / 4, 2):g}") for quarter in range(5))
    return Axis(
        rows, ticks, "Macro mAP: " + "; ".join(f"{row.name} {row.value} {row.interval}".strip() for row in rows)
    )


def _greatest(figure: Figure) -> float:
    return max(figure.value or 0.0, figure.interval.high if figure.interval else 0.0)


def _top(values: list[float]) -> float:
    """The next of 0.2, 0.4, ... 1 above all values."""
    return next((top for top in (0.2, 0.4, 0.6, 0.8) if top > max(values, default=0) * 1.1), 1.0)


def _row(name: str, figure: Figure, top: float) -> AxisRow:
    interval = figure.interval
    return AxisRow(
        name=name,
        value=number(figure.value),
        interval=span(interval) if interval else "",
        at=_along(figure.value or 0.0, top),
        ends=(_along(interval.low, top), _along(interval.high, top)) if interval else None,
    )


def _along(value: float, top: float) -> float:
    return round(100 * min(value / top, 1.0), 2)
