"""A report as aligned plain text, which the command line prints."""

import textwrap
from itertools import zip_longest

from posters._base.text import WIDTH, columns, fit, wrapped
from posters.evaluation import HALF, Evaluation
from posters.report.sentences import calibration, heading, meaning, notes, unknown_labels, verdict, warnings
from posters.report.tables import (
    TextTable,
    genre_rule,
    genre_table,
    number,
    predictor_table,
    ranked,
    rules,
    target_table,
)

# A header wider than this goes on in the next line; figures are narrower.
_HEADER = 10


def summary(evaluation: Evaluation) -> str:
    """Return warnings, verdict, predictors, each genre, promises and what was left out, at most 100 columns wide.

    Examples:
        >>> summary(evaluation).splitlines()[0]
        'test: 4 posters, 1 genre, sigmoid head'
    """
    targets = target_table(evaluation)
    unknown = unknown_labels(evaluation.unknown_labels, evaluation.labels)
    blocks = [
        wrapped(heading(evaluation)),
        *map(wrapped, [*warnings(evaluation), *unknown, verdict(evaluation), meaning(evaluation)]),
        aligned(predictor_table(evaluation, every_rule=False)),
        wrapped("Genres by average precision (AP), best first:"),
        aligned(_genres(evaluation)),
        *([wrapped("What the rules promised, and what they reached here:"), aligned(targets)] if targets.rows else []),
        wrapped(calibration(evaluation)),
        "\n".join(wrapped(note) for note in notes(evaluation)),
    ]
    return "\n\n".join(blocks) + "\n"


def _genres(evaluation: Evaluation) -> TextTable:
    """`genre_table`, with the F1 of the rule for genres and at 0.5."""
    kept = (genre_rule(evaluation), HALF)
    table, names = genre_table(evaluation), [rule for rule in rules(evaluation) if rule in kept]
    f1 = [tuple(number(genre.decisions[rule].f1) for rule in names) for genre in ranked(evaluation)]
    rows = tuple(row + more for row, more in zip(table.rows, f1, strict=True))
    return TextTable((*table.header, *(f"F1, {rule}" for rule in names)), rows)


def aligned(table: TextTable) -> str:
    """Align words to the left and numbers to the right; the first column gives way where the line would be too long.

    Examples:
        >>> print(aligned(TextTable(("genre", "AP"), (("War", "0.4"),))))
        genre  AP
        War   0.4
    """
    # Each title in as many lines as the longest needs, its end in the last line.
    titles = [textwrap.wrap(title, _HEADER)[::-1] for title in table.header]
    header = list(zip_longest(*titles, fillvalue=""))[::-1]
    widths = [max(map(columns, column)) for column in zip(*header, *table.rows, strict=True)]
    # Only the first column has text of any length; figures must never be cut.
    widths[0] = min(widths[0], WIDTH - sum(widths[1:]) - len(widths) + 1)
    return "\n".join(_line(row, widths, table.text_columns) for row in (*header, *table.rows))


def _line(cells: tuple[str, ...], widths: list[int], text_columns: int) -> str:
    padded = []
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        text = fit(cell, width)
        space = " " * (width - columns(text))
        padded.append(text + space if place < text_columns else space + text)
    return " ".join(padded).rstrip()
