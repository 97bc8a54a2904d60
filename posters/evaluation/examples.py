"""The posters that a reader wants to see: surest right, surest wrong, most missed."""

from dataclasses import dataclass

import numpy as np

from posters._base.brief import brief_repr
from posters.catalogue import Catalogue, Poster
from posters.scores import LabelledScores

# Posters of each kind and genre: what fits beside each other on a page.
_EACH = 5


@dataclass(frozen=True)
class Example:
    """One poster, as an example of one genre.

    Attributes:
        id: the poster.
        title: of its film; None if unknown.
        year: of the film; None if unknown.
        true: its genres.
        predicted: its predicted genres, the surest first.
        probability: of the genre that it is an example of.
        unknown: genres of which nobody knows whether it has them; some of them may be predicted.

    Examples:
        >>> Example("tt1", "Heat", 1995, ("Crime",), (), 0.2).predicted
        ()
    """

    __repr__ = brief_repr

    id: str
    title: str | None
    year: int | None
    true: tuple[str, ...]
    predicted: tuple[str, ...]
    probability: float
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examples:
    """The examples of one genre, the most striking first.

    Attributes:
        name: the genre.
        surest_right: posters that have it and were predicted to, with the highest probability.
        surest_wrong: posters that don't have it, with the highest probability.
        most_missed: posters that have it, with the lowest probability.

    Examples:
        >>> Examples("Crime", (), (), ()).surest_right
        ()
    """

    __repr__ = brief_repr

    name: str
    surest_right: tuple[Example, ...]
    surest_wrong: tuple[Example, ...]
    most_missed: tuple[Example, ...]


def examples(scores: LabelledScores, y_pred: np.ndarray, catalogue: Catalogue) -> tuple[Examples, ...]:
    """Choose the examples of every genre.

    Args:
        scores: with labels.
        y_pred: (N, G), the model's decisions.
        catalogue: where titles and years come from; a poster that it lacks has none.

    Examples:
        >>> from posters.scores import Scores
        >>> y = np.array([[1], [0]])
        >>> scores = Scores(("a", "b"), ("War",), np.array([[0.9], [0.6]]), y).labelled("examples")
        >>> catalogue = Catalogue((Poster("a", "a.jpg", ("War",), title="Alien"),), ("War",), ".")
        >>> (of_war,) = examples(scores, np.array([[1], [1]]), catalogue)
        >>> of_war.surest_right[0].title, of_war.surest_wrong[0].id
        ('Alien', 'b')
    """
    known = {poster.id: poster for poster in catalogue}
    y_true = scores.y_true

    def example(row: int, genre: int) -> Example:
        poster = known.get(scores.ids[row], Poster(scores.ids[row], "", ()))
        likeliest_first = np.argsort(-scores.y_score[row], kind="stable")
        return Example(
            id=poster.id,
            title=poster.title,
            year=poster.year,
            true=tuple(scores.genre_names[g] for g in np.flatnonzero(y_true[row] == 1)),
            predicted=tuple(scores.genre_names[g] for g in likeliest_first if y_pred[row, g]),
            probability=float(scores.y_score[row, genre]),
            unknown=tuple(scores.genre_names[g] for g in np.flatnonzero(y_true[row] < 0)),
        )

    def first(rows: np.ndarray, genre: int) -> tuple[Example, ...]:
        return tuple(example(int(row), genre) for row in rows[:_EACH])

    found = []
    for genre, name in enumerate(scores.genre_names):
        likeliest_first = np.argsort(-scores.y_score[:, genre], kind="stable")
        label, predicted = y_true[likeliest_first, genre], y_pred[likeliest_first, genre] == 1
        has, lacks = label == 1, label == 0
        right, wrong, missed = likeliest_first[has & predicted], likeliest_first[lacks], likeliest_first[has][::-1]
        found.append(Examples(name, *(first(rows, genre) for rows in (right, wrong, missed))))
    return tuple(found)
