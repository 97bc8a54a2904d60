"""The rules by name, as one types them: "balanced", "fixed", "f1", "precision=0.8", "recall=0.8", "miss-rate=0.1"."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from posters.calibration import Calibration
from posters.errors import ConfigError
from posters.scores import Scores
from posters.thresholds.best_f1 import best_f1_thresholds
from posters.thresholds.conformal import miss_rate_thresholds
from posters.thresholds.expected_f1 import BALANCED, Balanced, balanced_rule
from posters.thresholds.target import target_precision_thresholds, target_recall_thresholds
from posters.thresholds.thresholds import Thresholds, fixed_thresholds

# What every classifier carries; the first decides unless another is asked for.
DEFAULT_RULES = (BALANCED, "f1", "fixed", "precision=0.8", "recall=0.8", "miss-rate=0.1")

_SPELLING = "balanced, f1, fixed, precision=0.8, recall=0.8 or miss-rate=0.1, with a number of your own between 0 and 1"

# What turns calibrated probabilities into decisions: `apply`, with a name, `rule`.
Rule: TypeAlias = Thresholds | Balanced


def fit_rule(
    rule: str,
    uncalibrated: Scores,
    calibration: Calibration,
    split: str = "validation",
    groups: np.ndarray | None = None,
) -> Rule:
    """Fit one rule, for calibrated scores.

    Args:
        rule: "balanced", "fixed", "f1", "precision=X", "recall=X" or "miss-rate=X", X above 0 and below 1.
        uncalibrated: the network's scores, with labels, of posters that it was not trained on.
        calibration: what they go through.
        split: the name that these posters are remembered by.
        groups: int (N,); posters of one number are one film or look alike. Promises are about films: the posters of one
            are not so many independent witnesses. By default each poster is a film.

    Raises:
        ConfigError: there is no such rule.
        ScoresError: the scores have no labels, there are no posters, the groups are not one for each poster, or the
            calibration is for other genres.

    Examples:
        >>> y_true = np.tile([[1], [0]], (20, 1))
        >>> scores = Scores(tuple(map(str, range(40))), ("War",), np.where(y_true, 0.8, 0.3), y_true)
        >>> from posters.calibration import no_calibration
        >>> fit_rule("f1", scores, no_calibration(("War",))).rule
        'f1'
    """
    # First, so that scores of other genres are refused whatever the rule.
    calibrated = calibration.of(uncalibrated)
    kind, _, number = rule.partition("=")
    if rule == "fixed":
        return fixed_thresholds(uncalibrated.genre_names)
    if kind == "miss-rate":
        return miss_rate_thresholds(uncalibrated, _target(rule, number), split, calibration.apply, groups)
    if rule == BALANCED:
        return balanced_rule(calibrated, split, groups)
    if rule == "f1":
        return best_f1_thresholds(calibrated, split)
    if kind == "precision":
        guide = uncalibrated.y_score
        return target_precision_thresholds(calibrated, _target(rule, number), split, expected=guide, groups=groups)
    if kind == "recall":
        return target_recall_thresholds(calibrated, _target(rule, number), split, groups=groups)
    raise ConfigError(f"a rule is {_SPELLING}, but got {rule!r}")


def _target(rule: str, number: str) -> float:
    try:
        target = float(number)
    except ValueError:
        target = 0.0
    # Written so that NaN fails as well.
    if not 0 < target < 1:
        raise ConfigError(f"a rule is {_SPELLING}, but got {rule!r}")
    return target


def fit_rules(
    uncalibrated: Scores,
    calibration: Calibration,
    rules: Sequence[str] = DEFAULT_RULES,
    split: str = "validation",
    groups: np.ndarray | None = None,
) -> tuple[Rule, ...]:
    """`fit_rule` for each of them, in their order.

    Examples:
        >>> y_true = np.tile([[1], [0]], (20, 1))
        >>> scores = Scores(tuple(map(str, range(40))), ("War",), np.where(y_true, 0.8, 0.3), y_true)
        >>> from posters.calibration import no_calibration
        >>> [rule.rule for rule in fit_rules(scores, no_calibration(("War",)), ["f1", "fixed"])]
        ['f1', 'fixed']
    """
    return tuple(fit_rule(rule, uncalibrated, calibration, split, groups) for rule in rules)


def read_rule(values: dict[str, Any]) -> Rule:
    """The inverse of a rule's `to_dict`.

    Raises:
        ScoresError: a key is missing or unknown, or has a value that it can't have.

    Examples:
        >>> read_rule({"genre_names": ["War"], "most": 1, "fitted_on": "nothing", "rule": "balanced"}).most
        1
    """
    return Balanced.from_dict(values) if values.get("rule") == BALANCED else Thresholds.from_dict(values)
