"""What every report shows in tables of plain text, for Markdown, terminal and HTML to draw; label issues as CSV."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from posters._base.brief import brief_repr
from posters._base.text import counted, printable, safe_cell
from posters.classifier import Manifest
from posters.evaluation import HALF, Evaluation, Figure, GenreFigures, Interval, PredictorFigures
from posters.evaluation.label_issues import LabelIssue
from posters.metrics import METRICS, Metric
from posters.thresholds import NEVER
from posters.thresholds.expected_f1 import BALANCED

# Two marks, since they mean different things.
# A figure that a predictor doesn't have, and one that is undefined.
BLANK = "-"

UNDEFINED = "n/a"


@dataclass(frozen=True)
class TextTable:
    """Cells of text in rows as long as `header`. The first `text_columns` hold words, the others numbers.

    Examples:
        >>> TextTable(("genre", "AP"), (("War", "0.400"),)).rows[0]
        ('War', '0.400')
    """

    __repr__ = brief_repr

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text_columns: int = 1


def number(value: float | None, decimals: int = 3) -> str:
    """Return a figure as text, or n/a where it is undefined.

    Examples:
        >>> number(0.12345), number(None)
        ('0.123', 'n/a')
    """
    return UNDEFINED if value is None else f"{value:.{decimals}f}"


def signed(value: float) -> str:
    """Return a difference with its sign, and never -0.000.

    Examples:
        >>> signed(0.25), signed(-0.0001)
        ('+0.250', '+0.000')
    """
    return f"{round(value, 3) + 0.0:+.3f}"


def span(interval: Interval | None) -> str:
    """Return the ends of an interval as text.

    Examples:
        >>> span(Interval(0.2, 0.4, 0.95)), span(None)
        ('0.200 to 0.400', 'n/a')
    """
    return UNDEFINED if interval is None else f"{interval.low:.3f} to {interval.high:.3f}"


def predictor_table(evaluation: Evaluation, every_rule: bool = True) -> TextTable:
    """Return a row for each figure and a column for each predictor: the model, its baselines, the model by other rules.

    Args:
        evaluation: what to show.
        every_rule: whether all other rules are shown, or that for genres and 0.5 alone.

    Examples:
        >>> predictor_table(evaluation).rows[0][:4]
        ('macro mAP', '1 genre', '1.000', '0.500')
    """
    few = (evaluation.default_rule, genre_rule(evaluation), HALF)
    asked = [row for row in evaluation.predictors if every_rule or row.predictor != "model" or row.rule in few]
    # Baselines beside what they are baselines of.
    predictors = sorted(asked, key=lambda row: row.predictor == "model" and row.rule != evaluation.default_rule)
    header = ("figure", "over", *(_title(row) for row in predictors))
    scores = [_scores_of(row, evaluation.default_rule) for row in predictors]
    rows = []
    for metric in (metric for metric in METRICS.values() if metric.name in predictors[0].figures):
        rows.append(_figures(metric, metric.title, [row.figures[metric.name] for row in predictors], scores))
        if metric.over == "genres":
            title = f"{metric.title}, {evaluation.frequent}+ positives"
            rows.append(_figures(metric, title, [row.frequent[metric.name] for row in predictors], scores))
    return TextTable(header, tuple(rows), text_columns=2)


def decisions_table(evaluation: Evaluation) -> TextTable:
    """Return a row for each figure of decisions, and a column for the model by each of its rules, the default first.

    Examples:
        >>> decisions_table(evaluation).rows[0][:2]
        ('macro F1', '1 genre')
    """
    whole = predictor_table(evaluation)
    titles = [_title(row) for row in evaluation.predictors if row.predictor == "model"]
    places = [place for place, title in enumerate(whole.header) if place < whole.text_columns or title in titles]
    # By scores the rules are alike.
    scored = tuple(metric.title for metric in METRICS.values() if metric.needs == "score")
    rows = [row for row in whole.rows if not row[0].startswith(scored)]
    cut = [tuple(row[place] for place in places) for row in (whole.header, *rows)]
    header = tuple(title.removeprefix("model, ") for title in cut[0])
    return TextTable(header, tuple(cut[1:]), text_columns=whole.text_columns)


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
    count = figures[0].counted
    over = metric.over if count is None else counted(count, metric.over.removesuffix("s"))
    cells = []
    for figure, score in zip(figures, scores, strict=True):
        # The model's scores are the same by every rule, and stand there once.
        repeated = metric.needs == "score" and score == "repeated"
        lacking = metric.needs == "score" and score == "none"
        cells.append("" if repeated else BLANK if lacking else number(figure.value))
    return (title, over, *cells)


def ranked(evaluation: Evaluation) -> list[GenreFigures]:
    """Return the genres by average precision, best first, undefined last; of equals by name.

    Examples:
        >>> [genre.name for genre in ranked(evaluation)]
        ['War']
    """

    def place(genre: GenreFigures) -> tuple[bool, float, str]:
        return genre.average_precision is None, -(genre.average_precision or 0.0), genre.name

    return sorted(evaluation.genres, key=place)


def genre_table(evaluation: Evaluation) -> TextTable:
    """Return how well the scores rank each genre, best first.

    Examples:
        >>> genre_table(evaluation).rows[0][:4]
        ('War', '2', '0.500', '1.000')
    """
    header = ("genre", *_counts_header(evaluation), "prevalence", "AP", "95% interval", "AP / prevalence", "ROC AUC")
    rows = (
        (
            printable(genre.name),
            *_counts(evaluation, genre),
            number(genre.prevalence),
            number(genre.average_precision),
            span(genre.interval),
            number(genre.lift, decimals=1),
            number(genre.roc_auc),
        )
        for genre in ranked(evaluation)
    )
    return TextTable(header, tuple(rows))


def decision_table(evaluation: Evaluation, rule: str) -> TextTable:
    """Return what the model decides for each genre by one rule, in the order of `genre_table`.

    Examples:
        >>> decision_table(evaluation, "0.5").rows[0]
        ('War', '2', '0.500', '1', '1.000', '0.500', '0.667')
    """
    header = ("genre", *_counts_header(evaluation), "threshold", "predicted", "precision", "recall", "F1")
    rows = []
    for genre in ranked(evaluation):
        made = genre.decisions[rule]
        figures = (number(each) for each in (made.precision, made.recall, made.f1))
        decided = (threshold_text(made.threshold, rule), f"{made.predicted:,}")
        rows.append((printable(genre.name), *_counts(evaluation, genre), *decided, *figures))
    return TextTable(header, tuple(rows))


def _counts_header(evaluation: Evaluation) -> tuple[str, ...]:
    return ("positives", "known") if evaluation.unknown_labels else ("positives",)


def _counts(evaluation: Evaluation, genre: GenreFigures) -> tuple[str, ...]:
    """Positives; and of how many posters the genre is known, where that isn't all of them."""
    known = (f"{evaluation.known(genre):,}",) if evaluation.unknown_labels else ()
    return (f"{genre.positives:,}", *known)


