"""The noun `Evaluation`: what a report is drawn from. Undefined figures are None here, and null in JSON."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posters.errors import ScoresError
from posters.evaluation.curves import Curve
from posters.evaluation.decades import Decade
from posters.evaluation.examples import Examples
from posters.evaluation.histograms import Histogram
from posters.evaluation.interval import Interval
from posters.evaluation.learning import Epoch
from posters.evaluation.plain import from_plain, to_plain
from posters.evaluation.reliability import Reliability
from posters.evaluation.targets import Target
from posters.evaluation.together import Confusion, CoOccurrence
from posters.label_issues import LabelIssue

FORMAT = 2

# From how many positives on a genre counts in the macro figures that the field quotes.
FREQUENT = 20


@dataclass(frozen=True)
class Figure:
    """One figure of one predictor.

    Attributes:
        value: the figure; None where it is undefined, or where the predictor has no scores.
        counted: how many genres (or posters) it is the mean of; None for figures over all pairs of poster and genre.
        interval: its bootstrap interval; None where none was computed, or where it is undefined.
    """

    value: float | None
    counted: int | None
    interval: Interval | None = None


@dataclass(frozen=True)
class RuleFigures:
    """How the model decides one genre by one rule.

    Attributes:
        threshold: the score from which the genre is said; None for a rule without thresholds (argmax), and for a genre
            that the rule never says.
        predicted: for how many posters it is said.
        precision: None for a genre without positives, as are the next two.
        recall: the share of the positives that are found.
        f1: the harmonic mean of both.
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
        prevalence: which share of them.
        prior: which share of the training posters.
        average_precision: None for a genre without positives.
        interval: of the average precision; None where it is undefined.
        lift: average precision / prevalence: how many times better than chance.
        roc_auc: None for a genre without positives or without negatives.
        decisions: what the model decides, by rule.
    """

    name: str
    positives: int
    prevalence: float
    prior: float
    average_precision: float | None
    interval: Interval | None
    lift: float | None
    roc_auc: float | None
    decisions: dict[str, RuleFigures]


@dataclass(frozen=True)
class PredictorFigures:
    """All figures of one predictor that decides by one rule.

    Attributes:
        predictor: "model"; "logistic regression", on the frozen features, where there are any; or one that doesn't look
            at posters: "prior", "two commonest" or "none".
        rule: how it decides: "0.5", "f1", "precision=0.8", "recall=0.8", "miss-rate=0.1", "argmax"; "constant" for one
            that always says the same.
        figures: by the names of `posters.metrics.METRICS`.
        frequent: the macro figures among them, over the genres with at least `Evaluation.frequent` positives alone.
    """

    predictor: str
    rule: str
    figures: dict[str, Figure]
    frequent: dict[str, Figure]


@dataclass(frozen=True)
class Bootstrap:
    """How the intervals were made.

    Attributes:
        samples: how many times the posters were drawn anew, with replacement.
        groups: how many groups were drawn from: the posters of one film are drawn together.
        seed: of the draws.
    """

    samples: int
    groups: int
    seed: int


@dataclass(frozen=True)
class Evaluation:
    """Every figure of a report as plain data.

    Attributes:
        side: which posters were evaluated: "test", say.
        head: "sigmoid" or "softmax".
        posters: how many were evaluated.
        frequent: the number of positives that `PredictorFigures.frequent` asks of a genre.
        default_rule: the rule by which the classifier decides unless it is asked for another.
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
        confusion: what is said in the place of what, by the default rule.
        learning: the epochs of training, in order; empty where nobody kept them.
        decades: the posters by decade, oldest first; empty where no year is known.
        examples: posters to look at, for each genre; empty where nobody knows the catalogue.
        label_issues: labels that may be wrong, the surest first.
        label_issues_from: which scores found them, or why there are none, in words.
        without_positives: genres that no evaluated poster has: no figure is defined, and macro figures leave them out.
        without_negatives: genres that every evaluated poster has: the ROC AUC is undefined.
        posters_without_genres: how many have no genre at all; LRAP, coverage error and samples F1 leave them out.
        provenance: where the scores come from; any plain data.
    """

    side: str
    head: str
    posters: int
    frequent: int
    default_rule: str
    fitted_on: str
    bootstrap: Bootstrap
    genres: tuple[GenreFigures, ...]
    ahead_of_baseline: Interval | None
    predictors: tuple[PredictorFigures, ...]
    targets: tuple[Target, ...]
    curves: tuple[Curve, ...]
    reliability: Reliability
    genre_reliability: tuple[Reliability, ...]
    histograms: tuple[Histogram, ...]
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

    @property
    def genre_names(self) -> tuple[str, ...]:
        """The genres, in the order of `genres`."""
        return tuple(genre.name for genre in self.genres)

    def of(self, predictor: str, rule: str | None = None) -> PredictorFigures:
        """The figures of a predictor by a rule, or by its first one.

        >>> evaluation.of("model", "0.5").figures["macro_map"].value  # doctest: +SKIP
        0.338
        """
        for row in self.predictors:
            if row.predictor == predictor and rule in (None, row.rule):
                return row
        known = ", ".join(f"{row.predictor} ({row.rule})" for row in self.predictors)
        raise ScoresError(f"there is no predictor {predictor!r} with the rule {rule!r}; there are {known}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON: lists, dicts, text, finite numbers and None."""
        return {"format": FORMAT, **to_plain(self)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Evaluation":
        """The inverse of `to_dict`.

        Raises:
            ScoresError: the format is another one, or something is missing, unknown or of another type.
        """
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            found = values.get("format") if isinstance(values, dict) else values
            raise ScoresError(f"an evaluation must have the format {FORMAT}, but got {found!r}")
        return from_plain(cls, {key: value for key, value in values.items() if key != "format"}, "evaluation")


def read_evaluation(path: Path) -> Evaluation:
    """Read the `evaluation.json` that `posters.report.write_report` wrote.

    Raises:
        ScoresError: there is no such file, or it is not an evaluation.
    """
    try:
        return Evaluation.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))
    except OSError as error:
        raise ScoresError(f"{path}: the evaluation can't be read ({error.strerror})") from error
    except ValueError as error:
        raise ScoresError(f"{path}: not an evaluation ({error})") from error
