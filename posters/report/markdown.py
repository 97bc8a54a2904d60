"""A report as Markdown, good to read as it is, on a screen and in a pull request."""

import re

from posters.evaluation import Evaluation
from posters.report.sentences import heading, making, meaning, notes, verdict
from posters.report.tables import (
    Table,
    calibration_table,
    confusion_table,
    decision_table,
    genre_table,
    predictor_table,
    rules,
    target_table,
)

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def markdown(evaluation: Evaluation) -> str:
    """The verdict, the predictors side by side, each genre, what was left out, and how it was made."""
    blocks = [
        f"# Evaluation on {escape(heading(evaluation))}",
        f"**{escape(verdict(evaluation))}** {escape(meaning(evaluation))}",
        "## Beside its baselines",
        _table(predictor_table(evaluation)),
        "## Genres",
        "Sorted by average precision (AP), best first.",
        _table(genre_table(evaluation)),
        *_decisions(evaluation),
        *_section("What the rules promised, and what they reached", target_table(evaluation)),
        *_section("Calibration", calibration_table(evaluation)),
        *_section("Said in the place of another, most often", confusion_table(evaluation)),
        "## Left out, and how to read it",
        _bullets(notes(evaluation)),
        "## How it was made",
        _bullets([f"{key}: {value}" for key, value in making(evaluation).items()]),
    ]
    return "\n\n".join(blocks) + "\n"


def _section(title: str, table: Table) -> list[str]:
    """A title and its table, or nothing where the table is empty."""
    return [f"## {title}", _table(table)] if table.rows else []


def _decisions(evaluation: Evaluation) -> list[str]:
    blocks = []
    for rule in rules(evaluation):
        blocks += [f"### Decisions of the model, {escape(rule)}", _table(decision_table(evaluation, rule))]
    return blocks


def escape(text: str) -> str:
    """One line of text so that Markdown shows it as it is, in a table's cell too.

    >>> print(escape("Sci-Fi|<b>*new*</b>"))
    Sci-Fi\\|&lt;b&gt;\\*new\\*&lt;/b&gt;
    """
    marked = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", text)
    return re.sub("[&<>]", lambda found: _ENTITIES[found[0]], marked)


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {escape(line)}" for line in lines)


def _table(table: Table) -> str:
    """Numbers to the right; columns padded, so that the source can be read as well."""
    rows = [[escape(cell) for cell in row] for row in (table.header, *table.rows)]
    widths = [max(3, *map(len, column)) for column in zip(*rows, strict=True)]
    rule = [
        "-" * width if place < table.text_columns else "-" * (width - 1) + ":" for place, width in enumerate(widths)
    ]
    return "\n".join(_line(row, widths, table.text_columns) for row in (rows[0], rule, *rows[1:]))


def _line(cells: list[str], widths: list[int], text_columns: int) -> str:
    padded = (
        cell.ljust(width) if place < text_columns else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join(padded)} |"
