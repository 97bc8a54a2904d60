"""Which genres are said: by a rule of the classifier, by one threshold for all, or the likeliest few."""

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import numpy as np

from posters.classifier.manifest import Manifest
from posters.errors import ConfigError
from posters.thresholds import argmax_decisions, fixed_thresholds

# From calibrated probabilities (N, G) to decisions, uint8 (N, G).
Choice: TypeAlias = Callable[[np.ndarray], np.ndarray]


def choice(manifest: Manifest, rule: str | None, top: int | None, threshold: float | None) -> Choice:
    """What decides: the one that is given, else the first rule; a softmax head is then read by its argmax.

    Args:
        manifest: of the classifier.
        rule: one of `manifest.rules`, by name.
        top: how many genres, the likeliest, whatever any threshold says; all if there are fewer.
        threshold: from which probability on a genre is said, 0 to 1, the same for all.

    Raises:
        ConfigError: more than one of them is given, there is no such rule, or a value that it can't have.
    """
    if sum(value is not None for value in (rule, top, threshold)) > 1:
        raise ConfigError("rule, top and threshold each say which genres are said: give one of them")
    if top is not None:
        return partial(_top_decisions, top=_checked_top(top))
    if threshold is not None:
        return fixed_thresholds(manifest.genre_names, _checked_threshold(threshold)).apply
    if rule is None and manifest.head == "softmax":
        return argmax_decisions
    return manifest.rule(rule).apply


def _checked_top(top: int) -> int:
    if type(top) is not int or top < 1:
        raise ConfigError(f"top must be a whole number from 1 up, but got {top!r}")
    return top


def _checked_threshold(threshold: float) -> float:
    if type(threshold) not in (int, float) or not 0 <= threshold <= 1:
        raise ConfigError(f"threshold must be a number from 0 to 1, but got {threshold!r}")
    return threshold


def _top_decisions(y_score: np.ndarray, top: int) -> np.ndarray:
    likeliest = np.argsort(-y_score, axis=1, kind="stable")[:, :top]
    decisions = np.zeros(y_score.shape, np.uint8)
    np.put_along_axis(decisions, likeliest, 1, axis=1)
    return decisions
