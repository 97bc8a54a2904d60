"""What a search for look-alikes finds."""

from dataclasses import dataclass, field
from pathlib import Path

from posters.classifier.pixels import PosterSource
from posters.errors import ImageError


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A poster that is near another.

    Attributes:
        name: what the catalogue calls it.
        path: of its file.
        similarity: cosine of the two posters' features, from -1 to 1; 1 for equal ones.
        same_picture: whether it is another file with the very same bytes. Known of posters that are files or bytes.
    """

    name: str
    path: Path
    similarity: float
    same_picture: bool


@dataclass(frozen=True, eq=False)
class LookAlikes:
    """What became of one poster of many: its neighbours, or an error.

    Attributes:
        poster: as it was handed over.
        neighbours: the nearest first; empty if the poster can't be read.
        error: why it can't be read; None if it can.
    """

    poster: PosterSource = field(repr=False)
    neighbours: tuple[Neighbour, ...] = ()
    error: ImageError | None = None
