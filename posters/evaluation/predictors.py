"""Who is evaluated: the model by each of its rules, a logistic regression, and those who never look at a poster."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posters.scores import Scores
from posters.thresholds import Thresholds, argmax_decisions, fixed_thresholds

# How reports call the rule "fixed".
HALF = "0.5"


@dataclass(frozen=True, eq=False)
class Predictor:
    """What one predictor says of the evaluated posters.

    Attributes:
        name: "model", "logistic regression", "prior", "two commonest" or "none".
        rule: how it decides.
        y_pred: decisions, uint8 (N, G).
        y_score: probabilities (N, G), or None for one that only decides.
        thresholds: its rule's, or None for a rule without any.
    """

    name: str
    rule: str
    y_pred: np.ndarray
    y_score: np.ndarray | None = None
    thresholds: Thresholds | None = None


def model_predictors(scores: Scores, rules: Sequence[Thresholds], head: str) -> list[Predictor]:
    """The model by each rule, at 0.5 in any case, and by argmax for a softmax head; the default rule first."""
    y_score = scores.y_score
    by_name = {rule_name(thresholds): thresholds for thresholds in rules}
    by_name.setdefault(HALF, fixed_thresholds(scores.genre_names))
    predictors = [Predictor("model", rule, each.apply(y_score), y_score, each) for rule, each in by_name.items()]
    if head == "softmax":
        predictors.insert(0, Predictor("model", "argmax", argmax_decisions(y_score), y_score))
    return predictors


def rule_name(thresholds: Thresholds) -> str:
    """What a report calls a rule."""
    return HALF if thresholds.optimises == "fixed" else thresholds.optimises


def baseline_predictor(baseline: Scores) -> Predictor:
    """The logistic regression."""
    half = fixed_thresholds(baseline.genre_names)
    return Predictor("logistic regression", HALF, half.apply(baseline.y_score), baseline.y_score, half)


def constant_predictors(prior: np.ndarray, genre_names: tuple[str, ...], posters: int) -> list[Predictor]:
    """Those that say the same of every poster, and know of genres only how common each is in training, (G,)."""
    y_score = np.tile(prior, (posters, 1))
    half = fixed_thresholds(genre_names)
    # Stable, so that of equally common genres the first named ones are taken.
    commonest = np.argsort(-prior, kind="stable")[:2]
    says = np.isin(np.arange(len(prior)), commonest).astype(np.uint8)
    return [
        Predictor("prior", HALF, half.apply(y_score), y_score, half),
        Predictor("two commonest", "constant", np.tile(says, (posters, 1))),
        Predictor("none", "constant", np.zeros((posters, len(prior)), np.uint8)),
    ]
