"""Whether the model is as good at old posters as at new ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posters.evaluation.bootstrap import nan_mean, reflected_interval, resampled_average_precision
from posters.evaluation.interval import Interval
from posters.metrics import average_precision


@dataclass(frozen=True)
class Decade:
    """The posters of ten years.

    Attributes:
        first_year: 1990 for 1990 to 1999.
        posters: how many there are.
        macro_map: over the genres that have positives among them; None where none has.
        counted: how many genres that are.
        chance: the macro mAP of chance on the same posters and genres: their mean prevalence.
        interval: of `macro_map`; None where it is undefined.
    """

    first_year: int
    posters: int
    macro_map: float | None
    counted: int
    chance: float | None
    interval: Interval | None


def decades(
    y_true: np.ndarray, y_score: np.ndarray, years: Sequence[int | None], counts: np.ndarray
) -> tuple[Decade, ...]:
    """The posters whose year is known, by decade, oldest first.

    Args:
        y_true: (N, G).
        y_score: (N, G).
        years: N.
        counts: (S, N), the bootstrap's; see `draw_counts`.
    """
    first = np.array([-1 if year is None else year // 10 * 10 for year in years])
    return tuple(
        _decade(int(decade), y_true[first == decade], y_score[first == decade], counts[:, first == decade])
        for decade in np.unique(first[first >= 0])
    )


def _decade(first_year: int, y_true: np.ndarray, y_score: np.ndarray, counts: np.ndarray) -> Decade:
    counted = y_true.any(axis=0)
    y, p = y_true[:, counted], y_score[:, counted]
    if not counted.any():
        return Decade(first_year, len(y_true), None, 0, None, None)
    resampled = nan_mean(resampled_average_precision(y, p, counts))
    return Decade(
        first_year=first_year,
        posters=len(y_true),
        macro_map=float(average_precision(y, p).mean()),
        counted=int(counted.sum()),
        chance=float(y.mean()),
        interval=reflected_interval(resampled, float(average_precision(y, p).mean())),
    )
