"""The sections of shaded tables: genres that go together, and genres taken for another."""

from collections.abc import Sequence
from dataclasses import dataclass

from posters.evaluation import Evaluation
from posters.report.html.room import SQUARE, commonest
from posters.report.tables import Table, printable

_Counts = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Cell:
    """A figure as text, and how dark it is, 0 to 1; `self` marks the diagonal."""

    text: str
    shade: float
    self: bool


@dataclass(frozen=True)
class Row:
    """One genre's cells; `of` is the number of posters that they are shares of."""

    name: str
    of: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Heat:
    """A table of shares; `of` says of which posters."""

    of: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def together(evaluation: Evaluation, counts: _Counts) -> Heat:
    """Shares of the row's posters that have the column's genre too, of a (G, G) table of counts."""
    return _heat(evaluation, counts, _diagonal(counts), "posters")


def instead(evaluation: Evaluation) -> Heat:
    """Shares of the posters on which the row's genre was missed that were falsely said to have the column's."""
    confusion = evaluation.confusion
    heat = _heat(evaluation, confusion.instead, confusion.missed, "missed")
    nothing = [
        _cell(confusion.nothing_instead[genre], confusion.missed[genre], False) for genre in shown_genres(evaluation)
    ]
    rows = (Row(row.name, row.of, (*row.cells, last)) for row, last in zip(heat.rows, nothing, strict=True))
    return Heat(heat.of, (*heat.columns, "nothing false"), tuple(rows))


def habits(evaluation: Evaluation, most: int = 10) -> Table:
    """Where the model's shares differ most from the true ones, among genres with enough posters on both sides."""
    true, said, names = evaluation.co_occurrence.true, evaluation.co_occurrence.predicted, evaluation.genre_names
    steady = [g for g in range(len(names)) if min(true[g][g], said[g][g]) >= evaluation.frequent]
    pairs = [
        (true[x][y] / true[x][x], said[x][y] / said[x][x], x, y) for x in steady for y in range(len(names)) if x != y
    ]
    furthest = sorted(pairs, key=lambda pair: -abs(pair[1] - pair[0]))[:most]
    rows = ((printable(names[x]), printable(names[y]), f"{share:.0%}", f"{seen:.0%}") for share, seen, x, y in furthest)
    return Table(("of the posters with", "also have", "in truth", "as the model says it"), tuple(rows), text_columns=2)


def shown_genres(evaluation: Evaluation) -> list[int]:
    """The places of the commonest genres that have positives, as many as there is room for."""
    shown = commonest(evaluation, SQUARE)
    return [place for place, genre in enumerate(evaluation.genres) if genre.name in shown]


def _heat(evaluation: Evaluation, counts: _Counts, of: Sequence[int], title: str) -> Heat:
    shown = shown_genres(evaluation)
    names = tuple(printable(evaluation.genre_names[genre]) for genre in shown)
    rows = (
        Row(name, f"{of[row]:,}", tuple(_cell(counts[row][column], of[row], row == column) for column in shown))
        for name, row in zip(names, shown, strict=True)
    )
    return Heat(title, names, tuple(rows))


def _diagonal(counts: _Counts) -> list[int]:
    return [counts[genre][genre] for genre in range(len(counts))]


def _cell(count: int, of: int, same: bool) -> Cell:
    if same:
        return Cell("·", 0.0, True)
    share = count / of if of else 0.0
    return Cell(f"{100 * share:.0f}" if count else "", round(min(share, 1.0), 3), False)
