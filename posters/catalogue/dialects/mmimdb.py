"""MM-IMDb: a folder with ID.json and ID.jpeg for each film, and split.json in it or beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posters._base.text import quoted
from posters.catalogue.dialects.base import Dialect
from posters.catalogue.json_tables import parse_json
from posters.catalogue.rows import Record, parse_split
from posters.catalogue.tables import Folder, TableSource, as_folder
from posters.errors import CatalogueError

# Its authors publish this file beside the folder of the films.
_SPLIT = "split.json"
_FILM = ".json"
_FILMS = "dataset"


@dataclass(frozen=True)
class FolderOfFilms(Dialect):
    """A folder with one JSON file for each film.

    Examples:
        >>> from pathlib import Path
        >>> MMIMDB.recognises(Folder(Path("mmimdb"), ("0000008.jpeg", "0000008.json"), ()))
        True
    """

    def recognises(self, source: TableSource) -> bool:
        """Return whether the source is a folder with a JSON file for each film."""
        return isinstance(source, Folder) and bool(_films(source) or _films_below(source))

    def rows(self, source: TableSource) -> Iterator[Record]:
        """Yield a record for each film, in the order of the ids."""
        folder = as_folder(source)
        splits = _read_split(folder)
        films = _films(folder)
        below = "" if films else f"{_FILMS}/"
        films = films or _films_below(folder)
        for id in films:
            file = below + id + _FILM
            film = _read_object(folder.path / file)
            title, year = (str(film.get(key) or "") for key in ("title", "year"))
            unknown, split = film.get("unknown") or "", splits.get(id, "")
            yield Record(0, id, (id,), film.get("genres"), title, year, "", split, file, unknown_cell=unknown)
        # Counted as problems: a film that is missing is a download that broke off.
        for id in sorted(set(splits).difference(films)):
            yield Record(0, id, (), "", file=_SPLIT, problem="there is no such film in the folder")


def _films(folder: Folder) -> list[str]:
    """Return the ids of the films, sorted."""
    return [name.removesuffix(_FILM) for name in folder.files if name.endswith(_FILM) and name != _SPLIT]


def _films_below(folder: Folder) -> list[str]:
    """Return the ids of the films in the archive's own root, which has them one folder further down."""
    if _FILMS not in folder.folders:
        return []
    return sorted(path.stem for path in (folder.path / _FILMS).glob(f"*{_FILM}"))


def _read_split(folder: Folder) -> dict[str, str]:
    """Return the word for the split of each id; an empty dict if there is no split.json."""
    places = (folder.path / _SPLIT, folder.path.resolve().parent / _SPLIT)
    path = next((place for place in places if place.is_file()), None)
    splits: dict[str, str] = {}
    for word, ids in _read_object(path).items() if path else ():
        try:
            parse_split(word)
        except CatalogueError as error:
            raise CatalogueError(f"{path}: {error}") from None
        if not (isinstance(ids, list) and all(isinstance(id, str) for id in ids)):
            raise CatalogueError(f"{path}: {word} must be a list of ids, but it is {quoted(ids)}")
        for id in ids:
            if splits.setdefault(id, word) != word:
                raise CatalogueError(f"{path}: {quoted(id)} is in two splits, {splits[id]} and {word}")
    return splits


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
    "a folder of .json files, one for each film, or the folder above it, called dataset",
    images_inside=True,
)
