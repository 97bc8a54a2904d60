"""Jackknife intervals of average precision: its bias and its spread, from leaving out one film at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posters._base.brief import brief_repr
from posters._base.optional_imports import require
from posters.evaluation.bootstrap import Interval
from posters.metrics import average_precision

# With fewer films that have the genre, the figures without one of them tell too little of how far it may be off.
LEAST_POSITIVE_FILMS = 5


@dataclass(frozen=True, eq=False, repr=False)
class Jackknife:
    """Average precision of some genres, with what it would be without each film.

    The interval of a figure is made in four steps (`docs/evaluation.md` has the coverage with and without each):

    1. Average precision of few posters is too high. Its jackknife bias (Quenouille 1956) is subtracted; the bias of
       bootstrap resamples is only about half of it.
    2. The covariance of the genres is that of the jackknife (Efron and Tibshirani 1993, chapter 11). The variance of
       a genre with p positive films is enlarged by p / (p - 1). A lone positive, without which there is no
       figure, is taken to vary as the other genres do, relative to their figures.
    3. Student's distribution takes the place of the normal one, with p - 1 degrees of freedom from each genre.
    4. The ends of one genre are taken on the scale of logits: near 0 or 1, it has less room on that side. Those of a
       mean over genres are not, since what is left of its bias is all on one side.

    Attributes:
        values: (G,), the average precision of each genre; NaN where it is undefined.
        bias: (G,), its estimated bias.
        covariance: (G, G), of the figures, by the jackknife.
        positives: int (G,), how many films have the genre.
        films: how many there are.

    Examples:
        >>> y_true = (np.arange(60) % 3 == 0)[:, None].astype(int)
        >>> y_score = (np.arange(60) % 7 / 10 + 0.3 * y_true[:, 0])[:, None]
        >>> interval = jackknife(y_true, y_score, np.arange(60)).interval()
        >>> round(interval.low, 2), round(interval.high, 2)
        (0.53, 0.88)
    """

    values: np.ndarray
    bias: np.ndarray
    covariance: np.ndarray
    positives: np.ndarray
    films: int

    __repr__ = brief_repr

    @property
    def variances(self) -> np.ndarray:
        """The variance of each figure, (G,): that of the covariance, enlarged for rare genres."""
        several, told = self.positives > 1, self.positives >= LEAST_POSITIVE_FILMS
        own = np.diag(self.covariance) * np.where(several, self.positives / np.maximum(self.positives - 1, 1), 1)
        if not told.any():
            return own
        # Of what a lone positive varies by, its own film tells nothing.
        relative = (own * self.positives)[told].sum() / (self.values[told] ** 2).sum()
        return np.where(self.positives == 1, relative * self.values**2, own)

    def error(self, chosen: np.ndarray) -> float:
        """Return the standard error of the mean over the chosen genres, bool (G,), defined ones; 0 of none."""
        together = self.covariance[np.ix_(chosen, chosen)]
        variance = self.variances[chosen].sum() + together.sum() - np.trace(together)
        return float(np.sqrt(variance) / max(np.count_nonzero(chosen), 1))

    def interval(self, genres: np.ndarray | None = None, level: float = 0.95) -> Interval | None:
        """Return the interval of the mean over the genres that are defined.

        Args:
            genres: bool (G,), which to take the mean of; by default all.
            level: the share of such intervals that should cover the true figure.

        Returns:
            None where nothing is defined, where all positives of each genre are of one film, where fewer than
            `LEAST_POSITIVE_FILMS` films have the only genre, and where no film moves the figure: these posters don't
            tell how far off it is.
        """
        chosen = ~np.isnan(self.values) & (True if genres is None else genres)
        positives, error = self.positives[chosen], self.error(chosen)
        if not error > 0 or positives.max() < (LEAST_POSITIVE_FILMS if len(positives) == 1 else 2):
            return None
        mean = float(self.values[chosen].mean())
        # A bias is only an estimate: of what is between the figure and either end, it may take three quarters.
        centre = np.clip(mean - self.bias[chosen].mean(), mean / 4, 1 - (1 - mean) / 4)
        reach = error * require("scipy.stats").t.ppf((1 + level) / 2, (positives - 1).sum())
        low, high = np.clip([centre - reach, centre + reach], 0.0, 1.0)
        if len(positives) == 1:
            odds, slope = np.log(centre / (1 - centre)), centre * (1 - centre)
            low, high = 1 / (1 + np.exp([reach / slope - odds, -reach / slope - odds]))
        return Interval(float(low), float(high), level)

    def of_genre(self, genre: int) -> Interval | None:
        """Return the interval of one genre; see `interval`."""
        return self.interval(np.arange(len(self.values)) == genre)


def jackknife(y_true: np.ndarray, y_score: np.ndarray, groups: np.ndarray) -> Jackknife:
    """Compute the average precision of each genre with and without each film.

    Args:
        y_true: (N, G) of 0 and 1, or -1 where a label is unknown.
        y_score: (N, G).
        groups: int (N,); posters of one number are one film.

    Examples:
        >>> y_true, y_score = np.array([[1], [0], [1]]), np.array([[0.9], [0.5], [0.2]])
        >>> jackknife(y_true, y_score, np.array([0, 1, 1])).positives.tolist()
        [2]
    """
    _, film = np.unique(groups, return_inverse=True)
    values, films = average_precision(y_true, y_score), int(film.max(initial=-1)) + 1
    moved, bias = np.zeros((films, len(values))), np.zeros(len(values))
    positives = np.array([len(np.unique(film[column == 1])) for column in y_true.T], int)
    for genre in np.flatnonzero(positives > 1):
        known = y_true[:, genre] >= 0
        # Films of which the genre is unknown move nothing, and don't count.
        counted, numbers = np.unique(film[known], return_inverse=True)
        without = leave_one_out(y_true[known, genre], y_score[known, genre], numbers)
        share = (len(counted) - 1) / len(counted)
        bias[genre] = share * (without - values[genre]).sum()
        moved[counted, genre] = np.sqrt(share) * (without - without.mean())
    return Jackknife(values, bias, moved.T @ moved, positives, films)


def jackknife_by_fold(
    y_true: np.ndarray, y_scores: Sequence[np.ndarray], groups: np.ndarray, folds: Sequence[np.ndarray]
) -> Jackknife:
    """Compute average precision in each fold alone, averaged over folds and repeats, with and without each film.

    Scores of a cross-validation come from as many networks as there are folds, on scales that may differ; in each fold
    alone, that does no harm. A genre's figure is the mean over the folds that have it.

    With several folds, the figure to cover is that of folds of this size, and no bias is subtracted: of what average
    precision on a few positives is above that on many, too much is left by the jackknife.

    Args:
        y_true: (N, G) of 0 and 1, or -1 where a label is unknown.
        y_scores: (N, G) of each repeat.
        groups: int (N,); posters of one number are one film.
        folds: int (N,) of each repeat, the fold of each poster.

    Examples:
        >>> y_true, y_score = np.array([[1], [0], [1], [0]]), np.array([[0.9], [0.8], [0.2], [0.1]])
        >>> films, folds = np.arange(4), np.array([0, 0, 1, 1])
        >>> jackknife(y_true, y_score, films).values.round(2).tolist()
        [0.83]
        >>> jackknife_by_fold(y_true, [y_score], films, [folds]).values.tolist()
        [1.0]
    """
    parts = [(y_score, fold == n) for y_score, fold in zip(y_scores, folds, strict=True) for n in np.unique(fold)]
    # What is not in the fold is unknown there: each genre in each fold is a column of its own, of the same films.
    y_true_of = np.hstack([np.where(own[:, None], y_true, -1) for _, own in parts])
    cells = jackknife(y_true_of, np.hstack([y_score for y_score, _ in parts]), groups)
    if len(parts) == 1:
        return cells
    positives = np.array([len(np.unique(groups[column == 1])) for column in y_true.T], int)
    return _averaged(cells, positives, unbiased=len(parts) > len(folds))


def _averaged(cells: Jackknife, positives: np.ndarray, *, unbiased: bool) -> Jackknife:
    """Average the figures of each genre, which stands once in each part; positives (G,) of all parts."""
    shape = (-1, len(positives))
    defined = ~np.isnan(cells.values).reshape(shape)
    weights = defined / np.maximum(defined.sum(axis=0), 1)
    # Enlarged here, fold by fold, where a genre has few films.
    covariance = cells.covariance + np.diag(cells.variances - np.diag(cells.covariance))
    values, bias = ((weights * np.nan_to_num(each).reshape(shape)).sum(axis=0) for each in (cells.values, cells.bias))
    return Jackknife(
        values=np.where(defined.any(axis=0), values, np.nan),
        bias=np.zeros(len(positives)) if unbiased else bias,
        covariance=np.einsum("pg,pgqh,qh->gh", weights, covariance.reshape(weights.shape * 2), weights, optimize=True),
        positives=positives,
        films=cells.films,
    )


def leave_one_out(y_true: np.ndarray, y_score: np.ndarray, film: np.ndarray) -> np.ndarray:
    """Return the average precision of one genre without each film, in O(N log N) for films of a few posters.

    Args:
        y_true: (N,) of 0 and 1.
        y_score: (N,).
        film: int (N,), numbers from 0 to F - 1, each at least once.

    Returns:
        float64 (F,), NaN where no positive is left.

    Examples:
        >>> leave_one_out(np.array([1, 0, 1]), np.array([0.9, 0.5, 0.2]), np.array([0, 1, 2])).tolist()
        [0.5, 1.0, 1.0]
    """
    order = np.argsort(-y_score, kind="stable")
    true, falling, film = (y_true[order] == 1).astype(float), -y_score[order], film[order]
    positive = np.flatnonzero(true)
    # What has been passed where a positive's tie ends.
    end = np.searchsorted(falling, falling[positive], side="right")
    hits, predicted = np.append(0, np.cumsum(true))[end], end.astype(float)
    # Film by film: how many of its rows, and of its hits, have been passed from each of its rows on.
    rows = np.lexsort((np.arange(len(film)), film))
    first = np.searchsorted(film[rows], np.arange(film.max(initial=-1) + 1))
    of = film[rows]
    passed, hits_before = np.arange(len(rows)) - first[of] + 1, np.append(0, np.cumsum(true[rows]))
    own_hits = (hits_before[1:] - hits_before[first][of]).astype(int)
    # The positives that a row is counted at: those of its score or below, up to those that the film's next row is at.
    start = np.searchsorted(positive, np.searchsorted(falling, falling, side="left"))[rows]
    stop = np.append(start[1:], len(positive))
    stop[np.append(of[1:] != of[:-1], True)] = len(positive)
    # A film's own positives, each after the last of its rows that is counted there.
    base = len(positive) + 1
    place = np.searchsorted(of * base + start, film[positive] * base + np.arange(base - 1), side="right") - 1
    total = np.append(0, np.cumsum(hits / predicted))[start[first]]
    # Rows that take away the same counts share one running sum.
    pairs, kind = np.unique(np.stack([passed, own_hits]), axis=1, return_inverse=True)
    kind = kind.ravel()
    for number, (rows_gone, hits_gone) in enumerate(pairs.T):
        precision = (hits - hits_gone) / np.maximum(predicted - rows_gone, 1)
        running, here, own = np.append(0, np.cumsum(precision)), kind == number, kind[place] == number
        total += np.bincount(of[here], running[stop[here]] - running[start[here]], len(first))
        total -= np.bincount(film[positive[own]], precision[own], len(first))
    left = len(positive) - np.bincount(film, true, len(first))
    return np.where(left > 0, total / np.maximum(left, 1), np.nan)
