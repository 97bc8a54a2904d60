"""A cross-validation for people: as text for the terminal, and its table as Markdown, CSV, LaTeX and JSON."""

import csv
import io
from pathlib import Path

from posters._base.atomic_files import write_json, write_text
from posters._base.text import counted, wrapped
from posters.evaluation import Figure
from posters.evaluation.comparison import Difference
from posters.evaluation.crossvalidation import CrossValidatedPredictor, CrossValidation
from posters.metrics import METRICS
from posters.report.latex import latex
from posters.report.markdown import escape, markdown_table
from posters.report.sentences import unknown_labels
from posters.report.tables import BLANK, TextTable, number, signed, span
from posters.report.terminal import aligned

# Those of the pooled scores that stand beside the macro mAP.
_BESIDE = ("micro_map", "macro_roc_auc", "log_loss", "macro_f1", "micro_f1")
_NAME = "crossvalidation"

_READING = (
    "Fold by fold: each fold is ranked alone, and the mean over folds and repeats is taken. Where a genre has few "
    "positives in a fold, that is higher than it is on many posters, for chance too: compare it only with figures over "
    "the same folds.",
    "Pooled: the scores of all folds are ranked together, each calibrated on its own fold's validation posters. Where "
    "those are few, networks of different folds stay on different scales, which costs them more than it costs logistic "
    "regression: then compare fold by fold.",
)
_SPREAD = (
    "SD over folds is that of one fold's macro mAP. All other figures are of the pooled scores; F1 is by the "
    "rule f1, whose thresholds each fold's validation posters chose, or by the argmax of a softmax head."
)
_REPEATS = (
    "SD over repeats is that of the mean over the folds: what another seed changes. The repeats are of the same "
    "posters, so it is not in the interval."
)


def crossvalidation_text(figures: CrossValidation) -> str:
    """Return the verdict, the table, and each fold, at most 100 columns wide.

    Examples:
        >>> crossvalidation_text(figures).splitlines()[0]  # doctest: +SKIP
        '5 folds: 5,754 posters of 5,747 films, 22 genres'
    """
    table = crossvalidation_table(figures)
    # Two tables, since one would be too wide: how well genres are ranked, and everything else.
    halves = [
        TextTable(tuple(table.header[n] for n in places), tuple(tuple(row[n] for n in places) for row in table.rows))
        for places in ((0, *range(1, 7)), (0, *range(7, len(table.header))))
    ]
    blocks = [
        wrapped(heading(figures)),
        *map(wrapped, _sentences(figures)),
        *map(aligned, halves),
        aligned(fold_table(figures)),
        "\n".join(map(wrapped, _notes(figures))),
    ]
    return "\n\n".join(blocks)


def heading(figures: CrossValidation) -> str:
    """Return how many folds, repeats, posters, films and genres there are.

    Examples:
        >>> heading(CrossValidation(5, 2, 400, 396, ("Drama",), 0, (), None))
        '5 folds, 2 repeats: 400 posters of 396 films, 1 genre'
    """
    repeats = f", {figures.repeats} repeats" if figures.repeats > 1 else ""
    genres = counted(len(figures.genre_names), "genre")
    posters = f"{counted(figures.posters, 'poster')} of {counted(figures.films, 'film')}"
    return f"{figures.folds} folds{repeats}: {posters}, {genres}"


def crossvalidation_table(figures: CrossValidation) -> TextTable:
    """Return a row for each predictor: macro mAP fold by fold and pooled, with intervals and spread, and other figures.

    Examples:
        >>> crossvalidation_table(CrossValidation(5, 1, 400, 396, ("Drama",), 0, (), None)).header[:3]
        ('predictor', 'macro mAP by fold', '95% interval')
    """
    spread = ("SD over folds", "SD over repeats")
    header = ("predictor", "macro mAP by fold", "95% interval", *spread, "macro mAP pooled", "95% interval, pooled")
    rows = (
        (
            each.predictor,
            *_with_interval(each.by_fold),
            number(each.sd_of_folds),
            BLANK if each.sd_of_repeats is None else number(each.sd_of_repeats),
            *_with_interval(each.pooled),
            *(_figure(each, name) for name in _BESIDE),
        )
        for each in figures.predictors
    )
    return TextTable((*header, *(METRICS[name].title for name in _BESIDE)), tuple(rows))


