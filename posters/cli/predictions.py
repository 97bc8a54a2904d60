"""Predictions as text: a table and a page for people, JSON and CSV for programs; as a workbook, and as Parquet.

A file name may hold anything, and stdout may have any encoding, so the formats for programs rely on neither. In these a
poster that can't be read keeps its place, with its error; people are told on stderr.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from posters._base.brief import brief_repr
from posters._base.optional_imports import require
from posters._base.text import csv_line, json_array, shown_name
from posters.cli.output import open_output, write_lines

if TYPE_CHECKING:
    from posters.classifier import Prediction

# Of Parquet: the writer keeps one group in memory, and readers skip whole groups.
ROWS_PER_GROUP = 10_000


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """A poster's prediction under the name that the command line gave the poster.

    Attributes:
        name: of the poster.
        prediction: its error is None exactly if `error` is "".
        error: why the poster can't be read, on one line; "" if it can.
        pictures: paths of the pictures that explain its genres, in their order; None unless they were requested.

    Examples:
        >>> from posters.classifier import Prediction
        >>> row = PredictionRow("alien.jpg", Prediction(("Horror",), {"Drama": 0.2, "Horror": 0.9}))
        >>> row.summary()
        'Horror 0.90'
        >>> row.to_dict(every=False)
        {'poster': 'alien.jpg', 'genres': [{'genre': 'Horror', 'probability': 0.9}]}
    """

    __repr__ = brief_repr

    name: str
    prediction: "Prediction"
    error: str = ""
    pictures: tuple[str, ...] | None = None

    def summary(self) -> str:
        """Return the predicted genres with their probabilities, for people."""
        genres, probabilities = self.prediction.genres, self.prediction.probabilities
        if genres:
            return ", ".join(f"{name} {probabilities[name]:.2f}" for name in genres)
        name, probability = self.likeliest_first()[0]
        return f"no genre is sure enough (likeliest: {name} {probability:.2f})"

    def likeliest_first(self) -> list[tuple[str, float]]:
        """Return all genres with their probabilities."""
        return sorted(self.prediction.probabilities.items(), key=lambda item: -item[1])

    def to_dict(self, every: bool) -> dict[str, Any]:
        """Return plain data, ready for JSON; with the probabilities of all genres if `every` is set."""
        if self.error:
            return {"poster": self.name, "error": self.error}
        shares = {name: round(value, 6) for name, value in self.prediction.probabilities.items()}
        genres = [{"genre": name, "probability": shares[name]} for name in self.prediction.genres]
        plain: dict[str, Any] = {"poster": self.name, "genres": genres}
        if every:
            plain["probabilities"] = shares
        if self.pictures is not None:
            explained = zip(self.prediction.explanations, self.pictures, strict=True)
            plain["explanations"] = [{"genre": e.genre, "picture": path, "box": e.box} for e, path in explained]
        return plain


def as_table(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """Yield a line for each readable poster; with `every`, a line for each genre below it, the likeliest first.

    Pictures that explain its genres have a line each, too.
    """
    width = max(len(name) for name in genre_names)
    for row in rows:
        if row.error:
            continue
        yield f"{shown_name(row.name)}: {row.summary()}"
        for name, probability in row.likeliest_first() if every else ():
            mark = "*" if name in row.prediction.genres else " "
            yield f"  {mark} {name:<{width}}  {probability:.3f}"
        if row.pictures:
            for genre, path in zip(row.prediction.genres, row.pictures, strict=True):
                yield f"    {genre}: {shown_name(path)}"


def as_json_lines(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """Yield a JSON object for each poster."""
    for row in rows:
        yield json.dumps(row.to_dict(every))


def as_json(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """Yield the lines of one JSON array as its elements come."""
    return json_array(as_json_lines(rows, genre_names, every))


def as_cells(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[list[str]]:
    """Yield a header and a row for each poster: its genres joined by `|`, and theirs or all genres' probabilities."""
    columns = genre_names if every else ["probabilities"]
    yield ["poster", "genres", *columns, "error"]
    for row in rows:
        genres, probabilities = row.prediction.genres, row.prediction.probabilities
        values = [f"{probabilities[name]:.6f}" for name in (genre_names if every else genres) if not row.error]
        # A row of an unreadable poster needs its empty cells too: readers of CSV count columns.
        cells = values or [""] * len(columns) if every else ["|".join(values)]
        yield [row.name, "|".join(genres), *cells, row.error]


