"""MM-IMDb: a folder with ID.json and ID.jpeg for each film, and split.json in it or beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posters.catalogue.dialects.dialect import Dialect
from posters.catalogue.json_tables import parse_json
from posters.catalogue.rows import RawRow, side_of
from posters.catalogue.tables import Folder, Source
from posters.catalogue.wording import quoted
from posters.errors import CatalogueError

_SPLIT = "split.json"
_FILM = ".json"


@dataclass(frozen=True)
class FolderOfFilms(Dialect):
    """One JSON file a film."""

    def recognises(self, source: Source) -> bool:
        return isinstance(source, Folder) and bool(_films(source))

    def rows(self, source: Source) -> Iterator[RawRow]:
        assert isinstance(source, Folder)  # or it would not have been recognised
        sides = _read_split(source)
        films = _films(source)
        for id in films:
            file = id + _FILM
            yield _row(id, file, _read_object(source.path / file), sides.get(id, ""))
        for id in sorted(set(sides).difference(films)):
            yield RawRow(0, id, (), "", file=_SPLIT, problem="there is no such film in the folder")


def _films(folder: Folder) -> list[str]:
    """The ids of the films, sorted."""
    return [name.removesuffix(_FILM) for name in folder.files if name.endswith(_FILM) and name != _SPLIT]


def _row(id: str, file: str, film: dict[str, Any], side: str) -> RawRow:
    title, year = (str(film.get(key) or "") for key in ("title", "year"))
    return RawRow(0, id, (id,), film.get("genres"), title=title, year=year, side=side, file=file)


def _read_split(folder: Folder) -> dict[str, str]:
    """The side of each id; none at all where there is no split.json."""
    places = (folder.path / _SPLIT, folder.path.resolve().parent / _SPLIT)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        return {}
    sides: dict[str, str] = {}
    for word, ids in _read_object(path).items():
        for id in _ids(path, word, ids):
            if sides.setdefault(id, word) != word:
                raise CatalogueError(f"{path}: {quoted(id)} stands on two sides, {sides[id]} and {word}")
    return sides


def _ids(path: Path, word: str, ids: object) -> list[str]:
    try:
        side_of(word)
    except CatalogueError as error:
        raise CatalogueError(f"{path}: {error}") from None
    if not (isinstance(ids, list) and all(isinstance(id, str) for id in ids)):
        raise CatalogueError(f"{path}: {word} must be a list of ids, but it is {quoted(ids)}")
    return ids


def _read_object(path: Path) -> dict[str, Any]:
    try:
        value = parse_json(path.read_bytes())
    except OSError as error:
        raise CatalogueError(f"{path}: can't be read ({error.strerror})") from error
    except ValueError as error:
        raise CatalogueError(f"{path}: not JSON ({error})") from error
    if not isinstance(value, dict):
        raise CatalogueError(f"{path}: must be a JSON object, but it is {quoted(value)}")
    return value


MMIMDB = FolderOfFilms(
    "mmimdb",
    "MM-IMDb: a folder of ID.json beside ID.jpeg, with its split.json",
    "a folder of .json files, one for each film",
    images_inside=True,
)
