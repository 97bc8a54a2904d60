"""In which order posters are reviewed: likely label errors first, or a random sample that measures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, zip_longest
from typing import Literal, TypeAlias

import numpy as np

from posters._base.brief import brief_repr
from posters.catalogue import Catalogue
from posters.errors import ReviewError
from posters.evaluation.label_issues import LabelIssue, find_label_issues
from posters.scores import Scores

Order: TypeAlias = Literal["doubts", "random", "uncertain"]
ORDERS: tuple[Order, ...] = ("doubts", "random", "uncertain")


@dataclass(frozen=True)
class ReviewQueue:
    """Posters in the order of their review.

    Attributes:
        order: "doubts", to find wrong labels: each poster is decided by one reviewer, who sees labels and
            probabilities. "random", to measure: each poster is decided by every reviewer, who sees neither, since what
            a person is shown moves what they answer. "uncertain", to label posters that have no labels: as "doubts",
            but the predictions take the place of the labels.
        posters: ids.
        doubts: the doubted labels of posters that have some, the surest first.

    Examples:
        >>> ReviewQueue("random", ("tt1", "tt2")).blind
        True
    """

    __repr__ = brief_repr

    order: Order
    posters: tuple[str, ...]
    doubts: Mapping[str, tuple[LabelIssue, ...]] = field(default_factory=dict, repr=False)

    @property
    def blind(self) -> bool:
        """Whether reviewers see the poster alone, and each reviewer decides about every poster."""
        return self.order == "random"


def doubt_queue(scores: Scores, catalogue: Catalogue) -> ReviewQueue:
    """Return all scored posters: those with doubted labels first, the surest first, then the most uncertain.

    Missing genres and false ones take turns, since how sure they are is comparable within a kind alone; see
    `find_label_issues`; for uncertainty see `uncertain_queue`.

    Args:
        scores: of N posters with their labels, by classifiers that never saw the poster: out-of-fold scores.
        catalogue: has these posters.

    Raises:
        ScoresError: as in `find_label_issues`.

    Examples:
        >>> from pathlib import Path
        >>> from posters.catalogue import Poster
        >>> y_true = np.tile([[1], [0]], (20, 1))
        >>> y_score = np.where(y_true, 0.9, 0.1)
        >>> y_score[7], y_score[8] = 0.95, 0.6  # Poster 7 seems to lack War; of poster 8 nobody is sure.
        >>> ids = tuple(map(str, range(40)))
        >>> catalogue = Catalogue(tuple(Poster(id, f"{id}.jpg", ()) for id in ids), ("War",), Path("."))
        >>> doubt_queue(Scores(ids, ("War",), y_score, y_true), catalogue).posters[:2]
        ('7', '8')
    """
    doubts: dict[str, tuple[LabelIssue, ...]] = {}
    for issue in _taking_turns(find_label_issues(scores, catalogue)):
        doubts[issue.id] = (*doubts.get(issue.id, ()), issue)
    rest = uncertain_queue(scores).posters
    return ReviewQueue("doubts", tuple(dict.fromkeys((*doubts, *rest))), doubts)


def _taking_turns(issues: tuple[LabelIssue, ...]) -> Iterator[LabelIssue]:
    kinds = ([issue for issue in issues if issue.kind == kind] for kind in ("missing", "false"))
    return (issue for issue in chain.from_iterable(zip_longest(*kinds)) if issue is not None)


def uncertain_queue(scores: Scores) -> ReviewQueue:
    """Return all scored posters, the most uncertain first.

    The uncertainty of a poster is the entropy of its labels by the scores, summed over genres (uncertainty sampling:
    Lewis and Gale 1994, "A Sequential Algorithm for Training Text Classifiers").

    Args:
        scores: of N posters.

    Examples:
        >>> uncertain_queue(Scores(("tt1", "tt2"), ("War",), [[0.9], [0.4]])).posters
        ('tt2', 'tt1')
    """
    p = np.clip(scores.y_score, 1e-12, 1 - 1e-12)
    entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p)).sum(axis=1)
    # Stable: of equally uncertain ones, the order of the table decides.
    return ReviewQueue("uncertain", tuple(scores.ids[row] for row in np.argsort(-entropy, kind="stable")))


def check_sample(sample: int | None) -> None:
    """Refuse a number of posters that is no sample.

    Raises:
        ReviewError: it is not at least 1.

    Examples:
        >>> check_sample(None)
    """
    if sample is not None and sample < 1:
        raise ReviewError(f"--sample must be at least 1, but got {sample}")


def random_queue(catalogue: Catalogue, sample: int | None = None, seed: int = 7) -> ReviewQueue:
    """Return a random sample of the posters, in random order: the same for everybody who names the same seed.

    A poster's place is drawn from its id and the seed, so that a sample stays a random one, and keeps nearly all its
    posters, when the table grows. The first n of it are a random sample, too.

    Args:
        catalogue: whose posters are drawn.
        sample: how many; None for all.
        seed: of the draw.

    Raises:
        ReviewError: the sample is not at least 1.

    Examples:
        >>> from pathlib import Path
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue(tuple(Poster(id, f"{id}.jpg", ()) for id in "abcdef"), ("War",), Path("."))
        >>> len(random_queue(catalogue, 3).posters)
        3
    """
    check_sample(sample)
    drawn = sorted(catalogue.ids, key=lambda id: sha256(f"{seed}\n{id}".encode("utf-8", "surrogatepass")).digest())
    return ReviewQueue("random", tuple(drawn[:sample]))
