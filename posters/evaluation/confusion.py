"""Which genres go together, in truth and as predicted; and which are predicted instead of which."""

from dataclasses import dataclass

import numpy as np

from posters._base.brief import brief_repr
from posters.metrics import all_known, without_unknown


@dataclass(frozen=True)
class CoOccurrence:
    """How often two genres share a poster.

    Attributes:
        rule: by which the model decided.
        true: (G, G), posters that have both genres; on the diagonal, those that have the genre.
        predicted: (G, G), the same of the model's decisions.
        true_of: (G, G), posters that have the row's genre and for which the column's is known; empty if all labels are.
        predicted_of: (G, G), the same of the model's decisions.

    Examples:
        >>> CoOccurrence("f1", true=((3, 1), (1, 2)), predicted=((4, 2), (2, 2))).true[0][1]
        1
    """

    __repr__ = brief_repr

    rule: str
    true: tuple[tuple[int, ...], ...]
    predicted: tuple[tuple[int, ...], ...]
    true_of: tuple[tuple[int, ...], ...] = ()
    predicted_of: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Confusion:
    """Missed X, predicted Y: confusion where a poster has several genres.

    Attributes:
        rule: by which the model decided.
        found: (G,), posters that have the genre and were predicted to.
        missed: (G,), posters that have it and were not predicted to.
        instead: (G, G), row X, column Y: posters where X was missed and Y falsely predicted; 0 on the diagonal. A
            poster counts in each such pair, so a row may sum to more than was missed.
        nothing_instead: (G,), posters where X was missed and nothing was falsely predicted.

    Examples:
        >>> confusion(np.array([[1, 0]]), np.array([[0, 1]]), "f1").instead
        ((0, 1), (0, 0))
    """

    __repr__ = brief_repr

    rule: str
    found: tuple[int, ...]
    missed: tuple[int, ...]
    instead: tuple[tuple[int, ...], ...]
    nothing_instead: tuple[int, ...]


def co_occurrence(y_true: np.ndarray, y_pred: np.ndarray, rule: str) -> CoOccurrence:
    """Count the posters that have each pair of genres; both (N, G) of 0 and 1, unknown labels (-1) in no count.

    Examples:
        >>> co_occurrence(np.array([[1, 1], [1, 0]]), np.array([[1, 0], [1, 0]]), "f1").true
        ((2, 1), (1, 1))
    """
    true, predicted = without_unknown(y_true, y_pred)
    # Of posters with one genre, the share with another is one of those for which the other is known.
    known = () if all_known(y_true) else (y_true >= 0,)
    return CoOccurrence(
        rule,
        *(_table(_together(each, each)) for each in (true, predicted)),
        *(_table(_together(each, other)) for other in known for each in (true, predicted)),
    )


def confusion(y_true: np.ndarray, y_pred: np.ndarray, rule: str) -> Confusion:
    """Count missed and falsely predicted genres over posters; both (N, G) of 0 and 1, unknown labels (-1) in no count.

    With several genres a poster, "X was taken for Y" is not one cell of a table: X missed and Y falsely predicted on
    the same poster is what can be counted (compare Heydarian, Doyle and Samavi 2022, "MLCM: Multi-Label Confusion
    Matrix").

    Examples:
        >>> found = confusion(np.array([[1, 0], [1, 0]]), np.array([[0, 1], [0, 0]]), "f1")
        >>> found.missed, found.nothing_instead
        ((2, 0), (1, 0))
    """
    true, predicted = (each.astype(bool) for each in without_unknown(y_true, y_pred))
    missed, false = true & ~predicted, predicted & ~true
    nothing = missed & ~false.any(axis=1, keepdims=True)
    return Confusion(
        rule=rule,
        found=tuple((true & predicted).sum(axis=0).tolist()),
        missed=tuple(missed.sum(axis=0).tolist()),
        instead=_table(_together(missed, false)),
        nothing_instead=tuple(nothing.sum(axis=0).tolist()),
    )


def _together(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(G, G): posters with the row's genre in `left` and the column's in `right`."""
    # Products of uint8 would overflow from 256 posters on.
    return left.astype(np.int64).T @ right.astype(np.int64)


def _table(counts: np.ndarray) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in counts.tolist())
