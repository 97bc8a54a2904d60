"""Which labels may be wrong: confident learning for multi-label data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from posters._base.brief import brief_repr
from posters._base.log import logger
from posters.calibration.calibration import logit
from posters.catalogue import Catalogue, Poster
from posters.errors import ScoresError
from posters.scores import Scores

# Of a genre, and of its absence: the mean probability of fewer is a poor guide to what is usual.
MIN_EXAMPLES = 20
# Of each kind; a person can look through this many, and the rest are the least sure.
MOST = 1000
# How far a false label is likelier in a commoner genre: 0, not at all; 1, in proportion to its odds.
_COMMONER = 0.75
# Probabilities of few decimals often equal their own mean, which rounding then moves to either side; as in cleanlab.
_ROUNDING = 1e-6
# Each kind with the label that it doubts, in the order of the lists.
KINDS: dict[Literal["missing", "false"], int] = {"missing": 0, "false": 1}


@dataclass(frozen=True)
class LabelIssue:
    """One label that out-of-fold scores disagree with.

    Attributes:
        id: the poster.
        title: of its film; None if unknown.
        image: its image, as the catalogue names it.
        genre: the genre in question.
        kind: "missing": the poster seems to have the genre, and its labels lack it; "false": the other way round.
        probability: the out-of-fold probability of the genre.
        confidence: how sure the finding is among those of its kind, 0 to 1; see `label_confidence`.
        labels: the poster's genres as they are.

    Examples:
        >>> LabelIssue("tt1", "Heat", "a.jpg", "Crime", "missing", 0.9, 0.8, ("Drama",)).kind
        'missing'
    """

    __repr__ = brief_repr

    id: str
    title: str | None
    image: str
    genre: str
    kind: Literal["missing", "false"]
    probability: float
    confidence: float
    labels: tuple[str, ...]


def find_label_issues(scores: Scores, catalogue: Catalogue, most: int = MOST) -> tuple[LabelIssue, ...]:
    """Find the labels that the scores disagree with most, genre by genre: two lists, each ordered by itself.

    In one list, missing genres would crowd out false ones: there are more of them among the surest. Each genre is a
    question of its own, yes or no (Thyagarajan et al. 2022, "Identifying Incorrect Annotations in Multi-Label
    Classification Data"). Genres that fewer than `MIN_EXAMPLES` posters have, or lack, are not judged, and are named in
    a message; so are the numbers of issues where there are more than `most`. A label that is unknown can't be wrong,
    and counts for neither answer.

    Args:
        scores: of N posters with their labels, by classifiers that never saw the poster: out-of-fold scores.
        catalogue: has these posters, among others; their titles and images are taken from it.
        most: how many issues of each kind to return at most.

    Returns:
        The missing genres, the surest first, then the false ones likewise; of equally sure ones, in the order of the
        posters, then of the genres.

    Raises:
        ScoresError: the scores have no labels, or the catalogue lacks one of their posters.

    Examples:
        >>> y_true = np.tile([[1], [0]], (20, 1))
        >>> y_score = np.where(y_true, 0.9, 0.1)
        >>> y_score[0] = 0.05  # Labelled War, but doesn't look like it.
        >>> ids = tuple(map(str, range(40)))
        >>> catalogue = Catalogue(tuple(Poster(id, f"{id}.jpg", ()) for id in ids), ("War",), ".")
        >>> [(issue.id, issue.kind) for issue in find_label_issues(Scores(ids, ("War",), y_score, y_true), catalogue)]
        [('0', 'false')]
    """
    y_true = scores.labelled("finding label issues").y_true
    posters = _posters(scores, catalogue)
    confidence = np.zeros(y_true.shape)
    for column in _judged(scores.genre_names, y_true):
        known = y_true[:, column] >= 0
        labels, p = y_true[known, column], scores.y_score[known, column]
        confidence[known, column] = np.where(label_doubts(labels, p) > 0, label_confidence(labels, p), 0)
    found = {kind: np.argwhere((confidence > 0) & (y_true == label)) for kind, label in KINDS.items()}
    if max(map(len, found.values())) > most:
        counts = " and ".join(f"{len(rows):,} {kind}" for kind, rows in found.items())
        logger.info(f"label issues: {counts} genres found, of which the surest {most:,} of each kind are kept")
    # Stable: of equally sure ones, the order of posters and then of genres decides.
    surest = (rows[np.argsort(-confidence[tuple(rows.T)], kind="stable")][:most] for rows in found.values())
    return tuple(
        _issue(posters[row], scores, row, column, confidence[row, column])
        for row, column in np.concatenate(list(surest)).tolist()
    )


def label_confidence(y_true: np.ndarray, y_score: np.ndarray) -> np.ndarray:
    """Compute by what doubted labels of one kind are ordered across genres.

    By Bayes, the odds that a label is wrong are those of the other answer, times how often labels of that genre go
    wrong. A missing genre is taken to be as likely for every genre, so that the probability alone decides. Of false
    labels nobody knows whether rare genres have as many as common ones, or in proportion to their own odds: taken is a
    power of these between 0 and 1 that is useful in either case (`scripts/label_issues.py` measures it).

    Args:
        y_true: 0 and 1, (N,); both must occur.
        y_score: out-of-fold probabilities of 1, (N,).

    Returns:
        float (N,), between 0 and 1; comparable within a kind.

    Examples:
        >>> label_confidence(np.array([0, 0, 0, 1]), np.array([0.9, 0.2, 0.1, 0.25])).round(2).tolist()
        [0.9, 0.2, 0.1, 0.57]
    """
    z, share = logit(y_score), logit(y_true.mean())
    return np.asarray(1 / (1 + np.exp(np.where(y_true == 1, z - _COMMONER * share, -z))))


def label_doubts(y_true: np.ndarray, y_score: np.ndarray) -> np.ndarray:
    """Compute how surely each label of one genre is wrong: confident learning (Northcutt, Jiang and Chuang 2021).

    A label is doubted when the other answer is the likelier one, and at least as likely as it is on average where it is
    the label (equations 1 and 2: an example off the diagonal of the confident joint). How sure that is, is the
    probability of the other answer, less that average of its own, scaled to 0 to 1 (Kuan and Mueller 2022,
    "Model-agnostic label quality scoring to detect real-world label errors", adjusted self-confidence). Without the
    averages the list would be full of rare genres, where any probability is low.

    Args:
        y_true: 0 and 1, (N,); both must occur.
        y_score: out-of-fold probabilities of 1, (N,).

    Returns:
        float (N,); 0 for a label that nothing contradicts.

    Examples:
        >>> label_doubts(np.array([1, 0, 1, 0]), np.array([0.9, 0.1, 0.8, 0.95])).argmax().item()
        3
    """
    p = np.stack([1 - y_score, y_score], axis=1)
    usual = np.array([p[y_true == answer, answer].mean() for answer in (0, 1)])
    rows, own, other = np.arange(len(p)), y_true.astype(int), 1 - y_true.astype(int)
    doubted = (p[rows, other] >= usual[other] - _ROUNDING) & (p[rows, other] > p[rows, own])
    adjusted = p - usual + usual.max()
    return np.where(doubted, adjusted[rows, other] / adjusted.sum(axis=1), 0.0)


def _posters(scores: Scores, catalogue: Catalogue) -> list[Poster]:
    by_id = {poster.id: poster for poster in catalogue}
    strange = [id for id in scores.ids if id not in by_id]
    if strange:
        raise ScoresError(f"the scores are of {len(strange):,} posters that {catalogue.name} lacks ({strange[0]!r})")
    return [by_id[id] for id in scores.ids]


def _judged(genre_names: tuple[str, ...], y_true: np.ndarray) -> Iterator[int]:
    """Yield the columns with enough examples of both answers."""
    fewest = np.minimum((y_true == 1).sum(axis=0), (y_true == 0).sum(axis=0))
    left_out = [name for name, count in zip(genre_names, fewest, strict=True) if count < MIN_EXAMPLES]
    if left_out:
        logger.info(
            f"label issues: {', '.join(left_out)} left out, since fewer than {MIN_EXAMPLES} posters have or lack it"
        )
    yield from np.flatnonzero(fewest >= MIN_EXAMPLES).tolist()


def _issue(poster: Poster, scores: Scores, row: int, column: int, confidence: float) -> LabelIssue:
    labels = scores.labelled("finding label issues").y_true[row]
    return LabelIssue(
        id=poster.id,
        title=poster.title,
        image=poster.image,
        genre=scores.genre_names[column],
        kind="false" if labels[column] else "missing",
        probability=float(scores.y_score[row, column]),
        confidence=float(confidence),
        labels=tuple(name for name, label in zip(scores.genre_names, labels, strict=True) if label == 1),
    )
