"""What the sections of the page draw: charts, and shaded tables of genres that go together or are confused."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from posters._base.brief import brief_repr
from posters._base.text import counted, printable
from posters.evaluation import Evaluation, GenreFigures
from posters.evaluation.curves import PrecisionRecallCurve, ScoreHistogram
from posters.evaluation.reliability import Reliability
from posters.report.html.charts import UNIT, Chart, Plane
from posters.report.tables import TextTable, number, ranked, span

# Genres whose charts and posters are drawn; the tables hold every genre.
DRAWN = 60
# Genres of a square table: more would be too wide to read.
SQUARE = 28
# Posters, at 4 KB each; at 9 KB if they were noise.
POSTERS = 410


def commonest(evaluation: Evaluation, most: int) -> set[str]:
    """Return the names of the commonest genres that have positives, at most so many.

    Examples:
        >>> commonest(evaluation, 3)
        {'War'}
    """
    # By positives among the evaluated posters: the curve of a genre with two of them shows nothing.
    present = [genre for genre in evaluation.genres if genre.positives]
    return {genre.name for genre in sorted(present, key=lambda genre: -genre.positives)[:most]}


def left_undrawn(evaluation: Evaluation, most: int) -> str:
    """Return which genres are not drawn, in words; empty where all are.

    Examples:
        >>> left_undrawn(evaluation, 3)
        ''
    """
    absent, present = len(evaluation.without_positives), len(evaluation.genres) - len(evaluation.without_positives)
    beyond = f"Drawn are the {most} commonest of {present} genres with positives." if present > most else ""
    without = f"Genres without positives, not drawn: {absent}." if absent else ""
    return " ".join(filter(None, (beyond, without)))


def precision_recall(evaluation: Evaluation) -> list[Chart]:
    """Return a curve for each genre with positives, the best first, over its chance.

    Examples:
        >>> [chart.title for chart in precision_recall(evaluation)]
        ['War']
    """
    curves, drawn = {curve.name: curve for curve in evaluation.curves}, commonest(evaluation, DRAWN)
    return [_curve_chart(genre, curves[genre.name]) for genre in ranked(evaluation) if genre.name in drawn]


def _curve_chart(genre: GenreFigures, curve: PrecisionRecallCurve) -> Chart:
    plane, chance = Plane(), genre.prevalence or 0.0
    # The curve begins at recall 0 with the precision of the surest posters.
    recall, precision = (0.0, *curve.recall), (curve.precision[0], *curve.precision)
    return Chart(
        title=printable(genre.name),
        note=f"AP {number(genre.average_precision)}",
        words=f"Precision against recall of {printable(genre.name)}: average precision "
        f"{number(genre.average_precision)}, chance {chance:.3f}",
        x_label="recall",
        y_label="precision",
        x_ticks=plane.x_ticks(UNIT),
        y_ticks=plane.y_ticks(UNIT),
        lines=(
            plane.line(UNIT, (chance, chance), "chance"),
            plane.line(recall, precision, "main"),
        ),
    )


# From how many pairs on a bin is joined to its neighbours: a line through bins of fewer would draw chance.
STEADY = 10


def reliability_diagrams(evaluation: Evaluation) -> list[Chart]:
    """Return a diagram of all genres at once, then of each genre with positives, in the order of their curves.

    Examples:
        >>> [chart.title for chart in reliability_diagrams(evaluation)]
        ['all genres', 'War']
    """
    rows, drawn = {row.name: row for row in evaluation.genre_reliability}, commonest(evaluation, DRAWN)
    shown = [rows[genre.name] for genre in ranked(evaluation) if genre.name in drawn]
    return [_reliability_chart(row) for row in (evaluation.reliability, *shown)]


def _reliability_chart(row: Reliability) -> Chart:
    plane = Plane()
    points = [(one.mean_score, one.share_true, one.count) for one in row.bins]
    known = [(x, y, count) for x, y, count in points if x is not None and y is not None]
    steady = [point for point in known if point[2] >= STEADY]
    most = max((count for _, _, count in known), default=1)
    return Chart(
        title=printable(row.name),
        note=f"ECE {row.ece:.3f}",
        words=f"Reliability of {printable(row.name)}: expected calibration error {row.ece:.3f}. "
        + "; ".join(f"predicted {x:.2f}, came true {y:.2f}, {count:,} times" for x, y, count in known),
        x_label="predicted",
        y_label="came true",
        x_ticks=plane.x_ticks(UNIT),
        y_ticks=plane.y_ticks(UNIT),
        lines=(
            plane.line(UNIT, UNIT, "chance"),
            plane.line([x for x, _, _ in steady], [y for _, y, _ in steady], "main"),
        ),
        # By the logarithm: the first bin holds nearly everything.
        dots=tuple(plane.dot(x, y, 2 + 3 * math.log1p(count) / math.log1p(most)) for x, y, count in known),
    )


def score_histograms(evaluation: Evaluation) -> list[Chart]:
    """Return how the probabilities of each genre spread, each hill as shares of its own posters.

    Examples:
        >>> [chart.note for chart in score_histograms(evaluation)]
        ['2 with it']
    """
    histograms, drawn = {row.name: row for row in evaluation.histograms}, commonest(evaluation, DRAWN)
    return [_spread_chart(histograms[genre.name]) for genre in ranked(evaluation) if genre.name in drawn]


def _spread_chart(histogram: ScoreHistogram) -> Chart:
    negatives, positives = _shares(histogram.negatives), _shares(histogram.positives)
    plane = Plane(y=(0.0, max(*negatives, *positives)))
    edges = [place / len(positives) for place in range(len(positives) + 1)]
    # Both edges of every bin, in order: a staircase.
    outline = [edge for pair in pairwise(edges) for edge in pair]
    return Chart(
        title=printable(histogram.name),
        note=f"{sum(histogram.positives):,} with it",
        words=f"Histogram of the probabilities of {printable(histogram.name)}: mean "
        f"{_mean(histogram.positives):.2f} with the genre, {_mean(histogram.negatives):.2f} without",
        x_label="probability",
        y_label="share",
        x_ticks=plane.x_ticks(UNIT),
        y_ticks=plane.y_ticks((0.0, plane.y[1]), ("0", f"{plane.y[1]:.0%}")),
        bars=tuple(
            plane.bar(left, right, share, "without")
            for (left, right), share in zip(pairwise(edges), negatives, strict=True)
        ),
        lines=(plane.line(outline, [share for share in positives for _ in (0, 1)], "main"),),
    )


def _shares(counts: Sequence[int]) -> list[float]:
    return [count / max(sum(counts), 1) for count in counts]


def _mean(counts: Sequence[int]) -> float:
    """The mean probability, as far as bins tell."""
    return sum((place + 0.5) / len(counts) * count for place, count in enumerate(counts)) / max(sum(counts), 1)


def learning_curves(evaluation: Evaluation) -> list[Chart]:
    """Return training loss and validation macro mAP of each stage.

    Examples:
        >>> learning_curves(evaluation)
        []
    """
    charts = []
    for stage in dict.fromkeys(epoch.stage for epoch in evaluation.learning):
        epochs = [epoch for epoch in evaluation.learning if epoch.stage == stage]
        numbers = [epoch.epoch for epoch in epochs]
        charts.append(_learning_chart(stage, "training loss", numbers, [epoch.train_loss for epoch in epochs]))
        mean = [epoch.validation_macro_map for epoch in epochs]
        charts.append(_learning_chart(stage, "validation mAP", numbers, mean))
    return charts


def _learning_chart(stage: str, quantity: str, numbers: list[int], values: list[float]) -> Chart:
    plane = Plane((numbers[0], numbers[-1]), (min(values), max(values)))
    return Chart(
        title=printable(stage),
        note=f"{quantity} {values[-1]:.3f}",
        words=f"{quantity} of the {printable(stage)} by epoch: {values[0]:.3f} after the first of {len(values)}, "
        f"{values[-1]:.3f} after the last",
        x_label="epoch",
        y_label=quantity.split()[-1],
        x_ticks=plane.x_ticks(sorted({numbers[0], numbers[-1]})),
        y_ticks=plane.y_ticks(sorted(set(plane.y)), [f"{value:.3f}" for value in sorted(set(plane.y))]),
        lines=(plane.line(numbers, values, "main"),),
        dots=tuple(plane.dot(x, y, 2.5) for x, y in zip(numbers, values, strict=True)),
    )


def learning_table(evaluation: Evaluation) -> TextTable:
    """Return every epoch in numbers.

    Examples:
        >>> learning_table(evaluation).header
        ('stage', 'epoch', 'training loss', 'validation mAP')
    """
    rows = (
        (printable(epoch.stage), str(epoch.epoch), number(epoch.train_loss, 4), number(epoch.validation_macro_map, 4))
        for epoch in evaluation.learning
    )
    return TextTable(("stage", "epoch", "training loss", "validation mAP"), tuple(rows))


def by_decade(evaluation: Evaluation) -> Chart | None:
    """Return macro mAP by decade with its interval, over chance; None where no decade has one.

    Examples:
        >>> by_decade(evaluation) is None
        True
    """
    rows = [row for row in evaluation.decades if row.macro_map is not None and row.chance is not None]
    if not rows:
        return None
    years = [float(row.first_year) for row in rows]
    values, chance = [row.macro_map or 0.0 for row in rows], [row.chance or 0.0 for row in rows]
    spans = [(year, row.interval) for year, row in zip(years, rows, strict=True) if row.interval]
    top = max([*values, *(interval.high for _, interval in spans)])
    plane = Plane((years[0] - 5, years[-1] + 5), (0.0, top))
    ends = sorted({years[0], years[-1]})
    return Chart(
        title="by decade",
        note="",
        words="; ".join(
            f"{row.first_year}s: {number(row.macro_map)} over {counted(row.counted, 'genre')}, "
            f"chance {number(row.chance)}"
            for row in rows
        ),
        x_label="decade",
        y_label="macro mAP",
        x_ticks=plane.x_ticks(ends, [f"{year:.0f}s" for year in ends]),
        y_ticks=plane.y_ticks((0.0, top), ("0", f"{top:.2f}")),
        lines=(
            plane.line(years, chance, "chance"),
            *(plane.line((year, year), (interval.low, interval.high), "span") for year, interval in spans),
            plane.line(years, values, "main"),
        ),
        dots=tuple(plane.dot(x, y, 3) for x, y in zip(years, values, strict=True)),
    )


def decade_table(evaluation: Evaluation) -> TextTable:
    """Return every decade in numbers, also those without a figure.

    Examples:
        >>> decade_table(evaluation).rows
        ()
    """
    rows = (
        (
            f"{row.first_year}s",
            f"{row.posters:,}",
            str(row.counted),
            number(row.macro_map),
            span(row.interval),
            number(row.chance),
        )
        for row in evaluation.decades
    )
    return TextTable(("decade", "posters", "genres", "macro mAP", "95% interval", "chance"), tuple(rows))


# (G, G), a row for each genre.
_Counts = Sequence[Sequence[int]]


@dataclass(frozen=True)
class ShadedRow:
    """One genre of a shaded table.

    Attributes:
        name: of the genre.
        of: the number of posters that the shares are of.
        shares: 0 to 1, one for each column; None on the diagonal.

    Examples:
        >>> ShadedRow("War", 12, (None, 0.5)).shares
        (None, 0.5)
    """

    __repr__ = brief_repr

    name: str
    of: int
    shares: tuple[float | None, ...]


@dataclass(frozen=True)
class ShadedTable:
    """A table of shares; `of` names the posters that they are shares of.

    Examples:
        >>> ShadedTable("posters", ("War",), ()).columns
        ('War',)
    """

    __repr__ = brief_repr

    of: str
    columns: tuple[str, ...]
    rows: tuple[ShadedRow, ...]


def together(evaluation: Evaluation, counts: _Counts, of_known: _Counts = ()) -> ShadedTable:
    """Return the share of each row's posters that have the column's genre too, of a (G, G) table of counts.

    Args:
        evaluation: what to show.
        counts: (G, G).
        of_known: (G, G), how many of the row's posters the column's genre is known for; empty if for all.

    Examples:
        >>> together(evaluation, evaluation.co_occurrence.true).rows[0].of
        2
    """
    return _shaded(evaluation, counts, [counts[genre][genre] for genre in range(len(counts))], "posters", of_known)


def instead(evaluation: Evaluation) -> ShadedTable:
    """Return the share of the posters missing the row's genre for which the column's was falsely predicted.

    Examples:
        >>> instead(evaluation).columns
        ('War', 'nothing false')
    """
    confusion = evaluation.confusion
    table = _shaded(evaluation, confusion.instead, confusion.missed, "missed")
    # 0 of 0 missed counts as 0: an empty cell, as in the other columns.
    nothing = [confusion.nothing_instead[genre] / max(confusion.missed[genre], 1) for genre in shown_genres(evaluation)]
    rows = (ShadedRow(row.name, row.of, (*row.shares, last)) for row, last in zip(table.rows, nothing, strict=True))
    return ShadedTable(table.of, (*table.columns, "nothing false"), tuple(rows))


def habits(evaluation: Evaluation, most: int = 10) -> TextTable:
    """Return where predicted shares differ most from the true ones, among genres with enough posters of both.

    Examples:
        >>> habits(evaluation).header[2:]
        ('in truth', 'as predicted')
    """
    co_occurrence, names = evaluation.co_occurrence, evaluation.genre_names
    true, predicted = co_occurrence.true, co_occurrence.predicted
    of, predicted_of = _whole(true, co_occurrence.true_of), _whole(predicted, co_occurrence.predicted_of)
    least = evaluation.frequent
    steady = [g for g in range(len(names)) if min(true[g][g], predicted[g][g]) >= least]
    pairs = [
        (true[x][y] / of[x][y], predicted[x][y] / predicted_of[x][y], x, y)
        for x in steady
        for y in range(len(names))
        if x != y and min(of[x][y], predicted_of[x][y]) >= least
    ]
    furthest = sorted(pairs, key=lambda pair: -abs(pair[1] - pair[0]))[:most]
    rows = ((printable(names[x]), printable(names[y]), f"{share:.0%}", f"{seen:.0%}") for share, seen, x, y in furthest)
    return TextTable(("of the posters with", "also have", "in truth", "as predicted"), tuple(rows), text_columns=2)


def _whole(counts: _Counts, of_known: _Counts) -> _Counts:
    """Of how many posters each cell of a table is a share."""
    return of_known or [[row[genre]] * len(row) for genre, row in enumerate(counts)]


def shown_genres(evaluation: Evaluation) -> list[int]:
    """Return the places of the commonest genres that have positives, as many as there is room for.

    Examples:
        >>> shown_genres(evaluation)
        [0]
    """
    shown = commonest(evaluation, SQUARE)
    return [place for place, genre in enumerate(evaluation.genres) if genre.name in shown]


def _shaded(
    evaluation: Evaluation, counts: _Counts, of: Sequence[int], title: str, of_known: _Counts = ()
) -> ShadedTable:
    def share(row: int, column: int) -> float | None:
        whole = of_known[row][column] if of_known else of[row]
        return None if row == column else counts[row][column] / max(whole, 1)

    shown = shown_genres(evaluation)
    names = tuple(printable(evaluation.genre_names[genre]) for genre in shown)
    rows = (
        ShadedRow(name, of[row], tuple(share(row, column) for column in shown))
        for name, row in zip(names, shown, strict=True)
    )
    return ShadedTable(title, names, tuple(rows))
