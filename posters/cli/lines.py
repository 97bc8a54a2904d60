"""What the text formats of several commands have in common: lines for people, JSON and CSV for programs."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from posters.spreadsheet import safe_cell


def shown_name(name: str) -> str:
    """A poster's name as people read it: quoted where it would break the line or move a terminal's cursor."""
    return name if name.isprintable() else repr(name)


def csv_line(cells: Sequence[str]) -> str:
    """A row of CSV without its line break; no spreadsheet takes a cell of it for a formula."""
    line = io.StringIO()
    # Python 3.11 quotes no other line breaks than those of its own terminator.
    csv.writer(line, lineterminator="\r\n").writerow(map(safe_cell, cells))
    return line.getvalue().removesuffix("\r\n")


def json_array(objects: Iterable[str]) -> Iterator[str]:
    """The lines of one JSON array, from its objects as text, written as they come."""
    separator = "["
    for text in objects:
        yield separator + text
        separator = ","
    yield "]" if separator == "," else "[]"
