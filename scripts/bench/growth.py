"""Measure how `posters catalogue` grows with the table, and draw it: CPU time and memory at most, with slopes.

    python -m scripts.bench.growth --rows 1000 10000 100000 --out docs

CPU time and memory hardly depend on what else the machine does, so that one run of each size is enough for a slope.
Writes growth.json, of which growth.svg is made. A slope of 1 is ten times as much for ten times the rows.
"""

import argparse
import csv
import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from posters._base.atomic_files import write_json, write_text
from scripts.bench.processes import POSTERS, spent

_WIDTH, _HEIGHT, _MARGIN, _GAP = 340, 240, 50, 60
_FIGURES = (("cpu_s", "CPU time, s"), ("memory_mib", "memory at most, MiB"))


def films_table(folder: Path, rows: int) -> Path:
    """Return a table of so many films, each with an empty image file of its own in the folder beside it."""
    (folder / "images").mkdir(parents=True)
    with (folder / "posters.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("id", "image", "genres"))
        for film in range(rows):
            (folder / "images" / f"{film}.jpg").touch()
            table.writerow((f"film-{film}", f"{film}.jpg", "Drama|Comedy" if film % 3 else "Horror"))
    return folder / "posters.csv"


def slope(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the exponent by which a figure grows from one number of rows to another."""
    return math.log(other[1] / one[1]) / math.log(other[0] / one[0])


def drawn(measured: Mapping[str, Any]) -> str:
    """Return the picture of `{"rows": [...], "cpu_s": [...], "memory_mib": [...]}`: a panel for each figure."""
    width, height = len(_FIGURES) * (_WIDTH + _GAP) + _MARGIN, _HEIGHT + 2 * _MARGIN
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
    lines = [f'{head} font-size="12"><rect width="100%" height="100%" fill="#fff"/>']
    for panel, (name, title) in enumerate(_FIGURES):
        points = list(zip(measured["rows"], measured[name], strict=True))
        lines += _panel(points, title, _MARGIN + panel * (_WIDTH + _GAP))
    return "\n".join([*lines, "</svg>"]) + "\n"


def _panel(points: Sequence[tuple[float, float]], title: str, left: int) -> Iterator[str]:
    """Yield the elements of one figure over the rows, both in powers of ten."""
    xs, ys = ([math.log10(value) for value in values] for values in zip(*points, strict=True))
    low, high = math.floor(min(ys)), math.ceil(max(ys) + 1e-9)
    places = [
        (left + _WIDTH * (x - xs[0]) / (xs[-1] - xs[0]), _MARGIN + _HEIGHT * (high - y) / (high - low))
        for x, y in zip(xs, ys, strict=True)
    ]
    bottom = _MARGIN + _HEIGHT
    yield f'<text x="{left}" y="{_MARGIN - 24}" font-weight="bold">{title}</text>'
    yield f'<path d="M{left} {_MARGIN}V{bottom}H{left + _WIDTH}" fill="none" stroke="#888"/>'
    yield f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}" fill="none" stroke="#06c"/>'
    for (rows, figure), (x, y) in zip(points, places, strict=True):
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#06c"/>'
        yield f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle">{figure:.3g}</text>'
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{rows:,}</text>'
    for (one, other), ((x1, y1), (x2, y2)) in zip(pairwise(points), pairwise(places), strict=True):
        place = f'x="{(x1 + x2) / 2:.1f}" y="{(y1 + y2) / 2 + 20:.1f}"'
        yield f'<text {place} text-anchor="middle" fill="#06c">slope {slope(one, other):.2f}</text>'


def main() -> None:
    """Measure, write and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", metavar="N", help="measure these sizes; else only draw again")
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR")
    options = parser.parse_args()
    data = options.out / "growth.json"
    if options.rows:
        measured: dict[str, list[float]] = {"rows": [], "cpu_s": [], "memory_mib": []}
        for rows in sorted(options.rows):
            with tempfile.TemporaryDirectory() as folder:
                cpu, memory = spent([POSTERS, "catalogue", films_table(Path(folder) / "films", rows)])
            for name, value in zip(measured, (rows, round(cpu, 3), round(memory, 1)), strict=True):
                measured[name].append(value)
        write_json(data, measured)
    write_text(data.with_suffix(".svg"), drawn(json.loads(data.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
