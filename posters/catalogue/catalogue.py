"""The catalogue: which posters there are, where their images lie, and which genres they have."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posters.catalogue.multi_hot import multi_hot_matrix
from posters.errors import CatalogueError
from posters.files import fingerprint

SIDES = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Poster:
    """One poster and what its table says of it.

    Attributes:
        id: unique in its catalogue.
        image: path of the image file, relative to the catalogue's image folder, with `/` between its parts.
        genres: names that all stand in the catalogue's `genre_names`, without repeats, sorted.
        title: the film's title, if the table has one.
        year: the film's year, if the table has one.
        group: posters of one group never stand on two sides of a split (the same film, say).
        side: the side of a split that the table itself gives, one of `SIDES`.
    """

    id: str
    image: str
    genres: tuple[str, ...]
    title: str | None = None
    year: int | None = None
    group: str | None = None
    side: str | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """One of the things that a loss counts.

    Attributes:
        text: as messages show it, on one line.
        id: of the poster that it happened to, if it happened to one.
        image: of that poster, below the image folder, or as its row names it.
        genre: as the table spells it.
    """

    text: str
    id: str = ""
    image: str = ""
    genre: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that reading a table dropped, merged, left out or corrected.

    Attributes:
        kind: what it happened to: "row", "genre", "image", "label" or "correction".
        reason: why, in words ("the image file is missing").
        count: how many.
        examples: a few of them, as they stand in the table.
        cause: why, as a name of `posters.catalogue.causes.Cause`; "" for corrections.
        items: all of them; there are none in a catalogue that was stored.
    """

    kind: str
    reason: str
    count: int
    examples: tuple[str, ...]
    cause: str = ""
    items: tuple[Lost, ...] = field(default=(), repr=False, compare=False)

    def __str__(self) -> str:
        things = self.kind if self.count == 1 else f"{self.kind}s"
        more = ", ..." if self.count > len(self.examples) else ""
        return f"{self.count:,} {things}: {self.reason} ({', '.join(self.examples)}{more})"


@dataclass(frozen=True)
class Catalogue:
    """Posters with their genres, in the order of their table.

    Attributes:
        posters: the rows.
        genre_names: the genres in the order that every array, score and classifier made from this catalogue follows.
        image_root: the folder that the posters' image paths start from.
        table: the table that was read, or None for a catalogue made in memory.
        dialect: the name of the table's dialect.
        losses: what was dropped, merged or left out while reading, by reason.
    """

    posters: tuple[Poster, ...]
    genre_names: tuple[str, ...]
    image_root: Path
    table: Path | None = None
    dialect: str = "memory"
    losses: tuple[Loss, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        repeated = [id for id, count in Counter(self.ids).items() if count > 1]
        if repeated:
            raise CatalogueError(f"the id {repeated[0]!r} stands in {self.name} more than once: ids must be unique")
        known = set(self.genre_names)
        for poster in self.posters:
            if not known.issuperset(poster.genres):
                strange = sorted(set(poster.genres) - known)[0]
                raise CatalogueError(
                    f"poster {poster.id!r} has the genre {strange!r}, which is not among the catalogue's genre names"
                )

    def __len__(self) -> int:
        return len(self.posters)

    def __iter__(self) -> Iterator[Poster]:
        return iter(self.posters)

    @property
    def name(self) -> str:
        """What messages call it: its table's path."""
        return str(self.table) if self.table else "the catalogue"

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its posters, in their order."""
        return tuple(poster.id for poster in self.posters)

    @property
    def genres(self) -> tuple[tuple[str, ...], ...]:
        """The genres of its posters, in their order."""
        return tuple(poster.genres for poster in self.posters)

    def multi_hot(self) -> np.ndarray:
        """Genres as a uint8 array (N, G) of 0 and 1; column g is `genre_names[g]`."""
        return multi_hot_matrix(self.genres, self.genre_names)

    def image_path(self, poster: Poster) -> Path:
        """Where the image of one of its posters lies."""
        return self.image_root / poster.image

    def take(self, rows: Sequence[int]) -> "Catalogue":
        """The catalogue of the posters in `rows`, in that order, with the same genre names."""
        chosen = tuple(self.posters[row] for row in rows)
        return Catalogue(chosen, self.genre_names, self.image_root, self.table, self.dialect)

    def among(self, ids: Iterable[str]) -> "Catalogue":
        """The catalogue of the posters with one of `ids`, in the catalogue's own order."""
        wanted = set(ids)
        return self.take([row for row, poster in enumerate(self.posters) if poster.id in wanted])

    def genre_counts(self) -> dict[str, int]:
        """How many posters have each genre, in the order of `genre_names`."""
        counts = Counter(name for poster in self.posters for name in poster.genres)
        return {name: counts[name] for name in self.genre_names}

    def fingerprint(self) -> str:
        """A short name for what the catalogue says: ids, images and genres, in their order."""
        rows = [(poster.id, poster.image, poster.genres) for poster in self.posters]
        return fingerprint({"genre_names": self.genre_names, "rows": rows})
