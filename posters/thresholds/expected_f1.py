"""The genres of one poster with the best expected F1: for a reader, who sees one poster and not one genre."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from posters._base.brief import brief_repr
from posters.errors import ScoresError
from posters.scores import Scores
from posters.thresholds.thresholds import fitted_on

BALANCED = "balanced"
# `balanced` predicts no more genres than this share of the posters have at most: a few overfull rows change nothing.
_NEARLY_ALL = 0.99
_BLOCK = 1024  # posters computed at a time: bounds the memory


@dataclass(frozen=True)
class Balanced:
    """The rule for people who read one poster at a time: the genres whose F1 is expected to be best, one at least.

    It decides poster by poster, so no genre has a threshold; see `expected_f1_decisions`.

    Attributes:
        genre_names: the genres, in the order of the scores' columns.
        most: predict at most this many, from 1 up.
        fitted_on: the posters whose labels chose `most` ("validation, 864 posters").
        rule: "balanced".

    Raises:
        ScoresError: a genre is named twice, `most` is below 1, or the rule has another name.

    Examples:
        >>> Balanced(("Drama", "War"), 1, "validation, 90 posters").apply(np.array([[0.5, 0.6]])).tolist()
        [[0, 1]]
    """

    __repr__ = brief_repr

    genre_names: tuple[str, ...]
    most: int
    fitted_on: str
    rule: str = BALANCED

    def __post_init__(self) -> None:
        if len(set(self.genre_names)) != len(self.genre_names):
            raise ScoresError(f"a rule must name each genre once, but got {list(self.genre_names)}")
        # By type, because True is an int too, and is no number of genres.
        if type(self.most) is not int or self.most < 1:
            raise ScoresError(f"most must be 1 or more genres, but got {self.most!r}")
        if self.rule != BALANCED:
            raise ScoresError(f"a rule without thresholds must be called {BALANCED}, but got {self.rule!r}")

    @property
    def values(self) -> tuple[None, ...]:
        """The threshold of each genre: none has one."""
        return (None,) * len(self.genre_names)

    def apply(self, y_score: np.ndarray) -> np.ndarray:
        """Decisions, uint8 (N, G), from calibrated probabilities.

        Raises:
            ScoresError: `y_score` has not a column for each genre.

        Examples:
            >>> Balanced(("Drama", "War"), 2, "validation, 90 posters").apply(np.array([[0.8, 0.7], [0.1, 0]])).tolist()
            [[1, 1], [1, 0]]
        """
        if y_score.ndim != 2 or y_score.shape[1] != len(self.genre_names):
            raise ScoresError(f"y_score must have the shape (N, {len(self.genre_names)}), but got {y_score.shape}")
        return expected_f1_decisions(y_score, self.most)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {**asdict(self), "genre_names": list(self.genre_names)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Balanced":
        """The inverse of `to_dict`.

        Raises:
            ScoresError: a key is missing or unknown, or has a value that it can't have.
        """
        try:
            return cls(**{**values, "genre_names": tuple(values["genre_names"])})
        except (KeyError, TypeError) as error:
            raise ScoresError(f"the rule {BALANCED} can't be read from {values!r} ({error})") from error


def balanced_rule(scores: Scores, split: str = "validation", groups: np.ndarray | None = None) -> Balanced:
    """Fit the rule `balanced`: it predicts as many genres as 99 of 100 posters have at most.

    Args:
        scores: with labels, of posters that the network was not trained on; unknown labels count as missing.
        split: the name that these posters are remembered by.
        groups: int (N,); posters of one number are one film or look alike.

    Raises:
        ScoresError: the scores have no labels, or there are no posters.

    Examples:
        >>> y_true = np.array([[1, 0], [1, 1], [0, 1]])
        >>> balanced_rule(Scores(("a", "b", "c"), ("Drama", "War"), np.full((3, 2), 0.4), y_true)).most
        2
    """
    y_true = scores.labelled("fitting a rule").y_true
    most = np.quantile((y_true == 1).sum(axis=1), _NEARLY_ALL, method="inverted_cdf")
    return Balanced(scores.genre_names, max(1, int(most)), fitted_on(split, len(scores), groups))


def expected_f1_decisions(y_score: np.ndarray, most: int | None = None) -> np.ndarray:
    r"""For each poster, predict the genres whose F1 is expected to be highest; one at least, and at most `most`.

    If genres are independent given the poster, the best set of k genres is the k likeliest (Lewis 1995, "Evaluating and
    Optimizing Autonomous Text Classification Systems"), and its expected F1 is exactly

    .. math:: \sum_{i \le k} \sum_s \frac{2 p_i P(|Y_{-i}| = s)}{k + s + 1},

    where the number of the other genres, :math:`|Y_{-i}|`, has a Poisson-binomial distribution. The k with the highest
    sum is taken (Ye, Chai, Lee and Chieu 2012, "Optimizing F-Measures: A Tale of Two Approaches"; the sum over i and s
    is the one of Dembczynski, Waegeman, Cheng and Huellermeier 2011, "An Exact Algorithm for F-Measure Maximization").
    No label is needed: it is as good as the probabilities are calibrated. A poster without genres has an F1 of 0
    whatever is predicted, and so has no say in k.

    Args:
        y_score: calibrated probabilities (N, G).
        most: predict at most this many genres, from 1 up; by default any number.

    Returns:
        uint8 (N, G).

    Raises:
        ScoresError: `y_score` is no matrix with a column, or `most` is below 1.

    Examples:
        >>> expected_f1_decisions(np.array([[0.9, 0.7, 0.05], [0.3, 0.1, 0.02]])).tolist()
        [[1, 1, 0], [1, 0, 0]]
    """
    if y_score.ndim != 2 or not y_score.shape[1]:
        raise ScoresError(f"y_score must have the shape (N, G) with a genre, but got {y_score.shape}")
    if most is not None and most < 1:
        raise ScoresError(f"most must be 1 or more genres, but got {most!r}")
    # Stable: of two genres as likely, the first is predicted on every machine.
    order = np.argsort(-y_score, axis=1, kind="stable")
    largest = min(most or y_score.shape[1], y_score.shape[1])
    falling = np.take_along_axis(y_score, order, axis=1).astype(np.float64)
    blocks = [_gains(falling[start : start + _BLOCK], largest) for start in range(0, len(falling), _BLOCK)]
    size = np.concatenate([gains.argmax(axis=1) + 1 for gains in blocks] or [np.empty(0, int)])
    y_pred = np.zeros(y_score.shape, np.uint8)
    np.put_along_axis(y_pred, order, (np.arange(y_score.shape[1]) < size[:, None]).astype(np.uint8), axis=1)
    return y_pred


def _gains(p: np.ndarray, largest: int) -> np.ndarray:
    """Expected F1 of the k likeliest genres for k from 1 to `largest`, (N, largest); `p` is highest first."""
    posters, genres = p.shape
    # Of each of the likeliest, (N, largest, G): the distribution of how many of the other genres a poster has. Computed
    # anew for each genre: dividing one out of a common distribution loses digits where p is nearly 1.
    rest = np.stack([np.delete(p, i, axis=1) for i in range(largest)], axis=1)
    others = np.zeros((posters, largest, genres))
    others[..., 0] = 1
    for place in range(genres - 1):
        q = rest[..., place : place + 1]
        others[..., 1:] = others[..., 1:] * (1 - q) + others[..., :-1] * q
        others[..., :1] *= 1 - q
    sizes = np.arange(1, largest + 1)
    weights = 2 / (sizes[:, None] + np.arange(genres) + 1)
    of_each = (others.reshape(-1, genres) @ weights.T).reshape(posters, largest, largest)
    # A genre counts in the sets that it belongs to.
    return np.asarray((np.triu(np.ones((largest, largest))) * p[:, :largest, None] * of_each).sum(axis=1))
