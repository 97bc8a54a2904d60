"""Scores of several runs, cut down to the posters and genres that all of them have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posters.errors import ScoresError
from posters.scores import Scores


@dataclass(frozen=True, eq=False)
class Aligned:
    """Scores of the same posters and genres.

    Attributes:
        ids: the N posters that all runs have, in order of id, so that the order of the runs decides nothing.
        genre_names: the G genres that all runs know, in the first run's order.
        y_true: uint8 (N, G), on which all runs agree.
        y_score: (N, G) of each run, by its name.
    """

    ids: tuple[str, ...]
    genre_names: tuple[str, ...]
    y_true: np.ndarray
    y_score: dict[str, np.ndarray]


def align(scores: Mapping[str, Scores]) -> Aligned:
    """What all runs have in common.

    Raises:
        ScoresError: no poster or no genre, or they disagree on a poster's genres.
    """
    ids = tuple(sorted(_common(scores, "poster", (each.ids for each in scores.values()))))
    shared = _common(scores, "genre", (each.genre_names for each in scores.values()))
    genre_names = tuple(name for name in next(iter(scores.values())).genre_names if name in shared)
    places = {name: _places(each, ids, genre_names) for name, each in scores.items()}
    labels = {name: each.labels("a comparison")[places[name]] for name, each in scores.items()}
    _check_labels(labels, ids, genre_names)
    y_score = {name: each.y_score[places[name]] for name, each in scores.items()}
    return Aligned(ids, genre_names, next(iter(labels.values())), y_score)


def _common(scores: Mapping[str, Scores], thing: str, names: Iterable[Sequence[str]]) -> set[str]:
    common = set.intersection(*map(set, names))
    if not common:
        raise ScoresError(f"{' and '.join(scores)} have no {thing} in common: compare runs of one catalogue and split")
    return common


def _places(scores: Scores, ids: Sequence[str], genre_names: Sequence[str]) -> tuple[np.ndarray, ...]:
    """Where these posters and genres stand in a run's own table."""
    row_of = {id: row for row, id in enumerate(scores.ids)}
    return np.ix_([row_of[id] for id in ids], [scores.genre_names.index(name) for name in genre_names])


def _check_labels(labels: Mapping[str, np.ndarray], ids: Sequence[str], genre_names: Sequence[str]) -> None:
    (first, y_true), *others = labels.items()
    for name, other in others:
        if (other != y_true).any():
            row, column = np.argwhere(other != y_true)[0]
            raise ScoresError(
                f"{first} and {name} have other genres for the poster {ids[row]!r}, {genre_names[column]} in one of "
                "them alone: compare runs of one catalogue"
            )
