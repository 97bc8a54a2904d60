"""The sortable table of genres."""

from dataclasses import dataclass

from posters.evaluation import GenreFigures
from posters.report.tables import number, printable, span, threshold_text

# The column without a title holds a drawing.
HEADER = (
    *("genre", "positives", "AP", "", "95% interval", "AP / prevalence", "ROC AUC"),
    *("threshold", "precision", "recall", "F1"),
)


@dataclass(frozen=True)
class GenreCell:
    """A figure as text, and as a number to sort by, empty where it is undefined."""

    text: str
    value: str


@dataclass(frozen=True)
class GenreBar:
    """Average precision, its interval and chance, in per cent of a line from 0 to 1."""

    at: float
    low: float
    high: float
    chance: float
    words: str


@dataclass(frozen=True)
class GenreRow:
    """One row; the drawing stands between its cells."""

    name: str
    first: tuple[GenreCell, ...]
    bar: GenreBar | None
    others: tuple[GenreCell, ...]


def genre_row(genre: GenreFigures, rule: str) -> GenreRow:
    made = genre.decisions[rule]
    others = (
        GenreCell(span(genre.interval), "" if genre.interval is None else f"{genre.interval.low:.6f}"),
        _cell(genre.lift, 1),
        _cell(genre.roc_auc),
        GenreCell(threshold_text(made.threshold, rule), "" if made.threshold is None else f"{made.threshold:.6f}"),
        *(_cell(value) for value in (made.precision, made.recall, made.f1)),
    )
    first = (GenreCell(f"{genre.positives:,}", str(genre.positives)), _cell(genre.average_precision))
    return GenreRow(printable(genre.name), first, _bar(genre), others)


def _cell(value: float | None, decimals: int = 3) -> GenreCell:
    return GenreCell(number(value, decimals), "" if value is None else f"{value:.6f}")


def _bar(genre: GenreFigures) -> GenreBar | None:
    if genre.average_precision is None or genre.interval is None:
        return None
    places = (genre.average_precision, genre.interval.low, genre.interval.high, genre.prevalence)
    at, low, high, chance = (round(100 * place, 1) for place in places)
    words = f"AP {number(genre.average_precision)}, interval {span(genre.interval)}, chance {genre.prevalence:.3f}"
    return GenreBar(at, low, high, chance, words)
