"""The catalogue: posters, where their images are, and which genres they have."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from posters._base.atomic_files import fingerprint, replacing
from posters._base.brief import brief_repr
from posters._base.garbage import without_collections
from posters._base.optional_imports import require
from posters._base.text import counted, quoted
from posters.catalogue.genre_names import count_spellings
from posters.catalogue.multi_hot import multi_hot_matrix
from posters.catalogue.problems import Problem
from posters.errors import CatalogueError

if TYPE_CHECKING:
    import pandas

# In this order everywhere: tables, reports and the columns of figures.
SPLITS = ("train", "validation", "test")
_THUMBNAILS, _BARS = 6, 12  # in a notebook
_SHOWN = 6  # genres that a catalogue's repr names


@dataclass(frozen=True, slots=True)
class Poster:
    """One poster, as its table describes it.

    Attributes:
        id: unique in its catalogue.
        image: path of the image file, relative to the catalogue's image folder, with `/` between its parts; absolute if
            it was downloaded to another place.
        genres: names from the catalogue's `genre_names`, sorted, without repeats.
        title: the film's title, if the table has one.
        year: the film's year, if the table has one.
        group: posters of one group (of one film, say) are never in two splits.
        split: the split that the table itself gives, one of `SPLITS`.
        unknown: genres of which nobody knows whether the poster has them, sorted, without repeats; none of `genres`.
            It does not have any other genre.
        tables: names of the tables that list the poster, if several were read together.

    Examples:
        >>> Poster("7", "heat.jpg", ("Crime", "Drama"), title="Heat", year=1995).genres
        ('Crime', 'Drama')
    """

    __repr__ = brief_repr

    id: str
    image: str
    genres: tuple[str, ...]
    title: str | None = None
    year: int | None = None
    group: str | None = None
    split: str | None = None
    unknown: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


def all_different(texts: Sequence[str]) -> bool:
    """Return whether no text is there twice.

    Examples:
        >>> all_different(["heat", "alien"]), all_different(["heat", "heat"])
        (True, False)
    """
    # Equal texts have equal hashes; a million of these take a third of the memory of a set.
    hashes = np.sort(np.fromiter(map(hash, texts), np.int64, len(texts)))
    return bool((hashes[1:] != hashes[:-1]).all()) or len(set(texts)) == len(texts)


@dataclass(frozen=True, repr=False)
class Catalogue:
    """Posters with their genres, in the order of their table.

    Attributes:
        posters: the rows.
        genre_names: the genres in the order that every array, score and classifier made from this catalogue follows.
        image_root: the folder that the posters' image paths start from.
        table: the table that was read, or None for a catalogue made in memory.
        dialect: the name of the table's dialect.
        problems: what reading dropped, merged, left out or corrected, by reason.

    Examples:
        >>> catalogue = Catalogue((Poster("7", "heat.jpg", ("Crime",)),), ("Crime", "Drama"), Path("images"))
        >>> catalogue.multi_hot().tolist(), catalogue.genre_counts()
        ([[1, 0]], {'Crime': 1, 'Drama': 0})
        >>> catalogue["7"] is catalogue[0]
        True
        >>> catalogue
        <Catalogue the catalogue (memory): 1 poster, 2 genres, images in images
          Crime 1, Drama 0>
    """

    posters: tuple[Poster, ...]
    genre_names: tuple[str, ...]
    image_root: Path
    table: Path | None = None
    dialect: str = "memory"
    problems: tuple[Problem, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        # Splits, scores and caches know a poster by its id alone.
        if not all_different(self.ids):
            repeated = next(id for id, count in Counter(self.ids).items() if count > 1)
            raise CatalogueError(f"the id {repeated!r} is in {self.name} more than once: ids must be unique")
        known = set(self.genre_names)
        # A million posters have a few thousand different sets of genres.
        first = {(tuple(each.genres), tuple(each.unknown)): each for each in reversed(self.posters)}
        for (genres, unknown), poster in reversed(first.items()):
            if strange := {*genres, *unknown} - known:
                named = f"poster {poster.id!r} has the genre {min(strange)!r}"
                raise CatalogueError(f"{named}, which is not among the catalogue's genre names")
            if both := set(unknown).intersection(genres):
                raise CatalogueError(f"poster {poster.id!r} can't have {min(both)!r} and have it unknown at once")

    def __len__(self) -> int:
        return len(self.posters)

    def __iter__(self) -> Iterator[Poster]:
        return iter(self.posters)

    def __getitem__(self, key: int | str) -> Poster:
        if not isinstance(key, str):
            return self.posters[key]
        if key not in self._by_id:
            raise CatalogueError(f"no poster of {self.name} has the id {quoted(key)}")
        return self._by_id[key]

    def __repr__(self) -> str:
        # A notebook shows this: a million posters are counted, not listed.
        counts = Counter(self.genre_counts()).most_common()
        shown = ", ".join(f"{name} {count:,}" for name, count in counts[:_SHOWN])
        more = f" and {counted(len(counts) - _SHOWN, 'genre')} more" if len(counts) > _SHOWN else ""
        sizes = f"{counted(len(self), 'poster')}, {counted(len(counts), 'genre')}"
        return f"<Catalogue {self.name} ({self.dialect}): {sizes}, images in {self.image_root}\n  {shown}{more}>"

    def _repr_html_(self) -> str:
        # What a notebook shows: some posters, evenly from first to last, beside the commonest genres.
        from html import escape

        from posters.images.notebook import bars_html, thumbnail_html

        chosen = self.posters[:: max(1, len(self) // _THUMBNAILS)][:_THUMBNAILS]
        pictures = "".join(
            thumbnail_html(self.image_path(each), f"{each.title or each.id}: {', '.join(each.genres)}")
            for each in chosen
        )
        counts = Counter(self.genre_counts()).most_common(_BARS)
        shares = bars_html((f"{name} ({count:,})", count / max(1, len(self)), False) for name, count in counts)
        return f"<p>{escape(repr(self).splitlines()[0][1:])}</p><div>{pictures}</div>{shares}"

    @cached_property
    def _by_id(self) -> dict[str, Poster]:
        return {poster.id: poster for poster in self.posters}

    @property
    def name(self) -> str:
        """What messages call it: the path of its table."""
        return str(self.table) if self.table else "the catalogue"

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of its posters, in their order."""
        return tuple(poster.id for poster in self.posters)

    @property
    def genres(self) -> tuple[tuple[str, ...], ...]:
        """The genres of its posters, in their order."""
        return tuple(poster.genres for poster in self.posters)

    @property
    def partly_known(self) -> bool:
        """Whether any poster has a genre that is unknown."""
        return any(poster.unknown for poster in self)

    def multi_hot(self) -> np.ndarray:
        """Return the labels as an int8 array (N, G) of 0 and 1, and -1 if unknown; column g is `genre_names[g]`."""
        return multi_hot_matrix(self.genres, self.genre_names, [poster.unknown for poster in self])

    def image_path(self, poster: Poster) -> Path:
        """Return where the image of one of its posters is."""
        return self.image_root / poster.image

    def take(self, rows: Sequence[int]) -> "Catalogue":
        """Return the catalogue of the posters in `rows`, in that order, with the same genre names."""
        chosen = tuple(self.posters[row] for row in rows)
        return Catalogue(chosen, self.genre_names, self.image_root, self.table, self.dialect)

    def among(self, ids: Iterable[str]) -> "Catalogue":
        """Return the catalogue of the posters with one of `ids`, in the catalogue's own order."""
        wanted = set(ids)
        return self.take([row for row, poster in enumerate(self.posters) if poster.id in wanted])

    def with_genres(self, genre_names: Iterable[str]) -> "Catalogue":
        """Return the catalogue with these of its genres alone; posters may be left without any.

        Examples:
            >>> catalogue = Catalogue((Poster("7", "7.jpg", ("Drama", "War")),), ("Drama", "War"), Path("images"))
            >>> catalogue.with_genres(["Drama"]).posters[0].genres
            ('Drama',)
        """
        kept = frozenset(genre_names).__contains__
        chosen = tuple(
            replace(poster, genres=tuple(filter(kept, poster.genres)), unknown=tuple(filter(kept, poster.unknown)))
            for poster in self
        )
        names = tuple(name for name in self.genre_names if kept(name))
        return Catalogue(chosen, names, self.image_root, self.table, self.dialect)

    def ids_of_tables(self, tables: Iterable[str]) -> frozenset[str]:
        """Return the ids of the posters that any of `tables` lists; of all posters if none is named.

        Args:
            tables: names of tables, or the ends of their paths; see `Poster.tables`.

        Raises:
            CatalogueError: the catalogue was not read from such a table, or a name fits several.
        """
        wanted = {_table_named(name, sorted({name for poster in self for name in poster.tables})) for name in tables}
        return frozenset(poster.id for poster in self if not wanted or wanted.intersection(poster.tables))

    def weights(self, of_tables: Mapping[str, float]) -> np.ndarray | None:
        """Return how much each poster counts, (N,), or None if all count alike.

        Args:
            of_tables: by the names of tables, as `ids_of_tables` takes them. A poster of another table counts 1, one of
                several tables as in the one where it counts most.

        Raises:
            CatalogueError: the catalogue was not read from such a table, or a name fits several.
        """
        if not of_tables:
            return None
        tables = sorted({name for poster in self for name in poster.tables})
        named = {_table_named(name, tables): weight for name, weight in of_tables.items()}
        return np.array([max((named.get(table, 1.0) for table in poster.tables), default=1.0) for poster in self])

    def genre_counts(self) -> dict[str, int]:
        """Return how many posters have each genre, in the order of `genre_names`."""
        counts = count_spellings(tuple(poster.genres) for poster in self.posters)
        return {name: counts.get(name, 0) for name in self.genre_names}

    def known_counts(self) -> dict[str, int]:
        """Return of how many posters it is known whether they have each genre, in the order of `genre_names`."""
        unknown = count_spellings(tuple(poster.unknown) for poster in self.posters)
        return {name: len(self) - unknown.get(name, 0) for name in self.genre_names}

    def to_pandas(self, *, multi_hot: bool = False) -> "pandas.DataFrame":
        """Return a DataFrame with a row for each poster; `read_catalogue` reads it back.

        Args:
            multi_hot: add a column of 0 and 1 for each genre, -1 where it is unknown.

        Returns:
            the columns id, image, genres (a list of names), title, year (Int64), group, split and unknown (a list of
            names). Where the catalogue has no title, group or split, the cell is None; where it has no year,
            `pandas.NA`.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        pandas_ = require("pandas")
        names = ("id", "image", "genres", "title", "year", "group", "split", "unknown")
        columns: dict[str, Any] = {name: [getattr(poster, name) for poster in self] for name in names}
        columns |= {name: list(map(list, columns[name])) for name in ("genres", "unknown")}
        # With a type, since pandas would make NaN of None in a column with any text, but leave it in one without.
        frame: pandas.DataFrame = pandas_.DataFrame(columns, dtype=object)
        frame["year"] = frame["year"].astype("Int64")
        if multi_hot:
            frame[list(self.genre_names)] = self.multi_hot()
        return frame

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that change with any id, image, genre or unknown genre, or with their order."""
        # Neither titles nor splits: they change no pixel and no label, and a run must not be refused because of them.
        # Unknown genres only where there are some, so that runs from before there were any can be resumed.
        rows = [(p.id, p.image, p.genres, p.unknown) if p.unknown else (p.id, p.image, p.genres) for p in self.posters]
        return fingerprint({"genre_names": self.genre_names, "rows": rows})


