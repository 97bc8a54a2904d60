"""Raw rows to drafts of posters: the image found, the genres and the side understood."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from posters.catalogue.causes import Cause
from posters.catalogue.genres import parse_genres
from posters.catalogue.image_folder import ImageFolder, file_looked_for
from posters.catalogue.rows import RawRow, side_of, title_and_year, where
from posters.catalogue.tally import Tally
from posters.errors import CatalogueError


@dataclass(slots=True)
class Draft:
    """A poster in the making; its `genres` change from the table's spellings to the names that genres go by."""

    file: str
    row: int
    id: str
    image: str
    genres: tuple[str, ...]
    title: str | None
    year: int | None
    group: str | None
    side: str | None

    @property
    def where(self) -> str:
        """How messages name its row."""
        return where(self.file, self.row)


class Drafter:
    """Makes drafts, and counts the rows that no poster can be made of."""

    def __init__(self, table: Path, images: ImageFolder, tally: Tally) -> None:
        self.rows_read = 0
        self._table = table
        self._images = images
        self._tally = tally
        self._genres: dict[object, tuple[str, ...]] = {}

    def drafts(self, rows: Iterable[RawRow]) -> list[Draft]:
        """A draft for each row that says what it must and has an image.

        Raises:
            CatalogueError: a row names an image outside the folder, no genres but something else, or an unknown side.
        """
        drafts = []
        for raw in rows:
            self.rows_read += 1
            try:
                draft = self._draft(raw)
            except CatalogueError as error:
                raise CatalogueError(f"{self._table}: {raw.where}: {error}") from None
            if draft is not None:
                drafts.append(draft)
        return drafts

    def _draft(self, raw: RawRow) -> Draft | None:
        lack = _lack_of(raw)
        if lack:
            self._lose(raw, *lack, raw.id)
            return None
        image = self._images.find(raw.images, raw.folder)
        if image is None:
            file = file_looked_for(raw.images)
            self._lose(raw, "the image file is missing", Cause.MISSING_IMAGE, file, image=file)
            return None
        title, year = title_and_year(raw.title, raw.year)
        genres = self._shared_genres(raw.genres)
        return Draft(raw.file, raw.row, raw.id, image, genres, title, year, raw.group or None, side_of(raw.side))

    def _lose(self, raw: RawRow, reason: str, cause: Cause, what: str, image: str = "") -> None:
        self._tally.add("row", reason, f"{what} in {raw.where}".lstrip(), cause, id=raw.id, image=image)

    def _shared_genres(self, cell: object) -> tuple[str, ...]:
        """Equal cells are parsed once and share one tuple: a million rows have a few thousand sets of genres."""
        if not isinstance(cell, str):
            genres = parse_genres(cell)
            return self._genres.setdefault(genres, genres)
        if cell not in self._genres:
            self._genres[cell] = parse_genres(cell)
        return self._genres[cell]


def _lack_of(raw: RawRow) -> tuple[str, Cause] | None:
    if raw.problem:
        return raw.problem, Cause.UNUSABLE_ROW
    if not any(raw.images):
        return "no image is named", Cause.NO_IMAGE_NAMED
    return None if raw.id else ("no id", Cause.NO_ID)
