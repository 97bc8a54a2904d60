"""From probabilities to decisions: rules fitted on validation, by a threshold for each genre or poster by poster."""

from posters.thresholds.best_f1 import best_f1_thresholds
from posters.thresholds.conformal import miss_rate_thresholds
from posters.thresholds.expected_f1 import Balanced, balanced_rule, expected_f1_decisions
from posters.thresholds.rules import DEFAULT_RULES, Rule, fit_rule, fit_rules, read_rule
from posters.thresholds.target import target_precision_thresholds, target_recall_thresholds
from posters.thresholds.thresholds import NEVER, Thresholds, argmax_decisions, fixed_thresholds

__all__ = [
    "DEFAULT_RULES",
    "NEVER",
    "Balanced",
    "Rule",
    "Thresholds",
    "argmax_decisions",
    "balanced_rule",
    "best_f1_thresholds",
    "expected_f1_decisions",
    "fit_rule",
    "fit_rules",
    "fixed_thresholds",
    "miss_rate_thresholds",
    "read_rule",
    "target_precision_thresholds",
    "target_recall_thresholds",
]
