"""Predictions as text: a table for people, JSON, JSON lines and CSV for programs.

A file name may hold anything, and stdout may have any encoding, so the formats for programs rely on neither. In these a
poster that can't be read keeps its place, with its error; people are told on stderr.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from posters.cli.lines import csv_line, json_array, shown_name

if TYPE_CHECKING:
    from posters.classifier import Prediction


@dataclass(frozen=True, slots=True)
class Picture:
    """What `--explain` wrote of one genre of a poster.

    Attributes:
        genre: which.
        path: of the picture.
        box: [left, top, right, bottom] of the strongest region, in pixels of the poster; None if there is none.
    """

    genre: str
    path: str
    box: tuple[int, int, int, int] | None


@dataclass(frozen=True, slots=True)
class Row:
    """A poster and what is said of it.

    Attributes:
        name: of the poster.
        prediction: None if it can't be read.
        error: why it can't be read, on one line; "" if it can.
        pictures: that explain its genres, in their order; None unless they were asked for.
    """

    name: str
    prediction: "Prediction | None"
    error: str = ""
    pictures: tuple[Picture, ...] | None = None


def as_table(rows: Iterable[Row], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """A line for each poster that can be read; with `every`, a line for each genre below it, the likeliest first.

    Pictures that explain its genres have a line each, too.
    """
    for row in rows:
        if row.prediction is None:
            continue
        yield f"{shown_name(row.name)}: {_said(row.prediction)}"
        if every:
            width = max(len(name) for name in genre_names)
            for name, probability in _likeliest_first(row.prediction):
                mark = "*" if name in row.prediction.genres else " "
                yield f"  {mark} {name:<{width}}  {probability:.3f}"
        for picture in row.pictures or ():
            yield f"    {picture.genre}: {shown_name(picture.path)}"


def _said(prediction: "Prediction") -> str:
    if prediction.genres:
        return ", ".join(f"{name} {prediction.probabilities[name]:.2f}" for name in prediction.genres)
    name, probability = _likeliest_first(prediction)[0]
    return f"no genre is sure enough (likeliest: {name} {probability:.2f})"


def _likeliest_first(prediction: "Prediction") -> list[tuple[str, float]]:
    return sorted(prediction.probabilities.items(), key=lambda item: -item[1])


def as_json_lines(rows: Iterable[Row], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """A JSON object for each poster."""
    for row in rows:
        yield json.dumps(_plain(row, every))


def as_json(rows: Iterable[Row], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """One JSON array, written as it comes."""
    return json_array(as_json_lines(rows, genre_names, every))


def _plain(row: Row, every: bool) -> dict[str, Any]:
    if row.prediction is None:
        return {"poster": row.name, "error": row.error}
    shares = {name: round(value, 6) for name, value in row.prediction.probabilities.items()}
    said = [{"genre": name, "probability": shares[name]} for name in row.prediction.genres]
    plain: dict[str, Any] = {"poster": row.name, "genres": said}
    if every:
        plain["probabilities"] = shares
    if row.pictures is not None:
        plain["explanations"] = [{"genre": p.genre, "picture": p.path, "box": p.box} for p in row.pictures]
    return plain


def as_csv(rows: Iterable[Row], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """A row for each poster: its genres joined by `|`, and their probabilities, or a column for each genre."""
    columns = genre_names if every else ["probabilities"]
    yield csv_line(["poster", "genres", *columns, "error"])
    for row in rows:
        if row.prediction is None:
            yield csv_line([row.name, "", *("" for _ in columns), row.error])
            continue
        shown = genre_names if every else row.prediction.genres
        values = [f"{row.prediction.probabilities[name]:.6f}" for name in shown]
        yield csv_line([row.name, "|".join(row.prediction.genres), *(values if every else ["|".join(values)]), ""])


TEXT_FORMATS: dict[str, Callable[..., Iterator[str]]] = {
    "table": as_table,
    "json": as_json,
    "jsonl": as_json_lines,
    "csv": as_csv,
}
