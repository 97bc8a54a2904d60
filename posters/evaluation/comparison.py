"""Which of several runs is better on the same posters, and in which genres the difference is real."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from posters.errors import ScoresError
from posters.evaluation.aligned import Aligned, align
from posters.evaluation.bootstrap import (
    draw_counts,
    nan_mean,
    normal_interval,
    reflected_interval,
    resampled_average_precision,
    standard_error,
)
from posters.evaluation.compared import ComparedGenre, ComparedRun, Comparison, Difference, Verdict
from posters.evaluation.evaluation import Bootstrap
from posters.metrics import average_precision
from posters.scores import Scores

# How often equals may be called different: in macro mAP, and in any of the genres.
_LEVEL = 0.05
# With fewer positives, a rank or two decide the average precision, and resamples hardly move it.
LEAST_POSITIVES = 10


def compare(
    scores: Mapping[str, Scores],
    groups: Mapping[str, int] | None = None,
    *,
    side: str = "test",
    samples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compare runs on the posters and genres that all of them have.

    Every resample draws the same posters for all runs, so that what is hard about them cancels out in the difference
    (Sakai 2006, "Evaluating Evaluation Metrics based on the Bootstrap"). A macro mAP is called better or worse at the
    level of 5%. So are the genres of a run taken together, by Holm's (1979) method: if two runs are equal, the chance
    that any of twenty genres is called different is about 5%, where twenty single tests would have one nearly always.

    Nothing here tells how far another training run of the same recipe would differ.

    Args:
        scores: of each run by its name, with labels; the first run is what the others are compared with.
        groups: a number for each id; posters of one number are drawn together. By default each poster alone.
        side: what the posters are called.
        samples: resamples of the bootstrap.
        seed: of the bootstrap.

    Raises:
        ScoresError: fewer than two runs; no common poster, genre or positive; or runs that disagree on a label.
    """
    if len(scores) < 2:
        raise ScoresError(f"a comparison needs at least two runs, but got {', '.join(scores) or 'none'}")
    common = align(scores)
    has_positives = common.y_true.sum(axis=0) > 0
    if not has_positives.any():
        raise ScoresError(
            f"no genre of the {len(common.ids):,} posters that {' and '.join(scores)} share has positives"
        )
    numbers = np.unique([(groups or {}).get(id, -1 - row) for row, id in enumerate(common.ids)], return_inverse=True)[1]
    first, *others = _figures(common, has_positives, draw_counts(numbers, samples, seed))
    return Comparison(
        side=side,
        posters=len(common.ids),
        left_out_posters=len({id for each in scores.values() for id in each.ids}) - len(common.ids),
        unreadable=(),
        unshared_genres=_unshared(scores, common),
        without_positives=tuple(np.array(common.genre_names)[~has_positives].tolist()),
        least_positives=LEAST_POSITIVES,
        bootstrap=Bootstrap(samples, int(numbers.max()) + 1, seed),
        runs=(first.run(None), *(other.run(first) for other in others)),
    )


def _unshared(scores: Mapping[str, Scores], common: Aligned) -> tuple[str, ...]:
    known = dict.fromkeys(name for each in scores.values() for name in each.genre_names)
    return tuple(name for name in known if name not in common.genre_names)


def _figures(common: Aligned, chosen: np.ndarray, counts: np.ndarray) -> "list[_Figures]":
    """Each run's, over the chosen genres, (G,) of bool."""
    y_true, names = common.y_true[:, chosen], tuple(np.array(common.genre_names)[chosen].tolist())
    return [
        _Figures(
            name=name,
            genre_names=names,
            positives=y_true.sum(axis=0),
            precisions=average_precision(y_true, y_score[:, chosen]),
            resampled=resampled_average_precision(y_true, y_score[:, chosen], counts),
        )
        for name, y_score in common.y_score.items()
    ]


@dataclass(frozen=True, eq=False)
class _Figures:
    """Average precisions of one run, (G,), and those of the resamples, (S, G)."""

    name: str
    genre_names: tuple[str, ...]
    positives: np.ndarray
    precisions: np.ndarray
    resampled: np.ndarray

    def run(self, first: "_Figures | None") -> ComparedRun:
        macro_map, resampled = float(self.precisions.mean()), nan_mean(self.resampled)
        difference = None
        if first is not None:
            difference = _difference(macro_map - float(first.precisions.mean()), resampled - nan_mean(first.resampled))
        return ComparedRun(
            name=self.name,
            macro_map=macro_map,
            interval=reflected_interval(resampled, macro_map),
            against_first=difference,
            genres=self._genres({} if first is None else self._differences(first)),
        )

    def _genres(self, differences: Mapping[int, Difference]) -> tuple[ComparedGenre, ...]:
        columns = zip(self.genre_names, self.positives.tolist(), self.precisions.tolist(), strict=True)
        return tuple(ComparedGenre(*column, differences.get(g)) for g, column in enumerate(columns))

    def _differences(self, first: "_Figures") -> dict[int, Difference]:
        """By genre, for those with enough positives."""
        judged = np.flatnonzero(self.positives >= LEAST_POSITIVES).tolist()
        values, resampled = self.precisions - first.precisions, self.resampled - first.resampled
        alone = [_difference(float(values[g]), resampled[:, g]) for g in judged]
        shown = _holm([difference.p_value for difference in alone])
        together = (
            difference if real else replace(difference, verdict="no difference shown")
            for difference, real in zip(alone, shown, strict=True)
        )
        return dict(zip(judged, together, strict=True))


def _holm(p_values: Sequence[float]) -> list[bool]:
    """Which differences Holm's method calls real: the smallest p at level / n, the next at level / (n - 1), and on."""
    order = np.argsort(p_values, kind="stable")
    limits = _LEVEL / np.arange(len(order), 0, -1)
    real = np.zeros(len(order), bool)
    real[order] = np.logical_and.accumulate(np.array(p_values)[order] <= limits)
    return real.tolist()


def _difference(value: float, resampled: np.ndarray) -> Difference:
    """A difference judged alone; `resampled` (S,)."""
    known, interval = resampled[~np.isnan(resampled)], normal_interval(resampled, value)
    return Difference(
        difference=value,
        interval=interval,
        share_ahead=float(np.mean((np.sign(known) + 1) / 2)),
        p_value=_p_value(value, standard_error(resampled)),
        verdict=_verdict(interval.low, interval.high),
    )


def _verdict(low: float, high: float) -> Verdict:
    # An interval without width comes of posters that never move the figure, and shows nothing.
    if low == high or low <= 0 <= high:
        return "no difference shown"
    return "better" if low > 0 else "worse"


def _p_value(value: float, error: float) -> float:
    """Of a normal distribution around 0, both tails."""
    return math.erfc(abs(value) / error / math.sqrt(2)) if error else 1.0
