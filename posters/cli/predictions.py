"""Predictions as text: a table for people, JSON, JSON lines and CSV for programs.

A file name may hold anything, and stdout may have any encoding, so the formats for programs rely on neither.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posters.classifier import Prediction


def as_table(results: Iterable[tuple[Path, "Prediction"]], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """A line for each poster; with `every`, a block with a line for each genre, the likeliest first."""
    for poster, prediction in results:
        yield f"{_printable(poster)}: {_said(prediction)}"
        if every:
            width = max(len(name) for name in genre_names)
            for name, probability in _likeliest_first(prediction):
                mark = "*" if name in prediction.genres else " "
                yield f"  {mark} {name:<{width}}  {probability:.3f}"


def _printable(poster: Path) -> str:
    """Its name, but quoted where it would break the line or move a terminal's cursor."""
    name = str(poster)
    return name if name.isprintable() else repr(name)


def _said(prediction: "Prediction") -> str:
    if prediction.genres:
        return ", ".join(f"{name} {prediction.probabilities[name]:.2f}" for name in prediction.genres)
    name, probability = _likeliest_first(prediction)[0]
    return f"no genre is sure enough (likeliest: {name} {probability:.2f})"


def _likeliest_first(prediction: "Prediction") -> list[tuple[str, float]]:
    return sorted(prediction.probabilities.items(), key=lambda item: -item[1])


def as_json_lines(
    results: Iterable[tuple[Path, "Prediction"]], genre_names: Sequence[str], every: bool
) -> Iterator[str]:
    """A JSON object for each poster."""
    for poster, prediction in results:
        yield json.dumps(_plain(poster, prediction, every))


def as_json(results: Iterable[tuple[Path, "Prediction"]], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """One JSON array, written as it comes."""
    separator = "["
    for line in as_json_lines(results, genre_names, every):
        yield separator + line
        separator = ","
    yield "]" if separator == "," else "[]"


def _plain(poster: Path, prediction: "Prediction", every: bool) -> dict[str, Any]:
    said = [{"genre": name, "probability": round(prediction.probabilities[name], 6)} for name in prediction.genres]
    values: dict[str, Any] = {"poster": str(poster), "genres": said}
    if every:
        values["probabilities"] = {name: round(value, 6) for name, value in prediction.probabilities.items()}
    return values


def as_csv(results: Iterable[tuple[Path, "Prediction"]], genre_names: Sequence[str], every: bool) -> Iterator[str]:
    """A row for each poster: its genres joined by `|`, and their probabilities, or a column for each genre."""
    yield _row(["poster", "genres", *(genre_names if every else ["probabilities"])])
    for poster, prediction in results:
        shown = genre_names if every else prediction.genres
        values = [f"{prediction.probabilities[name]:.6f}" for name in shown]
        yield _row([str(poster), "|".join(prediction.genres), *(values if every else ["|".join(values)])])


def _row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    # Python 3.11 quotes no other line breaks than those of its own terminator.
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().removesuffix("\r\n")


FORMATS: dict[str, Callable[..., Iterator[str]]] = {
    "table": as_table,
    "json": as_json,
    "jsonl": as_json_lines,
    "csv": as_csv,
}
