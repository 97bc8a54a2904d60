"""The page: what its template draws, section by section, and the document that comes of it."""

import base64
from typing import Any

from posters.evaluation import Evaluation
from posters.extras import require
from posters.label_issues import MOST as MOST_ISSUES
from posters.report import sentences, tables
from posters.report.html import (
    ages,
    calibration,
    charts,
    curves,
    genres,
    heats,
    room,
    shelves,
    spread,
    thumbnails,
    training,
    verdict,
)
from posters.report.label_csv import label_csv


def page(evaluation: Evaluation, pictures: thumbnails.Thumbnails) -> str:
    """The report as one HTML document that asks for nothing from anywhere."""
    jinja = require("jinja2")
    environment = jinja.Environment(
        loader=jinja.PackageLoader("posters.report.html"),
        autoescape=True,  # Whatever comes from a catalogue is text from strangers.
        trim_blocks=True,
        undefined=jinja.StrictUndefined,
    )
    environment.globals |= {"frame": charts.FRAME, "thumbnail": thumbnails.SIZE}
    drawn = {**_figures(evaluation), **_drawings(evaluation), **_posters(evaluation, pictures)}
    return environment.get_template("page.html").render(drawn, evaluation=evaluation, contents=_contents(drawn))


def _figures(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "heading": sentences.heading(evaluation),
        "headline": verdict.headline(evaluation),
        "meaning": sentences.meaning(evaluation),
        "axis": verdict.axis(evaluation),
        "left_out": list(sentences.left_out(evaluation)),
        "genre_header": genres.HEADER,
        "genres": [genres.genre_row(genre, evaluation.default_rule) for genre in tables.ranked(evaluation)],
        "predictor_table": tables.predictor_table(evaluation),
        "target_table": tables.target_table(evaluation),
        "making": sentences.making(evaluation),
        "notes": sentences.notes(evaluation),
    }


def _drawings(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "undrawn": room.left_undrawn(evaluation, room.DRAWN),
        "undrawn_in_squares": room.left_undrawn(evaluation, room.SQUARE),
        "precision_recall": curves.precision_recall(evaluation),
        "reliability": calibration.reliability_diagrams(evaluation),
        "steady": calibration.STEADY,
        "calibration_table": tables.calibration_table(evaluation),
        "habits": heats.habits(evaluation),
        "true_together": heats.together(evaluation, evaluation.co_occurrence.true),
        "predicted_together": heats.together(evaluation, evaluation.co_occurrence.predicted),
        "instead": heats.instead(evaluation),
        "confusion_table": tables.confusion_table(evaluation),
        "histograms": spread.score_histograms(evaluation),
        "learning": training.learning_curves(evaluation),
        "learning_table": training.learning_table(evaluation),
        "decades": ages.by_decade(evaluation),
        "decade_table": ages.decade_table(evaluation),
    }


def _posters(evaluation: Evaluation, pictures: thumbnails.Thumbnails) -> dict[str, Any]:
    csv = base64.b64encode(label_csv(evaluation.label_issues).encode()).decode()
    return {
        "pictures": pictures,
        "examples": shelves.genre_shelves(evaluation, pictures),
        "each": shelves.each(evaluation) if shelves.some_left_out(evaluation) else None,
        "likely_missing": shelves.issue_shelf(evaluation, "missing", pictures),
        "likely_false": shelves.issue_shelf(evaluation, "false", pictures),
        "all_issues_listed": len(evaluation.label_issues) < MOST_ISSUES,
        "csv": f"data:text/csv;charset=utf-8;base64,{csv}",
    }


def _contents(drawn: dict[str, Any]) -> list[tuple[str, str]]:
    """Ids and titles of the sections that there are."""
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
