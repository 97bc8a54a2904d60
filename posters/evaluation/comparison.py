"""Which of several runs is better on the same posters, and in which genres the difference is real."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from posters._base.brief import brief_repr
from posters._base.frames import frame_of
from posters._base.validation import to_plain
from posters.errors import ScoresError
from posters.evaluation.bootstrap import (
    Interval,
    draw_counts,
    nan_mean,
    normal_interval,
    resampled_average_precision,
    standard_error,
)
from posters.evaluation.evaluation import Bootstrap, SeenBefore
from posters.evaluation.jackknife import Jackknife, jackknife_by_fold
from posters.metrics import average_precision
from posters.scores import Scores

if TYPE_CHECKING:
    import pandas

# Of a DataFrame; the first two are its index.
_COLUMNS = (
    *("run", "genre", "positives", "average_precision"),
    *("difference", "low", "high", "share_ahead", "p_value", "verdict"),
)

Verdict = Literal["better", "worse", "no difference shown"]


@dataclass(frozen=True)
class Difference:
    """A figure of a run less that of the first run.

    Attributes:
        difference: above 0 where the run is ahead.
        interval: its paired bootstrap interval, of this figure alone.
        share_ahead: in which share of the resamples the run is ahead; those without a difference count half. Not a
            probability of being better: few positives make it look surer than it is.
        p_value: how often so great a difference arises between equals; two-sided, of this figure alone.
        verdict: of a macro mAP, by its interval; of a genre, by Holm's method over all judged genres of the run.

    Examples:
        >>> Difference(0.02, Interval(0.01, 0.03, 0.95), 1.0, 0.001, "better").verdict
        'better'
    """

    difference: float
    interval: Interval
    share_ahead: float
    p_value: float
    verdict: Verdict

    def row(self) -> dict[str, Any]:
        """Return it by column, with the ends of its interval.

        Examples:
            >>> Difference(0.02, Interval(0.01, 0.03, 0.95), 1.0, 0.001, "better").row()["low"]
            0.01
        """
        return {**vars(self), "low": self.interval.low, "high": self.interval.high, "interval": None}


@dataclass(frozen=True)
class ComparedGenre:
    """One genre of one run.

    Attributes:
        name: the genre.
        positives: posters that have it.
        average_precision: of the run.
        against_first: the difference; None for the first run, and for a genre with fewer than
            `Comparison.least_positives`.
        unknown: posters of which nobody knows whether they have it: they are left out of its figures.

    Examples:
        >>> ComparedGenre("War", 12, 0.4, None).positives
        12
    """

    name: str
    positives: int
    average_precision: float
    against_first: Difference | None
    unknown: int = 0


@dataclass(frozen=True)
class ComparedRun:
    """One run.

    Attributes:
        name: the run.
        macro_map: over the common genres that have positives.
        interval: of `macro_map`.
        against_first: the difference of the macro mAP; None for the first run.
        genres: the common genres that have positives.
        seen: which of the posters its classifier has seen before; None if nobody looked.
        of_folds: of a cross-validation, the macro mAP of each fold alone, a tuple for each repeat.

    Examples:
        >>> ComparedRun("first", 0.33, None, None, ()).macro_map
        0.33
    """

    __repr__ = brief_repr

    name: str
    macro_map: float
    interval: Interval | None
    against_first: Difference | None
    genres: tuple[ComparedGenre, ...]
    seen: SeenBefore | None = None
    of_folds: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Several runs on the posters that all of them have.

    Attributes:
        split: what these posters are called, such as "test".
        posters: how many all runs have.
        left_out_posters: how many only some of the runs have.
        unreadable: ids of posters that are in that split of all runs, but that one couldn't read.
        unshared_genres: genres that not all runs know.
        without_positives: genres that all runs know, but that no common poster has.
        least_positives: from how many positives on a genre is judged.
        bootstrap: how every interval was made.
        runs: the first is what the others are compared with.
        left_out_seen: posters that were left out on request, since a run has seen them before.
        unseen: the same over the posters that no run has seen before; None where that is all of them or none.
        unknown_labels: how many labels of these posters and genres no run's catalogue knows: left out of every figure.
        folds: of cross-validations, how many folds they have; every figure is of each fold alone, and averaged. Else 0.
        repeats: of cross-validations, how many all of them have.
    """

    __repr__ = brief_repr

    split: str
    posters: int
    left_out_posters: int
    unreadable: tuple[str, ...]
    unshared_genres: tuple[str, ...]
    without_positives: tuple[str, ...]
    least_positives: int
    bootstrap: Bootstrap
    runs: tuple[ComparedRun, ...]
    left_out_seen: int = 0
    unseen: "Comparison | None" = None
    unknown_labels: int = 0
    folds: int = 0
    repeats: int = 1

    @property
    def labels(self) -> int:
        """How many labels of the compared genres there are, known or not."""
        return self.posters * len(self.runs[0].genres)

    @property
    def left_out_genres(self) -> tuple[str, ...]:
        """The genres that not all runs know, or that no common poster has."""
        return tuple(sorted(self.unshared_genres + self.without_positives))

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a DataFrame with a row for each run and genre, and one for each run's macro mAP.

        Returns:
            by run and genre ("macro mAP" for that of all): positives, average_precision, and against the first run
            difference, low, high, share_ahead, p_value and verdict; NaN or None for the first run, and for genres that
            are not judged.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        rows = []
        for run in self.runs:
            whole = ComparedGenre(
                "macro mAP", sum(each.positives for each in run.genres), run.macro_map, run.against_first
            )
            for genre in (whole, *run.genres):
                about = {"run": run.name, "genre": genre.name, "positives": genre.positives}
                against = genre.against_first.row() if genre.against_first else {}
                rows.append({**about, "average_precision": genre.average_precision, **against})
        return frame_of(rows, _COLUMNS, index=["run", "genre"])[list(_COLUMNS[2:])]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON: lists, dicts, text, finite numbers and None."""
        plain: dict[str, Any] = to_plain(self, ScoresError)
        return plain


@dataclass(frozen=True, eq=False)
class Aligned:
    """Scores of the same posters and genres.

    Attributes:
        ids: the N posters that all runs have, in order of id, so that the order of the runs decides nothing.
        genre_names: the G genres that all runs know, in the first run's order.
        y_true: int8 (N, G), on which all runs agree; -1 where the label is unknown to all of them.
        y_score: (N, G) of each run, by its name.

    Examples:
        >>> Aligned(("a",), ("War",), np.array([[1]]), {"first": np.array([[0.7]])}).ids
        ('a',)
    """

    __repr__ = brief_repr

    ids: tuple[str, ...]
    genre_names: tuple[str, ...]
    y_true: np.ndarray
    y_score: dict[str, np.ndarray]


def align(scores: Mapping[str, Scores]) -> Aligned:
    """Return what all runs have in common.

    Raises:
        ScoresError: no poster or no genre, or they disagree on a poster's genres.

    Examples:
        >>> one = Scores(("a", "b"), ("War",), np.array([[0.7], [0.1]]), np.array([[1], [0]]))
        >>> align({"first": one, "second": one.take([1])}).ids
        ('b',)
    """
    ids = tuple(sorted(_common(scores, "poster", (each.ids for each in scores.values()))))
    shared = _common(scores, "genre", (each.genre_names for each in scores.values()))
    genre_names = tuple(name for name in next(iter(scores.values())).genre_names if name in shared)
    places = {name: _places(each, ids, genre_names) for name, each in scores.items()}
    labels = {name: each.labelled("a comparison").y_true[places[name]] for name, each in scores.items()}
    _check_labels(labels, ids, genre_names)
    y_score = {name: each.y_score[places[name]] for name, each in scores.items()}
    # A label that one run's catalogue knows is a fact about the poster, and judges the others too.
    return Aligned(ids, genre_names, np.maximum.reduce(list(labels.values())), y_score)


def _common(scores: Mapping[str, Scores], thing: str, names: Iterable[Sequence[str]]) -> set[str]:
    common = set.intersection(*map(set, names))
    if not common:
        how = ", trained with the same --splits" if thing == "poster" else ""
        raise ScoresError(f"{' and '.join(scores)} have no {thing} in common: compare runs of one catalogue{how}")
    return common


def _places(scores: Scores, ids: Sequence[str], genre_names: Sequence[str]) -> tuple[np.ndarray, ...]:
    """Return where these posters and genres are in a run's own table."""
    row_of = {id: row for row, id in enumerate(scores.ids)}
    return np.ix_([row_of[id] for id in ids], [scores.genre_names.index(name) for name in genre_names])


