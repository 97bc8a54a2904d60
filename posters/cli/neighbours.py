"""Look-alikes as text: a table for people, JSON, JSON lines and CSV for programs; the same rules as for predictions."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.lines import csv_line, json_array, shown_name
from posters.cli.output import write_lines

if TYPE_CHECKING:
    from posters.similar import Neighbour


@dataclass(frozen=True, slots=True)
class Row:
    """A poster and its look-alikes.

    Attributes:
        name: of the poster.
        neighbours: the nearest first; empty if it can't be read.
        error: why it can't be read, on one line; "" if it can.
    """

    name: str
    neighbours: "tuple[Neighbour, ...]"
    error: str = ""


def write_rows(rows: Iterable[Row], form: str, output: Path | None) -> None:
    """Write look-alikes as they come.

    Args:
        rows: of the posters, in order.
        form: one of `FORMATS`.
        output: a file, which is replaced once all is written; None for standard output.
    """
    write_lines(_WRITERS[form](rows), output)


def _as_table(rows: Iterable[Row]) -> Iterator[str]:
    """A line for each poster that can be read, and its look-alikes below it."""
    for row in rows:
        if not row.error:
            yield f"{shown_name(row.name)}:" if row.neighbours else f"{shown_name(row.name)}: no other poster"
            for near in row.neighbours:
                mark = "  (same picture)" if near.same_picture else ""
                yield f"  {near.similarity:.3f}  {shown_name(near.name)}{mark}"


def _as_json_lines(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(_plain(row))


def _as_json(rows: Iterable[Row]) -> Iterator[str]:
    return json_array(_as_json_lines(rows))


def _plain(row: Row) -> dict[str, Any]:
    if row.error:
        return {"poster": row.name, "error": row.error}
    similar = [
        {"poster": near.name, "similarity": round(near.similarity, 6), "same_picture": near.same_picture}
        for near in row.neighbours
    ]
    return {"poster": row.name, "similar": similar}


def _as_csv(rows: Iterable[Row]) -> Iterator[str]:
    """A row for each look-alike, or one with an error."""
    yield csv_line(["poster", "rank", "similar", "similarity", "same_picture", "error"])
    for row in rows:
        if row.error:
            yield csv_line([row.name, "", "", "", "", row.error])
        for rank, near in enumerate(row.neighbours, 1):
            same = "yes" if near.same_picture else "no"
            yield csv_line([row.name, str(rank), near.name, f"{near.similarity:.6f}", same, ""])


_WRITERS: dict[str, Callable[[Iterable[Row]], Iterator[str]]] = {
    "table": _as_table,
    "json": _as_json,
    "jsonl": _as_json_lines,
    "csv": _as_csv,
}
FORMATS = tuple(_WRITERS)
