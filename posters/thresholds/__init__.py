"""From probabilities to decisions: one threshold for each genre, fitted on validation; or the argmax."""

from posters.thresholds.best_f1 import best_f1_thresholds
from posters.thresholds.conformal import miss_rate_thresholds
from posters.thresholds.expected_f1 import expected_f1_decisions
from posters.thresholds.rules import DEFAULT_RULES, fit_rule, fit_rules
from posters.thresholds.target import target_precision_thresholds, target_recall_thresholds
from posters.thresholds.thresholds import NEVER, Thresholds, argmax_decisions, fixed_thresholds

__all__ = [
    "DEFAULT_RULES",
    "NEVER",
    "Thresholds",
    "argmax_decisions",
    "best_f1_thresholds",
    "expected_f1_decisions",
    "fit_rule",
    "fit_rules",
    "fixed_thresholds",
    "miss_rate_thresholds",
    "target_precision_thresholds",
    "target_recall_thresholds",
]
