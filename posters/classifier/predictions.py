"""Predictions and features, one object per poster, and the rules that turn probabilities into predicted genres."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from posters._base.brief import brief_repr
from posters._base.frames import frame_of
from posters._base.text import did_you_mean
from posters.classifier.explanation import Explanation
from posters.classifier.loading import PosterSource
from posters.classifier.manifest import Manifest
from posters.errors import ConfigError, ImageError
from posters.thresholds import Rule, argmax_decisions, fixed_thresholds

if TYPE_CHECKING:
    import pandas

    from posters.images.decoding import ImageSource

# The rule of a softmax head, whose genres exclude each other.
ARGMAX = "argmax"

_BARS = 8  # genres that a notebook shows

# From calibrated probabilities (N, G) to decisions, uint8 (N, G).
Decide: TypeAlias = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Prediction:
    """The prediction for one poster, or the reason why the poster can't be read.

    Two predictions are equal if they have the same genres, probabilities and error.

    Attributes:
        genres: the predicted genres, the likeliest first; empty if the poster can't be read.
        probabilities: calibrated probability, from 0 to 1, of each genre of the classifier; empty if the poster can't
            be read.
        poster: the poster as the caller gave it.
        error: why the poster can't be read; None if it can.
        explanations: of the predicted genres, in the same order; empty unless requested.
        novelty: how unlike the posters that the classifier learned from the picture is; above 1, as for one in a
            hundred posters, it may be no poster at all, and then its probabilities mean little. None if the poster
            can't be read, or the classifier can't tell.
        source: the poster that explanations are drawn on, in a form that needs neither a download nor the file again;
            None unless explanations were requested.

    Examples:
        >>> prediction = Prediction(("Horror",), {"Drama": 0.2, "Horror": 0.9})
        >>> prediction.error is None, prediction.probabilities["Horror"]
        (True, 0.9)
    """

    __repr__ = brief_repr

    genres: tuple[str, ...]
    probabilities: dict[str, float]
    poster: "PosterSource | None" = field(default=None, repr=False, compare=False)
    error: ImageError | None = None
    explanations: tuple[Explanation, ...] = field(default=(), repr=False, compare=False)
    novelty: float | None = field(default=None, compare=False)
    source: "ImageSource | None" = field(default=None, repr=False, compare=False)

    @property
    def looks_like_a_poster(self) -> bool | None:
        """False if the novelty is above 1; None without a novelty."""
        return None if self.novelty is None else self.novelty <= 1

    def _repr_html_(self) -> str:
        # What a notebook shows: the poster beside its likeliest genres.
        from html import escape

        from posters.images.notebook import bars_html, thumbnail_html

        seen = self.poster if self.source is None else self.source
        # An address is not fetched again, and an open file is at its end.
        fetched = isinstance(seen, str) and "://" in seen
        picture = escape(str(self.error or ""))
        if not self.error and not fetched and isinstance(seen, bytes | Path | np.ndarray | str):
            picture = thumbnail_html(seen)
        likeliest = sorted(self.probabilities.items(), key=lambda pair: -pair[1])[:_BARS]
        return picture + bars_html((name, p, name in self.genres) for name, p in likeliest)

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a DataFrame with a row for each genre, the likeliest first: probability, and whether it is predicted.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        likeliest = sorted(self.probabilities.items(), key=lambda pair: -pair[1])
        rows = ({"genre": name, "probability": share, "predicted": name in self.genres} for name, share in likeliest)
        return frame_of(rows, ("genre", "probability", "predicted"), index="genre")

    def __getitem__(self, genre: str) -> float:
        """Return the probability of a genre, predicted or not.

        Raises:
            ImageError: the poster can't be read.
            KeyError: the classifier has no such genre.

        Examples:
            >>> Prediction(("Horror",), {"Drama": 0.2, "Horror": 0.9})["Drama"]
            0.2
        """
        if self.error is not None:
            raise self.error
        if genre not in self.probabilities:
            raise KeyError(f"the classifier has no genre {genre!r}{did_you_mean(str(genre), self.probabilities)}")
        return self.probabilities[genre]


class Predictions(Iterator[Prediction]):
    """Predictions as they come, one for each poster; what `predict_many` returns.

    Args:
        predictions: each is taken when it is asked for.

    Examples:
        >>> found = Predictions(iter([Prediction(("Horror",), {"Horror": 0.9}, "alien.jpg")]))
        >>> found.to_pandas()["Horror"].tolist()
        [0.9]
    """

    def __init__(self, predictions: Iterator[Prediction]) -> None:
        self._predictions = predictions

    def __next__(self) -> Prediction:
        return next(self._predictions)

    def to_pandas(self) -> "pandas.DataFrame":
        """Return those that are left as a DataFrame, a row for each poster, in their order.

        Returns:
            poster (a path or an address; None for bytes and pixels), genres (a list of names), novelty and error, and a
            column with the probability of each genre, which is NaN for a poster that can't be read.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return frame_of(map(_row, self), ("poster", "genres", "novelty", "error"))


