"""Paths to tables: CSV as people have it, other formats by their readers, a query, or a folder that is a table."""

import csv
import os
import re
from array import array
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from posters._base.regular_files import is_folder
from posters.catalogue.binary_tables import binary_table, sqlite_query, sqlite_table
from posters.catalogue.json_tables import json_table
from posters.catalogue.tables import FEW, Folder, Table, TableSource, column_key
from posters.catalogue.text_files import TextFile, read_text_file
from posters.errors import CatalogueError
from posters.images.object_store import fetch_table, is_stored

# Excel writes ";" where the decimal separator is a comma.
_SEPARATORS = ",;\t|"
# Excel's own first line, for which other programs take a header.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
# A field in quotes and the spaces after it, which the format does not allow but spreadsheets read.
_QUOTED = re.compile(r'("(?:[^"]|"")*")([ \t]*)')
_CHUNK = 4096  # rows that are put into columns at once


def open_source(place: Path | str) -> TableSource:
    """Open a table: a file, a folder, or a query such as "sqlite:///films.db?query=SELECT * FROM films".

    Args:
        place: a path, the query, or the address of a file in a store, as in "s3://bucket/posters.csv".

    Raises:
        CatalogueError: there is none, or it can't be read.
        ConfigError: the store can't be read.
        MissingExtraError: what reads it is not installed.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "1.json").touch()
        >>> open_source(folder).files
        ('1.json',)
    """
    path = fetch_table(str(place)) if is_stored(str(place)) else Path(place)
    if (database := sqlite_query(path)) is not None:
        return sqlite_table(*database)
    try:
        if path.is_dir():
            with os.scandir(path) as entries:
                kinds = {entry.name: is_folder(entry) for entry in entries}
            files, folders = (tuple(sorted(n for n, k in kinds.items() if k == kind)) for kind in (False, True))
            return Folder(path, files, folders)
        found = path.is_file()
    except (OSError, ValueError) as error:
        raise CatalogueError(f"{path}: the table can't be read ({error})") from error
    if not found:
        raise CatalogueError(f"{path}: there is no such table, neither a file nor a folder")
    return open_table(path)


def open_table(path: Path) -> Table:
    """Read the table in a file by what is in it, whatever it is called: Parquet, Arrow, a workbook, JSON, else CSV.

    Raises:
        CatalogueError: it can't be read as a table.
        MissingExtraError: what reads it is not installed.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "posters"
        >>> _ = path.write_text('{"id": "7", "genres": "War"}')
        >>> open_table(path).names
        ['id', 'genres']
    """
    table = binary_table(path)
    if table is not None:
        return table
    file = read_text_file(path)
    return json_table(file) if file.data.lstrip()[:1] in (b"[", b"{") else csv_table(file)


def csv_table(file: TextFile) -> Table:
    r"""Return the table in CSV text; `,`, `;`, a tab or `|` separates its fields, whichever its header has most of.

    Every field stays the text that it is, so that a film called "NA" and an id like 007 survive. Blank lines are
    skipped, above the header too.

    Raises:
        CatalogueError: there is no row below the header, a quote stays open, or a row has more fields than the header.

    Examples:
        >>> csv_table(TextFile(Path("t.csv"), b"id;genres\n007;Action\n", "utf-8", "")).columns
        [['007'], ['Action']]
        >>> list(csv_table(TextFile(Path("t.csv"), b"sep=|\nid|genres\n7|Action\n", "utf-8", "")).rows)
        [3]
    """
    separator, named = csv_separator(file)
    header = next(islice(filter(str.strip, file.open()), int(named), None), "")
    numbered = islice(_csv_rows(file, separator, header), int(named), None)
    names = next((fields for _, fields in numbered if any(map(str.strip, fields))), [])
    rows, short = array("q"), dict[int, int]()

    def filled() -> Iterator[list[str]]:
        for row, fields in numbered:
            if len(fields) > len(names):
                raise CatalogueError(
                    f"{file.path}: row {row} has {len(fields)} fields, but the header has {len(names)}: "
                    f"put quotes around fields that contain {separator!r}"
                )
            if len(fields) < len(names):
                short[row] = len(fields)
                fields += [""] * (len(names) - len(fields))
            rows.append(row)
            yield fields

    columns = _columns(filled(), len(names))
    if not rows:
        raise CatalogueError(f"{file.path}: there is no row below the header, so there is no poster to read")
    return Table(file.path, names, columns, rows, short, file.note)


def _columns(rows: Iterator[list[str]], width: int) -> list[list[str]]:
    """Return the cells of rows column by column. Columns grow a chunk at a time, and never exist as rows as well."""
    columns: list[list[str]] = [[] for _ in range(width)]
    cells_of: list[dict[str, str]] = [{} for _ in range(width)]
    while chunk := list(islice(rows, _CHUNK)):
        for column, shared, cells in zip(columns, cells_of, zip(*chunk, strict=True), strict=True):
            column += map(shared.setdefault, cells, cells) if len(shared) < FEW else cells
    return columns


def csv_separator(file: TextFile) -> tuple[str, bool]:
    """Return what separates the fields of CSV text, and whether a line above its header names it.

    Examples:
        >>> csv_separator(TextFile(Path("t.csv"), b"id;genres", "utf-8", ""))
        (';', False)
    """
    first = next(filter(str.strip, file.open()), "")
    named = _SEPARATOR_LINE.fullmatch(first.rstrip("\r\n"))
    return (named[1], True) if named else (max(_SEPARATORS, key=first.count), False)


def _csv_rows(file: TextFile, separator: str, header: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the fields of each row that is not blank, and its number in the file."""
    if separator == "\t" and _is_unquoted(file, header):
        return _parsed(file, iter(file.open()), separator, csv.QUOTE_NONE)
    lines = iter(file.open())
    if _has_space_after_quote(file, separator):
        end = re.compile(rf"[{re.escape(separator)}\r\n]|\Z")
        text = file.open().read()
        text = _QUOTED.sub(lambda found: found[1] if end.match(text, found.end()) else found[0], text)
        lines = iter(text.splitlines(keepends=True))
    return _parsed(file, lines, separator, csv.QUOTE_MINIMAL)


def _is_unquoted(file: TextFile, header: str) -> bool:
    """Return whether a quote in a table separated by tabs is part of a name, as in IMDb's own, which quote nothing."""
    keys = [column_key(name) for name in header.rstrip("\r\n").split("\t")]
    if "tconst" in keys:
        return True
    # Elsewhere too, if each line with a quote has all its fields, and one of them has a quote that never closes.
    lines = [line.rstrip("\r\n").split("\t") for line in file.open() if '"' in line]
    odd = any(field.count('"') % 2 for fields in lines for field in fields)
    return odd and all(len(fields) == len(keys) for fields in lines)


def _has_space_after_quote(file: TextFile, separator: str) -> bool:
    marks = separator.encode(file.encoding, "replace")
    return b'"' in file.data and re.search(rb'"[ \t]+(?:[\r\n]|\Z|' + re.escape(marks) + rb")", file.data) is not None


def _parsed(file: TextFile, lines: Iterator[str], separator: str, quoting: int) -> Iterator[tuple[int, list[str]]]:
    row = 0
    reader = csv.reader(lines, delimiter=separator, quoting=quoting, skipinitialspace=True, strict=True)  # type: ignore[arg-type]
    try:
        for row, fields in enumerate(reader, start=1):
            if fields:
                yield row, fields
    except csv.Error as error:
        raise CatalogueError(
            f"{file.path}: row {row + 1} is not CSV ({error}): look for a quote that is not closed or not doubled"
        ) from error
