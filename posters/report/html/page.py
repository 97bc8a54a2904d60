"""The page: everything that its template draws, prepared."""

from dataclasses import dataclass
from typing import Any

from posters.evaluation import Evaluation, Figure, GenreFigures, Interval
from posters.extras import require
from posters.report import tables
from posters.report.html import drawings, heats, shelves
from posters.report.html.charts import Tick
from posters.report.html.thumbnails import Thumbnails
from posters.report.tables import number, printable, span

# The column without a title holds a drawing.
_GENRE_HEADER = (
    *("genre", "positives", "AP", "", "95% interval", "AP / prevalence", "ROC AUC"),
    *("threshold", "precision", "recall", "F1"),
)
# Where the axis of the verdict begins and ends, in its own pixels.
_FROM, _TO = 130.0, 400.0


def page(evaluation: Evaluation, thumbnails: Thumbnails) -> str:
    """The report as one HTML document that asks for nothing from anywhere."""
    jinja = require("jinja2")
    environment = jinja.Environment(
        loader=jinja.PackageLoader("posters.report.html"),
        autoescape=True,  # Whatever comes from a catalogue is text from strangers.
        trim_blocks=True,
        undefined=jinja.StrictUndefined,
    )
    return environment.get_template("page.html").render(_contents(evaluation, thumbnails))


def _contents(evaluation: Evaluation, thumbnails: Thumbnails) -> dict[str, Any]:
    examples = shelves.genre_shelves(evaluation, thumbnails)
    learning, decade = drawings.learning_curves(evaluation), drawings.by_decade(evaluation)
    decades = [] if decade is None else [decade]
    targets = tables.target_table(evaluation)
    cut = len([genre for genre in evaluation.genres if genre.positives]) > heats.MOST
    return {
        "evaluation": evaluation,
        "heading": tables.heading(evaluation),
        "headline": headline(evaluation.of("model").figures["macro_map"]),
        "meaning": tables.meaning(evaluation),
        "axis": axis(evaluation),
        "contents": _sections(bool(targets.rows), bool(learning or decades), bool(examples)),
        "left_out": tables.left_out(evaluation),
        "genre_header": _GENRE_HEADER,
        "genres": [genre_row(genre, evaluation.default_rule) for genre in tables.ranked(evaluation)],
        "predictor_table": tables.predictor_table(evaluation),
        "target_table": targets,
        "precision_recall": drawings.precision_recall(evaluation),
        "reliability": drawings.reliability_diagrams(evaluation),
        "calibration_table": tables.calibration_table(evaluation),
        "true_together": heats.together(evaluation, evaluation.co_occurrence.true),
        "predicted_together": heats.together(evaluation, evaluation.co_occurrence.predicted),
        "instead": heats.instead(evaluation),
        "heats_cut": heats.MOST if cut else None,
        "confusion_table": tables.confusion_table(evaluation),
        "histograms": drawings.score_histograms(evaluation),
        "learning": learning,
        "decades": decades,
        "examples": examples,
        "unreadable": len(thumbnails.unreadable),
        "likely_missing": shelves.issue_shelf(evaluation, "missing", thumbnails),
        "likely_false": shelves.issue_shelf(evaluation, "false", thumbnails),
        "label_count": f"{len(evaluation.label_issues):,}",
        "making": tables.making(evaluation),
        "notes": tables.notes(evaluation),
    }


def _sections(rules: bool, time: bool, posters: bool) -> list[tuple[str, str]]:
    """Ids and titles of the sections that there are."""
    every = [
        ("genres", "Genres", True),
        ("predictors", "Baselines", True),
        ("rules", "Rules", rules),
        ("curves", "Precision and recall", True),
        ("calibration", "Calibration", True),
        ("together", "Co-occurrence", True),
        ("confusion", "Confusion", True),
        ("histograms", "Histograms", True),
        ("time", "Training and decades", time),
        ("posters", "Posters", posters),
        ("labels", "Labels in doubt", True),
    ]
    return [(id, title) for id, title, there in every if there]


@dataclass(frozen=True)
class Headline:
    """The figure to quote, as text."""

    value: str
    interval: str | None
    counted: int


def headline(figure: Figure) -> Headline:
    return Headline(number(figure.value), span(figure.interval) if figure.interval else None, figure.counted or 0)


