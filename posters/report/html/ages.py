"""The section of poster decades."""

from posters.evaluation import Evaluation, Interval
from posters.report.html.charts import Chart, Line, Plane
from posters.report.tables import Table, number, span


def by_decade(evaluation: Evaluation) -> Chart | None:
    """Macro mAP by decade with its interval, over chance; None where no decade has one."""
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
            f"{row.first_year}s: {number(row.macro_map)} over {row.counted} genres, chance {number(row.chance)}"
            for row in rows
        ),
        x_label="decade",
        y_label="macro mAP",
        x_ticks=plane.x_ticks(ends, [f"{year:.0f}s" for year in ends]),
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


def decade_table(evaluation: Evaluation) -> Table:
    """Every decade in numbers, also those without a figure."""
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
    return Table(("decade", "posters", "genres", "macro mAP", "95% interval", "chance"), tuple(rows))
