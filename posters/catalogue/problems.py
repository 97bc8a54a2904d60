"""What reading a table drops, merges, leaves out or corrects, counted by reason."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from posters._base.brief import brief_repr

EXAMPLES = 3
_LONGEST_EXAMPLE = 80


class Cause(StrEnum):
    """Machine-readable reasons for a `Problem`; its `reason` holds the words for people.

    Examples:
        >>> Cause.MISSING_IMAGE.value
        'missing image'
    """

    UNUSABLE_ROW = "unusable row"
    NO_IMAGE_NAMED = "no image named"
    NO_ID = "no id"
    MISSING_IMAGE = "missing image"
    DOWNLOAD = "download"
    NOT_A_GENRE = "not a genre"
    ALIAS = "alias"
    SPELLING = "spelling"
    JOINED_GENRES = "joined genres"
    GENRE_TWICE = "genre twice"
    REPEAT = "repeat"
    GENRES_DIFFER = "genres differ"
    FILM_DIFFERS = "film differs"
    RARE_GENRE = "rare genre"
    NO_GENRE_NAMED = "no genre named"
    NO_GENRE_LEFT = "no genre left"
    OTHER_NAME = "other name"
    UNNAMED_IMAGE = "unnamed image"
    SAME_ID = "same id"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One row, genre or image that a problem counts.

    Attributes:
        text: how messages show it, on one line.
        id: of the poster concerned, if there is one.
        image: of that poster, below the image folder, or as its row names it.
        genre: as the table spells it.

    Examples:
        >>> Occurrence("7.jpg in row 3", id="7", image="7.jpg").genre
        ''
    """

    text: str
    id: str = ""
    image: str = ""
    genre: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything that reading dropped, merged, left out or corrected for one reason.

    Attributes:
        kind: what was affected: "row", "genre", "image", "label" or "correction".
        reason: why, in words ("the image file is missing").
        count: number of occurrences.
        examples: a few of them, as the table has them.
        cause: why, as a value of `Cause`; "" for corrections.
        items: every occurrence; empty in a catalogue that was read back from a run.

    Examples:
        >>> print(Problem("row", "the image file is missing", 12, ("7.jpg in row 3",)))
        12 rows: the image file is missing (7.jpg in row 3, ...)
    """

    __repr__ = brief_repr

    kind: str
    reason: str
    count: int
    examples: tuple[str, ...]
    cause: str = ""
    items: tuple[Occurrence, ...] = field(default=(), repr=False, compare=False)

    def __str__(self) -> str:
        things = self.kind if self.count == 1 else f"{self.kind}s"
        more = ", ..." if self.count > len(self.examples) else ""
        return f"{self.count:,} {things}: {self.reason} ({', '.join(self.examples)}{more})"


class ProblemLog:
    """Collects problems while a table is read.

    Examples:
        >>> log = ProblemLog()
        >>> log.add("row", "no id", "row 3", Cause.NO_ID)
        >>> [str(problem) for problem in log.problems()]
        ['1 row: no id (row 3)']
    """

    def __init__(self) -> None:
        # By kind, reason and cause. A dict keeps the order in which the reasons first came up.
        self._items: dict[tuple[str, str, str], list[Occurrence]] = {}

    def add(
        self, kind: str, reason: str, example: str, cause: str = "", *, id: str = "", image: str = "", genre: str = ""
    ) -> None:
        """Count one occurrence; see `Problem` and `Occurrence` for the arguments."""
        # An example is one line of a message, whatever a cell of the table holds.
        occurrence = Occurrence(" ".join(example.split()), id, image, genre)
        self._items.setdefault((kind, reason, cause), []).append(occurrence)

    def problems(self) -> tuple[Problem, ...]:
        """Return what was counted, in the order in which the reasons first came up."""

        def examples(items: Sequence[Occurrence]) -> tuple[str, ...]:
            return tuple(item.text[:_LONGEST_EXAMPLE] for item in items[:EXAMPLES])

        return tuple(
            Problem(kind, reason, len(items), examples(items), cause, tuple(items))
            for (kind, reason, cause), items in self._items.items()
        )