@dataclass(frozen=True)
class AxisRow:
    """One predictor on the axis of the verdict, in pixels."""

    name: str
    value: str
    x: float
    y: float
    after: float
    span: str | None


@dataclass(frozen=True)
class Axis:
    """The verdict as a drawing: macro mAP of the model, logistic regression and chance on one axis."""

    rows: tuple[AxisRow, ...]
    ticks: tuple[Tick, ...]
    floor: float
    height: float
    words: str


def axis(evaluation: Evaluation) -> Axis:
    named = {
        "model": evaluation.of("model").figures["macro_map"],
        "logistic regression": tables.baseline_map(evaluation),
        "chance": evaluation.of("prior").figures["macro_map"],
    }
    figures = {name: figure for name, figure in named.items() if figure is not None and figure.value is not None}
    top = _top([_greatest(figure) for figure in figures.values()])
    rows = tuple(
        _axis_row(name, figure.value or 0.0, figure.interval, 20.0 + 30 * place, top)
        for place, (name, figure) in enumerate(figures.items())
    )
    floor = 30.0 * len(figures) + 14
    ticks = tuple(Tick(_along(value, top), f"{value:g}") for value in (0.0, top / 2, top))
    words = "Macro mAP: " + "; ".join(f"{name} {number(figure.value)}" for name, figure in figures.items())
    return Axis(rows, ticks, floor, floor + 26, words)


def _greatest(figure: Figure) -> float:
    return max(figure.value or 0.0, figure.interval.high if figure.interval else 0.0)


def _top(values: list[float]) -> float:
    """The next of 0.2, 0.4, ... 1 above all values."""
    return next((top for top in (0.2, 0.4, 0.6, 0.8) if top > max(values, default=0) * 1.1), 1.0)


def _axis_row(name: str, value: float, interval: Interval | None, y: float, top: float) -> AxisRow:
    right = _along(interval.high if interval else value, top)
    ends = f"{_along(interval.low, top):g},{y:g} {right:g},{y:g}" if interval else None
    return AxisRow(name, f"{value:.3f}", _along(value, top), y, max(right, _along(value, top)) + 12, ends)


def _along(value: float, top: float) -> float:
    return round(_FROM + min(value / top, 1.0) * (_TO - _FROM), 1)


@dataclass(frozen=True)
class GenreCell:
    """A figure as text, and as a number to sort by, empty where it is undefined."""

    text: str
    value: str


@dataclass(frozen=True)
class GenreBar:
    """Average precision, its interval and chance on a line of 130 pixels."""

    at: float
    low: float
    high: float
    chance: float
    words: str


@dataclass(frozen=True)
class GenreRow:
    """One row of the sortable table; the drawing stands between its cells."""

    name: str
    first: tuple[GenreCell, ...]
    bar: GenreBar | None
    others: tuple[GenreCell, ...]


def genre_row(genre: GenreFigures, rule: str) -> GenreRow:
    made = genre.decisions[rule]
    width = None if genre.interval is None else genre.interval.high - genre.interval.low
    first = (GenreCell(f"{genre.positives:,}", str(genre.positives)), _cell(genre.average_precision))
    others = (
        GenreCell(span(genre.interval), "" if width is None else f"{width:.6f}"),
        _cell(genre.lift, 1),
        _cell(genre.roc_auc),
        GenreCell(
            tables.threshold_text(made.threshold, rule), "" if made.threshold is None else f"{made.threshold:.6f}"
        ),
        _cell(made.precision),
        _cell(made.recall),
        _cell(made.f1),
    )
    return GenreRow(printable(genre.name), first, _bar(genre), others)


def _cell(value: float | None, decimals: int = 3) -> GenreCell:
    return GenreCell(number(value, decimals), "" if value is None else f"{value:.6f}")


def _bar(genre: GenreFigures) -> GenreBar | None:
    if genre.average_precision is None or genre.interval is None:
        return None
    at, low, high, chance = (
        round(3 + 124 * value, 1)
        for value in (genre.average_precision, genre.interval.low, genre.interval.high, genre.prevalence)
    )
    words = f"AP {number(genre.average_precision)}, interval {span(genre.interval)}, chance {genre.prevalence:.3f}"
    return GenreBar(at, low, high, chance, words)
