"""What a classifier says of posters, one or many."""

from dataclasses import dataclass, field

import numpy as np

from posters.classifier.explanation import Explanation
from posters.classifier.pixels import PosterSource
from posters.errors import ImageError
from posters.images import ImageSource


@dataclass(frozen=True)
class Prediction:
    """What a classifier says of one poster.

    Attributes:
        genres: those that it says, the surest first.
        probabilities: of every genre that it knows, calibrated, from 0 to 1, in its own order.
    """

    genres: tuple[str, ...]
    probabilities: dict[str, float]


@dataclass(frozen=True, eq=False)
class Result:
    """What became of one poster of many: either a prediction or an error.

    Attributes:
        poster: as it was handed over.
        prediction: None if it can't be read.
        error: why it can't be read; None if it can.
        explanations: of the prediction's genres, in their order; empty unless they were asked for.
        source: the poster that explanations are to be drawn on, fetched if an address was handed over; None unless
            they were asked for.
    """

    poster: PosterSource = field(repr=False)
    prediction: Prediction | None = None
    error: ImageError | None = None
    explanations: tuple[Explanation, ...] = field(default=(), repr=False)
    source: "ImageSource | None" = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Features:
    """The features of one poster of many, or an error.

    Attributes:
        poster: as it was handed over.
        features: float32 (F,); None if it can't be read.
        error: why it can't be read; None if it can.
    """

    poster: PosterSource = field(repr=False)
    features: np.ndarray | None = field(default=None, repr=False)
    error: ImageError | None = None
