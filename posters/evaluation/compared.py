"""What a `Comparison` holds: several runs on the same posters, and which of their differences are real."""

from dataclasses import dataclass
from typing import Any, Literal

from posters.evaluation.evaluation import Bootstrap
from posters.evaluation.interval import Interval
from posters.evaluation.plain import to_plain

Verdict = Literal["better", "worse", "no difference shown"]


@dataclass(frozen=True)
class Difference:
    """A figure of a run less that of the first run.

    Attributes:
        difference: above 0 where the run is ahead.
        interval: its paired bootstrap interval, of this figure alone.
        share_ahead: in which share of the resamples the run is ahead; those without a difference count half. No
            probability of being better: few positives make it look surer than it is.
        p_value: how often so great a difference comes about between equals; two-sided, of this figure alone.
        verdict: of a macro mAP, by its interval; of a genre, by Holm's method over all judged genres of the run.
    """

    difference: float
    interval: Interval
    share_ahead: float
    p_value: float
    verdict: Verdict


@dataclass(frozen=True)
class ComparedGenre:
    """One genre of one run.

    Attributes:
        name: the genre.
        positives: posters that have it.
        average_precision: of the run.
        against_first: the difference; None for the first run, and for a genre with fewer than
            `Comparison.least_positives`.
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
        genres: the common genres that have positives.
    """

    name: str
    macro_map: float
    interval: Interval | None
    against_first: Difference | None
    genres: tuple[ComparedGenre, ...]


@dataclass(frozen=True)
class Comparison:
    """Several runs on the posters that all of them have.

    Attributes:
        side: what these posters are called: "test", say.
        posters: how many all runs have.
        left_out_posters: how many only some of the runs have.
        unreadable: ids of posters that stand on that side in all runs, but that one couldn't read.
        unshared_genres: genres that not all runs know.
        without_positives: genres that all runs know, but that no common poster has.
        least_positives: from how many positives on a genre is judged.
        bootstrap: how every interval was made.
        runs: the first is what the others are compared with.
    """

    side: str
    posters: int
    left_out_posters: int
    unreadable: tuple[str, ...]
    unshared_genres: tuple[str, ...]
    without_positives: tuple[str, ...]
    least_positives: int
    bootstrap: Bootstrap
    runs: tuple[ComparedRun, ...]

    @property
    def left_out_genres(self) -> tuple[str, ...]:
        """Those that not all runs know, or that no common poster has."""
        return tuple(sorted(self.unshared_genres + self.without_positives))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON: lists, dicts, text, finite numbers and None."""
        return to_plain(self)
