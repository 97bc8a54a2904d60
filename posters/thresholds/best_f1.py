"""The threshold with the best F1 for each genre; a rare genre leans on what its probabilities promise."""

import numpy as np

from posters.log import logger
from posters.scores import Scores
from posters.thresholds.passing import below, passing
from posters.thresholds.thresholds import UNTUNED, Thresholds

# With that many positives the threshold by the labels and the one by the probabilities weigh the same.
_POSITIVES = 20
# Logits of thresholds at 0 and 1 stay finite.
_EPSILON = 1e-6


def best_f1_thresholds(scores: Scores, side: str = "validation") -> Thresholds:
    """For each genre the threshold with the highest F1 on `scores`, shrunk where its positives are few.

    The best threshold of a rare genre hangs on a few labels. So it is averaged, as a logit, with the threshold that
    would be best if every probability came true as often as it says, which no label moves: the maximiser of the
    expected F1 (Lipton, Elkan and Narayanaswamy 2014, "Optimal Thresholding of Classifiers to Maximize F1 Measure").
    The one by the labels weighs n / (n + 20), for n positives.

    Fit it on calibrated validation scores and judge it on test scores; `side` is the name it is remembered by. A genre
    without positives or without negatives keeps 0.5, with a warning that names it.

    Raises:
        ScoresError: the scores have no labels, or there are no posters.
    """
    y_true = scores.labels("fitting thresholds")
    positives = y_true.sum(axis=0).astype(int)
    one_sided = (positives == 0) | (positives == len(scores))
    fitted_on = f"{side}, {len(scores)} posters"
    _warn(scores, one_sided, fitted_on)
    tuned = np.flatnonzero(~one_sided)
    seen = np.array([best_f1_threshold(y_true[:, g], scores.y_score[:, g]) for g in tuned])
    expected = np.array([best_f1_threshold(scores.y_score[:, g], scores.y_score[:, g]) for g in tuned])
    weight = positives[tuned] / (positives[tuned] + _POSITIVES)
    values = np.full(len(positives), UNTUNED)
    values[tuned] = _sigmoid(weight * _logit(seen) + (1 - weight) * _logit(expected))
    return Thresholds(scores.genre_names, tuple(values.tolist()), optimises="f1", fitted_on=fitted_on)


def _warn(scores: Scores, one_sided: np.ndarray, fitted_on: str) -> None:
    untuned = [name for name, alone in zip(scores.genre_names, one_sided, strict=True) if alone]
    if untuned:
        logger.warning(
            f"{fitted_on}: no positives or no negatives of {', '.join(untuned)}, so the threshold stays at {UNTUNED}"
        )


def best_f1_threshold(y_true: np.ndarray, y_score: np.ndarray) -> float:
    """The threshold of one genre with the highest F1, found exactly over all distinct scores.

    Of equally good ones it is the highest, which says the genre least often.

    Args:
        y_true: (N,) of 0 and 1; or probabilities that it is 1, for the highest ratio of expected counts.
        y_score: (N,).
    """
    candidates, predicted, hits = passing(y_true, y_score)
    return below(candidates, int(np.argmax(2 * hits / (predicted + hits[-1]))))


def _logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, _EPSILON, 1 - _EPSILON)
    return np.log(p / (1 - p))


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))
