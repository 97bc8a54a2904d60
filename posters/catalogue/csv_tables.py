"""CSV text to a table."""

import csv
from collections.abc import Iterator
from typing import Any

from posters.catalogue.tables import Table
from posters.catalogue.text_files import TextFile
from posters.errors import CatalogueError
from posters.extras import require

_SEPARATORS = ",;\t"


def csv_table(file: TextFile) -> Table:
    """The table in CSV text; `,`, `;` or a tab separates its fields, whichever its header has most of.

    Every field stays the text that it is, so that a film called "NA" and an id like 007 survive. Blank lines are
    skipped.

    Raises:
        CatalogueError: there is no row below the header, a quote stays open, or a row has more fields than the header.
    """
    separator = _separator_of(file)
    rows, short = _check_shape(file, separator)
    names, columns = _read(file, separator)
    if len(columns[0]) != len(rows):
        # Without blank lines, the first of the columns' values is that of row 2.
        columns = [[column[row - 2] for row in rows] for column in columns]
    return Table(file.path, names, columns, rows, short, file.note)


def _separator_of(file: TextFile) -> str:
    return max(_SEPARATORS, key=file.open().readline().count)


def _check_shape(file: TextFile, separator: str) -> tuple[list[int], dict[int, int]]:
    """The numbers of the rows that are not blank, and of the short ones among them the number of fields.

    pandas fills short rows up without a word and can't say where a quote was left open, so this looks for itself.
    """
    counts = _field_counts(file, separator)
    width = next(counts)
    rows: list[int] = []
    short: dict[int, int] = {}
    for row, count in enumerate(counts, start=2):
        if count > width:
            raise CatalogueError(
                f"{file.path}: row {row} has {count} fields, but the header has {width}: "
                f"put quotes around fields that hold {separator!r}"
            )
        if count:
            rows.append(row)
        if 0 < count < width:
            short[row] = count
    if not rows:
        raise CatalogueError(f"{file.path}: there is no row below the header, so there is no poster to read")
    return rows, short


def _field_counts(file: TextFile, separator: str) -> Iterator[int]:
    row = 0
    try:
        for fields in csv.reader(file.open(), delimiter=separator, skipinitialspace=True, strict=True):
            row += 1
            yield len(fields)
    except csv.Error as error:
        raise CatalogueError(
            f"{file.path}: row {row + 1} is not CSV ({error}): look for a quote that is not closed or not doubled"
        ) from error


def _read(file: TextFile, separator: str) -> tuple[list[str], list[list[Any]]]:
    try:
        frame = require("pandas", extra="tables").read_csv(
            file.open(),
            sep=separator,
            skipinitialspace=True,
            skip_blank_lines=False,
            header=None,
            dtype=object,
            keep_default_na=False,
        )
    except (ValueError, MemoryError, OverflowError) as error:
        raise CatalogueError(f"{file.path}: not a CSV table ({error})") from error
    columns = [frame[column].tolist() for column in frame]
    return [column[0] for column in columns], [column[1:] for column in columns]
