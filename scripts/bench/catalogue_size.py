"""Measure what grows with the catalogue.

Packing 100,000 posters should take no more memory than packing 1,000: what is on disk is mapped, never loaded. Drawn
posters under many names, in a new process each.
"""

import csv
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from posters_sample import draw_sample

from scripts.bench.bench import DRAWN, Bench
from scripts.bench.contest import Contest
from scripts.bench.processes import finished

_SIZES = (100_000, 10_000, 1_000)
# Small, so that 100,000 of them need 2 GB of disk and not 30; what is held in memory is a few posters in any case.
_PACKING = """
import sys
from pathlib import Path
from posters.store.packed_posters import pack
from posters.catalogue import read_catalogue
from posters.config import PreprocessConfig
pack(read_catalogue(Path(sys.argv[1])), Path(sys.argv[2]), PreprocessConfig(height=96, width=64))
"""


def contests(bench: Bench) -> Iterator[Contest]:
    """Yield what is timed, each beside its peer."""
    memory: dict[str, list[float]] = {}
    rates: dict[str, list[float]] = {}
    for size in _SIZES:
        table, packed = _catalogue_of(bench, size), bench.work / f"packed-{size}"
        name = f"{size:,} posters"
        for _ in range(2):
            shutil.rmtree(packed, ignore_errors=True)
            seconds, mebibytes = finished([sys.executable, "-c", _PACKING, table, packed])
            memory.setdefault(name, []).append(mebibytes)
            rates.setdefault(name, []).append(size / seconds)
        shutil.rmtree(packed)
    whole = _SIZES[0] * 96 * 64 * 3 * 4 / 2**20
    note = (
        "96x64 pixels. What still grows is the table and the plan of what to decode, 0.8 kB a poster. As one array of "
        f"floats, as tutorials hold them, 100,000 of these posters take {whole:,.0f} MiB."
    )
    yield Contest("Packing, memory at most", "MiB", False, memory, {f"{_SIZES[-1]:,} posters": 0.8}, note)
    yield Contest("The same, speed with its start", "posters/s", True, rates)


def _catalogue_of(bench: Bench, size: int) -> Path:
    """A table of so many films, whose files are names of a few drawn ones."""
    drawn = sorted(draw_sample(bench.work / "sample", DRAWN).parent.glob("images/*.jpg"))
    folder = bench.made(f"catalogue-{size}")
    table = folder / "posters.csv"
    if not table.exists():
        (folder / "images").mkdir()
        with table.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("id", "image", "genres"))
            for number in range(size):
                os.link(drawn[number % len(drawn)], folder / "images" / f"{number}.jpg")
                rows.writerow((f"film-{number}", f"{number}.jpg", "Drama|Comedy" if number % 3 else "Horror"))
    return table
