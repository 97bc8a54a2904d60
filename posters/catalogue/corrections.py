"""Corrections of labels: a CSV of genres that posters have, do not have, or may have, applied while reading."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from posters._base.text import plain_cell, quoted
from posters.catalogue.genre_cells import clean_name
from posters.catalogue.genre_names import GenreNames, genre_key
from posters.catalogue.problems import ProblemLog
from posters.catalogue.rows import Record
from posters.catalogue.table_files import csv_table
from posters.catalogue.text_files import read_text_file
from posters.errors import CatalogueError

_COLUMNS = ("id", "genre", "change", "accept")
# What may stand in a column `kind` in place of `change`.
_KINDS = {"missing": "add", "false": "remove"}
# What each change is called in a message.
_CHANGES = {"add": "added by", "remove": "removed by", "unknown": "made unknown by"}
_YES = {"yes", "y", "true", "1"}
_NO = {"", "no", "n", "false", "0"}


@dataclass(frozen=True, slots=True)
class Correction:
    """One row of the file: a genre that a poster should get or lose, or of which nobody knows whether it has it.

    Attributes:
        row: its number in the file.
        id: the poster.
        genre: as the file writes it.
        change: "add", "remove" or "unknown".

    Examples:
        >>> Correction(2, "tt0113277", "Crime", "add").genre
        'Crime'
    """

    row: int
    id: str
    genre: str
    change: str


def apply_corrections(path: Path, records: Sequence[Record], names: GenreNames, log: ProblemLog) -> None:
    r"""Change the genres of records as the accepted rows of a CSV file ask.

    The file has the columns `id`, `genre`, `change` ("add", "remove" or "unknown") and `accept` ("yes", "no", or empty
    for no); without `change`, a column `kind` ("missing" or "false") tells which of the first two. Other columns are
    ignored. It is the `label_issues.csv` of a report, perhaps saved by a spreadsheet, or
    written by hand.

    Args:
        path: the file.
        records: one for each poster, with the catalogue's genre names.
        names: knows the genres by their other spellings.
        log: counts what was added, removed, not accepted, or not necessary.

    Raises:
        CatalogueError: the file can't be read; or an accepted row names an unknown poster, genre or change, or
            contradicts another row; or no label is left.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "corrections.csv"
        >>> _ = path.write_text("id,genre,change,accept\n7,War,remove,yes\n")
        >>> record = Record(2, "7", ("7.jpg",), "", genres=("Drama", "War"))
        >>> apply_corrections(path, [record], GenreNames(), ProblemLog())
        >>> record.genres
        ('Drama',)
    """
    posters = {record.id: record for record in records}
    genres = {genre_key(genre): genre for genres in {record.genres for record in records} for genre in genres}
    applied: dict[tuple[str, str], Correction] = {}
    for correction in _accepted_rows(path, log):
        try:
            record = _find_poster(correction.id, posters)
            genre = _find_genre(correction.genre, genres, names)
            first = applied.setdefault((record.id, genre), correction)
            if correction.change not in _CHANGES:
                raise CatalogueError(f"change must be add or remove, or unknown, but it is {quoted(correction.change)}")
            if correction.change != first.change:
                raise CatalogueError(
                    f"the change is to {correction.change} {correction.genre}, but row {first.row} is to "
                    f"{first.change} it: accept one of the two"
                )
        except CatalogueError as error:
            raise CatalogueError(f"{path}: row {correction.row}: {error}") from None
        _apply(correction.change, record, genre, path.name, log)
    if applied and not any(record.genres for record in records):
        raise CatalogueError(f"{path}: no genre is left: these corrections remove every label")
    for id in dict.fromkeys(id for id, _ in applied):
        if not posters[id].genres:
            log.add("correction", f"in {path.name} removed a poster's last genre, so that it is left out", id, id=id)


# All cells stay text: an id of "007" must not become 7 on the way.
def _accepted_rows(path: Path, log: ProblemLog) -> Iterator[Correction]:
    table = csv_table(read_text_file(path))
    columns = []
    for name in _COLUMNS:
        texts = table.texts([name])
        if texts is None and name == "change":
            kinds = table.texts(["kind"])
            texts = None if kinds is None else [_KINDS.get(plain_cell(kind).casefold(), kind) for kind in kinds]
        if texts is None:
            raise CatalogueError(f"{path}: corrections have the columns {', '.join(_COLUMNS)}, but it has no {name}")
        columns.append([plain_cell(text) for text in texts])
    for row, id, genre, change, accept in zip(table.rows, *columns, strict=True):
        if accept.casefold() in _YES:
            yield Correction(row, id, clean_name(genre), change.casefold())
        elif accept.casefold() in _NO:
            log.add("correction", f"not accepted in {path.name}", f"row {row}")
        else:
            raise CatalogueError(f"{path}: row {row}: accept must be yes or no, or empty, but it is {quoted(accept)}")


def _find_poster(id: str, posters: dict[str, Record]) -> Record:
    if id not in posters:
        # Excel reads 0113277 as a number and saves 113277.
        close = [known for known in posters if known.lstrip("0") == id.lstrip("0")]
        hint = f": is it {quoted(close[0])}, whose zeros a spreadsheet has dropped?" if close else ""
        raise CatalogueError(f"of the table's usable posters none has the id {quoted(id)}{hint}")
    return posters[id]


def _find_genre(spelling: str, genres: dict[str, str], names: GenreNames) -> str:
    # With a log of its own: the spellings of a corrections file are no problem of the table.
    settled = names.settle({spelling: 1}, ProblemLog())[spelling]
    genre = genres.get(genre_key(settled or ""))
    if genre is None:
        close = difflib.get_close_matches(spelling, genres.values(), 1)
        hint = f": is it {quoted(close[0])}?" if close else ""
        raise CatalogueError(f"no poster of the table has the genre {quoted(spelling)}{hint}")
    return genre


def _apply(change: str, record: Record, genre: str, file: str, log: ProblemLog) -> None:
    own, unknown = set(record.genres) - {genre}, set(record.unknown) - {genre}
    now = "add" if genre in record.genres else "unknown" if genre in record.unknown else "remove"
    if change == now:
        reason, example = f"in {file}, but the labels have it so already", f"{change} {genre}, {record.id}"
        log.add("correction", reason, example, id=record.id, genre=genre)
    else:
        word = {"add": "to", "remove": "from", "unknown": "for"}[change]
        log.add("label", f"{_CHANGES[change]} {file}", f"{genre} {word} {record.id}", id=record.id, genre=genre)
    record.genres = tuple(sorted(own | {genre} if change == "add" else own))
    record.unknown = tuple(sorted(unknown | {genre} if change == "unknown" else unknown))