def _row(found: Prediction) -> dict[str, Any]:
    named = str(found.poster) if isinstance(found.poster, str | Path) else None
    error = None if found.error is None else str(found.error)
    about = {"poster": named, "genres": found.genres, "novelty": found.novelty, "error": error}
    return about | found.probabilities


@dataclass(frozen=True, eq=False)
class Features:
    """The features of one poster, or the reason why the poster can't be read.

    Attributes:
        poster: the poster as the caller gave it.
        features: float32 (F,); None if the poster can't be read.
        error: why the poster can't be read; None if it can.

    Examples:
        >>> Features("alien.jpg", np.zeros(8, np.float32)).features.shape
        (8,)
    """

    poster: PosterSource = field(repr=False)
    features: np.ndarray | None = field(default=None, repr=False)
    error: ImageError | None = None


def choose_rule(
    manifest: Manifest, rule: str | Rule | None = None, top: int | None = None, threshold: float | None = None
) -> Decide:
    """Return the function that decides which genres are predicted.

    Without any choice, it is the classifier's first rule; or the argmax, if the classifier has a softmax head.

    Args:
        manifest: the classifier's manifest.
        rule: the name of one of `manifest.rules`, or a rule for the classifier's genres.
        top: predict this many genres, the likeliest, whatever the thresholds; from 1 up.
        threshold: predict every genre of at least this probability, from 0 to 1.

    Returns:
        A function from calibrated probabilities (N, G) to decisions, uint8 (N, G).

    Raises:
        ConfigError: more than one choice is given, there is no such rule, or a value is out of range.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> choose_rule(load_classifier().manifest, top=1)(np.array([[0.2, 0.9, 0.4]])).tolist()
        [[0, 1, 0]]
    """
    _check_choice(rule, top, threshold)
    if top is not None:
        return lambda y_score: top_decisions(y_score, top)
    if threshold is not None:
        return fixed_thresholds(manifest.genre_names, threshold).apply
    if rule in (None, ARGMAX) and manifest.head == "softmax":
        return argmax_decisions
    return manifest.rule(rule).apply if rule is None or isinstance(rule, str) else rule.apply


def _check_choice(rule: str | Rule | None, top: int | None, threshold: float | None) -> None:
    if sum(value is not None for value in (rule, top, threshold)) > 1:
        raise ConfigError("rule, top and threshold exclude each other: give one of them")
    # By type, because True is an int too, and is no number of genres.
    if top is not None and (type(top) is not int or top < 1):
        raise ConfigError(f"top must be a whole number from 1 up, but got {top!r}")
    # Written so that NaN fails as well.
    if threshold is not None and (type(threshold) not in (int, float) or not 0 <= threshold <= 1):
        raise ConfigError(f"threshold must be a number from 0 to 1, but got {threshold!r}")


def predicted_genres(y_score: np.ndarray, genre_names: Sequence[str], decide: Decide) -> tuple[str, ...]:
    """Return the genres that a rule predicts for one poster, the likeliest first.

    Args:
        y_score: calibrated probabilities (G,).
        genre_names: of the probabilities, in their order.
        decide: the rule; see `choose_rule`.

    Examples:
        >>> predicted_genres(np.array([0.6, 0.1, 0.9]), ("Comedy", "Drama", "War"), lambda p: p >= 0.5)
        ('War', 'Comedy')
    """
    predicted = np.flatnonzero(decide(y_score[None])[0])
    return tuple(genre_names[genre] for genre in predicted[np.argsort(-y_score[predicted], kind="stable")])


def top_decisions(y_score: np.ndarray, top: int) -> np.ndarray:
    """Return the decisions that predict the `top` likeliest genres of each poster, however unlikely they are.

    Args:
        y_score: probabilities (N, G).
        top: from 1 up; all genres if there are fewer.

    Returns:
        uint8 (N, G).

    Examples:
        >>> top_decisions(np.array([[0.2, 0.9, 0.4]]), top=2).tolist()
        [[0, 1, 1]]
    """
    # Stable: of two genres as likely, the first is predicted on every machine.
    likeliest = np.argsort(-y_score, axis=1, kind="stable")[:, :top]
    y_pred = np.zeros(y_score.shape, np.uint8)
    np.put_along_axis(y_pred, likeliest, 1, axis=1)
    return y_pred