def _check_labels(labels: Mapping[str, np.ndarray], ids: Sequence[str], genre_names: Sequence[str]) -> None:
    for (first, y_true), (name, other) in combinations(labels.items(), 2):
        # Unknown contradicts nothing.
        contradicted = (other != y_true) & (other >= 0) & (y_true >= 0)
        if contradicted.any():
            row, column = np.argwhere(contradicted)[0]
            raise ScoresError(
                f"{first} and {name} have other genres for the poster {ids[row]!r}, {genre_names[column]} in one of "
                "them alone: compare runs of one catalogue"
            )


# How often equals may be called different: in macro mAP, and in any of the genres.
_LEVEL = 0.05
# With fewer positives, a rank or two decide the average precision, and resamples hardly move it.
LEAST_POSITIVES = 10


def compare(
    scores: Mapping[str, Scores],
    groups: Mapping[str, int] | None = None,
    *,
    split: str = "test",
    samples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compare runs on the posters and genres that all of them have.

    Every resample draws the same posters for all runs, so what is hard about them cancels out in the difference
    (Sakai 2006, "Evaluating Evaluation Metrics based on the Bootstrap"). A macro mAP is called better or worse at the
    level of 5%. So are the genres of a run taken together, by Holm's (1979) method: if two runs are equal, the chance
    that any of twenty genres is called different is about 5%, where twenty single tests would have one nearly always.

    Nothing here shows how far another training run of the same recipe would differ.

    Args:
        scores: of each run by its name, with labels; the first run is what the others are compared with.
        groups: a number for each id; posters of one number are drawn together. By default each poster alone.
        split: what the posters are called.
        samples: resamples of the bootstrap.
        seed: of the bootstrap.

    Raises:
        ScoresError: fewer than two runs; no common poster, genre or positive; or runs that disagree on a label.

    Examples:
        >>> y_true = np.tile([[1], [0]], (10, 1))
        >>> ids = tuple(map(str, range(20)))
        >>> right, wrong = (Scores(ids, ("War",), np.abs(y_true - miss), y_true) for miss in (0.1, 0.9))
        >>> compare({"wrong": wrong, "right": right}, samples=50).runs[1].against_first.verdict
        'better'
    """
    return _compared({name: [each] for name, each in scores.items()}, (), groups or {}, split, samples, seed)


def compare_folds(
    scores: Mapping[str, Sequence[Scores]],
    folds: Sequence[Mapping[str, int]],
    groups: Mapping[str, int] | None = None,
    *,
    samples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compare cross-validations over the same folds, as `compare` does with runs.

    Every average precision is that of a fold alone, and averaged over folds and repeats: networks of different folds
    are on different scales, so that pooled scores would compare the scales, too.

    Args:
        scores: out-of-fold scores of each cross-validation by its name, one for each repeat.
        folds: the fold of each id, for each repeat.
        groups: as in `compare`.
        samples: as in `compare`.
        seed: as in `compare`.

    Raises:
        ScoresError: as in `compare`; or a poster is in no fold.

    Examples:
        >>> y_true = np.tile([[1], [0]], (10, 1))
        >>> ids = tuple(map(str, range(20)))
        >>> right, wrong = (Scores(ids, ("War",), np.abs(y_true - miss), y_true) for miss in (0.1, 0.9))
        >>> folds = {id: row % 4 // 2 for row, id in enumerate(ids)}
        >>> compare_folds({"wrong": [wrong], "right": [right]}, [folds], samples=50).runs[1].of_folds
        ((1.0, 1.0),)
    """
    return _compared(scores, folds, groups or {}, "out-of-fold", samples, seed)


def _compared(
    scores: Mapping[str, Sequence[Scores]],
    folds: Sequence[Mapping[str, int]],
    groups: Mapping[str, int],
    split: str,
    samples: int,
    seed: int,
) -> Comparison:
    if len(scores) < 2:
        raise ScoresError(f"a comparison needs at least two runs, but got {', '.join(scores) or 'none'}")
    # Aligned all at once, so that every repeat is of the same posters.
    each = {
        name if number == 1 else f"{name}, repeat {number}": one
        for name, several in scores.items()
        for number, one in enumerate(several, start=1)
    }
    common = align(each)
    known = dict.fromkeys(name for one in each.values() for name in one.genre_names)
    has_positives = (common.y_true == 1).any(axis=0)
    if not has_positives.any():
        raise ScoresError(
            f"no genre of the {len(common.ids):,} posters that {' and '.join(scores)} share has positives"
        )
    posters = _posters(common, has_positives, folds, groups, samples, seed)
    y_scores = iter(common.y_score.values())
    first, *others = (
        posters.figures(name, [next(y_scores)[:, has_positives] for _ in several]) for name, several in scores.items()
    )
    return Comparison(
        split=split,
        posters=len(common.ids),
        left_out_posters=len({id for one in each.values() for id in one.ids}) - len(common.ids),
        unreadable=(),
        unshared_genres=tuple(name for name in known if name not in common.genre_names),
        without_positives=tuple(np.array(common.genre_names)[~has_positives].tolist()),
        least_positives=LEAST_POSITIVES,
        bootstrap=Bootstrap(samples, int(posters.groups.max()) + 1, seed),
        runs=(first.run(None), *(other.run(first) for other in others)),
        unknown_labels=int((posters.y_true < 0).sum()),
        folds=len(np.unique(posters.folds[0])) if folds else 0,
        repeats=len(posters.folds),
    )


@dataclass(frozen=True, eq=False)
class _Posters:
    """The posters that all runs have: labels (N, G), groups (N,), resamples (S, N), and the folds (N,) by repeat."""

    genre_names: tuple[str, ...]
    y_true: np.ndarray
    groups: np.ndarray
    counts: np.ndarray
    folds: list[np.ndarray]

    def figures(self, name: str, y_scores: Sequence[np.ndarray]) -> "_Figures":
        """Return the figures of one run, of each fold alone and averaged; its scores (N, G) by repeat."""
        parts = [
            [(self.y_true[fold == n], y_score[fold == n], self.counts[:, fold == n]) for n in np.unique(fold)]
            for y_score, fold in zip(y_scores, self.folds, strict=True)
        ]
        alone = [[average_precision(y, p) for y, p, _ in repeat] for repeat in parts]
        resampled = [resampled_average_precision(*part) for repeat in parts for part in repeat]
        precisions = nan_mean(np.stack([row for repeat in alone for row in repeat], axis=1))
        spread = jackknife_by_fold(self.y_true, y_scores, self.groups, self.folds)
        of_folds = tuple(tuple(float(nan_mean(row[None])[0]) for row in repeat) for repeat in alone)
        return _Figures(name, self, precisions, spread, nan_mean(np.stack(resampled, axis=2)), of_folds)


def _posters(
    common: Aligned, chosen: np.ndarray, folds: Sequence[Mapping[str, int]], groups: Mapping[str, int], *draw: int
) -> _Posters:
    """Return the posters with the chosen genres, (G,) of bool; `draw` is samples and seed."""
    strays = [id for id in common.ids if any(id not in fold for fold in folds)]
    if strays:
        raise ScoresError(f"{len(strays):,} of the compared posters are in no fold ({strays[0]!r})")
    # A poster without a group is its own; its number is negative, so that it can't be one of the given ones.
    numbers = np.unique([groups.get(id, -1 - row) for row, id in enumerate(common.ids)], return_inverse=True)[1]
    names = tuple(np.array(common.genre_names)[chosen].tolist())
    fold_of = [np.array([fold[id] for id in common.ids]) for fold in folds] or [np.zeros(len(common.ids), int)]
    return _Posters(names, common.y_true[:, chosen], numbers, draw_counts(numbers, *draw), fold_of)


@dataclass(frozen=True, eq=False)
class _Figures:
    """Average precisions of one run, (G,), and those of the resamples, (S, G)."""

    name: str
    posters: _Posters
    precisions: np.ndarray
    spread: Jackknife
    resampled: np.ndarray
    of_folds: tuple[tuple[float, ...], ...]

    def run(self, first: "_Figures | None") -> ComparedRun:
        macro_map, resampled = float(self.precisions.mean()), nan_mean(self.resampled)
        difference = None
        if first is not None:
            difference = _difference(macro_map - float(first.precisions.mean()), resampled - nan_mean(first.resampled))
        return ComparedRun(
            name=self.name,
            macro_map=macro_map,
            interval=self.spread.interval(),
            against_first=difference,
            genres=self._genres({} if first is None else self._differences(first)),
            # Without folds, all is one.
            of_folds=self.of_folds if len(self.of_folds[0]) > 1 else (),
        )

    def _genres(self, differences: Mapping[int, Difference]) -> tuple[ComparedGenre, ...]:
        y_true = self.posters.y_true
        positives, unknown = (y_true == 1).sum(axis=0).tolist(), (y_true < 0).sum(axis=0).tolist()
        columns = zip(self.posters.genre_names, positives, self.precisions.tolist(), strict=True)
        return tuple(ComparedGenre(*column, differences.get(g), unknown[g]) for g, column in enumerate(columns))

    def _differences(self, first: "_Figures") -> dict[int, Difference]:
        """Return the difference of each genre with enough positives."""
        judged = np.flatnonzero((self.posters.y_true == 1).sum(axis=0) >= LEAST_POSITIVES).tolist()
        values, resampled = self.precisions - first.precisions, self.resampled - first.resampled
        alone = [_difference(float(values[g]), resampled[:, g]) for g in judged]
        shown = _holm([difference.p_value for difference in alone])
        together = (
            difference if real else replace(difference, verdict="no difference shown")
            for difference, real in zip(alone, shown, strict=True)
        )
        return dict(zip(judged, together, strict=True))


def _holm(p_values: Sequence[float]) -> list[bool]:
    """Return which differences Holm's method calls real: the smallest p at level / n, the next at level / (n - 1)."""
    # The first difference that fails ends it: larger p-values are not tested any more.
    order = np.argsort(p_values, kind="stable")
    limits = _LEVEL / np.arange(len(order), 0, -1)
    real = np.zeros(len(order), bool)
    real[order] = np.logical_and.accumulate(np.array(p_values)[order] <= limits)
    return real.tolist()


def _difference(value: float, resampled: np.ndarray) -> Difference:
    """Return a difference judged alone; `resampled` (S,)."""
    known, interval = resampled[~np.isnan(resampled)], normal_interval(resampled, value)
    error = standard_error(resampled)
    return Difference(
        difference=value,
        interval=interval,
        # The sign is 0 where the two are equal: half a resample for each.
        share_ahead=float(np.mean((np.sign(known) + 1) / 2)),
        # Of a normal distribution around 0, both tails.
        p_value=math.erfc(abs(value) / error / math.sqrt(2)) if error else 1.0,
        verdict=_verdict(interval.low, interval.high),
    )


def _verdict(low: float, high: float) -> Verdict:
    # An interval without width comes of posters that never move the figure, and shows nothing.
    if low == high or low <= 0 <= high:
        return "no difference shown"
    return "better" if low > 0 else "worse"
