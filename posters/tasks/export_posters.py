"""The posters that an export is checked on, and the others by which 8 bits choose their steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posters._base.brief import brief_repr
from posters._base.log import logger
from posters.catalogue import Catalogue
from posters.catalogue.multi_hot import multi_hot_matrix
from posters.classifier.loading import PosterSource, load_pixels
from posters.config import PreprocessConfig
from posters.errors import ConfigError, ImageError
from posters.runs import Run
from posters.tasks.scoring import split_catalogue

# Enough to show any mistake of a conversion; rounding to 8 bits is judged by all.
_FEW = 32
# More hardly change the largest and smallest activations (Nagel et al. 2021, "A White Paper on Neural Network
# Quantization", section 3.1).
_STEPS = 100


@dataclass(frozen=True)
class CheckPosters:
    """Posters to check an export on, perhaps with labels.

    Attributes:
        sources: the n posters.
        kind: what messages call them, as in "validation posters of runs/first".
        y_true: int8 (n, G), in the order of a classifier's genres; None without labels.

    Examples:
        >>> str(CheckPosters((Path("alien.jpg"),), "posters").few())
        '1 posters'
    """

    __repr__ = brief_repr

    sources: tuple[PosterSource, ...]
    kind: str
    y_true: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.sources)

    def __str__(self) -> str:
        return f"{len(self):,} {self.kind}"

    def take(self, rows: Sequence[int]) -> "CheckPosters":
        """Return those of these rows, in their order."""
        y_true = None if self.y_true is None else self.y_true[list(rows)]
        return CheckPosters(tuple(self.sources[row] for row in rows), self.kind, y_true)

    def few(self) -> "CheckPosters":
        """Return at most 32 of them, evenly spaced."""
        return self.take(_evenly(len(self), _FEW))

    def split_off_steps(self) -> tuple["CheckPosters", "CheckPosters"]:
        """Return most of them to check on, and others to choose steps by: at most 100, and at most half of all.

        Raises:
            ConfigError: there is only one.
        """
        steps = _evenly(len(self), min(_STEPS, len(self) // 2))
        if not steps:
            raise ConfigError("8 bits are checked on other posters than they are fitted to: name at least two posters")
        return self.take(sorted(set(range(len(self))) - set(steps))), self.take(steps)

    def decoded(self, preprocess: PreprocessConfig) -> Iterator[tuple[int, np.ndarray]]:
        """Yield row and pixels, uint8 (H, W, 3), of each that can be read; the others are named on stderr.

        Raises:
            ConfigError: none can be read.
        """
        nothing = True
        for row, source in enumerate(self.sources):
            try:
                pixels = load_pixels(source, preprocess)
            except ImageError as error:
                logger.warning(f"a poster is left out: {error}")
                continue
            nothing = False
            yield row, pixels
        if nothing:
            raise ConfigError(f"none of {self} can be read, to check the export on: name others by --posters")


NO_POSTERS = CheckPosters((), "posters")


def _evenly(n: int, count: int) -> list[int]:
    return np.unique(np.linspace(0, n - 1, count).astype(int)).tolist() if n > count else list(range(n))


def posters_of_run(run: Run, genre_names: Sequence[str], images: Path | None) -> tuple[CheckPosters, CheckPosters]:
    """Return a run's validation posters to check on, and at most 100 training posters to choose steps by.

    Args:
        run: started.
        genre_names: of its classifier.
        images: where the run's images are now, if they were moved.

    Examples:
        >>> posters_of_run(Run(Path("runs/none")), ("Drama",), None)
        Traceback (most recent call last):
        posters.errors.RunError: runs/none is no run of posters train that can be used here: it has no splits.csv
    """
    checked, learned = (split_catalogue(run, split, images) for split in ("validation", "train"))
    steps = posters_of_catalogue(learned, genre_names, f"training posters of {run.path}")
    return (
        posters_of_catalogue(checked, genre_names, f"validation posters of {run.path}"),
        steps.take(_evenly(len(steps), _STEPS)),
    )


def posters_of_catalogue(catalogue: Catalogue, genre_names: Sequence[str], kind: str = "") -> CheckPosters:
    """Return the posters of a catalogue, labelled with those of their genres that a classifier knows.

    Args:
        catalogue: the posters.
        genre_names: of the classifier.
        kind: what messages call them; by default "posters of" the catalogue.

    Raises:
        ConfigError: the classifier knows none of their genres.

    Examples:
        >>> from posters.catalogue import Poster
        >>> catalogue = Catalogue((Poster("7", "heat.jpg", ("Crime",)),), ("Crime",), Path("images"))
        >>> posters_of_catalogue(catalogue, ("Crime", "Drama"), "posters of a shop").y_true.tolist()
        [[1, 0]]
    """
    known = set(genre_names)
    if not known & set(catalogue.genre_names):
        raise ConfigError(
            f"{catalogue.name} has none of the classifier's genres ({', '.join(genre_names)}): its labels can't be used"
        )
    genres, unknown = (
        [[name for name in names if name in known] for names in labels]
        for labels in (catalogue.genres, (poster.unknown for poster in catalogue))
    )
    sources = tuple(catalogue.image_path(poster) for poster in catalogue)
    return CheckPosters(sources, kind or f"posters of {catalogue.name}", multi_hot_matrix(genres, genre_names, unknown))


def sample_posters() -> CheckPosters:
    """Return the drawn posters that come with the package, which the served page also offers to try.

    Examples:
        >>> len(sample_posters())
        6
    """
    folder = Path(__file__).parent.parent / "serve" / "page" / "samples"
    return CheckPosters(tuple(sorted(folder.glob("*.jpg"))), "drawn posters")