def _figure(predictor: CrossValidatedPredictor, name: str) -> str:
    value = predictor.figures[name]
    # Decisions of the others are not asked for.
    lacking = METRICS[name].needs != "score" and predictor.predictor != "model"
    return BLANK if lacking else number(value)


def _with_interval(figure: Figure) -> tuple[str, str]:
    return number(figure.value), BLANK if figure.interval is None else span(figure.interval)


def fold_table(figures: CrossValidation) -> TextTable:
    """Return a row for each fold of each repeat, and a column for each predictor: its macro mAP there.

    Examples:
        >>> figure = Figure(0.4, 9)
        >>> model = CrossValidatedPredictor("model", figure, figure, ((0.3, 0.5),), (0.4,), {})
        >>> fold_table(CrossValidation(2, 1, 40, 40, ("Drama",), 0, (model,), None)).rows
        (('1', '0', '0.300'), ('1', '1', '0.500'))
    """
    header = ("repeat", "fold", *(f"macro mAP, {each.predictor}" for each in figures.predictors))
    rows = (
        (f"{repeat + 1}", f"{fold}", *(number(each.of_folds[repeat][fold]) for each in figures.predictors))
        for repeat in range(figures.repeats)
        for fold in range(figures.folds)
    )
    return TextTable(header, tuple(rows), text_columns=2)


def write_crossvalidation(figures: CrossValidation, directory: Path) -> tuple[Path, ...]:
    """Write the figures as JSON and the table as Markdown, CSV and LaTeX, each file whole or not at all.

    Args:
        figures: of `posters.crossvalidate`.
        directory: made if need be.

    Returns:
        The paths of the files.

    Examples:
        >>> import tempfile
        >>> figures = CrossValidation(5, 1, 400, 396, ("Drama",), 0, (), None)
        >>> [path.name for path in write_crossvalidation(figures, Path(tempfile.mkdtemp()))][:2]
        ['crossvalidation.json', 'crossvalidation.md']
    """
    table = crossvalidation_table(figures)
    data, text, cells, tex = (Path(directory) / f"{_NAME}.{form}" for form in ("json", "md", "csv", "tex"))
    write_json(data, figures.to_dict())
    blocks = [
        f"# {escape(heading(figures))}",
        *map(escape, _sentences(figures)),
        markdown_table(table),
        markdown_table(fold_table(figures)),
        *(escape(note) for note in _notes(figures)),
    ]
    write_text(text, "\n\n".join(blocks) + "\n")
    write_text(cells, _csv(table))
    write_text(tex, latex(table))
    return data, text, cells, tex


def _csv(table: TextTable) -> str:
    file = io.StringIO(newline="")
    lines = csv.writer(file, lineterminator="\r\n")
    lines.writerow(table.header)
    # For programs: what is not there is an empty cell.
    lines.writerows([["" if cell == BLANK else cell for cell in row] for row in table.rows])
    return file.getvalue()


def _sentences(figures: CrossValidation) -> list[str]:
    """Return what the model reaches, and whether that is more than logistic regression does."""
    unknown = unknown_labels(figures.unknown_labels, figures.posters * len(figures.genre_names))
    model, prior, ahead = figures.of("model"), figures.of("prior"), figures.ahead
    if model is None or prior is None:
        return unknown
    level = "" if model.by_fold.interval is None else f" (95% interval {span(model.by_fold.interval)})"
    reached = (
        f"Macro mAP {number(model.by_fold.value)}{level} fold by fold, {number(model.pooled.value)} pooled; "
        f"{number(prior.by_fold.value)} and {number(prior.pooled.value)} by chance."
    )
    return [*unknown, reached, *([] if ahead is None else [_beside_baseline(ahead)])]


def _beside_baseline(ahead: Difference) -> str:
    words = {"better": "It is better than", "worse": "It is worse than"}
    word = words.get(ahead.verdict, "It shows no difference from")
    ends = f"{signed(ahead.interval.low)} to {signed(ahead.interval.high)}"
    difference = f"{signed(ahead.difference)} fold by fold (95% interval {ends})"
    return f"{word} logistic regression on the frozen features: {difference}."


def _notes(figures: CrossValidation) -> list[str]:
    films = f"Intervals are by jackknife over {counted(figures.films, 'film')}. {_SPREAD}"
    return [*_READING, films, *([_REPEATS] if figures.repeats > 1 else [])]
