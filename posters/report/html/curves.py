"""The section of precision-recall curves."""

from posters.evaluation import Evaluation, GenreFigures
from posters.evaluation.curves import Curve
from posters.report.html.charts import UNIT, Chart, Plane
from posters.report.html.room import DRAWN, commonest
from posters.report.tables import number, printable, ranked


def precision_recall(evaluation: Evaluation) -> list[Chart]:
    """A curve for each genre with positives, the best first, over its chance."""
    curves, drawn = {curve.name: curve for curve in evaluation.curves}, commonest(evaluation, DRAWN)
    return [_chart(genre, curves[genre.name]) for genre in ranked(evaluation) if genre.name in drawn]


def _chart(genre: GenreFigures, curve: Curve) -> Chart:
    plane = Plane()
    # The curve begins at recall 0 with the precision of the surest posters.
    recall, precision = (0.0, *curve.recall), (curve.precision[0], *curve.precision)
    return Chart(
        title=printable(genre.name),
        note=f"AP {number(genre.average_precision)}",
        words=f"Precision against recall of {printable(genre.name)}: average precision "
        f"{number(genre.average_precision)}, chance {genre.prevalence:.3f}",
        x_label="recall",
        y_label="precision",
        x_ticks=plane.x_ticks(UNIT),
        y_ticks=plane.y_ticks(UNIT),
        lines=(
            plane.line(UNIT, (genre.prevalence, genre.prevalence), "chance"),
            plane.line(recall, precision, "main"),
        ),
    )
