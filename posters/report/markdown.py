"""A report as Markdown, good to read as it is, on a screen and in a pull request."""

import re

from posters.evaluation import Evaluation
from posters.report.sentences import heading, making, meaning, notes, unknown_labels, verdict, warnings
from posters.report.tables import (
    TextTable,
    calibration_table,
    confusion_table,
    decision_table,
    genre_table,
    predictor_table,
    rules,
    target_table,
)

# Genres and titles come from strangers: none of them may become markup.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def markdown(evaluation: Evaluation) -> str:
    """Return warnings, the verdict, the predictors side by side, each genre, what was left out, and how it was made.

    Examples:
        >>> markdown(evaluation).splitlines()[0]
        '# Evaluation on test: 4 posters, 1 genre, sigmoid head'
    """
    decisions = []
    for rule in rules(evaluation):
        decisions += [f"### Decisions of the model, {escape(rule)}", markdown_table(decision_table(evaluation, rule))]
    blocks = [
        f"# Evaluation on {escape(heading(evaluation))}",
        *(f"> **{escape(warning)}**" for warning in warnings(evaluation)),
        *(escape(sentence) for sentence in unknown_labels(evaluation.unknown_labels, evaluation.labels)),
        f"**{escape(verdict(evaluation))}** {escape(meaning(evaluation))}",
        "## Beside its baselines",
        markdown_table(predictor_table(evaluation)),
        "## Genres",
        "Sorted by average precision (AP), best first.",
        markdown_table(genre_table(evaluation)),
        *decisions,
        *_section("What the rules promised, and what they reached", target_table(evaluation)),
        *_section("Calibration", calibration_table(evaluation)),
        *_section("Predicted instead of another, most often", confusion_table(evaluation)),
        "## Left out, and how to read it",
        _bullets(notes(evaluation)),
        "## How it was made",
        _bullets([f"{key}: {value}" for key, value in making(evaluation).items()]),
    ]
    return "\n\n".join(blocks) + "\n"


def _section(title: str, table: TextTable) -> list[str]:
    """A title and its table, or nothing where the table is empty."""
    return [f"## {title}", markdown_table(table)] if table.rows else []


def escape(text: str) -> str:
    r"""Escape one line of text so that Markdown shows it as it is, in a table's cell too.

    Examples:
        >>> print(escape("Sci-Fi|<b>*new*</b>"))
        Sci-Fi\|&lt;b&gt;\*new\*&lt;/b&gt;
    """
    marked = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", text)
    return re.sub("[&<>]", lambda found: _ENTITIES[found[0]], marked)


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {escape(line)}" for line in lines)


def markdown_table(table: TextTable) -> str:
    """Return a table as Markdown, numbers to the right; columns padded, so that the source can be read as well.

    Examples:
        >>> print(markdown_table(TextTable(("genre", "AP"), (("War", "0.4"),))))
        | genre |  AP |
        | ----- | --: |
        | War   | 0.4 |
    """
    rows = [[escape(cell) for cell in row] for row in (table.header, *table.rows)]
    # Three dashes are the shortest rule that every Markdown reader accepts.
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
