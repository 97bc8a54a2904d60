"""The noun `Interval`: how far a figure may be from what endless posters of the same kind would give."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A bootstrap interval.

    Attributes:
        low: its lower end.
        high: its upper end.
        level: the share of such intervals that hold the true figure: 0.95.
    """

    low: float
    high: float
    level: float
