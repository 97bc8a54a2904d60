"""Measure a little of everything in half a minute, for continuous integration.

CPU time of one thread and memory at most, which neighbours on a shared machine change less than seconds, of drawn
posters and a drawn table.
"""

import csv
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from posters_sample import draw_sample
from sklearn.metrics import average_precision_score

from posters.catalogue import Catalogue, read_catalogue
from posters.config import PreprocessConfig
from posters.evaluation.bootstrap import draw_counts, resampled_average_precision
from posters.store.packed_posters import pack
from scripts.bench.bench import Bench
from scripts.bench.contest import Contest, column, in_turn
from scripts.bench.growth import films_table
from scripts.bench.processes import POSTERS, by_python, finished

_DRAWN, _ROWS, _SCORES, _RESAMPLES = 32, 10_000, 2000, 10
_TIMES = 3  # that each poster is packed in a turn: drawing one takes longer
_SIZE = PreprocessConfig(height=288, width=192)


def contests(bench: Bench) -> Iterator[Contest]:
    """Yield what is measured, each beside its peer."""
    catalogue = read_catalogue(draw_sample(bench.work / "short", _DRAWN), min_posters=1, report=False)
    for title, contenders in (
        ("Packing, CPU time", _packing(catalogue, bench.work / "packed")),
        ("Reading a table, CPU time", _reading(films_table(bench.work / "films", _ROWS))),
        ("Resamples of average precision, CPU time", _resampling()),
    ):
        timed = {name: _cpu_time(work) for name, work in contenders.items()}
        yield Contest(title, "s", False, column(in_turn(timed, bench.turns, title)))
    yield _memory(bench, catalogue.image_path(catalogue.posters[0]))


def _cpu_time(work: Callable[[], object]) -> Callable[[], tuple[float, ...]]:
    def measure() -> tuple[float, ...]:
        began = time.process_time()
        work()
        return (time.process_time() - began,)

    return measure


def _packing(catalogue: Catalogue, directory: Path) -> dict[str, Callable[[], object]]:
    def ours() -> None:
        for _ in range(_TIMES):
            shutil.rmtree(directory, ignore_errors=True)
            pack(catalogue, directory, _SIZE, threads=1)

    def limit() -> None:
        for poster in _TIMES * catalogue.posters:
            with Image.open(catalogue.image_path(poster)) as image:
                image.convert("RGB").resize((_SIZE.width, _SIZE.height), Image.Resampling.BILINEAR)

    return {"ours (`pack`)": ours, "Pillow decode and resize (the limit)": limit}


def _reading(table: Path) -> dict[str, Callable[[], object]]:
    def cells() -> None:
        with table.open(encoding="utf-8", newline="") as file:
            list(csv.reader(file))
        list((table.parent / "images").iterdir())

    return {"ours (`read_catalogue`)": lambda: read_catalogue(table, report=False), "cells and folder alone": cells}


def _resampling() -> dict[str, Callable[[], object]]:
    rng = np.random.default_rng(0)
    y_true, y_score = (rng.random((_SCORES, 10)) < 0.2).astype(np.uint8), rng.random((_SCORES, 10))
    counts = draw_counts(np.arange(_SCORES), _RESAMPLES, 0)

    def theirs() -> None:
        for count in counts:
            rows = np.repeat(np.arange(_SCORES), count)
            average_precision_score(y_true[rows], y_score[rows], average=None)

    return {"ours": lambda: resampled_average_precision(y_true, y_score, counts), "scikit-learn": theirs}


def _memory(bench: Bench, poster: Path) -> Contest:
    contenders: dict[str, Callable[[], tuple[float, ...]]] = {
        "`posters predict`": lambda: finished([POSTERS, "predict", poster]),
        "decoding alone (Python, NumPy, Pillow)": lambda: finished(by_python("decode_alone.py", poster)),
    }
    figures = in_turn(contenders, bench.turns, "one poster, new process")
    return Contest("One poster, memory at most", "MiB", False, column(figures, 1))
