"""A record for each row of a table: it starts with the table's texts and ends as a `Poster`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from posters._base.brief import brief_repr
from posters._base.text import quoted
from posters.catalogue.catalogue import Poster
from posters.catalogue.genre_cells import parse_genres
from posters.catalogue.image_folder import EXTENSIONS, ImageFolder, expected_file, same_name, web_address
from posters.catalogue.problems import Cause, ProblemLog
from posters.errors import CatalogueError

# Not within a longer number, which is more likely an id than a year.
_YEAR = re.compile(r"(?<!\d)(?:18|19|20|21)\d\d(?!\d)")
_TITLE_AND_YEAR = re.compile(r"(.*\S)\s*\(((?:18|19|20|21)\d\d)\)")

# What data sets call the three splits; the first word is ours.
_SPLIT_WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid", "dev", "development"),
    "test": ("test", "testing"),
}
_SPLITS = {word: split for split, words in _SPLIT_WORDS.items() for word in words}


NOT_DOWNLOADED = (
    "the image is not in the image folder, but has a web address: pass --download (in Python download=True) to fetch it"
)

# "https://a.org/1/poster.jpg" and "https://a.org/2/poster.jpg" may both be what somebody saved as "poster.jpg".
AMBIGUOUS = (
    "the image has the last part of its address as a name, but other addresses end in it too: name images by id, or "
    "pass --download (in Python download=True)"
)


@dataclass(slots=True)
class Record:
    """One row of a table. `read_records` completes it in place, step by step.

    Attributes:
        row: number of the row in its file, or 0 if the file holds one film only.
        id: the poster's id.
        images: names that the image file may have, the likeliest first; none once the only one has been found as it is.
        cell: the cell with the genres, text or a list; see `parse_genres`.
        title: the film's title; "" if the table has none.
        year: the table's text for the year, which may be a date; "" if there is none.
        group: posters of one group stay in one split; "" if the table has no groups.
        split: the table's word for the split; "" if it gives none.
        file: which file of a folder the row is in; "" if there is only one file.
        problem: why the row can't be used, if its dialect knows already.
        image: path of the image file below the image folder, once it is found.
        genres: the names in `cell`: first as the table spells them, then as the catalogue does.
        unknown_cell: the cell with the genres that are unknown, text or a list as in `cell`.
        empty: the genres whose cells are empty, in a table with a column of marks for each.
        unknown: the names of the genres that are unknown, like `genres`.
        tables: names of the tables that list the poster, once several are united.

    Examples:
        >>> Record(3, "7", ("7.jpg",), "Drama|War").where
        'row 3'
    """

    __repr__ = brief_repr

    row: int
    id: str
    images: tuple[str, ...]
    cell: object
    title: str = ""
    year: str = ""
    group: str = ""
    split: str = ""
    file: str = ""
    problem: str = ""
    image: str = ""
    genres: tuple[str, ...] = ()
    unknown_cell: object = ""
    empty: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """Where the row is, for messages: its file, if there are several, and its number, if the file has several."""
        return f"{self.file} row {self.row}".lstrip() if self.row else self.file

    @property
    def film(self) -> tuple[str | None, int | None]:
        """The film's title and year, as `title_and_year` understands the table's texts."""
        return title_and_year(self.title, self.year)

    @film.setter
    def film(self, film: tuple[str | None, int | None]) -> None:
        self.title, self.year = film[0] or "", str(film[1] or "")

    @property
    def folder(self) -> str:
        """The folder below the image folder that image names start from: the one that holds the row's file."""
        return self.file.rpartition("/")[0]

    def to_poster(self, genres: tuple[str, ...], unknown: tuple[str, ...] = ()) -> Poster:
        """Return the poster with these genres."""
        title, year = self.film
        group, split = self.group or None, self.split or None
        return Poster(self.id, self.image, genres, title, year, group, split, unknown, self.tables)


def read_records(
    rows: Iterable[Record],
    table: Path,
    images: ImageFolder,
    log: ProblemLog,
    separator: str | None = None,
    empty: str = "no",
) -> tuple[list[Record], int]:
    """Find the image of each row, and understand its genres, film and split.

    Args:
        rows: as a dialect yields them.
        table: for messages.
        images: where the image files are looked up.
        log: counts the rows that are left out: without an id, without an image, or unusable.
        separator: what joins genres in a cell; see `parse_genres`.
        empty: what an empty cell among marks means, "no" or "unknown".

    Returns:
        the records that can become posters, and how many rows were read.

    Raises:
        CatalogueError: a row names an image outside the folder, a cell is not a list of genres, or a split is unknown.

    Examples:
        >>> log = ProblemLog()
        >>> read_records([Record(2, "7", ("7.jpg",), "Drama")], Path("t.csv"), ImageFolder(Path("nowhere")), log)
        ([], 1)
        >>> print(*log.problems())
        1 row: the image file is missing (7.jpg in row 2)
    """
    # Equal cells are parsed once and share one tuple, which saves time and memory on a million rows.
    parsed: dict[object, tuple[str, ...]] = {}

    def names_in(cell: object) -> tuple[str, ...]:
        # A list's key is no tuple of names: these are cleaned.
        listed = type(cell) is list and set(map(type, cell)) == {str}
        key = (list, *cell) if listed else cell if isinstance(cell, str) else None  # type: ignore[misc]
        names = parsed.get(key) or parse_genres(cell, separator)
        return parsed.setdefault(names if key is None else key, names)

    records, count = [], 0
    for record in rows:
        count += 1
        try:
            if _has_image(record, images, log):
                if record.split:
                    record.split = parse_split(record.split) or ""
                record.genres = names_in(record.cell)
                if record.unknown_cell:
                    record.unknown += names_in(record.unknown_cell)
                if empty == "unknown":
                    record.unknown += record.empty
                records.append(record)
        except CatalogueError as error:
            raise CatalogueError(f"{table}: {record.where}: {error}") from None
    return _without_ambiguous(records, images, log), count


