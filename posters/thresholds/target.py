"""Thresholds that promise a precision or a recall, genre by genre."""

import math
from collections.abc import Sequence

import numpy as np

from posters._base.log import logger
from posters._base.optional_imports import require
from posters.errors import ScoresError
from posters.scores import Scores
from posters.thresholds.thresholds import NEVER, Thresholds, below, fitted_on, passing

# The promise must hold with this confidence on other posters, not only on the ones that it is fitted on.
_CONFIDENCE = 0.9
# Each threshold of the sequence predicts a tenth more posters than the one before. Neighbouring thresholds pass nearly
# the same posters, so that a finer sequence tests nothing new, and stops at the first chance dip all the same.
_STEP = 1.1
# What a genre that by its probabilities can't pass weighs beside one that surely does: these may be wrong.
_LEAST_WEIGHT = 0.05


def target_precision_thresholds(
    scores: Scores,
    target: float,
    split: str = "validation",
    *,
    expected: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> Thresholds:
    r"""For each genre, find a low threshold whose precision is at least `target`; one predicted genre in ten may fail.

    The promise is about the genres that the rule predicts: on other posters, at most one in ten of them is expected to
    have a precision below the target (a false discovery rate of 0.1 over genres).

    Learn then test (Angelopoulos et al. 2021, "Learn then Test: Calibrating Predictive Algorithms to Achieve Risk
    Control") with a fixed sequence of thresholds. The hypothesis "the precision is below the target" is tested at each
    threshold by the exact binomial tail

    .. math:: P(\mathrm{Bin}(n, \text{target}) \ge \text{hits}) \le \alpha

    for n predicted posters. The sequence starts where `expected` gives the test most power, then lowers the threshold,
    and stops at the first hypothesis that is not rejected; the last rejected one gives the threshold. No label chooses
    the start or the order. So the chance that a genre's promise is broken is at most :math:`\alpha`, however many
    thresholds are tested. It is 0.1 for a genre alone. Among several, the first hypothesis of each goes through the
    procedure of Benjamini and Hochberg (1995), which also gives the level for the rest of its sequence (Benjamini
    and Yekutieli 2005, "False Discovery Rate-Adjusted Multiple Confidence Intervals"). Genres that by
    `expected` can hardly pass get less of the level (Genovese, Roeder and Wasserman 2006, "False Discovery Control with
    p-Value Weighting"), since a hopeless genre would cost all others theirs. `scripts/promises.py` simulates it.

    A genre is tested on the posters for which it is known, and its promise is about posters like these: about all
    posters only as far as chance alone decides which labels are known.

    A genre for which the first hypothesis is not rejected is never predicted (`NEVER`), and a warning names it.

    Args:
        scores: with labels, of posters that the network was not trained on.
        target: above 0 and below 1.
        split: the name that these posters are remembered by.
        expected: (N, G), probabilities that no label of these posters has shaped: the network's own, before
            calibration. By default the scores themselves.
        groups: int (N,); posters of one number are one film, and one of them, drawn, is tested. By default each
            poster is a film.

    Raises:
        ScoresError: the scores have no labels, there are no posters, or the groups are not one for each poster.

    Examples:
        >>> ids, labels = tuple("abcdefghijklmnop"), np.array([[0]] * 2 + [[1]] * 14)
        >>> scores = Scores(ids, ("Drama",), np.arange(16)[:, None] / 16, labels)
        >>> target_precision_thresholds(scores, 0.8).values
        (0.15625,)
    """
    labelled = scores.labelled("fitting thresholds")
    guide = labelled.y_score if expected is None else expected
    tested = _one_of_each_film(labelled.y_true >= 0, groups)
    columns = zip(labelled.y_true.T, labelled.y_score.T, guide.T, tested.T, strict=True)
    sequences = [_sequence(y[t], p[t], e[t], target) for y, p, e, t in columns]
    levels = _discovery_levels([each[1] for each in sequences], np.array([each[2] for each in sequences]))
    # The number of rejected hypotheses: up to the first that is not.
    rejected = [int(np.argmax(np.append(p, 1.0) > a)) for (_, p, _), a in zip(sequences, levels, strict=True)]
    values = tuple(each[0][n - 1] if n else NEVER for each, n in zip(sequences, rejected, strict=True))
    never = [name for name, value in zip(scores.genre_names, values, strict=True) if value == NEVER]
    if never:
        logger.warning(
            f"precision={target:g} can't be shown for {', '.join(never)} on {len(scores)} {split} posters: "
            "this rule never predicts them"
        )
    return Thresholds(scores.genre_names, values, f"precision={target:g}", fitted_on(split, len(scores), groups))


# Thresholds in the order of testing, their p-values, and the chance that the first passes.
_Tests = tuple[list[float], np.ndarray, float]


def _sequence(y_true: np.ndarray, y_score: np.ndarray, expected: np.ndarray, target: float) -> _Tests:
    """Return the tests of one genre; the chance is the one by `expected`.

    By the central limit theorem, a test has most power where the expected hits exceed n * target by most standard
    deviations.
    """
    from statistics import NormalDist  # Here, since it loads decimals and fractions, which prediction doesn't need.

    candidates, predicted, hits = passing(y_true, y_score)
    # With fewer posters than this, even a precision of 1 does not reject the hypothesis.
    counts = [math.ceil(math.log(1 - _CONFIDENCE) / math.log(target))]
    if counts[0] > len(y_true):
        return [], np.empty(0), 0.0
    while counts[-1] < len(y_true):
        counts.append(math.ceil(counts[-1] * _STEP))
    # Equal scores pass together: the first threshold that predicts at least so many posters.
    places = np.unique(np.searchsorted(predicted, counts).clip(max=len(predicted) - 1))
    n = predicted[places]
    surplus = (passing(expected, y_score)[2][places] - n * target) / np.sqrt(n * target * (1 - target))
    start = int(np.argmax(surplus))
    p_values = require("scipy.stats").binom.sf(hits[places] - 1, n, target)[start:]
    return [below(candidates, int(p)) for p in places[start:]], p_values, NormalDist().cdf(float(surplus[start]))


def _discovery_levels(p_values: Sequence[np.ndarray], chances: np.ndarray) -> np.ndarray:
    """Return the level at which each genre's sequence is tested, (G,); 0 where it is not to be predicted."""
    testable = np.array([len(p) > 0 for p in p_values])
    first = np.array([p[0] if len(p) else np.inf for p in p_values])
    weights = np.where(testable, np.maximum(chances, _LEAST_WEIGHT), 0.0)
    share = (1 - _CONFIDENCE) * weights / max(weights.sum(), _LEAST_WEIGHT)
    # None above the level of a genre alone, so that each genre keeps its own promise with 90% confidence as well.
    of_discoveries = [np.minimum(share * found, 1 - _CONFIDENCE) for found in range(1, len(first) + 1)]
    enough = [levels for found, levels in enumerate(of_discoveries, 1) if (first <= levels).sum() >= found]
    return np.where(testable, enough[-1], 0.0) if enough else np.zeros(len(first))


def _one_of_each_film(eligible: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
    """Of the eligible cells, bool (N, G), keep one poster of each group in each genre: drawn, but always the same."""
    if groups is None:
        return eligible
    if np.shape(groups) != (len(eligible),):
        raise ScoresError(f"groups must have the shape ({len(eligible)},), but got {np.shape(groups)}")
    order, chosen = np.random.default_rng(0).permutation(len(eligible)), np.zeros_like(eligible)
    for genre in range(eligible.shape[1]):
        rows = order[eligible[order, genre]]
        chosen[rows[np.unique(np.asarray(groups)[rows], return_index=True)[1]], genre] = True
    return chosen


def target_recall_thresholds(
    scores: Scores, target: float, split: str = "validation", *, groups: np.ndarray | None = None
) -> Thresholds:
    """For each genre, find the highest threshold whose recall is at least `target`, with 90% confidence.

    The same fixed-sequence test as in `target_precision_thresholds`, from the lowest threshold upwards. The number of
    positives does not depend on the threshold and the hits only fall, so that testing every threshold in this order is
    the same as taking the highest one that passes by itself. Unknown labels are left out as there. Whether a genre
    can be shown depends on its number of positives alone, so that of those that are shown, too, at most one in
    ten is expected to be broken.

    A genre for which no threshold shows it, because it has too few positives, is always predicted (threshold 0), and a
    warning names it.

    Args:
        scores: as in `target_precision_thresholds`.
        target: above 0 and below 1.
        split: the name that these posters are remembered by.
        groups: as in `target_precision_thresholds`; one poster of each film with the genre is tested.

    Raises:
        ScoresError: the scores have no labels, there are no posters, or the groups are not one for each poster.

    Examples:
        >>> ids, labels = tuple("abcdefghijklmnop"), np.array([[0]] * 2 + [[1]] * 14)
        >>> scores = Scores(ids, ("Drama",), np.arange(16)[:, None] / 16, labels)
        >>> target_recall_thresholds(scores, 0.8).values
        (0.09375,)
    """
    labelled = scores.labelled("fitting thresholds")
    tested = (labelled.y_true == 0) | _one_of_each_film(labelled.y_true == 1, groups)
    columns = zip(labelled.y_true.T, labelled.y_score.T, tested.T, strict=True)
    values = tuple(_complete_threshold(y[t], p[t], target) if t.any() else 0.0 for y, p, t in columns)
    always = [name for name, value in zip(scores.genre_names, values, strict=True) if value == 0]
    if always:
        logger.warning(
            f"recall={target:g} can't be shown for {', '.join(always)} on {len(scores)} {split} posters: "
            "this rule always predicts them"
        )
    return Thresholds(scores.genre_names, values, f"recall={target:g}", fitted_on(split, len(scores), groups))


def _complete_threshold(y_true: np.ndarray, y_score: np.ndarray, target: float) -> float:
    candidates, _, hits = passing(y_true, y_score)
    p_values = require("scipy.stats").binom.sf(hits - 1, hits[-1], target)
    enough = np.flatnonzero(p_values <= 1 - _CONFIDENCE)
    return below(candidates, int(enough[0])) if len(enough) else 0.0
