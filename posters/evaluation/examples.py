"""The posters that a reader wants to see: surest right, surest wrong, most missed."""

from dataclasses import dataclass

import numpy as np

from posters.catalogue import Catalogue, Poster
from posters.scores import Scores

# Posters of each kind and genre.
_EACH = 5


@dataclass(frozen=True)
class Example:
    """One poster, as one genre sees it.

    Attributes:
        id: the poster.
        title: its film; None where nobody knows.
        year: of the film; None where nobody knows.
        true: its genres.
        predicted: what the model says of it, the surest first.
        probability: of the genre that it is an example of.
    """

    id: str
    title: str | None
    year: int | None
    true: tuple[str, ...]
    predicted: tuple[str, ...]
    probability: float


@dataclass(frozen=True)
class Examples:
    """The examples of one genre, the most striking first.

    Attributes:
        name: the genre.
        surest_right: posters that have it, and were said to with the highest probability.
        surest_wrong: posters that don't have it, with the highest probability.
        most_missed: posters that have it, with the lowest probability.
    """

    name: str
    surest_right: tuple[Example, ...]
    surest_wrong: tuple[Example, ...]
    most_missed: tuple[Example, ...]


def examples(scores: Scores, y_pred: np.ndarray, catalogue: Catalogue) -> tuple[Examples, ...]:
    """The examples of every genre.

    Args:
        scores: with labels.
        y_pred: (N, G), what the model says of them.
        catalogue: where titles and years come from; a poster that it lacks has none.
    """
    known = {poster.id: poster for poster in catalogue}
    y_true = scores.labels("examples")

    def example(row: int, genre: int) -> Example:
        poster = known.get(scores.ids[row], Poster(scores.ids[row], "", ()))
        likeliest_first = np.argsort(-scores.y_score[row], kind="stable")
        return Example(
            id=poster.id,
            title=poster.title,
            year=poster.year,
            true=tuple(scores.genre_names[g] for g in np.flatnonzero(y_true[row])),
            predicted=tuple(scores.genre_names[g] for g in likeliest_first if y_pred[row, g]),
            probability=float(scores.y_score[row, genre]),
        )

    def first(rows: np.ndarray, genre: int) -> tuple[Example, ...]:
        return tuple(example(int(row), genre) for row in rows[:_EACH])

    found = []
    for genre, name in enumerate(scores.genre_names):
        likeliest_first = np.argsort(-scores.y_score[:, genre], kind="stable")
        has, said = y_true[likeliest_first, genre] == 1, y_pred[likeliest_first, genre] == 1
        right, wrong, missed = likeliest_first[has & said], likeliest_first[~has], likeliest_first[has][::-1]
        found.append(Examples(name, *(first(rows, genre) for rows in (right, wrong, missed))))
    return tuple(found)
