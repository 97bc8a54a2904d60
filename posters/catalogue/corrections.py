"""Corrections of labels: a CSV that says which genres to add to posters and which to remove, applied while reading."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from posters.catalogue.csv_tables import csv_table
from posters.catalogue.drafts import Draft
from posters.catalogue.genre_names import GenreNames, genre_key
from posters.catalogue.genres import clean_name
from posters.catalogue.tables import Table
from posters.catalogue.tally import Tally
from posters.catalogue.text_files import read_text_file
from posters.catalogue.wording import quoted
from posters.errors import CatalogueError
from posters.spreadsheet import plain_cell

_COLUMNS = ("id", "genre", "change", "accept")
_ANSWERS = {
    "yes": True,
    "y": True,
    "true": True,
    "1": True,
    "": False,
    "no": False,
    "n": False,
    "false": False,
    "0": False,
}


@dataclass(frozen=True, slots=True)
class Correction:
    """One row of the file: a genre that a poster should get or lose.

    Attributes:
        row: its number in the file.
        id: the poster.
        genre: as the file writes it.
        change: "add" or "remove".
    """

    row: int
    id: str
    genre: str
    change: str


def apply_corrections(path: Path, drafts: Sequence[Draft], names: GenreNames, tally: Tally) -> None:
    """Change the genres of `drafts` as the accepted rows of a CSV file say, and count what was changed.

    The file has the columns `id`, `genre`, `change` ("add" or "remove") and `accept` ("yes", "no" or nothing, which is
    no), and any others: it is the `label_issues.csv` of a report, or written by hand. Spreadsheets may have saved it.

    Args:
        path: the file.
        drafts: one for each poster, their genres by the names that they go by.
        names: what the genres' other spellings are called.
        tally: gets what was added, removed, not accepted, or so already.

    Raises:
        CatalogueError: the file can't be read so, or an accepted row names an unknown poster, genre or change, or asks
            for the contrary of another one.
    """
    posters = {draft.id: draft for draft in drafts}
    genres = _Genres(drafts, names)
    asked: dict[tuple[str, str], Correction] = {}
    for correction in _accepted(path, tally):
        try:
            draft, genre = _poster(correction.id, posters), genres.find(correction.genre)
            _check_change(correction, asked.setdefault((draft.id, genre), correction))
        except CatalogueError as error:
            raise CatalogueError(f"{path}: row {correction.row}: {error}") from None
        _apply(correction.change, draft, genre, path.name, tally)
    for id in dict.fromkeys(id for id, _ in asked):
        if not posters[id].genres:
            tally.add("correction", f"in {path.name} took a poster's last genre, so that it is left out", id, id=id)


def _accepted(path: Path, tally: Tally) -> Iterator[Correction]:
    table = csv_table(read_text_file(path))
    columns = [_column(table, name) for name in _COLUMNS]
    for row, id, genre, change, accept in zip(table.rows, *columns, strict=True):
        answer = _ANSWERS.get(accept.casefold())
        if answer is None:
            raise CatalogueError(f"{path}: row {row}: accept must be yes or no, or empty, but it is {quoted(accept)}")
        if answer:
            yield Correction(row, id, clean_name(genre), change.casefold())
        else:
            tally.add("correction", f"not accepted in {path.name}", f"row {row}")


def _column(table: Table, name: str) -> list[str]:
    texts = table.texts([name])
    if texts is None:
        raise CatalogueError(f"{table.path}: corrections have the columns {', '.join(_COLUMNS)}, but it has no {name}")
    return [plain_cell(text) for text in texts]


def _poster(id: str, posters: Mapping[str, Draft]) -> Draft:
    if id not in posters:
        close = [known for known in posters if known.lstrip("0") == id.lstrip("0")]
        hint = f": is it {quoted(close[0])}, whose zeros a spreadsheet has dropped?" if close else ""
        raise CatalogueError(f"of the table's posters that can be used, none has the id {quoted(id)}{hint}")
    return posters[id]


class _Genres:
    """The genres that the table knows, by any of their spellings."""

    def __init__(self, drafts: Sequence[Draft], names: GenreNames) -> None:
        known = {genre for genres in {draft.genres for draft in drafts} for genre in genres}
        self._by_key = {genre_key(genre): genre for genre in known}
        self._names = names

    def find(self, spelling: str) -> str:
        called = self._names.settle({spelling: 1}, Tally())[spelling]
        genre = self._by_key.get(genre_key(called or ""))
        if genre is None:
            close = difflib.get_close_matches(spelling, self._by_key.values(), 1)
            hint = f": is it {quoted(close[0])}?" if close else ""
            raise CatalogueError(f"no poster of the table has the genre {quoted(spelling)}{hint}")
        return genre


def _check_change(correction: Correction, first: Correction) -> None:
    if correction.change not in ("add", "remove"):
        raise CatalogueError(f"change must be add or remove, but it is {quoted(correction.change)}")
    if correction.change != first.change:
        raise CatalogueError(
            f"is to {correction.change} {correction.genre}, which row {first.row} is to {first.change}: "
            "accept one of the two"
        )


def _apply(change: str, draft: Draft, genre: str, file: str, tally: Tally) -> None:
    own = set(draft.genres)
    if (genre in own) == (change == "add"):
        reason, example = f"in {file}, but the labels are so already", f"{change} {genre}, {draft.id}"
        tally.add("correction", reason, example, id=draft.id, genre=genre)
    elif change == "add":
        tally.add("label", f"added by {file}", f"{genre} to {draft.id}", id=draft.id, genre=genre)
    else:
        tally.add("label", f"removed by {file}", f"{genre} from {draft.id}", id=draft.id, genre=genre)
    draft.genres = tuple(sorted(own | {genre} if change == "add" else own - {genre}))
