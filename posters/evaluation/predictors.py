"""Who is evaluated: the model by each of its rules, and those who never look at a poster."""

from dataclasses import dataclass

import numpy as np

from posters.scores import Scores
from posters.thresholds import Thresholds, argmax_decisions, fixed_thresholds


@dataclass(frozen=True, eq=False)
class Predictor:
    """What one predictor says of the evaluated posters.

    Attributes:
        name: "model", "prior", "two commonest" or "none".
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


def model_predictors(scores: Scores, thresholds: Thresholds, head: str) -> list[Predictor]:
    """The model at 0.5, at its own thresholds where they are others, and by argmax for a softmax head."""
    y_score = scores.y_score
    half = fixed_thresholds(scores.genre_names)
    rules = {"0.5": half} if thresholds.values == half.values else {"0.5": half, _rule(thresholds): thresholds}
    predictors = [Predictor("model", rule, each.apply(y_score), y_score, each) for rule, each in rules.items()]
    if head == "softmax":
        predictors.append(Predictor("model", "argmax", argmax_decisions(y_score), y_score))
    return predictors


def _rule(thresholds: Thresholds) -> str:
    return "fixed thresholds" if thresholds.optimises == "fixed" else f"tuned for {thresholds.optimises}"


def constant_predictors(prior: np.ndarray, genre_names: tuple[str, ...], posters: int) -> list[Predictor]:
    """Those that say the same of every poster, and know of genres only how common each is in training, (G,)."""
    y_score = np.tile(prior, (posters, 1))
    half = fixed_thresholds(genre_names)
    # Stable, so that of equally common genres the first named ones are taken.
    commonest = np.argsort(-prior, kind="stable")[:2]
    says = np.isin(np.arange(len(prior)), commonest).astype(np.uint8)
    return [
        Predictor("prior", "0.5", half.apply(y_score), y_score, half),
        Predictor("two commonest", "constant", np.tile(says, (posters, 1))),
        Predictor("none", "constant", np.zeros((posters, len(prior)), np.uint8)),
    ]
