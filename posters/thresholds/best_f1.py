"""The threshold with the best F1 for each genre; a rare genre leans on what its probabilities promise."""

import numpy as np

from posters._base.log import logger
from posters.scores import Scores
from posters.thresholds.thresholds import UNTUNED, Thresholds, below, passing

# With that many positives the threshold by the labels and the one by the probabilities weigh the same.
_POSITIVES = 20
# Logits of thresholds at 0 and 1 stay finite.
_EPSILON = 1e-6


def best_f1_thresholds(scores: Scores, split: str = "validation") -> Thresholds:
    """For each genre the threshold with the highest F1 on `scores`, shrunk where its positives are few.

    The best threshold of a rare genre hangs on a few labels. So it is averaged, as a logit, with the threshold that
    would be best if every probability came true as often as it says, which no label moves: the maximiser of the
    expected F1 (Lipton, Elkan and Narayanaswamy 2014, "Optimal Thresholding of Classifiers to Maximize F1 Measure").
    The one by the labels weighs n / (n + 20), for n positives.

    Fit it on calibrated validation scores and judge it on test scores; `split` is the name it is remembered by. A genre
    without positives or without negatives keeps 0.5, with a warning that names it. Posters for which a genre is unknown
    have no part in its threshold.

    Raises:
        ScoresError: the scores have no labels, or there are no posters.

    Examples:
        >>> y_true = np.tile([[1], [0]], (20, 1))
        >>> scores = Scores(tuple(map(str, range(40))), ("War",), np.where(y_true, 0.8, 0.3), y_true)
        >>> best_f1_thresholds(scores).apply(np.array([[0.8], [0.3]])).tolist()
        [[1], [0]]
    """
    from posters.metrics import known_columns  # Here: a prediction needs no metrics.

    y_true = scores.labelled("fitting thresholds").y_true
    positives, fitted_on = (y_true == 1).sum(axis=0).astype(int), f"{split}, {len(scores)} posters"
    one_sided = (positives == 0) | (positives == (y_true >= 0).sum(axis=0))
    _warn(scores, one_sided, fitted_on)
    tuned = np.flatnonzero(~one_sided)
    known = list(known_columns(y_true, scores.y_score))
    seen = np.array([best_f1_threshold(*known[g]) for g in tuned])
    expected = np.array([best_f1_threshold(known[g][1], known[g][1]) for g in tuned])
    weight = positives[tuned] / (positives[tuned] + _POSITIVES)
    values = np.full(len(positives), UNTUNED)
    values[tuned] = _sigmoid(weight * _logit(seen) + (1 - weight) * _logit(expected))
    return Thresholds(scores.genre_names, tuple(values.tolist()), rule="f1", fitted_on=fitted_on)


def _warn(scores: Scores, one_sided: np.ndarray, fitted_on: str) -> None:
    untuned = [name for name, alone in zip(scores.genre_names, one_sided, strict=True) if alone]
    if untuned:
        logger.warning(
            f"{fitted_on}: no positives or no negatives of {', '.join(untuned)}, so the threshold stays at {UNTUNED}"
        )


def best_f1_threshold(y_true: np.ndarray, y_score: np.ndarray) -> float:
    """Return the threshold of one genre with the highest F1, found exactly over all distinct scores.

    Of equally good ones it is the highest, which predicts the genre least often.

    Args:
        y_true: (N,) of 0 and 1; or probabilities that it is 1, for the highest ratio of expected counts.
        y_score: (N,).

    Examples:
        >>> 0.3 < best_f1_threshold(np.array([1, 0, 1]), np.array([0.8, 0.3, 0.7])) < 0.7
        True
    """
    candidates, predicted, hits = passing(y_true, y_score)
    return below(candidates, int(np.argmax(2 * hits / (predicted + hits[-1]))))


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, _EPSILON, 1 - _EPSILON)
    return np.asarray(np.log(p / (1 - p)))


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))
