"""Measure `posters catalogue` of a million rows: as CSV, JSON lines and Parquet.

Whole processes, CPU time and memory at most. Every row has an id, an image file of its own in one folder, one to three
of 23 genres, a title and a year. The table of three columns has no title and no year. The one in the form of the IMDb
set has an id, a list of genres, and a column of 0 and 1 for each.
"""

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.bench.bench import Bench
from scripts.bench.contest import Contest
from scripts.bench.processes import POSTERS, spent

ROWS = 1_000_000
_GENRES = (
    *("Action", "Adventure", "Animation", "Biography", "Comedy", "Crime", "Documentary", "Drama", "Family", "Fantasy"),
    *("History", "Horror", "Music", "Musical", "Mystery", "News", "Romance", "Sci-Fi", "Short", "Sport", "Thriller"),
    *("War", "Western"),
)
_GOAL_S, _GOAL_MIB = 10.0, 500e6 / 2**20
_KINDS = {
    "three.csv": "CSV, three columns",
    "five.csv": "CSV, five columns",
    "imdb.csv": "CSV as IMDb's set has it",
    "lines.jsonl": "JSON lines",
    "five.parquet": "Parquet",
}
_TURNS = 1  # CPU time and memory of a whole process hardly differ from one to the next


def contests(bench: Bench) -> Iterator[Contest]:
    """Yield what is measured of each kind of table, beside the goal."""
    folder = tables(bench.work / "million", ROWS)
    for file, kind in _KINDS.items():
        command: list[str | Path] = [POSTERS, "catalogue", folder / file, "--images", folder / "images"]
        measured = [spent(command) for _ in range(_TURNS)]
        for title, unit, place, goal in (
            ("CPU time", "s", 0, _GOAL_S),
            ("memory at most", "MiB", 1, _GOAL_MIB),
        ):
            figures = {"ours": [each[place] for each in measured], "the goal": [goal] * _TURNS}
            yield Contest(f"{kind}, {title}", unit, False, figures, {"the goal": 1})


def tables(folder: Path, rows: int) -> Path:
    """Return a folder with a table of each kind beside one folder of empty image files; one that is there stays."""
    if (folder / "five.parquet").exists():
        return folder
    (folder / "images").mkdir(parents=True)
    rng = random.Random(0)
    films = [_film(number, rng) for number in range(rows)]
    for film in films:
        (folder / "images" / film["image"]).touch()
    for file, names in (("three.csv", ("id", "image", "genres")), ("five.csv", tuple(films[0]))):
        lines = (film | {"genres": "|".join(film["genres"])} for film in films)
        _write_csv(folder / file, names, ([line[name] for name in names] for line in lines))
    marks = ([film["id"], str(film["genres"]), *(int(name in film["genres"]) for name in _GENRES)] for film in films)
    _write_csv(folder / "imdb.csv", ("Id", "Genre", *_GENRES), marks)
    with (folder / "lines.jsonl").open("w", encoding="utf-8") as file_:
        file_.writelines(json.dumps(film) + "\n" for film in films)
    _write_parquet(folder / "five.parquet", films)
    return folder


def _film(number: int, rng: random.Random) -> dict[str, Any]:
    id = f"tt{number:07d}"
    genres = sorted(rng.sample(_GENRES, rng.randint(1, 3)))
    film = {"id": id, "image": f"{id}.jpg", "genres": genres, "title": f"Film number {number}"}
    return {**film, "year": 1920 + number % 100}


def _write_csv(path: Path, names: tuple[str, ...], rows: Iterator[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(names)
        table.writerows(rows)


def _write_parquet(path: Path, films: list[dict[str, Any]]) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(films), path)
