"""Which of several classifiers is better on the same posters, and in which genres the difference is real."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from posters.errors import ScoresError
from posters.evaluation.bootstrap import (
    draw_counts,
    nan_mean,
    reflected_difference,
    reflected_interval,
    resampled_average_precision,
)
from posters.evaluation.interval import Interval
from posters.evaluation.plain import to_plain
from posters.metrics import average_precision
from posters.scores import Scores

Verdict = Literal["better", "worse", "no difference shown"]

# The share of differences between equals that may be called real: of one figure, and of all genres together.
_LEVEL = 0.05
# From how many positives on the resamples of a genre say anything.
_LEAST = 10


@dataclass(frozen=True)
class Difference:
    """One figure of a run less that of the first run.

    Attributes:
        difference: above 0 where the run is better.
        interval: the paired 95% bootstrap interval of the difference.
        p_value: how often so great a difference comes about between equals, by the bootstrap; two-sided.
        verdict: whether it is shown to be better or worse.
    """

    difference: float
    interval: Interval
    p_value: float
    verdict: Verdict


@dataclass(frozen=True)
class ComparedGenre:
    """One genre of one run.

    Attributes:
        name: the genre.
        positives: posters that have it.
        average_precision: of the run.
        against_first: the difference; None for the first run, and for a genre with fewer than 10 positives.
    """

    name: str
    positives: int
    average_precision: float
    against_first: Difference | None


@dataclass(frozen=True)
class ComparedRun:
    """One run.

    Attributes:
        name: the run.
        macro_map: over the common genres that have positives.
        interval: of `macro_map`.
        against_first: the difference of the macro mAP; None for the first run.
        genres: those of the common genres that have positives.
    """

    name: str
    macro_map: float
    interval: Interval
    against_first: Difference | None
    genres: tuple[ComparedGenre, ...]


@dataclass(frozen=True)
class Comparison:
    """Several runs on the posters that all of them have.

    Attributes:
        posters: how many these are.
        left_out_posters: those that only some of the runs have.
        left_out_genres: genres that not all runs know, or that no common poster has.
        runs: the first is what the others are compared with.
        samples: resamples of the bootstrap.
    """

    posters: int
    left_out_posters: int
    left_out_genres: tuple[str, ...]
    runs: tuple[ComparedRun, ...]
    samples: int

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return to_plain(self)


def compare(
    scores: Mapping[str, Scores], groups: Mapping[str, int] | None = None, *, samples: int = 2000, seed: int = 0
) -> Comparison:
    """Compare classifiers on the posters and genres that all of them have, by a paired bootstrap.

    Every resample draws the same posters for all runs, so that what is hard about them cancels out in the difference
    (Sakai 2006, "Evaluating Evaluation Metrics based on the Bootstrap"). A macro mAP is called better or worse at a
    level of 5%; the genres together, by Holm's (1979) method, at 5% too, so that among twenty genres of two equal runs
    the chance of even one "real" difference is 5%.

    Args:
        scores: of each run by its name, with labels; the first run is what the others are compared with.
        groups: a number for each id; posters of one number are drawn together.
        samples: resamples of the bootstrap.
        seed: of the bootstrap.

    Raises:
        ScoresError: fewer than two runs, no common poster or genre, or runs that disagree on a poster's labels.
    """
    if len(scores) < 2:
        raise ScoresError(f"a comparison needs at least two runs, but got {', '.join(scores) or 'none'}")
    ids, genres = _common(scores)
    tables = {name: _table(each, ids, genres) for name, each in scores.items()}
    y_true = _agreed_labels(tables, ids)
    counts = draw_counts(np.array([(groups or {}).get(id, -1 - row) for row, id in enumerate(ids)]), samples, seed)
    shown = y_true.sum(axis=0) > 0
    names = [genre for genre, there in zip(genres, shown, strict=True) if there]
    resampled = {
        name: resampled_average_precision(y_true[:, shown], y_score[:, shown], counts)
        for name, (_, y_score) in tables.items()
    }
    estimates = {name: average_precision(y_true[:, shown], y_score[:, shown]) for name, (_, y_score) in tables.items()}
    positives = y_true[:, shown].sum(axis=0)
    first = next(iter(scores))

    def pair(name: str) -> _Pair:
        return _Pair(estimates[name], estimates[first], resampled[name], resampled[first], name == first)

    return Comparison(
        posters=len(ids),
        left_out_posters=len({id for each in scores.values() for id in each.ids}) - len(ids),
        left_out_genres=tuple(sorted({genre for each in scores.values() for genre in each.genre_names} - set(names))),
        runs=tuple(_run(name, names, positives, pair(name)) for name in scores),
        samples=samples,
    )


@dataclass(frozen=True, eq=False)
class _Pair:
    """A run beside the first: average precisions (G,), and those of the resamples (S, G)."""

    own: np.ndarray
    first: np.ndarray
    own_resampled: np.ndarray
    first_resampled: np.ndarray
    same: bool


def _common(scores: Mapping[str, Scores]) -> tuple[list[str], list[str]]:
    """Ids and genres that all have, in the first run's order."""
    first, *others = scores.values()
    everywhere = set(first.ids).intersection(*(each.ids for each in others))
    ids = [id for id in first.ids if id in everywhere]
    genres = [name for name in first.genre_names if all(name in each.genre_names for each in others)]
    if not ids or not genres:
        what = "poster" if not ids else "genre"
        raise ScoresError(
            f"{', '.join(scores)} have no {what} in common to be compared on: train them on one catalogue and split"
        )
    return ids, genres