def as_csv(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """Yield the lines of `as_cells`."""
    return map(csv_line, as_cells(rows, genre_names, every))


def as_tsv(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """Yield the lines of `as_cells`, separated by tabs."""
    return (csv_line(cells, "\t") for cells in as_cells(rows, genre_names, every))


def as_html(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """Yield the lines of a page with each poster that is a file here, its genres and its probabilities."""
    yield _PAGE
    for row in rows:
        poster = row.prediction.poster
        # Only files: a page that fetches addresses would tell their servers who reads it.
        local = isinstance(poster, str | Path) and not row.error and Path(poster).is_file()
        address = escape(Path(poster).absolute().as_uri()) if local and isinstance(poster, str | Path) else ""
        picture = f'<img src="{address}" alt="" loading="lazy">' if address else ""
        likeliest = row.likeliest_first()
        shown = likeliest if every else [(name, p) for name, p in likeliest if name in row.prediction.genres]
        bars = "".join(f"<li><meter value={p:.4f}></meter> {escape(name)} {p:.2f}" for name, p in shown)
        said = escape(row.error) if row.error else f"<ul>{bars}</ul>" if bars else escape(row.summary())
        yield f"<tr><td>{picture}<td>{escape(shown_name(row.name))}<td>{said}"
    yield "</table></html>"


TEXT_FORMATS: dict[str, Callable[..., Iterator[str]]] = {
    "table": as_table,
    "json": as_json,
    "jsonl": as_json_lines,
    "csv": as_csv,
    "tsv": as_tsv,
    "html": as_html,
}

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Genres of posters</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>body{font:1rem/1.4 system-ui,sans-serif;margin:1rem}td{padding:.4rem;vertical-align:top;overflow-wrap:anywhere}
img{width:6rem}ul{list-style:none;margin:0;padding:0}th{text-align:left;padding:.4rem}</style>
<h1>Genres of posters</h1><table><tr><th>poster<th>name<th>predicted genres, with probabilities"""


def write_predictions(
    rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool, form: str, output: Path | None
) -> None:
    """Write predictions as they come.

    Args:
        rows: of the posters, in order.
        genre_names: all that the classifier knows.
        every: write the probabilities of all genres.
        form: one of `FORMATS`.
        output: a file, which is replaced once all is written; None for standard output.
    """
    if form == "parquet":
        with open_output(output) as file:
            write_parquet(rows, genre_names, every, file)
    elif form == "xlsx":
        from posters.cli.workbooks import write_workbook

        header, *_ = as_cells([], genre_names, every)
        with open_output(output) as file:
            write_workbook(as_cells(rows, genre_names, every), file, numbers=header[2:-1] if every else ())
    else:
        write_lines(TEXT_FORMATS[form](rows, genre_names, every), output, mark=form in ("csv", "tsv"))


def write_parquet(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool, file: BinaryIO) -> None:
    """Write a row for each poster: poster, genres, their probabilities or those of each genre in a column, and error.

    Args:
        rows: of the posters, in order.
        genre_names: all that the classifier knows.
        every: write a column for each genre.
        file: open for writing; need not be able to seek.
    """
    from posters._base.prefetch import batched

    pyarrow, parquet = require("pyarrow", "parquet"), require("pyarrow.parquet", "parquet")
    text, share = pyarrow.string(), pyarrow.float32()
    shares = [(name, share) for name in genre_names] if every else [("probabilities", pyarrow.list_(share))]
    schema = pyarrow.schema([("poster", text), ("genres", pyarrow.list_(text)), *shares, ("error", text)])
    with parquet.ParquetWriter(_Counted(file), schema) as writer:
        for batch in batched((_parquet_row(row, every) for row in rows), ROWS_PER_GROUP):
            writer.write_batch(pyarrow.RecordBatch.from_pylist(batch, schema))


class _Counted:
    """A file that knows how much was written, which a pipe does not, and Parquet's footer needs."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = 0

    def write(self, data: bytes) -> int:
        self._file.write(data)
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self.closed = True  # The file itself belongs to the caller.


def _parquet_row(row: PredictionRow, every: bool) -> dict[str, Any]:
    """Return one row of the schema; what is missing becomes null."""
    # File names may hold bytes that are no text, and a column of strings takes UTF-8 alone.
    name, error = (text.encode("utf-8", "backslashreplace").decode() for text in (row.name, row.error))
    if row.error:
        return {"poster": name, "error": error}
    genres, shares = row.prediction.genres, row.prediction.probabilities
    columns = shares if every else {"probabilities": [shares[genre] for genre in genres]}
    return {"poster": name, "genres": list(genres), **columns}
