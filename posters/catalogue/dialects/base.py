"""What a dialect is, and which column of a table means what."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TypeAlias

from posters.catalogue.image_folder import without_extension
from posters.catalogue.rows import Record
from posters.catalogue.tables import Table, TableSource, as_table

Keys: TypeAlias = tuple[str, ...]
Texts: TypeAlias = list[str]

_IS_VALID = dict.fromkeys(("true", "1", "1.0", "yes"), "validation") | dict.fromkeys(
    ("false", "0", "0.0", "no"), "train"
)


# Columns whose ids are of films, so that several rows may be several posters of one film.
FILM_IDS = frozenset(
    {"movie_id", "movieid", "film_id", "imdb_id", "imdbid", "imdb_title_id", "tconst", "tmdb_id", "tmdbid"}
)


def _posters_of_films(ids: Texts, images: Texts, groups: Texts | None) -> tuple[Texts, Texts | None]:
    """Give each poster of a film that has several an id of its own; the film becomes their group."""
    if len(set(ids)) == len(ids):
        return ids, groups
    posters = Counter(id for id, image in set(zip(ids, images, strict=True)) if id and image)
    several = {id for id, count in posters.items() if count > 1}
    if not several:
        return ids, groups
    own = [
        f"{id}/{without_extension(image).rpartition('/')[2]}" if id in several else id
        for id, image in zip(ids, images, strict=True)
    ]
    given = groups or [""] * len(ids)
    return own, [group or (id if id in several else "") for group, id in zip(given, ids, strict=True)]


@dataclass(frozen=True, kw_only=True)
class ColumnMap:
    """Which column of a table means what: the keys (see `column_key`) of each; the first that a table has counts.

    A table without ids takes them from its image paths, without the extension. A table without images looks for files
    named by id.

    Attributes:
        id: of the posters.
        image: the image file.
        genres: the cell with all genres.
        title: the film's title.
        year: the film's year, or a date.
        group: posters of one group stay in one split.
        split: train, validation or test.
        unknown: the cell with the genres of which nobody knows whether the poster has them.
        short_rows: whether rows with too few fields are known to occur, and are left out; otherwise they are an error.

    Examples:
        >>> from pathlib import Path
        >>> table = Table(Path("t.csv"), ["image", "genre"], [["heat.jpg"], ["Drama"]], [2])
        >>> next(ColumnMap(id=("id",), image=("image",)).rows(table)).id
        'heat'
    """

    id: Keys
    image: Keys
    genres: Keys = ("genres", "genre")
    title: Keys = ("title", "movie_title", "primary_title", "primarytitle", "series_title", "original_title", "name")
    year: Keys = ("year", "release_year", "released_year", "release_date", "startyear", "first_air_date")
    group: Keys = ("group", "group_id")
    split: Keys = ("split", "side", "subset", "set", "is_valid")
    unknown: Keys = ("unknown",)
    short_rows: bool = False

    def fits(self, table: Table) -> bool:
        """Return whether the table has genres, and ids or images."""
        return any(map(table.has, self.genres)) and any(map(table.has, self.id + self.image))

    def _splits(self, table: Table) -> list[str] | None:
        words = table.texts(self.split)
        # fastai's column holds a truth value.
        if words and next(filter(table.has, self.split)) == "is_valid":
            words = [_IS_VALID.get(word.casefold(), word) for word in words]
        return words

    def unknowns(self, table: Table) -> list[object] | None:
        """Return the cells of unknown genres; None for a column of marks of that name, which MovieLens has.

        Examples:
            >>> from pathlib import Path
            >>> shelf = ColumnMap(id=("id",), image=("image",))
            >>> shelf.unknowns(Table(Path("t.csv"), ["id", "unknown"], [["7", "8"], ["War", ""]], [2, 3]))
            ['War', '']
        """
        cells = table.values(self.unknown)
        marks = {"", "0", "1", "0.0", "1.0", "true", "false", "none"}
        return None if cells is None or marks.issuperset({str(cell).strip().casefold() for cell in cells}) else cells

    def rows(self, table: Table) -> Iterator[Record]:
        """Yield a record for each of the table's rows, in their order.

        Raises:
            CatalogueError: a row is too short, or a column is not text.
        """
        ids, images = table.texts(self.id), table.texts(self.image)
        groups = table.texts(self.group)
        if ids is not None and images is not None and next(filter(table.has, self.id)) in FILM_IDS:
            ids, groups = _posters_of_films(ids, images, groups)
        if ids is None:
            # `fits` asks for one of the two, but a dialect of someone's own may have another `fits`.
            ids = [without_extension(image) for image in images or ()]
        if images is None:
            images = ids
        columns = zip(
            table.rows,
            ids,
            zip(images),
            table.values(self.genres) or repeat(""),
            *(table.texts(keys) or repeat("") for keys in (self.title, self.year)),
            groups or repeat(""),
            self._splits(table) or repeat(""),
            strict=False,
        )
        for values, unknown in zip(columns, self.unknowns(table) or repeat(""), strict=False):
            record = Record(*values)
            record.unknown_cell = unknown or ""
            # A row that is too short may have lost a separator in the middle: its last cells can't be trusted.
            if record.row in table.short:
                if not self.short_rows:
                    fields = table.short[record.row]
                    raise table.fault(record.row, f"has {fields} fields, but the header has {len(table.names)}")
                record.problem = "fewer fields than the header"
            yield record


@dataclass(frozen=True)
class Dialect(ABC):
    """One way to write down which poster has which genres.

    Attributes:
        name: what users call it.
        description: one line about it.
        needs: what a table or folder must have to be recognised, in words.
        images_inside: whether the images are in the table's own folder, not in a folder beside the table.

    Examples:
        >>> from posters.catalogue import DIALECTS
        >>> [dialect.name for dialect in DIALECTS if dialect.images_inside]
        ['huggingface', 'mmimdb', 'folders']
    """

    name: str
    description: str
    needs: str
    images_inside: bool = False

    @abstractmethod
    def recognises(self, source: TableSource) -> bool:
        """Return whether a table or folder is written in this dialect."""

    @abstractmethod
    def rows(self, source: TableSource) -> Iterator[Record]:
        """Yield a record for each row of a source that it recognises.

        Raises:
            CatalogueError: a row contradicts itself, or a file of the folder can't be read.
        """


@dataclass(frozen=True, kw_only=True)
class TableDialect(Dialect):
    """A dialect that is recognised by a table's columns.

    Attributes:
        column_map: which column means what.
        fits: whether a table is written in this dialect.

    Examples:
        >>> from pathlib import Path
        >>> shelf = ColumnMap(id=("sku",), image=("cover",), genres=("shelf",))
        >>> shop = TableDialect("shop", "our shop", "columns sku and shelf", column_map=shelf, fits=shelf.fits)
        >>> [record.id for record in shop.rows(Table(Path("t.csv"), ["SKU", "Shelf"], [["7"], ["Drama"]], [2]))]
        ['7']
    """

    column_map: ColumnMap
    fits: Callable[[Table], bool]

    def recognises(self, source: TableSource) -> bool:
        """Return whether the source is a table that fits."""
        return isinstance(source, Table) and self.fits(source)

    def rows(self, source: TableSource) -> Iterator[Record]:
        """Yield a record for each row, as the column map reads it."""
        return self.column_map.rows(as_table(source))
