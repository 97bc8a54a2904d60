"""Which genres go together, in truth and in what the model says; and what it says in the place of what."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class CoOccurrence:
    """How often two genres stand on one poster.

    Attributes:
        rule: by which the model decided.
        true: (G, G), posters that have both genres; on the diagonal, those that have the genre.
        predicted: (G, G), the same of the model's decisions.
    """

    rule: str
    true: tuple[tuple[int, ...], ...]
    predicted: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Confusion:
    """When it should have said X, it said Y: confusion where a poster has several genres.

    Attributes:
        rule: by which the model decided.
        found: (G,), posters that have the genre and were said to.
        missed: (G,), posters that have it and were not said to.
        instead: (G, G), row X, column Y: posters where X was missed and Y was said falsely; 0 on the diagonal. A poster
            counts in each such pair, so that a row may sum to more than was missed.
        nothing_instead: (G,), posters where X was missed and nothing was said falsely.
    """

    rule: str
    found: tuple[int, ...]
    missed: tuple[int, ...]
    instead: tuple[tuple[int, ...], ...]
    nothing_instead: tuple[int, ...]


def co_occurrence(y_true: np.ndarray, y_pred: np.ndarray, rule: str) -> CoOccurrence:
    """Counted over posters; both (N, G) of 0 and 1."""
    return CoOccurrence(rule, _table(_together(y_true, y_true)), _table(_together(y_pred, y_pred)))


def confusion(y_true: np.ndarray, y_pred: np.ndarray, rule: str) -> Confusion:
    """Counted over posters; both (N, G) of 0 and 1.

    With several genres a poster, "X was taken for Y" is not one cell of a table: X missed and Y falsely said on the
    same poster is what can be counted (compare Heydarian, Doyle and Samavi 2022, "MLCM: Multi-Label Confusion Matrix").
    """
    true, said = y_true.astype(bool), y_pred.astype(bool)
    missed, false = true & ~said, said & ~true
    nothing = missed & ~false.any(axis=1, keepdims=True)
    return Confusion(
        rule=rule,
        found=tuple((true & said).sum(axis=0).tolist()),
        missed=tuple(missed.sum(axis=0).tolist()),
        instead=_table(_together(missed, false)),
        nothing_instead=tuple(nothing.sum(axis=0).tolist()),
    )


def _together(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(G, G): posters with the row's genre in `left` and the column's in `right`."""
    return left.astype(np.int64).T @ right.astype(np.int64)


def _table(counts: np.ndarray) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in counts.tolist())