def threshold_text(value: float | None, rule: str) -> str:
    """What a genre's score must reach.

    Examples:
        >>> threshold_text(None, "precision=0.8"), threshold_text(0.25, "f1")
        ('never', '0.250')
    """
    if value is None:
        return BLANK if rule in ("argmax", BALANCED) else "never"
    return "always" if value == 0 else number(value)


def target_table(evaluation: Evaluation) -> TextTable:
    """What the rules with a promise promised, what they reached, and whether that is kept, broken or open.

    Examples:
        >>> target_table(evaluation).rows
        ()
    """
    header = (
        "rule",
        "promised",
        "reached",
        "95% interval",
        "outcome",
        "kept by genres",
        "genres predicted",
        "predicted per poster",
    )
    rows = (
        (
            target.rule,
            target.bound,
            number(target.reached),
            span(target.interval),
            target.outcome,
            BLANK if target.genres_counted is None else f"{target.genres_kept} of {target.genres_counted}",
            f"{target.genres_predicted}",
            number(target.predicted_per_poster, decimals=1),
        )
        for target in evaluation.targets
    )
    return TextTable(header, tuple(rows))


def calibration_table(evaluation: Evaluation) -> TextTable:
    """Calibration errors and Brier score of all pairs and of each genre, before and after calibration.

    Examples:
        >>> calibration_table(evaluation).header[:3]
        ('genre', 'ECE before', 'ECE')
    """
    header = ("genre", "ECE before", "ECE", "worst bin", "Brier before", "Brier", "Brier of the prior")
    rows = (
        (
            printable(row.name),
            BLANK if row.ece_uncalibrated is None else number(row.ece_uncalibrated),
            number(row.ece),
            number(row.mce),
            BLANK if row.brier_uncalibrated is None else number(row.brier_uncalibrated),
            number(row.brier),
            number(row.brier_of_the_prior),
        )
        for row in (evaluation.reliability, *evaluation.genre_reliability)
    )
    return TextTable(header, tuple(rows))


