r"""The tables of a report in LaTeX, with intervals, for `\input`; they need the package booktabs."""

import re
from collections.abc import Mapping

from posters._base.text import printable
from posters.evaluation import Evaluation, Figure
from posters.metrics import METRICS
from posters.report.tables import TextTable, genre_table, number, predictor_table, span, target_table

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
} | {letter: f"\\{letter}" for letter in "&%$#_{}"}


def latex_tables(evaluation: Evaluation) -> Mapping[str, str]:
    r"""Return tables by name: predictors (figures with intervals, where they have one), genres, and promises.

    Examples:
        >>> print(latex_tables(evaluation)["genres"].splitlines()[0])
        \begin{tabular}{lrrrrrr}
    """
    tables = {
        "predictors": _with_intervals(evaluation),
        "genres": genre_table(evaluation),
        "promises": target_table(evaluation),
    }
    return {name: latex(table) for name, table in tables.items() if table.rows}


def latex(table: TextTable) -> str:
    r"""Return a table as `tabular`, its words to the left and its numbers to the right.

    Examples:
        >>> print(latex(TextTable(("genre", "AP"), (("Film & TV", "0.4"),))))
        \begin{tabular}{lr}
        \toprule
        genre & AP \\
        \midrule
        Film \& TV & 0.4 \\
        \bottomrule
        \end{tabular}
        <BLANKLINE>
    """
    places = "l" * table.text_columns + "r" * (len(table.header) - table.text_columns)
    header, *rows = (" & ".join(map(escape, row)) + r" \\" for row in (table.header, *table.rows))
    lines = [rf"\begin{{tabular}}{{{places}}}", r"\toprule", header, r"\midrule", *rows, r"\bottomrule"]
    return "\n".join([*lines, r"\end{tabular}", ""])


def escape(text: str) -> str:
    r"""Escape one line of text, so that LaTeX sets it as it is.

    Examples:
        >>> escape("100% of R&B")
        '100\\% of R\\&B'
    """
    return re.sub(r"[\\~^<>&%$#_{}]", lambda found: _SPECIAL[found[0]], printable(text))


def _with_intervals(evaluation: Evaluation) -> TextTable:
    """`predictor_table` with the interval behind each figure that has one."""
    table = predictor_table(evaluation, every_rule=False)
    named = {metric.title: metric.name for metric in METRICS.values()}
    columns = {"model": evaluation.of("model")} | {row.predictor: row for row in evaluation.predictors[::-1]}
    rows = []
    for row in table.rows:
        figures = [columns[title.partition(",")[0]].figures.get(named.get(row[0], "")) for title in table.header[2:]]
        rows.append((*row[:2], *map(_cell, row[2:], figures)))
    return TextTable(table.header, tuple(rows), text_columns=table.text_columns)


def _cell(text: str, figure: Figure | None) -> str:
    # By its text too: the model's scores stand once, and the columns of its other rules are blank there.
    known = figure is not None and figure.interval is not None and text == number(figure.value)
    return f"{text} ({span(figure.interval)})" if known and figure is not None else text
