"""What a rule promised on validation, and what it reached on the evaluated posters."""

from dataclasses import dataclass

import numpy as np

from posters.evaluation.bootstrap import Interval, centred_interval, nan_mean, resampled_mean
from posters.metrics import all_known, precision, recall, without_unknown
from posters.thresholds import Thresholds


@dataclass(frozen=True)
class Promise:
    """One promise of one rule.

    Attributes:
        rule: "precision=0.8", "recall=0.8" or "miss-rate=0.1".
        quantity: "precision", "recall" or "miss rate".
        promised: the value: at least this for precision and recall, at most this for the miss rate.
        reached: for precision and recall, the mean over the genres that are predicted at all and have positives; for
            the miss rate, the mean over the posters with genres of the share that was missed.
        interval: of `reached`; None where it is undefined.
        genres_predicted: how many genres the rule can predict, by its thresholds.
        genres_kept: of the genres with a defined figure, how many reached the promise; None for the miss rate, which
            promises nothing of a single genre.
        genres_counted: how many genres have a defined figure; None for the miss rate.
        predicted_per_poster: mean number of genres that the rule predicts for a poster: what the promise costs. With
            unknown labels, the sum over the genres of the share of the known posters for which each is predicted.

    Examples:
        >>> Promise("recall=0.8", "recall", 0.8, 0.83, None, 2, 1, 2, 3.1).genres_kept
        1
    """

    rule: str
    quantity: str
    promised: float
    reached: float | None
    interval: Interval | None
    genres_predicted: int
    genres_kept: int | None
    genres_counted: int | None
    predicted_per_poster: float

    @property
    def bound(self) -> str:
        """What was promised, in words: "at least 0.8", "at most 0.1".

        Examples:
            >>> Promise("recall=0.8", "recall", 0.8, 0.83, None, 2, 1, 2, 3.1).bound
            'at least 0.8'
        """
        return f"{'at most' if self.quantity == 'miss rate' else 'at least'} {self.promised:g}"

    @property
    def outcome(self) -> str:
        """What these posters tell: "kept", "broken" if the interval excludes the promise, or "open".

        Examples:
            >>> interval = Interval(0.123, 0.252, 0.95)
            >>> Promise("miss-rate=0.1", "miss rate", 0.1, 0.185, interval, 2, None, None, 3).outcome
            'broken'
        """
        if self.reached is None:
            return "open"
        # Of a miss rate, less is better.
        sign = -1 if self.quantity == "miss rate" else 1
        ends = [self.reached] if self.interval is None else [self.interval.low, self.interval.high]
        if self.interval is not None and max(sign * end for end in ends) < sign * self.promised:
            return "broken"
        return "kept" if sign * self.reached >= sign * self.promised else "open"


def target(y_true: np.ndarray, thresholds: Thresholds, y_pred: np.ndarray, counts: np.ndarray) -> Promise | None:
    """Compute what a rule reached of its promise; None for a rule that promises nothing.

    Args:
        y_true: (N, G); where a label is unknown, -1, the decision doesn't count.
        thresholds: the rule's.
        y_pred: (N, G), its decisions.
        counts: (S, N), the bootstrap's; see `draw_counts`.

    Examples:
        >>> y_true, rule = np.array([[1], [0]], np.uint8), Thresholds(("War",), (0.5,), "recall=0.8", "validation, 9")
        >>> target(y_true, rule, np.array([[1], [1]]), np.ones((3, 2))).reached
        1.0
    """
    quantity, _, promised = thresholds.rule.partition("=")
    if not promised:
        return None
    per_poster = _per_poster(y_true, y_pred)
    y_true, y_pred = without_unknown(y_true, y_pred)
    make = {"precision": _of_genres, "recall": _of_genres, "miss-rate": _of_posters}[quantity]
    reached, interval, kept, counted = make(quantity, float(promised), y_true, y_pred, counts)
    return Promise(
        rule=thresholds.rule,
        quantity=quantity.replace("-", " "),
        promised=float(promised),
        reached=reached,
        interval=interval,
        genres_predicted=int(np.isfinite(thresholds.values).sum()),
        genres_kept=kept,
        genres_counted=counted,
        predicted_per_poster=per_poster,
    )


def _per_poster(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    if all_known(y_true):
        return float(y_pred.sum(axis=1).mean())
    # Counted over known cells alone it would be too small, as if nothing were predicted in the others.
    known = y_true >= 0
    return float(np.sum((known & (y_pred == 1)).sum(axis=0) / np.maximum(known.sum(axis=0), 1)))


# Figure, interval, genres that kept the promise, genres with a defined figure.
_Reached = tuple[float | None, Interval | None, int | None, int | None]


def _of_genres(quantity: str, promised: float, y_true: np.ndarray, y_pred: np.ndarray, counts: np.ndarray) -> _Reached:
    """Return the mean over the genres that are predicted and have positives."""
    # A genre that is never predicted breaks no promised precision, but its recall is 0.
    shown = y_true.any(axis=0) & (y_pred.any(axis=0) | (quantity == "recall"))
    y, predicted = y_true[:, shown], y_pred[:, shown]
    if not shown.any():
        return None, None, 0, 0
    values = {"precision": precision, "recall": recall}[quantity](y, predicted)
    of = counts @ (predicted if quantity == "precision" else y).astype(float)
    hits = counts @ (y * predicted).astype(float)
    with np.errstate(invalid="ignore"):
        resampled = np.where(of > 0, hits / of, np.nan)
    interval = centred_interval(nan_mean(resampled), float(values.mean()))
    return float(values.mean()), interval, int((values >= promised).sum()), len(values)


def _of_posters(quantity: str, promised: float, y_true: np.ndarray, y_pred: np.ndarray, counts: np.ndarray) -> _Reached:
    """Return the mean, over the posters with genres, of the share that was missed."""
    genres = y_true.sum(axis=1)
    with np.errstate(invalid="ignore"):
        missed = np.where(genres > 0, (y_true & ~y_pred.astype(bool)).sum(axis=1) / genres, np.nan)
    if not (genres > 0).any():
        return None, None, None, None
    reached = float(np.nanmean(missed))
    return reached, centred_interval(resampled_mean(missed, counts), reached), None, None
