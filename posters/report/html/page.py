"""The page: what its template draws, and the document that comes of it."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from posters._base.brief import brief_repr
from posters._base.optional_imports import require
from posters._base.text import printable
from posters.evaluation import Evaluation, Figure, GenreFigures
from posters.evaluation.label_issues import KINDS
from posters.evaluation.label_issues import MOST as MOST_ISSUES
from posters.report import sentences, tables
from posters.report.html import galleries, sections
from posters.report.html.charts import FRAME, Tick
from posters.report.tables import number, span


def page(evaluation: Evaluation, pictures: galleries.Thumbnails) -> str:
    """Return the report as one HTML document that loads nothing from anywhere.

    Args:
        evaluation: what to report.
        pictures: thumbnails of the posters that it shows.

    Raises:
        MissingExtraError: Jinja is not installed.

    Examples:
        >>> from posters.evaluation.evaluate import evaluate
        >>> from posters.scores import Scores
        >>> from posters.thresholds import fixed_thresholds
        >>> import numpy as np
        >>> scores = Scores(("a", "b"), ("Drama",), np.array([[0.9], [0.2]]), np.array([[1], [0]]))
        >>> found = evaluate(scores, [fixed_thresholds(("Drama",))], np.array([0.5]), samples=5)
        >>> page(found, galleries.Thumbnails({}, [])).strip().startswith("<!doctype html>")
        True
    """
    drawn = {**_verdict(evaluation), **_drawings(evaluation), **_posters(evaluation, pictures)}
    template = templates().get_template("page.html")
    html: str = template.render(drawn, evaluation=evaluation, contents=_contents(drawn))
    return html


def templates() -> Any:
    """Return the Jinja environment of all pages: their templates, and the filters that write figures.

    Raises:
        MissingExtraError: Jinja is not installed.

    Examples:
        >>> templates().filters["thousands"](1200)
        '1,200'
    """
    jinja = require("jinja2")
    environment = jinja.Environment(
        loader=jinja.PackageLoader("posters.report.html"),
        autoescape=True,  # Whatever comes from a catalogue is text from strangers.
        trim_blocks=True,
        # A misspelt name in a template must fail a test, not print nothing.
        undefined=jinja.StrictUndefined,
    )
    environment.globals |= {
        "frame": FRAME,
        "thumbnail": galleries.SIZE,
        "genre_bar": genre_bar,
        "genre_rule": tables.genre_rule,
    }
    environment.filters |= {
        "number": number,
        "printable": printable,
        "span": span,
        "threshold": tables.threshold_text,
        # A figure to sort by, empty where it is undefined.
        "sortable": lambda value: "" if value is None else f"{value:.6f}",
        "thousands": lambda value: f"{value:,}",
    }
    return environment


def _verdict(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "warnings": sentences.warnings(evaluation),
        "unknown": sentences.unknown_labels(evaluation.unknown_labels, evaluation.labels),
        "heading": sentences.heading(evaluation),
        "headline": evaluation.of("model").figures["macro_map"],
        "meaning": sentences.meaning(evaluation),
        "axis": axis(evaluation),
        "left_out": list(sentences.left_out(evaluation)),
        "genres": tables.ranked(evaluation),
        "predictor_table": tables.predictor_table(evaluation, every_rule=False),
        "target_table": tables.target_table(evaluation),
        "making": sentences.making(evaluation),
        "notes": sentences.notes(evaluation),
    }


def _drawings(evaluation: Evaluation) -> dict[str, Any]:
    together = evaluation.co_occurrence
    return {
        "inflated": sentences.inflated(evaluation),
        "rule_table": tables.decisions_table(evaluation),
        "undrawn": sections.left_undrawn(evaluation, sections.DRAWN),
        "undrawn_in_squares": sections.left_undrawn(evaluation, sections.SQUARE),
        "precision_recall": sections.precision_recall(evaluation),
        "reliability": sections.reliability_diagrams(evaluation),
        "steady": sections.STEADY,
        "calibration_table": tables.calibration_table(evaluation),
        "habits": sections.habits(evaluation),
        "true_together": sections.together(evaluation, together.true, together.true_of),
        "predicted_together": sections.together(evaluation, together.predicted, together.predicted_of),
        "instead": sections.instead(evaluation),
        "confusion_table": tables.confusion_table(evaluation),
        "histograms": sections.score_histograms(evaluation),
        "learning": sections.learning_curves(evaluation),
        "learning_table": sections.learning_table(evaluation),
        "decades": sections.by_decade(evaluation),
        "decade_table": sections.decade_table(evaluation),
    }


def _posters(evaluation: Evaluation, pictures: galleries.Thumbnails) -> dict[str, Any]:
    # Inside the page: whoever gets the report by mail can still save the list.
    csv = base64.b64encode(tables.label_csv(evaluation.label_issues).encode()).decode()
    return {
        "pictures": pictures,
        "examples": galleries.genre_galleries(evaluation, pictures),
        "each": galleries.each(evaluation) if galleries.some_left_out(evaluation) else None,
        "likely_missing": galleries.issue_gallery(evaluation, "missing", pictures),
        "likely_false": galleries.issue_gallery(evaluation, "false", pictures),
        "doubts": " and ".join(_doubts(evaluation)),
        "csv": f"data:text/csv;charset=utf-8;base64,{csv}",
    }


def _doubts(evaluation: Evaluation) -> Iterator[str]:
    """How many labels of each kind are listed."""
    for kind in KINDS:
        count = sum(issue.kind == kind for issue in evaluation.label_issues)
        # At the limit, there may be more of them.
        yield f"{'the surest ' if count >= MOST_ISSUES else ''}{count:,} likely {kind}"


def _contents(drawn: dict[str, Any]) -> list[tuple[str, str]]:
    """Return ids and titles of the sections that there are."""
    # With one genre there is nothing to go together with or to be confused with.
    several = len(drawn["true_together"].rows) > 1
    every = [
        ("genres", "Genres", True),
        ("predictors", "Baselines", True),
        ("rules", "Rules", drawn["target_table"].rows),
        ("curves", "Precision and recall", True),
        ("calibration", "Calibration", True),
        ("together", "Co-occurrence", several),
        ("confusion", "Confusion", several),
        ("histograms", "Histograms", True),
        ("training", "Training", drawn["learning"]),
        ("decades", "Decades", drawn["decades"]),
        ("posters", "Posters", drawn["examples"]),
        ("labels", "Labels in doubt", True),
        ("making", "How it was made", True),
    ]
    return [(id, title) for id, title, there in every if there]


@dataclass(frozen=True)
class AxisRow:
    """One predictor on the axis.

    Attributes:
        name: of the predictor.
        figure: its macro mAP.
        at: its place, in per cent of the axis.
        ends: those of its interval, likewise.

    Examples:
        >>> AxisRow("chance", Figure(0.1, 22), 25.0, None).at
        25.0
    """

    __repr__ = brief_repr

    name: str
    figure: Figure
    at: float
    ends: tuple[float, float] | None


@dataclass(frozen=True)
class Axis:
    """Macro mAP of the model, logistic regression and chance on one axis; no rows where it is undefined.

    Examples:
        >>> Axis((), ()).rows
        ()
    """

    __repr__ = brief_repr

    rows: tuple[AxisRow, ...]
    ticks: tuple[Tick, ...]


def axis(evaluation: Evaluation) -> Axis:
    """Place the model, logistic regression and chance on one axis.

    Examples:
        >>> [row.name for row in axis(evaluation).rows]
        ['model', 'chance']
    """
    named = {
        "model": evaluation.of("model").figures["macro_map"],
        "logistic regression": sentences.baseline_map(evaluation),
        "chance": evaluation.of("prior").figures["macro_map"],
    }
    figures = {name: figure for name, figure in named.items() if figure is not None and figure.value is not None}
    greatest = max((max(f.value or 0.0, f.interval.high if f.interval else 0.0) for f in figures.values()), default=0)
    # The next of 0.2, 0.4, ... 1, with some air: the axis of a weak model would otherwise be nearly empty.
    top = next((top for top in (0.2, 0.4, 0.6, 0.8) if top > greatest * 1.1), 1.0)
    rows = tuple(_axis_row(name, figure, top) for name, figure in figures.items())
    return Axis(rows, tuple(Tick(25.0 * quarter, f"{round(quarter * top / 4, 2):g}") for quarter in range(5)))


def _axis_row(name: str, figure: Figure, top: float) -> AxisRow:
    def along(value: float) -> float:
        return round(100 * min(value / top, 1.0), 2)

    ends = (along(figure.interval.low), along(figure.interval.high)) if figure.interval else None
    return AxisRow(name, figure, along(figure.value or 0.0), ends)


@dataclass(frozen=True)
class GenreBar:
    """Average precision, its interval and chance, in per cent of a line from 0 to 1.

    Examples:
        >>> GenreBar(40.0, 30.0, 50.0, 10.0).chance
        10.0
    """

    at: float
    low: float
    high: float
    chance: float


def genre_bar(genre: GenreFigures) -> GenreBar | None:
    """Return the drawing in a genre's row; None without positives.

    Examples:
        >>> genre_bar(evaluation.genres[0]).chance
        50.0
    """
    at = genre.average_precision
    if at is None:
        return None
    low, high = (at, at) if genre.interval is None else (genre.interval.low, genre.interval.high)
    return GenreBar(*(round(100 * place, 1) for place in (at, low, high, genre.prevalence or 0.0)))
