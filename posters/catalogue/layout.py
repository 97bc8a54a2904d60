"""Which column of a table means what."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

from posters.catalogue.image_folder import EXTENSIONS
from posters.catalogue.rows import RawRow
from posters.catalogue.tables import Table

Keys = tuple[str, ...]


def named_image(id: str, image: str) -> tuple[str, ...]:
    """An image is called what the table calls it, and nothing else."""
    return (image,)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The keys (see `column_key`) that each column may go by; the first that a table has counts.

    A table without ids takes them from the images' paths, less the extension. One without images looks for them by id.

    Attributes:
        candidates: from a row's id and image texts, the names that its image file may have, the likeliest first.
        short_rows: whether rows with too few fields are known to occur, and are left out; else they are an error.
    """

    id: Keys
    image: Keys
    genres: Keys = ("genres", "genre")
    title: Keys = ("title", "movie_title", "primary_title", "primarytitle", "original_title")
    year: Keys = ("year", "release_year", "release_date", "startyear", "first_air_date")
    group: Keys = ("group", "group_id")
    side: Keys = ("split", "side", "subset")
    candidates: Callable[[str, str], tuple[str, ...]] = named_image
    short_rows: bool = False

    def fits(self, table: Table) -> bool:
        """Whether the table has genres, and ids or images."""
        return any(map(table.has, self.genres)) and any(map(table.has, self.id + self.image))

    def rows(self, table: Table) -> Iterator[RawRow]:
        """The table's rows, in their order.

        Raises:
            CatalogueError: a row is too short, or a column is not text.
        """
        ids, images = self._ids_and_images(table)
        columns = zip(
            table.rows,
            ids,
            map(self.candidates, ids, images),
            table.values(self.genres) or repeat(""),
            *(table.texts(keys) or repeat("") for keys in (self.title, self.year, self.group, self.side)),
            strict=False,
        )
        for values in columns:
            raw = RawRow(*values)
            if raw.row in table.short:
                raw.problem = self._problem(table, raw.row)
            yield raw

    def _ids_and_images(self, table: Table) -> tuple[Sequence[str], Sequence[str]]:
        ids, images = table.texts(self.id), table.texts(self.image)
        if ids is None:
            ids = [_without_extension(image) for image in images or ()]
        return ids, ids if images is None else images

    def _problem(self, table: Table, row: int) -> str:
        if not self.short_rows:
            raise table.fault(row, f"has {table.short[row]} fields, but the header has {len(table.names)}")
        return "fewer fields than the header"


def _without_extension(image: str) -> str:
    stem, extension = os.path.splitext(image.replace("\\", "/"))
    return stem if extension.lower() in EXTENSIONS else stem + extension
