"""What can be known of new posters without their labels: how common genres are, and the F1 to expect."""

from dataclasses import dataclass

import numpy as np

from posters.drift.two_samples import PERMUTATIONS

_SAMPLES = 500
# Below this, a genre's predictions tell so little of its labels that dividing by it makes noise.
_LEAST_TOLD = 0.1


@dataclass(frozen=True)
class LabelShift:
    """How common a genre is among new posters, estimated from how often it is predicted.

    Attributes:
        name: of the genre.
        reference: its share of the reference posters, by their labels; None where none is known.
        new: its estimated share of the new posters; None where predictions tell too little of this genre.
        low: lower end of the 95% interval of `new`, by a bootstrap of both samples; None likewise, as is `high`.
        high: its upper end.

    Examples:
        >>> LabelShift("War", 0.1, 0.2, 0.15, 0.25).new
        0.2
    """

    name: str
    reference: float | None
    new: float | None
    low: float | None
    high: float | None


def label_shift(
    name: str, y_true: np.ndarray, y_pred: np.ndarray, new_pred: np.ndarray, rng: np.random.Generator
) -> LabelShift:
    """Estimate how common one genre is among new posters: black-box shift estimation (Lipton et al., 2018).

    It holds if posters of a genre, and those without it, still look as they did, and only their shares moved. With p
    the share of new posters that are predicted the genre, the new prevalence is (p - false alarms) / (recall - false
    alarms), clipped to [0, 1], with both rates from the reference.

    Args:
        name: of the genre.
        y_true: labels (N,) of the reference: 0, 1, or -1 for unknown.
        y_pred: decisions (N,) on the reference, which must be posters that the classifier was not trained on.
        new_pred: decisions (M,) on the new posters.
        rng: draws the bootstrap.

    Examples:
        >>> y_true, y_pred = np.tile([1, 0, 0, 0], 100), np.tile([1, 0, 0, 0], 100)
        >>> label_shift("War", y_true, y_pred, np.tile([1, 0], 100), np.random.default_rng(7)).new
        0.5
    """
    known = y_true >= 0
    # Missed, found, rightly left, falsely predicted: what both rates are made of.
    cells = np.array([((y_true == label) & (y_pred == made))[known].sum() for label in (1, 0) for made in (0, 1)])
    share = float(new_pred.mean())
    prevalence = float(cells[:2].sum() / cells.sum()) if cells.any() else None
    estimate = _prevalence(cells[None].astype(float), np.array([share]))[0]
    if np.isnan(estimate):
        return LabelShift(name, prevalence, None, None, None)
    drawn = rng.multinomial(cells.sum(), cells / cells.sum(), _SAMPLES).astype(float)
    shares = rng.binomial(len(new_pred), share, _SAMPLES) / len(new_pred)
    low, high = np.nanquantile(_prevalence(drawn, shares), (0.025, 0.975))
    return LabelShift(name, prevalence, float(estimate), float(low), float(high))


def _prevalence(cells: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the estimate for each row of cells (B, 4); NaN where predictions tell too little."""
    missed, found, left, false = cells.T
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, alarms = found / (found + missed), false / (false + left)
        told = np.where(recall - alarms >= _LEAST_TOLD, recall - alarms, np.nan)
        return np.asarray(np.clip((share - alarms) / told, 0.0, 1.0))


def expected_macro_f1(
    y_score: np.ndarray, y_pred: np.ndarray, rng: np.random.Generator
) -> tuple[float, tuple[float, float]]:
    """Estimate macro F1 from probabilities alone: each stands for the share of right decisions among its like.

    Of a genre, F1 = 2 TP / (predicted + positives), where a sum of probabilities estimates TP and positives. It holds
    as far as the probabilities are calibrated on these posters too.

    Args:
        y_score: calibrated probabilities (N, G).
        y_pred: decisions (N, G).
        rng: draws the bootstrap of posters.

    Returns:
        The estimate, over all genres, and its 95% interval, which knows of sampling alone.

    Examples:
        >>> expected_macro_f1(np.array([[0.8], [0.2]]), np.array([[1], [0]]), np.random.default_rng(7))[0]
        0.8
    """
    rows, posters = _sums(y_score, y_pred), len(y_score)
    # One draw at a time: all of them at once would take 4 kB a poster.
    drawn = [_macro_f1(rng.multinomial(posters, np.full(posters, 1 / posters)) @ rows) for _ in range(_SAMPLES)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return _macro_f1(rows.sum(axis=0)), (float(low), float(high))


def lost_f1_p_value(
    reference: tuple[np.ndarray, np.ndarray], new: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> float:
    """Return how often chance alone makes the expected macro F1 fall by so much, by dealing the posters anew.

    Args:
        reference: probabilities and decisions, (N, G) each.
        new: likewise, (M, G) each.
        rng: deals the posters.

    Examples:
        >>> sure, unsure = (np.full((20, 1), 0.9), np.ones((20, 1))), (np.full((20, 1), 0.3), np.ones((20, 1)))
        >>> lost_f1_p_value(sure, unsure, np.random.default_rng(7))
        0.001
    """
    rows = np.concatenate([_sums(*reference), _sums(*new)])
    total, count, losses = rows.sum(axis=0), len(reference[0]), []
    for dealt in range(PERMUTATIONS + 1):
        own = (rng.permutation(rows) if dealt else rows)[:count].sum(axis=0)
        losses.append(_macro_f1(own) - _macro_f1(total - own))
    return float((np.array(losses) >= losses[0] - 1e-12).mean())


def _sums(y_score: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Return what each poster adds to the expected true positives of each genre, and to predicted and positives."""
    return np.hstack([y_score * y_pred, y_score + y_pred])


def _macro_f1(sums: np.ndarray) -> float:
    right, total = np.split(sums, 2)
    return float((2 * right / np.maximum(total, 1e-12)).mean())
