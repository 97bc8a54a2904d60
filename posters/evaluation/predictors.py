"""What is evaluated: the model by each rule, logistic regression, and predictors that never look at a poster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posters._base.brief import brief_repr
from posters.evaluation.evaluation import FREQUENT, Figure, GenreFigures, PredictorFigures, RuleFigures
from posters.evaluation.jackknife import Jackknife
from posters.metrics import (
    METRICS,
    Metric,
    average_precision,
    f1,
    mean_of_defined,
    precision,
    recall,
    roc_auc,
    without_unknown,
)
from posters.scores import Scores
from posters.thresholds import NEVER, Rule, Thresholds, argmax_decisions, fixed_thresholds

# How reports call the rule "fixed".
HALF = "0.5"


@dataclass(frozen=True, eq=False)
class Predictor:
    """The scores and decisions of one predictor for the evaluated posters.

    Attributes:
        name: "model", "logistic regression", "prior", "two commonest" or "none".
        rule: how it decides.
        y_pred: decisions, uint8 (N, G).
        y_score: probabilities (N, G), or None for one that only decides.
        thresholds: its rule's, or None for a rule without any.

    Examples:
        >>> Predictor("none", "constant", np.zeros((2, 3), np.uint8)).y_score is None
        True
    """

    __repr__ = brief_repr

    name: str
    rule: str
    y_pred: np.ndarray
    y_score: np.ndarray | None = None
    thresholds: Thresholds | None = None


def model_predictors(
    scores: Scores, rules: Sequence[Rule], head: str, decisions: Mapping[str, np.ndarray] | None = None
) -> list[Predictor]:
    """Return the model by each rule, at 0.5 in any case, and by argmax for a softmax head; the default rule first.

    Args:
        scores: of N posters and G genres.
        rules: the default first.
        head: "sigmoid" or "softmax".
        decisions: (N, G) by the name of a rule, in place of those that the rule would make.

    Examples:
        >>> scores = Scores(("a",), ("War",), np.array([[0.7]]))
        >>> [predictor.rule for predictor in model_predictors(scores, [], "sigmoid")]
        ['0.5']
    """
    y_score, made = scores.y_score, decisions or {}
    by_name = {rule_name(rule): rule for rule in rules}
    by_name.setdefault(HALF, fixed_thresholds(scores.genre_names))
    decided = {name: made[name] if name in made else rule.apply(y_score) for name, rule in by_name.items()}
    predictors = [
        Predictor("model", name, decided[name], y_score, rule if isinstance(rule, Thresholds) else None)
        for name, rule in by_name.items()
    ]
    if head == "softmax":
        predictors.insert(0, Predictor("model", "argmax", argmax_decisions(y_score), y_score))
    return predictors


def rule_name(rule: Rule) -> str:
    """Return what a report calls a rule.

    Examples:
        >>> rule_name(fixed_thresholds(("War",)))
        '0.5'
    """
    return HALF if rule.rule == "fixed" else rule.rule


def baseline_predictor(baseline: Scores) -> Predictor:
    """Return the logistic regression, which decides at 0.5.

    Examples:
        >>> baseline_predictor(Scores(("a",), ("War",), np.array([[0.7]]))).y_pred.tolist()
        [[1]]
    """
    half = fixed_thresholds(baseline.genre_names)
    return Predictor("logistic regression", HALF, half.apply(baseline.y_score), baseline.y_score, half)


def constant_predictors(prior: np.ndarray, genre_names: tuple[str, ...], posters: int) -> list[Predictor]:
    """Return those that predict the same for every poster: they know only how common each genre is in training, (G,).

    Examples:
        >>> [each.name for each in constant_predictors(np.array([0.5, 0.1]), ("Drama", "War"), 3)]
        ['prior', 'two commonest', 'none']
    """
    y_score = np.tile(prior, (posters, 1))
    half = fixed_thresholds(genre_names)
    # Stable, so that of equally common genres the first named ones are taken.
    commonest = np.argsort(-prior, kind="stable")[:2]
    constant = np.isin(np.arange(len(prior)), commonest).astype(np.uint8)
    return [
        Predictor("prior", HALF, half.apply(y_score), y_score, half),
        Predictor("two commonest", "constant", np.tile(constant, (posters, 1))),
        Predictor("none", "constant", np.zeros((posters, len(prior)), np.uint8)),
    ]


def predictor_figures(
    y_true: np.ndarray,
    predictor: Predictor,
    spread: Jackknife | None = None,
    same_scores: PredictorFigures | None = None,
) -> PredictorFigures:
    """Compute all figures of one predictor.

    Args:
        y_true: (N, G), -1 where a label is unknown.
        predictor: its scores and decisions.
        spread: of its average precisions, for the intervals of the macro mAP.
        same_scores: the figures of these scores by another rule, from which those that no rule changes are taken.

    Examples:
        >>> y_true = np.array([[1], [0]], np.uint8)
        >>> figures = predictor_figures(y_true, Predictor("model", HALF, y_true, np.array([[0.9], [0.2]])))
        >>> figures.figures["macro_f1"].value
        1.0
    """
    frequent = (y_true == 1).sum(axis=0) >= FREQUENT
    figures: dict[str, Figure] = {}
    of_frequent: dict[str, Figure] = {}
    for name, metric in METRICS.items():
        if same_scores is not None and metric.needs == "score":
            figures[name] = same_scores.figures[name]
            of_frequent |= {name: same_scores.frequent[name]} if name in same_scores.frequent else {}
            continue
        parts = _parts(metric, y_true, predictor)
        figures[name] = _figure(metric, parts, np.ones(len(frequent), bool), spread)
        if metric.over == "genres":
            of_frequent[name] = _figure(metric, None if parts is None else parts[frequent], frequent, spread)
    return PredictorFigures(predictor=predictor.name, rule=predictor.rule, figures=figures, frequent=of_frequent)


def _parts(metric: Metric, y_true: np.ndarray, predictor: Predictor) -> np.ndarray | None:
    y = predictor.y_score if metric.needs == "score" else predictor.y_pred
    return None if y is None else np.asarray(metric.known_parts(y_true, y))


def _figure(metric: Metric, parts: np.ndarray | None, genres: np.ndarray, spread: Jackknife | None) -> Figure:
    """Return the figure that is the mean of some parts, of the chosen genres, (G,) of bool; none of no parts."""
    if parts is None:
        return Figure(None, None)
    counted = None if metric.over == "pairs" else int(np.count_nonzero(~np.isnan(parts)))
    value, interval = defined(mean_of_defined(parts)), None
    if metric.name == "macro_map" and spread is not None:
        interval = spread.interval(genres)
    return Figure(value, counted, interval)


def genre_figures(
    scores: Scores, y_true: np.ndarray, prior: np.ndarray, model: Sequence[Predictor], spread: Jackknife
) -> tuple[GenreFigures, ...]:
    """Return a row for each genre, with what the model decides by each of its rules.

    Examples:
        >>> from posters.evaluation.jackknife import jackknife
        >>> y_true, scores = np.array([[1], [0]], np.uint8), Scores(("a", "b"), ("War",), np.array([[0.9], [0.2]]))
        >>> model = model_predictors(scores, [], "sigmoid")
        >>> spread = jackknife(y_true, scores.y_score, np.arange(2))
        >>> (war,) = genre_figures(scores, y_true, np.array([0.5]), model, spread)
        >>> war.average_precision, war.decisions["0.5"].predicted
        (1.0, 1)
    """
    positives, unknown = (y_true == 1).sum(axis=0), (y_true < 0).sum(axis=0)
    with np.errstate(invalid="ignore"):  # Of nothing known there is no share.
        prevalence = positives / (len(y_true) - unknown)
    precisions, areas = average_precision(y_true, scores.y_score), roc_auc(y_true, scores.y_score)
    decisions = {predictor.rule: _decisions(y_true, predictor) for predictor in model}
    return tuple(
        GenreFigures(
            name=name,
            positives=int(positives[g]),
            prevalence=defined(prevalence[g]),
            prior=float(prior[g]),
            average_precision=defined(precisions[g]),
            interval=spread.of_genre(g),
            lift=defined(precisions[g] / prevalence[g]) if positives[g] else None,
            roc_auc=defined(areas[g]),
            decisions={rule: figures[g] for rule, figures in decisions.items()},
            unknown=int(unknown[g]),
        )
        for g, name in enumerate(scores.genre_names)
    )


def _decisions(y_true: np.ndarray, predictor: Predictor) -> list[RuleFigures]:
    """Return the figures of each genre by one rule."""
    predicted = without_unknown(y_true, predictor.y_pred)[1].sum(axis=0)
    columns = [metric(y_true, predictor.y_pred) for metric in (precision, recall, f1)]
    values = predictor.thresholds.values if predictor.thresholds else (NEVER,) * y_true.shape[1]
    return [
        RuleFigures(None if value == NEVER else value, int(predicted[g]), *(defined(column[g]) for column in columns))
        for g, value in enumerate(values)
    ]


def defined(value: float) -> float | None:
    """Turn NaN, which marks what is undefined in arrays, into None, which marks it in plain data.

    Examples:
        >>> defined(float("nan")), defined(0.5)
        (None, 0.5)
    """
    return None if np.isnan(value) else float(value)
