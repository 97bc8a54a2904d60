"""Predictions as text: a table and a page for people, JSON and CSV for programs; as a workbook, and as Parquet.

A file name may hold anything, and stdout may have any encoding, so the formats for programs rely on neither. In these a
poster that can't be read keeps its place, with its error; people are told on stderr.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from posters._base.text import csv_line, json_array, shown_name
from posters.classifier.prediction_rows import UNLIKE_POSTERS, PredictionRow, as_json_lines, write_parquet
from posters.cli.output import open_output, write_lines


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


def as_json(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """Yield the lines of one JSON array as its elements come."""
    return json_array(as_json_lines(rows, genre_names, every))


def as_cells(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[list[str]]:
    """Yield a header and a row for each poster: its genres joined by `|`, their or all probabilities, and novelty."""
    columns = genre_names if every else ["probabilities"]
    yield ["poster", "genres", *columns, "novelty", "error"]
    for row in rows:
        genres, probabilities = row.prediction.genres, row.prediction.probabilities
        values = [f"{probabilities[name]:.6f}" for name in (genre_names if every else genres) if not row.error]
        # A row of an unreadable poster needs its empty cells too: readers of CSV count columns.
        cells = values or [""] * len(columns) if every else ["|".join(values)]
        novelty = row.prediction.novelty
        yield [row.name, "|".join(genres), *cells, "" if novelty is None else f"{novelty:.3f}", row.error]


def as_csv(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """Yield the lines of `as_cells`."""
    return map(csv_line, as_cells(rows, genre_names, every))


def as_tsv(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """Yield the lines of `as_cells`, separated by tabs."""
    return (csv_line(cells, "\t") for cells in as_cells(rows, genre_names, every))


def as_html(rows: Iterable[PredictionRow], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """Yield the lines of a page with each poster that is a file here, its genres and its probabilities."""
    from html import escape  # Here, since its table of entities takes half a megabyte.

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
        said += f"<p>{UNLIKE_POSTERS.strip(' ()')}" if bars and row.prediction.looks_like_a_poster is False else ""
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
            write_workbook(as_cells(rows, genre_names, every), file, numbers=header[2:-1] if every else ["novelty"])
    else:
        write_lines(TEXT_FORMATS[form](rows, genre_names, every), output, mark=form in ("csv", "tsv"))
