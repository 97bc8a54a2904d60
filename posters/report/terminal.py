"""A report as aligned plain text, which the command line prints."""

import textwrap
from itertools import zip_longest

from posters.evaluation import HALF, Evaluation
from posters.report.columns import WIDTH, columns, fit, wrapped
from posters.report.sentences import calibration, heading, meaning, notes, verdict
from posters.report.tables import (
    Table,
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
    """The verdict, predictors side by side, each genre, promises and what was left out, at most 100 columns wide."""
    blocks = [
        wrapped(heading(evaluation)),
        wrapped(verdict(evaluation)),
        wrapped(meaning(evaluation)),
        aligned(predictor_table(evaluation, every_rule=False)),
        wrapped("Genres by average precision (AP), best first:"),
        aligned(_genres(evaluation)),
        *_targets(evaluation),
        wrapped(calibration(evaluation)),
        "\n".join(wrapped(note) for note in notes(evaluation)),
    ]
    return "\n\n".join(blocks) + "\n"


def _targets(evaluation: Evaluation) -> list[str]:
    table = target_table(evaluation)
    return [wrapped("What the rules promised, and what they reached here:"), aligned(table)] if table.rows else []


def _genres(evaluation: Evaluation) -> Table:
    """`genre_table`, with the F1 of the default rule and at 0.5."""
    kept = dict.fromkeys((evaluation.default_rule, HALF))
    table, names = genre_table(evaluation), [rule for rule in rules(evaluation) if rule in kept]
    f1 = [tuple(number(genre.decisions[rule].f1) for rule in names) for genre in ranked(evaluation)]
    rows = tuple(row + more for row, more in zip(table.rows, f1, strict=True))
    return Table((*table.header, *(f"F1, {rule}" for rule in names)), rows)


def aligned(table: Table) -> str:
    """Words to the left, numbers to the right; the first column gives way where the line would be too long."""
    header = _header(table.header)
    widths = [max(map(columns, column)) for column in zip(*header, *table.rows, strict=True)]
    widths[0] = min(widths[0], WIDTH - sum(widths[1:]) - len(widths) + 1)
    return "\n".join(_line(row, widths, table.text_columns) for row in (*header, *table.rows))


def _header(titles: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The titles in as many lines as the longest needs, their ends in the last line."""
    wrapped = [textwrap.wrap(title, _HEADER)[::-1] for title in titles]
    return list(zip_longest(*wrapped, fillvalue=""))[::-1]


def _line(cells: tuple[str, ...], widths: list[int], text_columns: int) -> str:
    padded = []
    for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        text = fit(cell, width)
        space = " " * (width - columns(text))
        padded.append(text + space if place < text_columns else space + text)
    return " ".join(padded).rstrip()
