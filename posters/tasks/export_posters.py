"""The posters that an export is checked on, and the others that 8 bits choose their steps by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posters.catalogue import Catalogue
from posters.catalogue.multi_hot import multi_hot_matrix
from posters.classifier.pixels import PosterSource, pixels_of
from posters.config import PreprocessConfig
from posters.errors import ConfigError, ImageError
from posters.log import logger
from posters.runs import Run
from posters.sample import draw_sample
from posters.tasks.scoring import side_catalogue

# Enough to show any mistake of a conversion; rounding to 8 bits is judged by all.
_FEW = 32
# More hardly change the largest and smallest activations (Nagel et al. 2021, "A White Paper on Neural Network
# Quantization", section 3.1).
_STEPS = 100


@dataclass(frozen=True)
class Posters:
    """Posters, perhaps with labels.

    Attributes:
        sources: the n posters.
        kind: what messages call them, as in "validation posters of runs/first".
        y_true: uint8 (n, G), the genres of a classifier; None if nobody said them.
    """

    sources: tuple[PosterSource, ...]
    kind: str
    y_true: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.sources)

    def __str__(self) -> str:
        return f"{len(self):,} {self.kind}"

    def take(self, rows: Sequence[int]) -> "Posters":
        """Those of these rows, in their order."""
        y_true = None if self.y_true is None else self.y_true[list(rows)]
        return Posters(tuple(self.sources[row] for row in rows), self.kind, y_true)

    def few(self) -> "Posters":
        """At most 32 of them, from all over."""
        return self.take(_evenly(len(self), _FEW))

    def parted(self) -> tuple["Posters", "Posters"]:
        """Most of them, and at most 100 and half of the others, from all over.

        Raises:
            ConfigError: there is but one.
        """
        steps = _evenly(len(self), min(_STEPS, len(self) // 2))
        if not steps:
            raise ConfigError("8 bits are checked on other posters than they are fitted to: name two posters or more")
        return self.take(sorted(set(range(len(self))) - set(steps))), self.take(steps)

    def decoded(self, preprocess: PreprocessConfig) -> Iterator[tuple[int, np.ndarray]]:
        """Row and pixels, uint8 (H, W, 3), of each that can be read; the others are named on stderr.

        Raises:
            ConfigError: none can be read.
        """
        nothing = True
        for row, source in enumerate(self.sources):
            try:
                pixels = pixels_of(source, preprocess)
            except ImageError as error:
                logger.warning(f"a poster is left out: {error}")
                continue
            nothing = False
            yield row, pixels
        if nothing:
            raise ConfigError(f"none of {self} can be read, to check the export on: name others by --posters")


NO_POSTERS = Posters((), "posters")


def _evenly(n: int, count: int) -> list[int]:
    return np.unique(np.linspace(0, n - 1, count).astype(int)).tolist() if n > count else list(range(n))


def sides_of(path: Path, genre_names: Sequence[str], images: Path | None) -> tuple[Posters, Posters]:
    """A run's own validation posters to check on, and training posters to choose steps by, at most 100.

    Args:
        path: of a run.
        genre_names: of its classifier.
        images: where the run's images lie now, if they were moved.
    """
    run = Run(path)
    checked, learned = (side_catalogue(run, side, images) for side in ("validation", "train"))
    steps = of_catalogue(learned, genre_names, f"training posters of {path}")
    return (
        of_catalogue(checked, genre_names, f"validation posters of {path}"),
        steps.take(_evenly(len(steps), _STEPS)),
    )


def of_catalogue(catalogue: Catalogue, genre_names: Sequence[str], kind: str = "") -> Posters:
    """The posters of a catalogue with those of their genres that a classifier knows.

    Raises:
        ConfigError: it knows none of them.
    """
    known = set(genre_names)
    if not known & set(catalogue.genre_names):
        raise ConfigError(
            f"{catalogue.name} has none of the classifier's genres ({', '.join(genre_names)}): its labels say nothing"
        )
    genres = [[name for name in poster.genres if name in known] for poster in catalogue]
    sources = tuple(catalogue.image_path(poster) for poster in catalogue)
    return Posters(sources, kind or f"posters of {catalogue.name}", multi_hot_matrix(genres, genre_names))


def drawn_posters(folder: Path) -> Posters:
    """Posters of invented films, drawn into a folder."""
    draw_sample(folder, _FEW)
    return Posters(tuple(sorted((folder / "images").iterdir())), "drawn posters")
