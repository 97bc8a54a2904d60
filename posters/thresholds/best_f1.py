"""The threshold with the best F1 for each genre; a rare genre leans on what the common ones say."""

import numpy as np

from posters.log import logger
from posters.scores import Scores
from posters.thresholds.passing import below, passing
from posters.thresholds.thresholds import UNTUNED, Thresholds

# With that many positives a genre's own threshold and the pooled one weigh the same.
_POSITIVES = 20
# Logits of thresholds at 0 and 1 stay finite.
_EPSILON = 1e-6


def best_f1_thresholds(scores: Scores, side: str = "validation") -> Thresholds:
    """For each genre the threshold with the highest F1 on `scores`, shrunk towards a pooled one where posters are few.

    The genre's own best threshold is found exactly, over all distinct scores; of equally good ones the highest is
    taken, which says the genre least often. That of a rare genre hangs on a few posters. So it is averaged, as a logit,
    with the threshold at which the genre would be said as often for each of its positives as the genres together are
    at their own best. The own one weighs n / (n + 20), for n positives.

    Fit it on validation scores and judge it on test scores; `side` is the name it is remembered by. A genre without
    positives or without negatives keeps 0.5, with a warning that names it.

    Raises:
        ScoresError: the scores have no labels, or there are no posters.
    """
    y_true = scores.labels("fitting thresholds")
    positives = y_true.sum(axis=0).astype(int)
    one_sided = (positives == 0) | (positives == len(scores))
    fitted_on = f"{side}, {len(scores)} posters"
    _warn(scores, one_sided, fitted_on)
    tuned = np.flatnonzero(~one_sided)
    own = np.array([_own_best(y_true[:, g], scores.y_score[:, g]) for g in tuned])
    pooled = _pooled(scores.y_score[:, tuned], positives[tuned], own)
    weight = positives[tuned] / (positives[tuned] + _POSITIVES)
    values = np.full(len(positives), UNTUNED)
    # Where both agree, to the last bit: through logits, 0 and 1 would not come back.
    shrunk = _sigmoid(weight * _logit(own) + (1 - weight) * _logit(pooled))
    values[tuned] = np.where(own == pooled, own, shrunk)
    return Thresholds(scores.genre_names, tuple(values.tolist()), optimises="f1", fitted_on=fitted_on)


def _warn(scores: Scores, one_sided: np.ndarray, fitted_on: str) -> None:
    untuned = [name for name, alone in zip(scores.genre_names, one_sided, strict=True) if alone]
    if untuned:
        logger.warning(
            f"{fitted_on}: no positives or no negatives of {', '.join(untuned)}, so the threshold stays at {UNTUNED}"
        )


def _own_best(y_true: np.ndarray, y_score: np.ndarray) -> float:
    """The best threshold of one genre, (N,) and (N,)."""
    candidates, predicted, hits = passing(y_true, y_score)
    return below(candidates, int(np.argmax(2 * hits / (predicted + hits[-1]))))


def _pooled(y_score: np.ndarray, positives: np.ndarray, own: np.ndarray) -> np.ndarray:
    """For each genre the threshold that says it as often per positive as all of them are said at their own; (T,)."""
    if not len(own):
        return own
    often = (y_score >= own).sum(axis=0) / positives
    # The geometric mean, each genre by its positives: twice too often and half as often cancel out.
    ratio = np.exp(np.average(np.log(often), weights=positives))
    said = np.clip(np.rint(ratio * positives).astype(int), 1, len(y_score))
    ranked = -np.sort(-y_score, axis=0)
    return np.array([below(ranked[:, g], count - 1) for g, count in enumerate(said)])


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, _EPSILON, 1 - _EPSILON)
    return np.log(p / (1 - p))


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))
