"""The drawings of a report."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from posters.evaluation import Evaluation, Interval
from posters.evaluation.histograms import Histogram
from posters.evaluation.reliability import Reliability
from posters.report.html.charts import Chart, Line, Plane
from posters.report.tables import number, printable, ranked

_UNIT = (0.0, 0.5, 1.0)
# From how many pairs on a bin of a reliability diagram is joined to its neighbours.
_STEADY = 10


def precision_recall(evaluation: Evaluation) -> list[Chart]:
    """A curve for each genre with positives, the best first, over its chance."""
    curves = {curve.name: curve for curve in evaluation.curves}
    charts = []
    for genre in ranked(evaluation):
        curve, plane = curves[genre.name], Plane()
        if not curve.recall:
            continue
        # The curve begins at recall 0 with the precision of the surest posters.
        recall, precision = (0.0, *curve.recall), (curve.precision[0], *curve.precision)
        charts.append(
            Chart(
                title=printable(genre.name),
                note=f"AP {number(genre.average_precision)}",
                words=f"Precision against recall of {printable(genre.name)}: average precision "
                f"{number(genre.average_precision)}, chance {genre.prevalence:.3f}",
                x_label="recall",
                y_label="precision",
                x_ticks=plane.x_ticks(_UNIT),
                y_ticks=plane.y_ticks(_UNIT),
                lines=(
                    plane.line((0, 1), (genre.prevalence, genre.prevalence), "chance"),
                    plane.line(recall, precision, "main"),
                ),
            )
        )
    return charts


def reliability_diagrams(evaluation: Evaluation) -> list[Chart]:
    """All genres at once, then each genre with positives."""
    absent = set(evaluation.without_positives)
    shown = [row for row in evaluation.genre_reliability if row.name not in absent]
    return [_reliability(row) for row in (evaluation.reliability, *shown)]


def _reliability(row: Reliability) -> Chart:
    plane = Plane()
    points = [(one.mean_score, one.share_true, one.count) for one in row.bins]
    known = [(x, y, count) for x, y, count in points if x is not None and y is not None]
    # A line through bins of a few posters would draw chance.
    steady = [point for point in known if point[2] >= _STEADY]
    most = max((count for _, _, count in known), default=1)
    return Chart(
        title=printable(row.name),
        note=f"ECE {row.ece:.3f}",
        words=f"Reliability of {printable(row.name)}: expected calibration error {row.ece:.3f}. "
        + "; ".join(f"said {x:.2f}, came true {y:.2f}, {count:,} times" for x, y, count in known),
        x_label="said",
        y_label="came true",
        x_ticks=plane.x_ticks(_UNIT),
        y_ticks=plane.y_ticks(_UNIT),
        lines=(
            plane.line((0, 1), (0, 1), "chance"),
            plane.line([x for x, _, _ in steady], [y for _, y, _ in steady], "main"),
        ),
        # By the logarithm: the first bin holds nearly everything.
        dots=tuple(plane.dot(x, y, 2 + 3 * math.log1p(count) / math.log1p(most)) for x, y, count in known),
    )


def score_histograms(evaluation: Evaluation) -> list[Chart]:
    """How the probabilities of each genre spread, each hill as shares of its own posters."""
    histograms = {histogram.name: histogram for histogram in evaluation.histograms}
    return [_histogram(histograms[genre.name]) for genre in ranked(evaluation) if genre.positives]


def _histogram(histogram: Histogram) -> Chart:
    negatives, positives = _shares(histogram.negatives), _shares(histogram.positives)
    plane = Plane(y=(0.0, max(*negatives, *positives)))
    edges = [place / len(positives) for place in range(len(positives) + 1)]
    return Chart(
        title=printable(histogram.name),
        note=f"{sum(histogram.positives):,} with it",
        words=f"Histogram of the probabilities of {printable(histogram.name)}: mean "
        f"{_mean(histogram.positives):.2f} with the genre, {_mean(histogram.negatives):.2f} without",
        x_label="probability",
        y_label="share",
        x_ticks=plane.x_ticks(_UNIT),
        y_ticks=plane.y_ticks((0.0, plane.y[1]), ("0", f"{plane.y[1]:.0%}")),
        bars=tuple(
            plane.bar(left, right, share, "without")
            for (left, right), share in zip(pairwise(edges), negatives, strict=True)
        ),
        lines=(plane.line(_steps(edges), [share for share in positives for _ in (0, 1)], "main"),),
    )


def _shares(counts: Sequence[int]) -> list[float]:
    return [count / max(sum(counts), 1) for count in counts]


def _mean(counts: Sequence[int]) -> float:
    """The mean probability, as far as bins tell."""
    return sum((place + 0.5) / len(counts) * count for place, count in enumerate(counts)) / max(sum(counts), 1)


def _steps(edges: Sequence[float]) -> list[float]:
    """Both edges of every bin, in order."""
    return [edge for pair in pairwise(edges) for edge in pair]


def learning_curves(evaluation: Evaluation) -> list[Chart]:
    """Training loss and validation macro mAP of each stage."""
    stages = dict.fromkeys(epoch.stage for epoch in evaluation.learning)
    return [chart for stage in stages for chart in _stage(evaluation, stage)]


def _stage(evaluation: Evaluation, stage: str) -> Iterable[Chart]:
    epochs = [epoch for epoch in evaluation.learning if epoch.stage == stage]
    for title, values in (
        ("training loss", [epoch.train_loss for epoch in epochs]),
        ("validation mAP", [epoch.validation_macro_map for epoch in epochs]),
    ):
        numbers = [epoch.epoch for epoch in epochs]
        plane = Plane((numbers[0], numbers[-1]), (min(values), max(values)))
        yield Chart(
            title=printable(stage),
            note=f"{title} {values[-1]:.3f}",
            words=f"{title} of the {printable(stage)} by epoch: {values[0]:.3f} after the first of {len(values)}, "
            f"{values[-1]:.3f} after the last",
            x_label="epoch",
            y_label=title.split()[-1],
            x_ticks=plane.x_ticks(sorted({numbers[0], numbers[-1]})),
            y_ticks=plane.y_ticks(plane.y, [f"{value:.3f}" for value in plane.y]),
            lines=(plane.line(numbers, values, "main"),),
            dots=tuple(plane.dot(x, y, 2.5) for x, y in zip(numbers, values, strict=True)),
        )


def by_decade(evaluation: Evaluation) -> Chart | None:
    """Macro mAP by decade with its interval, over chance."""
    rows = [row for row in evaluation.decades if row.macro_map is not None and row.chance is not None]
    if not rows:
        return None
    years = [float(row.first_year) for row in rows]
    top = max(row.interval.high if row.interval else row.macro_map or 0.0 for row in rows)
    plane = Plane((years[0] - 5, years[-1] + 5), (0.0, top))
    values, chance = [row.macro_map or 0.0 for row in rows], [row.chance or 0.0 for row in rows]
    spans = [(year, row.interval) for year, row in zip(years, rows, strict=True) if row.interval]
    return Chart(
        title="macro mAP by decade",
        note="",
        words="; ".join(
            f"{row.first_year}s: {number(row.macro_map)} over {row.counted} genres, chance {number(row.chance)}"
            for row in rows
        ),
        x_label="decade",
        y_label="macro mAP",
        x_ticks=plane.x_ticks([years[0], years[-1]], [f"{year:.0f}s" for year in (years[0], years[-1])]),
        y_ticks=plane.y_ticks((0.0, top), ("0", f"{top:.2f}")),
        lines=(
            plane.line(years, chance, "chance"),
            *(_span(plane, year, interval) for year, interval in spans),
            plane.line(years, values, "main"),
        ),
        dots=tuple(plane.dot(x, y, 3) for x, y in zip(years, values, strict=True)),
    )


def _span(plane: Plane, x: float, interval: Interval) -> Line:
    return plane.line((x, x), (interval.low, interval.high), "span")