def _table_named(text: str, names: Sequence[str]) -> str:
    """Return the one of `names` that is `text`, or a path that ends with it."""
    parts = Path(text).parts
    found = [name for name in names if text == name or Path(name).parts[-len(parts) :] == parts]
    if len(found) != 1:
        among = f"the tables are {', '.join(names)}" if names else "only one table was read"
        raise CatalogueError(f"{quoted(text)} names {len(found) or 'none'} of the catalogue's tables: {among}")
    return found[0]


def store_catalogue(catalogue: Catalogue, path: Path) -> None:
    """Write a catalogue as JSON lines, a head and a line for each poster; `stored_catalogue` reads it back.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "catalogue.jsonl"
        >>> store_catalogue(Catalogue((Poster("7", "heat.jpg", ("Crime",)),), ("Crime",), Path("images")), path)
        >>> len(path.read_text().splitlines())
        2
    """
    # The occurrences of each problem are not kept: for a large table they would outweigh the posters.
    head = {
        "genre_names": catalogue.genre_names,
        "image_root": str(catalogue.image_root.resolve()),
        "table": str(catalogue.table.resolve()) if catalogue.table else None,
        "dialect": catalogue.dialect,
        "problems": [asdict(replace(problem, items=())) for problem in catalogue.problems],
    }
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", errors="backslashreplace") as file:
        for values in (head, *map(asdict, catalogue)):
            # Half a surrogate pair, which UTF-8 does not have, becomes the escape that JSON has for it.
            file.write(json.dumps(values, ensure_ascii=False) + "\n")


