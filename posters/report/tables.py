"""What every report says, as sentences and tables of plain text, for Markdown, terminal and HTML to draw."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from posters.evaluation import Evaluation, Figure, GenreFigures, PredictorFigures
from posters.metrics import METRICS, Metric

# An undefined figure, or one that a predictor doesn't have.
BLANK = "-"


@dataclass(frozen=True)
class Table:
    """Cells of text in rows as long as `header`. The first `text_columns` hold words, the others numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1


def printable(text: str) -> str:
    """Text from strangers on one line, without control characters (which could move a terminal's cursor, say)."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def number(value: float | None, decimals: int = 3) -> str:
    return BLANK if value is None else f"{value:.{decimals}f}"


def heading(evaluation: Evaluation) -> str:
    genres = len(evaluation.genres)
    return f"{printable(evaluation.side)}: {evaluation.posters:,} posters, {genres} genres, {evaluation.head} head"


def verdict(evaluation: Evaluation) -> str:
    """The one sentence to remember: how far from chance, and how little accuracy says."""
    model, none = evaluation.of("model", "0.5"), evaluation.of("none")
    accuracy = (
        f"predicting no genre at all has a binary accuracy of {number(none.figures['binary_accuracy'].value)}, "
        f"the model at 0.5 has {number(model.figures['binary_accuracy'].value)}"
    )
    return f"{_against_chance(evaluation)}; {accuracy}."


def _against_chance(evaluation: Evaluation) -> str:
    skill = evaluation.of("model").figures["macro_map"].value
    chance = evaluation.of("prior").figures["macro_map"].value
    if skill is None or chance is None:
        return "Macro mAP is undefined, since no evaluated poster has a genre"
    return f"Macro mAP {skill:.3f} beside {chance:.3f} by chance, {skill / chance:.1f} times as much"


def predictor_table(evaluation: Evaluation) -> Table:
    """A row for each figure, a column for each predictor."""
    header = ("figure", "over", *(_title(row) for row in evaluation.predictors))
    rows = []
    for metric in METRICS.values():
        rows.append(_figures(metric, metric.title, [row.figures[metric.name] for row in evaluation.predictors]))
        if metric.over == "genres":
            title = f"{metric.title}, {evaluation.frequent}+ positives"
            rows.append(_figures(metric, title, [row.frequent[metric.name] for row in evaluation.predictors]))
    return Table(header, tuple(rows), text_columns=2)


def _title(row: PredictorFigures) -> str:
    return row.predictor if row.rule == "constant" else printable(f"{row.predictor}, {row.rule}")


def _figures(metric: Metric, title: str, figures: list[Figure]) -> tuple[str, ...]:
    # The model's count stands for all: it depends on the labels alone.
    counted = figures[0].counted
    over = metric.over if counted is None else f"{counted:,} {metric.over}"
    return (title, over, *(number(figure.value) for figure in figures))


def ranked(evaluation: Evaluation) -> list[GenreFigures]:
    """The genres by average precision, best first, undefined last; of equals by name."""

    def place(genre: GenreFigures) -> tuple[bool, float, str]:
        return genre.average_precision is None, -(genre.average_precision or 0.0), genre.name

    return sorted(evaluation.genres, key=place)


def genre_table(evaluation: Evaluation) -> Table:
    """How well the scores rank each genre, best first."""
    header = ("genre", "positives", "prevalence", "AP", "AP / prevalence", "ROC AUC")
    rows = (
        (
            printable(genre.name),
            f"{genre.positives:,}",
            number(genre.prevalence),
            number(genre.average_precision),
            number(genre.lift, decimals=1),
            number(genre.roc_auc),
        )
        for genre in ranked(evaluation)
    )
    return Table(header, tuple(rows))


def decision_table(evaluation: Evaluation, rule: str) -> Table:
    """What the model decides for each genre by one rule, in the order of `genre_table`."""
    header = ("genre", "positives", "predicted", "threshold", "precision", "recall", "F1")
    rows = []
    for genre in ranked(evaluation):
        made = genre.decisions[rule]
        figures = (made.threshold, made.precision, made.recall, made.f1)
        rows.append(
            (printable(genre.name), f"{genre.positives:,}", f"{made.predicted:,}", *(number(each) for each in figures))
        )
    return Table(header, tuple(rows))


def rules(evaluation: Evaluation) -> list[str]:
    """The rules by which the model decides."""
    return [row.rule for row in evaluation.predictors if row.predictor == "model"]


def notes(evaluation: Evaluation) -> list[str]:
    """What was left out of which figure, and how to read the rest."""
    losses = [metric.title for metric in METRICS.values() if not metric.larger_is_better]
    return [
        *_left_out(evaluation),
        f"Smaller is better for {', '.join(losses[:-1])} and {losses[-1]}; larger for every other figure.",
        'Figures over "pairs" count every pair of poster and genre; those over genres or posters are means of theirs.',
        "Chance is the macro mAP of the prior. Predictors that never look at a poster know how common each genre is "
        "among the training labels, and nothing else.",
        "A dash marks a figure that is undefined, or that a predictor without scores doesn't have.",
    ]


def _left_out(evaluation: Evaluation) -> Iterable[str]:
    absent, everywhere = evaluation.without_positives, evaluation.without_negatives
    if absent:
        yield f"{_counted(len(absent), 'genre')} without positives, left out of every macro figure: {_listed(absent)}."
    if everywhere:
        genres = _counted(len(everywhere), "genre")
        yield f"{genres} without negatives, left out of the macro ROC AUC: {_listed(everywhere)}."
    if not absent and not everywhere:
        yield "No genre was left out of a macro figure: each has positives and negatives."
    if evaluation.posters_without_genres:
        posters = _counted(evaluation.posters_without_genres, "poster")
        yield f"{posters} without any genre, left out of {_listed(_means_over_fewer(evaluation))}."
    if evaluation.fitted_on.startswith(f"{evaluation.side},"):
        yield f"The thresholds were fitted on the {printable(evaluation.side)} posters themselves, which flatters them."


def _means_over_fewer(evaluation: Evaluation) -> list[str]:
    """The figures over posters that don't count all of them."""
    figures = evaluation.of("model").figures
    over_posters = [metric for metric in METRICS.values() if metric.over == "posters"]
    return [metric.title for metric in over_posters if figures[metric.name].counted != evaluation.posters]


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(printable(name) for name in names)


def making(evaluation: Evaluation) -> dict[str, str]:
    """How the figures were made, by key."""
    made = {
        "evaluated": heading(evaluation),
        "thresholds": printable(f"{evaluation.optimises}, fitted on {evaluation.fitted_on}"),
    }
    for key, value in evaluation.provenance.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        made[printable(key)] = printable(text)
    return made
