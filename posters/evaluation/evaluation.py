"""`Evaluation`: what a report is made from. Undefined figures are None here, and null in JSON."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters._base.brief import brief_repr
from posters._base.frames import frame_of
from posters._base.text import did_you_mean
from posters._base.validation import from_plain, to_plain
from posters.errors import ConfigError, ScoresError
from posters.evaluation.bootstrap import Interval
from posters.evaluation.confusion import Confusion, CoOccurrence
from posters.evaluation.curves import PrecisionRecallCurve, ScoreHistogram
from posters.evaluation.decades import Decade
from posters.evaluation.examples import Examples
from posters.evaluation.label_issues import LabelIssue
from posters.evaluation.promises import Promise
from posters.evaluation.reliability import Reliability
from posters.runs import Epoch

if TYPE_CHECKING:
    import pandas

# Raise it with every change that old readers would misread.
FORMAT = 3

# What `Evaluation.plot` draws.
PLOTS = ("precision_recall", "calibration", "confusion")
FRAMES = ("genres", "predictors", "label_issues")
# From how many positives on a genre counts in the second set of macro figures: rarer ones are mostly noise.
FREQUENT = 20


@dataclass(frozen=True)
class Figure:
    """One figure of one predictor.

    Attributes:
        value: the figure; None where it is undefined, or where the predictor has no scores.
        counted: how many genres (or posters) it is the mean of; None for figures over all pairs of poster and genre.
        interval: its bootstrap interval; None where none was computed, or where it is undefined.

    Examples:
        >>> Figure(0.33, 22).interval is None
        True
    """

    value: float | None
    counted: int | None
    interval: Interval | None = None


@dataclass(frozen=True)
class RuleFigures:
    """How the model decides one genre by one rule.

    Attributes:
        threshold: the score from which the genre is predicted; None for a rule without thresholds (argmax), and for a
            genre that the rule never predicts.
        predicted: for how many posters it is predicted.
        precision: None for a genre without positives, as are the next two.
        recall: the share of the positives that are found.
        f1: the harmonic mean of both.

    Examples:
        >>> RuleFigures(0.5, 3, 1.0, 0.5, 2 / 3).predicted
        3
    """

    threshold: float | None
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class GenreFigures:
    """One genre.

    Attributes:
        name: the genre.
        positives: how many evaluated posters have it.
        prevalence: which share of those for which it is known; None where it is known for none.
        prior: which share of the training posters.
        average_precision: None for a genre without positives.
        interval: of the average precision; None where it is undefined.
        lift: average precision / prevalence: how many times better than chance.
        roc_auc: None for a genre without positives or without negatives.
        decisions: what the model decides, by rule, for the posters for which it is known.
        unknown: of how many evaluated posters nobody knows whether they have it; every figure here leaves them out.

    Examples:
        >>> GenreFigures("War", 0, 0.0, 0.02, None, None, None, None, {}).average_precision is None
        True
    """

    __repr__ = brief_repr

    name: str
    positives: int
    prevalence: float | None
    prior: float
    average_precision: float | None
    interval: Interval | None
    lift: float | None
    roc_auc: float | None
    decisions: dict[str, RuleFigures]
    unknown: int = 0

    def row(self, rule: str) -> dict[str, Any]:
        """Return the figures by column, with what a rule decides.

        Examples:
            >>> decided = {"0.5": RuleFigures(0.5, 3, 1.0, 0.5, 2 / 3)}
            >>> GenreFigures("War", 6, 0.1, 0.1, 0.4, None, 4.0, 0.7, decided).row("0.5")["recall"]
            0.5
        """
        own = {"genre": self.name, **vars(self)}
        interval = {"low": self.interval and self.interval.low, "high": self.interval and self.interval.high}
        for name in ("name", "interval", "decisions"):
            del own[name]
        return own | interval | vars(self.decisions[rule])


@dataclass(frozen=True)
class PredictorFigures:
    """All figures of one predictor that decides by one rule.

    Attributes:
        predictor: "model"; "logistic regression", on the frozen features, where there are any; or one that doesn't look
            at posters: "prior", "two commonest" or "none".
        rule: how it decides: "0.5", "f1", "precision=0.8", "recall=0.8", "miss-rate=0.1", "argmax"; "constant" for one
            that always predicts the same.
        figures: by the names of `posters.metrics.METRICS`.
        frequent: the macro figures among them, over only the genres with at least `Evaluation.frequent` positives.

    Examples:
        >>> PredictorFigures("none", "constant", {}, {}).rule
        'constant'
    """

    __repr__ = brief_repr

    predictor: str
    rule: str
    figures: dict[str, Figure]
    frequent: dict[str, Figure]


@dataclass(frozen=True)
class Bootstrap:
    """How the intervals were made.

    Attributes:
        samples: how many times the posters were drawn, with replacement.
        groups: how many groups were drawn from: the posters of one film are drawn together.
        seed: of the draws.

    Examples:
        >>> Bootstrap(1000, 850, 0).groups
        850
    """

    samples: int
    groups: int
    seed: int


@dataclass(frozen=True)
class SeenBefore:
    """Which of the evaluated posters the classifier has seen: figures on them flatter.

    Attributes:
        posters: how many.
        train: of these, how many it was trained on.
        validation: how many more chose its epoch, calibration and thresholds.
        weights: how many more trained the weights that it began with.
        same_file: how many were found by the bytes of their file.
        look_alike: how many more by their look.
        same_id: how many more by their id.
        other_picture: posters with the id of a seen one but another picture, which are not counted.
        left_out: seen posters that were left out of the whole evaluation on request.
        macro_map: of the model on the other posters; None where none has been seen, or no other has a genre.
        macro_map_of_the_prior: that of the prior there: chance.
        recorded: False where the classifier keeps no record of its training posters, so that nothing is known.

    Examples:
        >>> SeenBefore(posters=3, train=3, same_file=3).macro_map is None
        True
    """

    posters: int = 0
    train: int = 0
    validation: int = 0
    weights: int = 0
    same_file: int = 0
    look_alike: int = 0
    same_id: int = 0
    other_picture: int = 0
    left_out: int = 0
    macro_map: Figure | None = None
    macro_map_of_the_prior: float | None = None
    recorded: bool = True


@dataclass(frozen=True)
class Evaluation:
    """Every figure of a report as plain data.

    Attributes:
        split: which posters were evaluated, such as "test".
        head: "sigmoid" or "softmax".
        posters: how many were evaluated.
        frequent: the number of positives that a genre needs for `PredictorFigures.frequent`.
        default_rule: the rule by which the classifier decides unless another is chosen.
        fitted_on: which posters chose its thresholds.
        bootstrap: how every interval was made.
        genres: a row for each genre, in the order of the scores' columns.
        ahead_of_baseline: of the model's macro mAP less that of logistic regression, each resample drawn for both; None
            without logistic regression, and where macro mAP is undefined.
        predictors: the model by each rule, then logistic regression, then the predictors that don't look at posters.
        targets: what the rules with a promise promised, and what they reached here.
        curves: precision against recall, a curve for each genre.
        reliability: of all pairs of poster and genre.
        genre_reliability: the same for each genre.
        histograms: of the probabilities, one for each genre.
        co_occurrence: which genres go together, by the default rule.
        confusion: which genres are predicted instead of which, by the default rule.
        learning: the epochs of training, in order; empty if unknown.
        decades: the posters by decade, oldest first; empty where no year is known.
        examples: posters to look at, for each genre; empty if the catalogue is unknown.
        label_issues: labels that may be wrong, the surest first.
        label_issues_from: which scores found them, or why there are none, in words.
        without_positives: genres that no evaluated poster has: no figure is defined, and macro figures leave them out.
        without_negatives: genres that every evaluated poster has: the ROC AUC is undefined.
        posters_without_genres: how many are known to have none of the genres, or not known to have any; LRAP, coverage
            error and samples F1 leave them out.
        provenance: where the scores come from; any plain data.
        seen: which of the posters the classifier has seen before; None if nobody looked.
        unknown_labels: how many of the `labels` are unknown and left out of every figure.

    Examples:
        `posters.evaluate` makes one; see there.
    """

    __repr__ = brief_repr

    split: str
    head: str
    posters: int
    frequent: int
    default_rule: str
    fitted_on: str
    bootstrap: Bootstrap
    genres: tuple[GenreFigures, ...]
    ahead_of_baseline: Interval | None
    predictors: tuple[PredictorFigures, ...]
    targets: tuple[Promise, ...]
    curves: tuple[PrecisionRecallCurve, ...]
    reliability: Reliability
    genre_reliability: tuple[Reliability, ...]
    histograms: tuple[ScoreHistogram, ...]
    co_occurrence: CoOccurrence
    confusion: Confusion
    learning: tuple[Epoch, ...]
    decades: tuple[Decade, ...]
    examples: tuple[Examples, ...]
    label_issues: tuple[LabelIssue, ...]
    label_issues_from: str
    without_positives: tuple[str, ...]
    without_negatives: tuple[str, ...]
    posters_without_genres: int
    provenance: dict[str, Any]
    seen: SeenBefore | None = None
    unknown_labels: int = 0

    def _repr_html_(self) -> str:
        # What a notebook shows: how good it is beside what does not look, and each genre's average precision.
        from html import escape

        from posters.images.notebook import bars_html

        # A predictor by its first rule, which all of its rules have this figure of.
        first = {row.predictor: row.figures["macro_map"].value for row in reversed(self.predictors)}
        rows = [(f"macro mAP of {name}", share or 0.0, name == "model") for name, share in reversed(first.items())]
        by_share = sorted(((genre.average_precision or 0.0, genre.name) for genre in self.genres), reverse=True)
        genres = bars_html((name, share, False) for share, name in by_share)
        heading = f"<p>{self.posters:,} posters ({escape(self.split)}); on the right, average precision by genre</p>"
        return heading + bars_html(rows) + genres

    @property
    def genre_names(self) -> tuple[str, ...]:
        """The genres, in the order of `genres`."""
        return tuple(genre.name for genre in self.genres)

    @property
    def labels(self) -> int:
        """How many labels there are, known or not: one for each poster and genre."""
        return self.posters * len(self.genres)

    def known(self, genre: GenreFigures) -> int:
        """Return of how many evaluated posters it is known whether they have a genre.

        Examples:
            >>> evaluation.known(evaluation.genres[0])  # doctest: +SKIP
            850
        """
        return self.posters - genre.unknown

    def of(self, predictor: str, rule: str | None = None) -> PredictorFigures:
        """Return the figures of a predictor by a rule, or by its first one.

        Examples:
            >>> evaluation.of("model", "0.5").figures["macro_map"].value  # doctest: +SKIP
            0.338
        """
        for row in self.predictors:
            if row.predictor == predictor and rule in (None, row.rule):
                return row
        known = ", ".join(f"{row.predictor} ({row.rule})" for row in self.predictors)
        raise ScoresError(f"there is no predictor {predictor!r} with the rule {rule!r}; there are {known}")

    def plot(self, kind: str = "precision_recall", width: float | None = None) -> Any:
        """Draw a figure for a paper or a notebook.

        Args:
            kind: one of `PLOTS`.
            width: in inches; by default that of a page, or of a column for calibration.

        Returns:
            A `matplotlib.figure.Figure`.

        Raises:
            ConfigError: there is no such kind.
            MissingExtraError: matplotlib is not installed.

        Examples:
            >>> evaluation.plot("calibration").savefig("calibration.pdf")  # doctest: +SKIP
        """
        # Here, since nobody else waits for matplotlib.
        from posters.evaluation.plots import calibration_figure, confusion_figure, precision_recall_figure

        if kind not in PLOTS:
            raise ConfigError(f"there is no plot {kind!r}{did_you_mean(kind, PLOTS)}")
        chosen = {} if width is None else {"width": width}
        if kind == "calibration":
            return calibration_figure(self.reliability, **chosen)
        if kind == "confusion":
            return confusion_figure(self.confusion, self.genre_names, **chosen)
        return precision_recall_figure(self.curves, [genre.prevalence for genre in self.genres], **chosen)

    def to_pandas(self, of: str = "genres") -> "pandas.DataFrame":
        """Return figures as a DataFrame; undefined ones are NaN.

        Args:
            of: "genres", a row for each, with what the default rule decides; "predictors", a row for each predictor and
                rule, a column for each figure; or "label_issues", a row for each.

        Raises:
            ConfigError: `of` is something else.
            MissingExtraError: pandas is not installed.

        Examples:
            >>> evaluation.to_pandas().sort_values("average_precision").head(3)  # doctest: +SKIP
        """
        if of not in FRAMES:
            raise ConfigError(f"there is no DataFrame of {of!r}{did_you_mean(of, FRAMES)}")
        if of == "label_issues":
            return frame_of(self.label_issues, [field.name for field in fields(LabelIssue)])
        if of == "genres":
            return frame_of((genre.row(self.default_rule) for genre in self.genres), index="genre")
        rows = (
            {"predictor": each.predictor, "rule": each.rule} | {name: f.value for name, f in each.figures.items()}
            for each in self.predictors
        )
        return frame_of(rows, index=["predictor", "rule"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON: lists, dicts, text, finite numbers and None."""
        return {"format": FORMAT, **to_plain(self, ScoresError)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Evaluation":
        """Read what `to_dict` returned.

        Raises:
            ScoresError: the format is another one, or something is missing, unknown or of another type.
        """
        # Before anything else: an old file should be refused for its format, not for a missing field.
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            found = values.get("format") if isinstance(values, dict) else values
            raise ScoresError(f"an evaluation must have the format {FORMAT}, but got {found!r}")
        fields = {key: value for key, value in values.items() if key != "format"}
        evaluation: Evaluation = from_plain(cls, fields, "evaluation", ScoresError)
        return evaluation


def read_evaluation(path: Path) -> Evaluation:
    """Read the `evaluation.json` that `posters.report.write_report` wrote.

    Raises:
        ScoresError: there is no such file, or it is not an evaluation.

    Examples:
        >>> read_evaluation("no/evaluation.json")
        Traceback (most recent call last):
            ...
        posters.errors.ScoresError: no/evaluation.json: the evaluation can't be read (No such file or directory)
    """
    try:
        return Evaluation.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))
    except OSError as error:
        raise ScoresError(f"{path}: the evaluation can't be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # JSON may be nested too deeply.
        raise ScoresError(f"{path}: not an evaluation ({error})") from error
