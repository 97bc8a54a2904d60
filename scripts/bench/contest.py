"""The noun `Contest`: what was measured of ours and of its peers, turn by turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tqdm import tqdm


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest of a few figures."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Spread":
        """Return the least, the median and the greatest of some figures."""
        return cls(float(np.median(figures)), float(np.min(figures)), float(np.max(figures)))


@dataclass(frozen=True)
class Contest:
    """Contenders that did the same work in turn.

    Attributes:
        title: what was measured.
        unit: of the figures.
        more_is_better: whether a larger figure is the better one.
        figures: each contender's, one a turn. The first contender is ours.
        goals: by peer, the least ratio that we are out for.
        note: what a reader must know to take the figures right.
    """

    title: str
    unit: str
    more_is_better: bool
    figures: Mapping[str, Sequence[float]]
    goals: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def ours(self) -> str:
        """Return the name of our own side of the contest."""
        return next(iter(self.figures))

    def ratio(self, peer: str) -> Spread:
        """How many times better ours is than a peer, turn by turn: neighbours in time share the machine's mood."""
        ours, theirs = np.array(self.figures[self.ours]), np.array(self.figures[peer])
        return Spread.of(ours / theirs if self.more_is_better else theirs / ours)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "title": self.title,
            "unit": self.unit,
            "more_is_better": self.more_is_better,
            "figures": {name: [float(f"{figure:.6g}") for figure in turns] for name, turns in self.figures.items()},
            "goals": dict(self.goals),
            "note": self.note,
        }


Turns = dict[str, list[tuple[float, ...]]]


def in_turn(contenders: Mapping[str, Callable[[], tuple[float, ...]]], turns: int, title: str) -> Turns:
    """Let each contender do its work once uncounted, and then once a turn, each turn begun by another of them.

    Args:
        contenders: by name, what does the work and gives figures of it.
        turns: how many are counted.
        title: of the progress bar.

    Returns:
        The figures of each contender, one tuple a turn.
    """
    names = list(contenders)
    figures: Turns = {name: [] for name in names}
    with tqdm(total=(turns + 1) * len(names), desc=title, unit="run") as bar:
        for turn in range(-1, turns):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                measured = contenders[name]()
                if turn >= 0:
                    figures[name].append(measured)
                bar.update()
    return figures


def column(figures: Turns, number: int = 0) -> dict[str, list[float]]:
    """One figure of each tuple."""
    return {name: [measured[number] for measured in turns] for name, turns in figures.items()}