@without_collections()
def stored_catalogue(path: Path, images: Path | None = None) -> Catalogue:
    """Read what `store_catalogue` wrote.

    Args:
        path: the file.
        images: where the images are now, if they were moved.

    Raises:
        CatalogueError: the file is missing or damaged.

    Examples:
        >>> import tempfile
        >>> path, poster = Path(tempfile.mkdtemp()) / "catalogue.jsonl", Poster("7", "heat.jpg", ("Crime",))
        >>> store_catalogue(Catalogue((poster,), ("Crime",), Path("images")), path)
        >>> stored_catalogue(path).posters == (poster,)
        True
    """
    try:
        with path.open(encoding="utf-8") as file:
            head = json.loads(next(file))
            posters = tuple(_poster(json.loads(line)) for line in file)
        return Catalogue(
            posters=posters,
            genre_names=tuple(head["genre_names"]),
            image_root=Path(images or head["image_root"]),
            table=Path(head["table"]) if head["table"] else None,
            dialect=head["dialect"],
            # Versions before 0.2 called them losses.
            problems=tuple(
                Problem(**{**problem, "examples": tuple(problem["examples"]), "items": ()})
                for problem in head.get("problems", head.get("losses"))
            ),
        )
    except (OSError, ValueError, KeyError, TypeError, StopIteration, RecursionError) as error:
        raise CatalogueError(f"{path} is no stored catalogue, or damaged ({error}): name the table yourself") from error


def _poster(values: dict[str, Any]) -> Poster:
    if "side" in values:  # What versions before 0.2 called it.
        values["split"] = values.pop("side")
    # A run of version 0.2 or before knows every label, and has one table.
    genres = tuple(values["genres"])
    later = {name: tuple(values.get(name, ())) for name in ("unknown", "tables")}
    return Poster(**{**values, "genres": genres, **later})
