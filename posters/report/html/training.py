"""The section of learning curves."""

from collections.abc import Iterable

from posters.evaluation import Evaluation
from posters.report.html.charts import Chart, Plane
from posters.report.tables import Table, number, printable


def learning_curves(evaluation: Evaluation) -> list[Chart]:
    """Training loss and validation macro mAP of each stage."""
    stages = dict.fromkeys(epoch.stage for epoch in evaluation.learning)
    return [chart for stage in stages for chart in _stage(evaluation, stage)]


def _stage(evaluation: Evaluation, stage: str) -> Iterable[Chart]:
    epochs = [epoch for epoch in evaluation.learning if epoch.stage == stage]
    numbers = [epoch.epoch for epoch in epochs]
    yield _chart(stage, "training loss", numbers, [epoch.train_loss for epoch in epochs])
    yield _chart(stage, "validation mAP", numbers, [epoch.validation_macro_map for epoch in epochs])


def _chart(stage: str, quantity: str, numbers: list[int], values: list[float]) -> Chart:
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


def learning_table(evaluation: Evaluation) -> Table:
    """Every epoch in numbers."""
    rows = (
        (printable(epoch.stage), str(epoch.epoch), number(epoch.train_loss, 4), number(epoch.validation_macro_map, 4))
        for epoch in evaluation.learning
    )
    return Table(("stage", "epoch", "training loss", "validation mAP"), tuple(rows))
