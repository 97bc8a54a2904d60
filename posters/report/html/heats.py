"""Tables whose cells are shaded by their figure."""

from collections.abc import Sequence
from dataclasses import dataclass

from posters.evaluation import Evaluation
from posters.report.tables import printable

# Genres that a table has room for.
MOST = 28


@dataclass(frozen=True)
class Cell:
    """A figure as text, and how dark it is, 0 to 1; `self` marks the diagonal."""

    text: str
    shade: float
    self: bool


@dataclass(frozen=True)
class Row:
    """One genre's cells."""

    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Heat:
    """A square table of genres."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def together(evaluation: Evaluation, counts: Sequence[Sequence[int]]) -> Heat:
    """Shares of the row's posters that have the column's genre too, of a (G, G) table of counts."""
    return _heat(evaluation, counts, [counts[genre][genre] for genre in range(len(counts))])


def instead(evaluation: Evaluation) -> Heat:
    """Shares of the posters on which the row's genre was missed that were falsely said to have the column's."""
    return _heat(evaluation, evaluation.confusion.instead, evaluation.confusion.missed)


def _heat(evaluation: Evaluation, counts: Sequence[Sequence[int]], of: Sequence[int]) -> Heat:
    shown = shown_genres(evaluation)
    names = tuple(printable(evaluation.genre_names[genre]) for genre in shown)
    rows = tuple(
        Row(name, tuple(_cell(counts[row][column], of[row], row == column) for column in shown))
        for name, row in zip(names, shown, strict=True)
    )
    return Heat(names, rows)


def shown_genres(evaluation: Evaluation) -> list[int]:
    """The commonest genres that have positives, as many as there is room for, in the evaluation's order."""
    genres = [place for place, genre in enumerate(evaluation.genres) if genre.positives]
    commonest = sorted(genres, key=lambda place: -evaluation.genres[place].positives)[:MOST]
    return sorted(commonest)


def _cell(count: int, of: int, same: bool) -> Cell:
    if same:
        return Cell("·", 0.0, True)
    share = count / of if of else 0.0
    return Cell(f"{100 * share:.0f}" if count else "", round(min(share, 1.0), 3), False)
