"""JSON text to a table: a list of objects, or an object a line."""

import json
from collections.abc import Iterator
from typing import Any

from posters.catalogue.tables import Table
from posters.catalogue.text_files import TextFile
from posters.catalogue.wording import quoted
from posters.errors import CatalogueError


def parse_json(text: str | bytes) -> Any:
    """JSON as plain data, its numbers as the text that they are: 007 is no number, and an id is not to become 123.0.

    Raises:
        ValueError: it is not JSON, or is nested too deeply to be read.
    """
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (RecursionError, MemoryError):
        raise ValueError("nested too deeply") from None


def json_table(file: TextFile) -> Table:
    """The table in JSON text; its columns are the objects' keys, in the order in which they first appear.

    Raises:
        CatalogueError: it is not JSON, or something in it is not an object; the message names the row.
    """
    start = file.data.lstrip()[:1]
    numbered = list(_elements(file) if start == b"[" else _lines(file))
    if not numbered:
        raise CatalogueError(f"{file.path}: the list is empty, so there is no poster to read")
    for row, value in numbered:
        if not isinstance(value, dict):
            raise CatalogueError(f"{file.path}: row {row}: must be a JSON object, but it is {quoted(value)}")
    names = list(dict.fromkeys(name for _, value in numbered for name in value))
    columns = [[value.get(name) for _, value in numbered] for name in names]
    return Table(file.path, names, columns, [row for row, _ in numbered], {}, file.note)


def _elements(file: TextFile) -> Iterator[tuple[int, Any]]:
    try:
        return enumerate(parse_json(file.open().read()), start=1)
    except ValueError as error:
        raise CatalogueError(f"{file.path}: not JSON ({error})") from error


def _lines(file: TextFile) -> Iterator[tuple[int, Any]]:
    for row, line in enumerate(file.open(), start=1):
        if not line.strip():
            continue
        try:
            yield row, parse_json(line)
        except ValueError as error:
            raise CatalogueError(
                f"{file.path}: row {row}: not JSON ({error}); a file that begins with {{ has one object a line"
            ) from error
