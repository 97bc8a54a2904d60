"""The noun `Bench`: what every section is given to work with."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from posters_sample import draw_sample

from posters.catalogue import Catalogue, read_catalogue

DRAWN = 1000


@dataclass(frozen=True)
class Bench:
    """Where to work, on which posters, and how often.

    Attributes:
        work: a folder for what is made on the way.
        turns: of each contest.
        table: of real posters; without one they are drawn.
        images: their folder, if it isn't beside the table.
        run: a finished run of `posters train` on real posters, for the sections that judge a trained network.
    """

    work: Path
    turns: int
    table: Path | None = None
    images: Path | None = None
    run: Path | None = None

    @cached_property
    def catalogue(self) -> Catalogue:
        """Return the posters that every benchmark uses."""
        return read_catalogue(self.table or draw_sample(self.work / "sample", DRAWN), images=self.images)

    def posters(self, most: int) -> list[Path]:
        """Files of the first posters of the catalogue."""
        return [self.catalogue.image_path(poster) for poster in list(self.catalogue)[:most]]

    def made(self, name: str) -> Path:
        """A folder of this name to put files into."""
        path = self.work / name
        path.mkdir(parents=True, exist_ok=True)
        return path
