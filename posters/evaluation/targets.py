"""What a rule promised on validation, and what it reached on the evaluated posters."""

from dataclasses import dataclass

import numpy as np

from posters.evaluation.bootstrap import centred_interval, nan_mean, resampled_mean
from posters.evaluation.interval import Interval
from posters.metrics import precision, recall
from posters.thresholds import Thresholds


@dataclass(frozen=True)
class Target:
    """One promise of one rule.

    Attributes:
        rule: "precision=0.8", "recall=0.8" or "miss-rate=0.1".
        quantity: "precision", "recall" or "miss rate".
        promised: the value: at least this for precision and recall, at most this for the miss rate.
        reached: what came of it: for precision and recall, the mean over the genres that are said at all and have
            positives; for the miss rate, the mean over the posters with genres of the share that was missed.
        interval: of `reached`; None where it is undefined.
        genres_said: how many genres the rule ever says, by its thresholds.
        genres_kept: of the genres with a defined figure, how many reached the promise; None for the miss rate, which
            promises nothing of a single genre.
        genres_counted: how many genres have a defined figure; None for the miss rate.
        said_per_poster: mean number of genres that the rule says of a poster: what the promise costs.
    """

    rule: str
    quantity: str
    promised: float
    reached: float | None
    interval: Interval | None
    genres_said: int
    genres_kept: int | None
    genres_counted: int | None
    said_per_poster: float


def target(y_true: np.ndarray, thresholds: Thresholds, y_pred: np.ndarray, counts: np.ndarray) -> Target | None:
    """What came of a rule's promise; None for a rule that promises nothing.

    Args:
        y_true: (N, G).
        thresholds: the rule's.
        y_pred: (N, G), its decisions.
        counts: (S, N), the bootstrap's; see `draw_counts`.
    """
    quantity, _, promised = thresholds.optimises.partition("=")
    if not promised:
        return None
    make = {"precision": _of_genres, "recall": _of_genres, "miss-rate": _of_posters}[quantity]
    reached, interval, kept, counted = make(quantity, float(promised), y_true, y_pred, counts)
    return Target(
        rule=thresholds.optimises,
        quantity=quantity.replace("-", " "),
        promised=float(promised),
        reached=reached,
        interval=interval,
        genres_said=int(np.isfinite(thresholds.values).sum()),
        genres_kept=kept,
        genres_counted=counted,
        said_per_poster=float(y_pred.sum(axis=1).mean()),
    )


_Reached = tuple[float | None, Interval | None, int | None, int | None]


def _of_genres(quantity: str, promised: float, y_true: np.ndarray, y_pred: np.ndarray, counts: np.ndarray) -> _Reached:
    """The mean over the genres that are said, and have positives."""
    shown = y_true.any(axis=0) & (y_pred.any(axis=0) | (quantity == "recall"))
    y, said = y_true[:, shown], y_pred[:, shown]
    if not shown.any():
        return None, None, 0, 0
    values = {"precision": precision, "recall": recall}[quantity](y, said)
    hits, of = counts @ (y * said).astype(float), counts @ (said if quantity == "precision" else y).astype(float)
    with np.errstate(invalid="ignore"):
        resampled = np.where(of > 0, hits / of, np.nan)
    interval = centred_interval(nan_mean(resampled), float(values.mean()))
    return float(values.mean()), interval, int((values >= promised).sum()), len(values)


def _of_posters(quantity: str, promised: float, y_true: np.ndarray, y_pred: np.ndarray, counts: np.ndarray) -> _Reached:
    """The mean over the posters with genres of the share that was missed."""
    genres = y_true.sum(axis=1)
    with np.errstate(invalid="ignore"):
        missed = np.where(genres > 0, (y_true & ~y_pred.astype(bool)).sum(axis=1) / genres, np.nan)
    if not (genres > 0).any():
        return None, None, None, None
    reached = float(np.nanmean(missed))
    return reached, centred_interval(resampled_mean(missed, counts), reached), None, None
