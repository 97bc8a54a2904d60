"""JSON to tables: a list of objects, JSON lines, what pandas writes, pages of an API, and ids with their genres."""

import json
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from posters._base.text import quoted
from posters.catalogue.tables import Table, column_key, sharing
from posters.catalogue.text_files import TextFile
from posters.errors import CatalogueError

# By these a key of an object is known to be a column, and not a poster's id.
_IDS = frozenset({"id", "image", "file_name", "filename", "poster_path"})
_COLUMNS = _IDS | {"genres", "genre", "labels", "tags", "genre_ids"}


def parse_json(text: str | bytes) -> Any:
    """Parse JSON, but keep numbers as the text that they are, so that an id never becomes 123.0.

    Raises:
        ValueError: the text is not JSON, or is nested too deeply.

    Examples:
        >>> parse_json('{"id": 12, "genres": ["Drama"]}')
        {'id': '12', 'genres': ['Drama']}
    """
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (RecursionError, MemoryError):
        raise ValueError("nested too deeply") from None


def json_table(file: TextFile) -> Table:
    """Return the table in JSON text; its columns are the objects' keys, in the order in which they first appear.

    Row by row: of a million lines, one is there as an object at a time.

    Raises:
        CatalogueError: it is not JSON, or something in it is not an object; the message names the row.

    Examples:
        >>> from pathlib import Path
        >>> json_table(TextFile(Path("t.json"), b'[{"id": 7}, {"genres": ["War"]}]', "utf-8", "")).columns
        [['7', None], [None, ['War']]]
    """
    columns: dict[str, list[Any]] = {}
    shared: dict[str, Callable[[Any], Any]] = defaultdict(sharing)
    rows = array("q")
    for row, value in _rows(file):
        if not isinstance(value, dict):
            raise CatalogueError(f"{file.path}: row {row}: must be a JSON object, but it is {quoted(value)}")
        for name in value:
            if name not in columns:
                columns[name] = [None] * len(rows)
        for name, column in columns.items():
            column.append(shared[name](value.get(name)))
        rows.append(row)
    if not rows:
        raise CatalogueError(f"{file.path}: the list is empty, so there is no poster to read")
    return Table(file.path, list(columns), list(columns.values()), rows, {}, file.note)


def _rows(file: TextFile) -> Iterable[tuple[int, Any]]:
    if file.data.lstrip()[:1] == b"[":
        try:
            return enumerate(parse_json(file.open().read()), start=1)
        except ValueError as error:
            raise CatalogueError(f"{file.path}: not JSON ({error})") from error
    # JSON lines, unless all of it is one object, which ends in its first line only if that is all there is.
    with suppress(ValueError):
        first, *more = islice(filter(str.strip, file.open()), 2)
        if more and parse_json(first) is not None:
            return _lines(file)
    with suppress(ValueError):
        return enumerate(rows_of_object(parse_json(file.open().read())), start=1)
    return _lines(file)


def _lines(file: TextFile) -> Iterator[tuple[int, Any]]:
    for row, line in enumerate(file.open(), start=1):
        if not line.strip():
            continue
        try:
            yield row, parse_json(line)
        except ValueError as error:
            raise CatalogueError(
                f"{file.path}: row {row}: not JSON ({error}); a file that begins with {{ has one object a line, or is "
                "one object"
            ) from error


def rows_of_object(value: dict[str, Any]) -> list[Any]:
    """Return the rows that one JSON object holds.

    Args:
        value: a row; pandas' orients columns, index, split and table; columns as lists; an object with one list of
            objects, such as a page of an API; objects by id; or genres by id.

    Examples:
        >>> rows_of_object({"a": ["Drama"], "b": "War"})
        [{'id': 'a', 'genres': ['Drama']}, {'id': 'b', 'genres': 'War'}]
        >>> rows_of_object({"page": "1", "results": [{"id": "5"}]})
        [{'id': '5'}]
        >>> rows_of_object({"id": {"0": "a"}, "genres": {"0": ["Drama"]}})
        [{'id': 'a', 'genres': ['Drama']}]
    """
    parts = list(value.values())
    named = any(column_key(key) in _COLUMNS for key in value)
    if {"columns", "data"} <= value.keys() <= {"columns", "data", "index"}:
        return [dict(zip(value["columns"], row, strict=True)) for row in value["data"]]
    lists = [part for part in parts if isinstance(part, list) and part and all(isinstance(each, dict) for each in part)]
    if len(lists) == 1 and not named:
        return list(lists[0])
    if not named and [] in parts and not any(isinstance(part, list | dict) and part for part in parts):
        return []
    if parts and all(isinstance(part, dict) for part in parts):
        return _columns_by_row(value) if named else _objects_by_id(value)
    if named and _are_columns(value):
        return [dict(zip(value, row, strict=True)) for row in zip(*parts, strict=True)]
    if parts and not named and all(isinstance(part, list | str) for part in parts):
        return [{"id": id, "genres": genres} for id, genres in value.items()]
    return [value]


def _are_columns(value: dict[str, Any]) -> bool:
    """Return whether each value is a list with a cell for each row: a single row has no list of ids."""
    lists = all(isinstance(part, list) for part in value.values()) and len({*map(len, value.values())}) == 1
    return lists and any(column_key(key) in _IDS for key in value)


def _columns_by_row(value: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    rows = dict.fromkeys(row for column in value.values() for row in column)
    return [{name: column.get(row) for name, column in value.items()} for row in rows]


def _objects_by_id(value: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the objects; their keys are ids, unless they have ids or images of their own."""
    own = any(column_key(key) in _IDS for row in value.values() for key in row)
    return [row if own else {"id": id, **row} for id, row in value.items()]
