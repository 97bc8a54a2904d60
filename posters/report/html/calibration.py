"""The section of reliability diagrams."""

import math

from posters.evaluation import Evaluation
from posters.evaluation.reliability import Reliability
from posters.report.html.charts import UNIT, Chart, Plane
from posters.report.html.room import DRAWN, commonest
from posters.report.tables import printable, ranked

# From how many pairs on a bin is joined to its neighbours: a line through bins of fewer would draw chance.
STEADY = 10


def reliability_diagrams(evaluation: Evaluation) -> list[Chart]:
    """All genres at once, then each genre with positives, in the order of their precision-recall curves."""
    rows, drawn = {row.name: row for row in evaluation.genre_reliability}, commonest(evaluation, DRAWN)
    shown = [rows[genre.name] for genre in ranked(evaluation) if genre.name in drawn]
    return [_chart(row) for row in (evaluation.reliability, *shown)]


def _chart(row: Reliability) -> Chart:
    plane = Plane()
    points = [(one.mean_score, one.share_true, one.count) for one in row.bins]
    known = [(x, y, count) for x, y, count in points if x is not None and y is not None]
    steady = [point for point in known if point[2] >= STEADY]
    most = max((count for _, _, count in known), default=1)
    return Chart(
        title=printable(row.name),
        note=f"ECE {row.ece:.3f}",
        words=f"Reliability of {printable(row.name)}: expected calibration error {row.ece:.3f}. "
        + "; ".join(f"said {x:.2f}, came true {y:.2f}, {count:,} times" for x, y, count in known),
        x_label="said",
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