def _table(scores: Scores, ids: Sequence[str], genres: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and scores of some posters and genres, in their order."""
    row_of = {id: row for row, id in enumerate(scores.ids)}
    places = np.ix_([row_of[id] for id in ids], [scores.genre_names.index(name) for name in genres])
    return scores.labels("a comparison")[places], scores.y_score[places]


def _agreed_labels(tables: Mapping[str, tuple[np.ndarray, np.ndarray]], ids: Sequence[str]) -> np.ndarray:
    first, *others = tables
    y_true = tables[first][0]
    for name in others:
        differs = (tables[name][0] != y_true).any(axis=1)
        if differs.any():
            id = ids[int(np.flatnonzero(differs)[0])]
            raise ScoresError(
                f"{first} and {name} have other genres for the poster {id!r}: compare runs of one catalogue"
            )
    return y_true


def _run(name: str, genres: Sequence[str], positives: np.ndarray, pair: _Pair) -> ComparedRun:
    macro = float(pair.own.mean())
    interval = reflected_interval(nan_mean(pair.own_resampled), macro)
    assert interval is not None  # Some genre has positives in every resample but for freaks.
    difference = None
    if not pair.same:
        resampled = nan_mean(pair.own_resampled) - nan_mean(pair.first_resampled)
        difference = _difference(macro - float(pair.first.mean()), resampled)
    return ComparedRun(name, macro, interval, difference, _genres(genres, positives, pair))


def _genres(names: Sequence[str], positives: np.ndarray, pair: _Pair) -> tuple[ComparedGenre, ...]:
    asked = [] if pair.same else np.flatnonzero(positives >= _LEAST).tolist()
    found = {
        g: _difference(float(pair.own[g] - pair.first[g]), pair.own_resampled[:, g] - pair.first_resampled[:, g])
        for g in asked
    }
    for g in _not_shown({g: each.p_value for g, each in found.items()}):
        found[g] = Difference(found[g].difference, found[g].interval, found[g].p_value, "no difference shown")
    return tuple(
        ComparedGenre(name, int(positives[g]), float(pair.own[g]), found.get(g)) for g, name in enumerate(names)
    )


def _not_shown(p_values: Mapping[int, float]) -> list[int]:
    """The genres whose difference Holm's method doesn't call real."""
    ranked = sorted(p_values, key=lambda g: p_values[g])
    for place, g in enumerate(ranked):
        if p_values[g] > _LEVEL / (len(ranked) - place):
            return ranked[place:]
    return []


def _difference(estimate: float, resampled: np.ndarray) -> Difference:
    interval = reflected_difference(resampled, estimate)
    known = resampled[~np.isnan(resampled)]
    # How often the resamples stray from their own estimate as far as that lies from 0.
    p_value = float((np.sum(np.abs(known - known.mean()) >= abs(estimate)) + 1) / (len(known) + 1))
    verdict: Verdict = "no difference shown"
    if p_value <= _LEVEL:
        verdict = "better" if estimate > 0 else "worse"
    return Difference(estimate, interval, p_value, verdict)
