"""Whether the model is as good at old posters as at new ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posters.evaluation.bootstrap import Interval
from posters.evaluation.jackknife import jackknife
from posters.metrics import all_known


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

    Examples:
        >>> Decade(1990, 12, None, 0, None, None).first_year
        1990
    """

    first_year: int
    posters: int
    macro_map: float | None
    counted: int
    chance: float | None
    interval: Interval | None


def decades(
    y_true: np.ndarray, y_score: np.ndarray, years: Sequence[int | None], groups: np.ndarray
) -> tuple[Decade, ...]:
    """Evaluate the posters whose year is known, by decade, oldest first.

    Args:
        y_true: (N, G), -1 where a label is unknown.
        y_score: (N, G).
        years: N.
        groups: int (N,); posters of one number are one film.

    Examples:
        >>> y_true, y_score = np.array([[1], [0], [1]]), np.array([[0.9], [0.2], [0.4]])
        >>> [row.first_year for row in decades(y_true, y_score, [1995, 1991, None], np.arange(3))]
        [1990]
    """
    # -1 for an unknown year: numbers can be compared, None can't.
    first = np.array([-1 if year is None else year // 10 * 10 for year in years])
    return tuple(
        _decade(int(decade), y_true[first == decade], y_score[first == decade], groups[first == decade])
        for decade in np.unique(first[first >= 0])
    )


def _decade(first_year: int, y_true: np.ndarray, y_score: np.ndarray, groups: np.ndarray) -> Decade:
    counted = (y_true == 1).any(axis=0)
    y, p = y_true[:, counted], y_score[:, counted]
    if not counted.any():
        return Decade(first_year, len(y_true), None, 0, None, None)
    spread = jackknife(y, p, groups)
    return Decade(
        first_year=first_year,
        posters=len(y_true),
        macro_map=float(spread.values.mean()),
        counted=int(counted.sum()),
        chance=_chance(y),
        interval=spread.interval(),
    )


def _chance(y_true: np.ndarray) -> float:
    if all_known(y_true):
        return float(y_true.mean())
    # Genres are known of different numbers of posters: the mean over all cells would weigh them by that.
    return float(np.mean((y_true == 1).sum(axis=0) / (y_true >= 0).sum(axis=0)))
