"""Thresholds that promise a precision or a recall, genre by genre."""

import numpy as np

from posters.extras import require
from posters.log import logger
from posters.scores import Scores
from posters.thresholds.passing import below, passing
from posters.thresholds.thresholds import NEVER, Thresholds

# The promise must hold with this confidence, not just on these posters: the best of many thresholds looks better than
# it is, and a margin makes up for most of that.
_CONFIDENCE = 0.9


def target_precision_thresholds(scores: Scores, target: float, side: str = "validation") -> Thresholds:
    """For each genre the lowest threshold whose precision is at least `target`, with 90% confidence.

    The confidence is a one-sided lower bound of Clopper and Pearson (1934) on the precision among the posters that
    pass, at each threshold by itself: that the lowest of many is taken still favours it a little. A genre for which no
    threshold shows it is never said (`NEVER`), with a warning that names it.

    Args:
        scores: with labels, of posters that the network was not trained on.
        target: above 0 and below 1.
        side: the name that these posters are remembered by.

    Raises:
        ScoresError: the scores have no labels, or there are no posters.
    """
    y_true = scores.labels("fitting thresholds")
    values = [_lowest_precise(y, p, target) for y, p in zip(y_true.T, scores.y_score.T, strict=True)]
    never = [name for name, value in zip(scores.genre_names, values, strict=True) if value == NEVER]
    if never:
        logger.warning(
            f"precision={target:g} can't be shown for {', '.join(never)} on {len(scores)} {side} posters: "
            "by this rule they are never said"
        )
    return _thresholds(scores, values, f"precision={target:g}", side)


def _lowest_precise(y_true: np.ndarray, y_score: np.ndarray, target: float) -> float:
    candidates, predicted, hits = passing(y_true, y_score)
    enough = np.flatnonzero(_lower_bound(hits, predicted) >= target)
    return below(candidates, int(enough[-1])) if len(enough) else NEVER


def target_recall_thresholds(scores: Scores, target: float, side: str = "validation") -> Thresholds:
    """For each genre the highest threshold whose recall is at least `target`, with 90% confidence.

    A genre for which no threshold shows it, having too few positives, is always said (threshold 0), with a warning
    that names it.

    Args, errors and the bound as in `target_precision_thresholds`.
    """
    y_true = scores.labels("fitting thresholds")
    values = [_highest_complete(y, p, target) for y, p in zip(y_true.T, scores.y_score.T, strict=True)]
    always = [name for name, value in zip(scores.genre_names, values, strict=True) if value == 0]
    if always:
        logger.warning(
            f"recall={target:g} can't be shown for {', '.join(always)} on {len(scores)} {side} posters: "
            "by this rule they are always said"
        )
    return _thresholds(scores, values, f"recall={target:g}", side)


def _highest_complete(y_true: np.ndarray, y_score: np.ndarray, target: float) -> float:
    candidates, _, hits = passing(y_true, y_score)
    enough = np.flatnonzero(_lower_bound(hits, np.full(len(hits), hits[-1])) >= target)
    return below(candidates, int(enough[0])) if len(enough) else 0.0


def _lower_bound(hits: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Of `hits` among `of`, the share that is exceeded with `_CONFIDENCE`; 0 where there are no hits."""
    bound = require("scipy.stats").beta.ppf(1 - _CONFIDENCE, hits, of - hits + 1)
    return np.where(hits > 0, bound, 0.0)


def _thresholds(scores: Scores, values: list[float], rule: str, side: str) -> Thresholds:
    return Thresholds(scores.genre_names, tuple(values), rule, f"{side}, {len(scores)} posters")
