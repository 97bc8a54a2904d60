"""The section of histograms."""

from collections.abc import Sequence
from itertools import pairwise

from posters.evaluation import Evaluation
from posters.evaluation.histograms import Histogram
from posters.report.html.charts import UNIT, Chart, Plane
from posters.report.html.room import DRAWN, commonest
from posters.report.tables import printable, ranked


def score_histograms(evaluation: Evaluation) -> list[Chart]:
    """How the probabilities of each genre spread, each hill as shares of its own posters."""
    histograms, drawn = {row.name: row for row in evaluation.histograms}, commonest(evaluation, DRAWN)
    return [_chart(histograms[genre.name]) for genre in ranked(evaluation) if genre.name in drawn]


def _chart(histogram: Histogram) -> Chart:
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
        x_ticks=plane.x_ticks(UNIT),
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