def confusion_table(evaluation: Evaluation, most: int = 10) -> TextTable:
    """Return the genres most often predicted instead of another.

    Examples:
        >>> confusion_table(evaluation).rows
        ()
    """
    confusion, names = evaluation.confusion, evaluation.genre_names
    pairs = [
        (count, missed, wrong)
        for missed, row in enumerate(confusion.instead)
        for wrong, count in enumerate(row)
        if count
    ]
    rows = (
        (printable(names[missed]), printable(names[wrong]), f"{count:,}", f"{count / confusion.missed[missed]:.0%}")
        for count, missed, wrong in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))[:most]
    )
    return TextTable(("missed", "predicted", "posters", "of the missed"), tuple(rows), text_columns=2)


def rules(evaluation: Evaluation) -> list[str]:
    """The rules by which the model decides.

    Examples:
        >>> rules(evaluation)
        ['0.5']
    """
    return [row.rule for row in evaluation.predictors if row.predictor == "model"]


def genre_rule(evaluation: Evaluation) -> str:
    """The rule whose precision, recall and F1 stand beside each genre: the default, unless that decides by poster.

    Examples:
        >>> genre_rule(evaluation)
        '0.5'
    """
    by_poster = evaluation.default_rule == BALANCED and "f1" in rules(evaluation)
    return "f1" if by_poster else evaluation.default_rule


def rule_table(manifest: Manifest) -> str:
    """A row for each genre, a column for each rule, the default first.

    Examples:
        >>> print(rule_table(manifest).splitlines()[0].split())
        ['genre', 'balanced', 'f1', 'fixed', 'precision=0.8', 'recall=0.8', 'miss-rate=0.1']
    """
    names = [printable(name) for name in manifest.genre_names]
    wide = max(len("genre"), *map(len, names))
    titles = [rule.rule for rule in manifest.rules]
    lines = [f"{'genre':<{wide}}" + "".join(f"  {title:>8}" for title in titles)]
    for genre, name in enumerate(names):
        cells = [threshold_cell(rule.values[genre]) for rule in manifest.rules]
        row = (f"  {cell:>{max(8, len(title))}}" for cell, title in zip(cells, titles, strict=True))
        lines.append(f"{name:<{wide}}" + "".join(row))
    lines += ["", *(f"{rule.rule}: fitted on {printable(rule.fitted_on)}" for rule in manifest.rules)]
    lines.append(f"{titles[0]} decides unless another is asked for (posters predict --rule)")
    return "\n".join(lines)


def threshold_cell(value: float | None) -> str:
    """A threshold for people: "never" for a genre that is never predicted, "always" for one that always is.

    Examples:
        >>> threshold_cell(0.25), threshold_cell(NEVER), threshold_cell(None)
        ('0.250', 'never', '-')
    """
    if value is None:
        return "-"
    return "never" if value == NEVER else "always" if value == 0 else f"{value:.3f}"


# What `--corrections` reads back, and what a person needs to decide.
_LABEL_COLUMNS = ("id", "title", "image", "genre", "kind", "change", "accept", "probability", "confidence", "labels")

_LABEL_CHANGES = {"missing": "add", "false": "remove"}


def label_csv(issues: Iterable[LabelIssue]) -> str:
    """Return labels that may be wrong as CSV for a spreadsheet, to be given back with `--corrections`.

    There is a row for each issue, the missing genres first, then the false ones, each the surest first; a person fills
    the column `accept` with yes or no. The text begins with a byte order
    mark, by which spreadsheets recognise UTF-8.

    Examples:
        >>> issue = LabelIssue("tt1", "Heat", "a.jpg", "Crime", "missing", 0.9, 0.8, ("Drama",))
        >>> print(label_csv([issue]).splitlines()[1])
        tt1,Heat,a.jpg,Crime,missing,add,,0.9000,0.8000,Drama
    """
    file = io.StringIO(newline="")
    file.write("\ufeff")
    lines = csv.writer(file, lineterminator="\r\n")
    lines.writerow(_LABEL_COLUMNS)
    for issue in issues:
        words = (issue.id, issue.title or "", issue.image, issue.genre, issue.kind, _LABEL_CHANGES[issue.kind], "")
        figures = (f"{issue.probability:.4f}", f"{issue.confidence:.4f}")
        lines.writerow([*map(safe_cell, words), *figures, safe_cell("|".join(issue.labels))])
    return file.getvalue()
