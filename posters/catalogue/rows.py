"""One row of any dialect, and what its texts mean."""

import re
from dataclasses import dataclass

from posters.catalogue.wording import quoted
from posters.errors import CatalogueError

_YEAR = re.compile(r"(?<!\d)(?:18|19|20|21)\d\d(?!\d)")
_TITLE_AND_YEAR = re.compile(r"(.*\S)\s*\(((?:18|19|20|21)\d\d)\)")

_SIDE_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid", "dev", "development"),
    "test": ("test", "testing"),
}
_SIDES = {word: side for side, words in _SIDE_WORDS.items() for word in words}


@dataclass(slots=True)
class RawRow:
    """One row as its table has it: texts that are still to be understood, "" where it says nothing.

    Attributes:
        row: its number in the file, or 0 if it is a file of its own.
        id: the poster's id.
        images: what its image may be called, the likeliest first.
        genres: the cell with the genres, a text or a list; see `parse_genres`.
        file: which file of the folder it stands in, where there are several.
        problem: why the row can't be used, if its dialect already knows that.
    """

    row: int
    id: str
    images: tuple[str, ...]
    genres: object
    title: str = ""
    year: str = ""
    group: str = ""
    side: str = ""
    file: str = ""
    problem: str = ""

    @property
    def where(self) -> str:
        """How messages name it."""
        return where(self.file, self.row)

    @property
    def folder(self) -> str:
        """Where its image names start from, below the image folder: beside the file that it stands in."""
        return self.file.rpartition("/")[0]


def where(file: str, row: int) -> str:
    """How messages name a row: by its file, if there are several, and by its number, if the file has several."""
    return f"{file} row {row}".lstrip() if row else file


def side_of(word: str) -> str | None:
    """The side of a split that `word` names ("val" and "dev" are the validation side); None if it is "".

    Raises:
        CatalogueError: it names none.
    """
    if not word:
        return None
    side = _SIDES.get(word.casefold())
    if side is None:
        raise CatalogueError(f"{quoted(word)} is no side of a split: use train, validation (val, dev) or test")
    return side


def is_side(word: str) -> bool:
    """Whether `word` names a side of a split."""
    return word.casefold() in _SIDES


def title_and_year(title: str, year: str) -> tuple[str | None, int | None]:
    """A film's title and year. The year may be a date, or stand at the title's end: "Heat (1995)"."""
    found = _YEAR.search(year)
    if found:
        return title or None, int(found[0])
    both = _TITLE_AND_YEAR.fullmatch(title)
    return (both[1], int(both[2])) if both else (title or None, None)