def _without_ambiguous(records: list[Record], images: ImageFolder, log: ProblemLog) -> list[Record]:
    """Leave out records whose image may be another one's, which shows only once all rows are read."""
    ambiguous = images.ambiguous() - images.downloads.keys()
    if not ambiguous:
        return records
    kept = []
    for record in records:
        if ambiguous.isdisjoint(record.images):
            kept.append(record)
        else:
            example = f"{record.image} in {record.where}"
            log.add("row", AMBIGUOUS, example, Cause.MISSING_IMAGE, id=record.id, image=record.image)
    return kept


def _has_image(record: Record, images: ImageFolder, log: ProblemLog) -> bool:
    """Find the record's image file; log the record and return False if it can't become a poster."""
    usable = record.id and not record.problem and any(record.images)
    folder = record.folder if record.file else ""
    record.image = (images.find(record.images, folder, record.id) if usable else None) or ""
    if not record.image:
        reason, cause, what, image = _why_left_out(record, images)
        log.add("row", reason, f"{what} in {record.where}".lstrip(), cause, id=record.id, image=image)
        return False
    named = record.images[0]
    if record.image == named:
        # The table's text goes, the folder's remains: of a million rows one is enough.
        record.images = record.images if len(record.images) > 1 else ()
    # Named "heat.jpg" and found as "heat.webp": right almost always, but nobody should have to guess.
    elif named.lower().endswith(EXTENSIONS) and not same_name(named, record.image):
        example = f"{named} in {record.where}, found as {record.image}"
        reason = "the image has another name than in the table"
        log.add("row", reason, example, Cause.OTHER_NAME, id=record.id, image=record.image)
    return True


def _why_left_out(record: Record, images: ImageFolder) -> tuple[str, Cause, str, str]:
    """Return why a record has no image file, and what a message and a finding name in its place."""
    if record.problem:
        return record.problem, Cause.UNUSABLE_ROW, record.id, ""
    if not any(record.images):
        return "no image is named", Cause.NO_IMAGE_NAMED, record.id, ""
    if not record.id:
        return "no id", Cause.NO_ID, "", ""
    file = expected_file(record.images, record.id)
    address = web_address(record.images)
    if not address:
        return "the image file is missing", Cause.MISSING_IMAGE, file, file
    if address not in images.downloads:
        return NOT_DOWNLOADED, Cause.MISSING_IMAGE, address, file
    return f"the image can't be downloaded: {images.downloads[address]}", Cause.DOWNLOAD, address, file


def parse_split(word: str) -> str | None:
    """Return the split that a table's word means; None for "".

    Raises:
        CatalogueError: the word means no split.

    Examples:
        >>> parse_split("dev"), parse_split("Training"), parse_split("")
        ('validation', 'train', None)
    """
    if not word:
        return None
    split = _SPLITS.get(word.casefold())
    if split is None:
        raise CatalogueError(f"{quoted(word)} is no split: use train, validation (val, dev) or test")
    return split


def is_split(word: str) -> bool:
    """Return whether a table's word means a split.

    Examples:
        >>> is_split("val"), is_split("2020")
        (True, False)
    """
    return word.casefold() in _SPLITS


def title_and_year(title: str, year: str) -> tuple[str | None, int | None]:
    """Return a film's title and year. The year may be a date, or stand at the end of the title.

    Examples:
        >>> title_and_year("Heat (1995)", ""), title_and_year("Heat", "1995-12-15")
        (('Heat', 1995), ('Heat', 1995))
    """
    found = _year_in(year)
    if found:
        return title or None, found
    # Most titles end in something else, which is seen sooner than with the pattern.
    both = title.endswith(")") and _TITLE_AND_YEAR.fullmatch(title)
    return (both[1], int(both[2])) if both else (title or None, None)


# A table has a hundred different years, and equal ones are then one object.
@lru_cache(4096)
def _year_in(text: str) -> int | None:
    found = _YEAR.search(text)
    return int(found[0]) if found else None
