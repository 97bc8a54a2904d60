"""What every report shows in tables of plain text, for Markdown, terminal and HTML to draw."""

from dataclasses import dataclass

from posters.evaluation import HALF, Evaluation, Figure, GenreFigures, Interval, PredictorFigures
from posters.metrics import METRICS, Metric

# A figure that a predictor doesn't have, and one that is undefined.
BLANK = "-"
UNDEFINED = "n/a"


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
    return UNDEFINED if value is None else f"{value:.{decimals}f}"


def signed(value: float) -> str:
    """A difference with its sign, and never -0.000."""
    return f"{round(value, 3) + 0.0:+.3f}"


def span(interval: Interval | None) -> str:
    """An interval's ends."""
    return UNDEFINED if interval is None else f"{interval.low:.3f} to {interval.high:.3f}"


def predictor_table(evaluation: Evaluation, every_rule: bool = True) -> Table:
    """A row for each figure, a column for each predictor: the model, its baselines, and the model by its other rules.

    Args:
        evaluation: what to show.
        every_rule: whether all other rules are shown, or 0.5 alone.
    """
    asked = [
        row for row in evaluation.predictors if every_rule or row.predictor != "model" or row.rule in _few(evaluation)
    ]
    # Baselines beside what they are baselines of.
    predictors = sorted(asked, key=lambda row: row.predictor == "model" and row.rule != evaluation.default_rule)
    header = ("figure", "over", *(_title(row) for row in predictors))
    scores = [_scores_of(row, evaluation.default_rule) for row in predictors]
    rows = []
    for metric in METRICS.values():
        rows.append(_figures(metric, metric.title, [row.figures[metric.name] for row in predictors], scores))
        if metric.over == "genres":
            title = f"{metric.title}, {evaluation.frequent}+ positives"
            rows.append(_figures(metric, title, [row.frequent[metric.name] for row in predictors], scores))
    return Table(header, tuple(rows), text_columns=2)


def _few(evaluation: Evaluation) -> tuple[str, str]:
    """The rules that every report shows."""
    return evaluation.default_rule, HALF


def _scores_of(row: PredictorFigures, default_rule: str) -> str:
    """Whether a predictor has scores: "own", "repeated" from the model by its default rule, or "none"."""
    # The log loss of scores is always defined.
    if row.figures["log_loss"].value is None:
        return "none"
    return "repeated" if row.predictor == "model" and row.rule != default_rule else "own"


def _title(row: PredictorFigures) -> str:
    if row.rule == "constant" or row.predictor != "model":
        return row.predictor  # At 0.5, as far as it decides by its scores.
    return printable(f"{row.predictor}, {row.rule}")


def _figures(metric: Metric, title: str, figures: list[Figure], scores: list[str]) -> tuple[str, ...]:
    # The model's count stands for all: it depends on the labels alone.
    counted = figures[0].counted
    over = metric.over if counted is None else f"{counted:,} {metric.over}"
    cells = []
    for figure, score in zip(figures, scores, strict=True):
        # The model's scores are the same by every rule, and stand there once.
        repeated = metric.needs == "score" and score == "repeated"
        lacking = metric.needs == "score" and score == "none"
        cells.append("" if repeated else BLANK if lacking else number(figure.value))
    return (title, over, *cells)


def ranked(evaluation: Evaluation) -> list[GenreFigures]:
    """The genres by average precision, best first, undefined last; of equals by name."""

    def place(genre: GenreFigures) -> tuple[bool, float, str]:
        return genre.average_precision is None, -(genre.average_precision or 0.0), genre.name

    return sorted(evaluation.genres, key=place)


def genre_table(evaluation: Evaluation) -> Table:
    """How well the scores rank each genre, best first."""
    header = ("genre", "positives", "prevalence", "AP", "95% interval", "AP / prevalence", "ROC AUC")
    rows = (
        (
            printable(genre.name),
            f"{genre.positives:,}",
            number(genre.prevalence),
            number(genre.average_precision),
            span(genre.interval),
            number(genre.lift, decimals=1),
            number(genre.roc_auc),
        )
        for genre in ranked(evaluation)
    )
    return Table(header, tuple(rows))


def decision_table(evaluation: Evaluation, rule: str) -> Table:
    """What the model decides for each genre by one rule, in the order of `genre_table`."""
    header = ("genre", "positives", "threshold", "predicted", "precision", "recall", "F1")
    rows = []
    for genre in ranked(evaluation):
        made = genre.decisions[rule]
        figures = (number(each) for each in (made.precision, made.recall, made.f1))
        said = (threshold_text(made.threshold, rule), f"{made.predicted:,}")
        rows.append((printable(genre.name), f"{genre.positives:,}", *said, *figures))
    return Table(header, tuple(rows))


def threshold_text(value: float | None, rule: str) -> str:
    """What a genre's score must reach."""
    if value is None:
        return BLANK if rule == "argmax" else "never"
    return "always" if value == 0 else number(value)


def target_table(evaluation: Evaluation) -> Table:
    """What the rules with a promise promised, and what they reached."""
    header = ("rule", "promised", "reached", "95% interval", "kept by genres", "genres said", "said per poster")
    rows = (
        (
            target.rule,
            f"{'at most' if target.quantity == 'miss rate' else 'at least'} {target.promised:g}",
            number(target.reached),
            span(target.interval),
            BLANK if target.genres_counted is None else f"{target.genres_kept} of {target.genres_counted}",
            f"{target.genres_said}",
            number(target.said_per_poster, decimals=1),
        )
        for target in evaluation.targets
    )
    return Table(header, tuple(rows))


def calibration_table(evaluation: Evaluation) -> Table:
    """Calibration error and Brier score of all pairs and of each genre, before and after calibration."""
    header = ("genre", "ECE before", "ECE", "Brier before", "Brier", "Brier of the prior")
    rows = (
        (
            printable(row.name),
            BLANK if row.ece_uncalibrated is None else number(row.ece_uncalibrated),
            number(row.ece),
            BLANK if row.brier_uncalibrated is None else number(row.brier_uncalibrated),
            number(row.brier),
            number(row.brier_of_the_prior),
        )
        for row in (evaluation.reliability, *evaluation.genre_reliability)
    )
    return Table(header, tuple(rows))


def confusion_table(evaluation: Evaluation, most: int = 10) -> Table:
    """The genres most often said in the place of another."""
    confusion, names = evaluation.confusion, evaluation.genre_names
    pairs = [
        (count, missed, said) for missed, row in enumerate(confusion.instead) for said, count in enumerate(row) if count
    ]
    rows = (
        (printable(names[missed]), printable(names[said]), f"{count:,}", f"{count / confusion.missed[missed]:.0%}")
        for count, missed, said in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))[:most]
    )
    return Table(("it missed", "and said", "posters", "of the missed"), tuple(rows), text_columns=2)


def rules(evaluation: Evaluation) -> list[str]:
    """The rules by which the model decides."""
    return [row.rule for row in evaluation.predictors if row.predictor == "model"]
