"""Measure how long another loss or another seed of the head takes.

The first head waits until the posters are packed and their features are computed; both are kept, and every further one
learns from them. Whole processes of `posters train --epochs 0`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from scripts.bench.bench import Bench
from scripts.bench.contest import Contest
from scripts.bench.processes import POSTERS, finished

_SECOND, _FIRST = "a second head, on kept features", "the first, with packing and features"
_TURNS = 2


def contests(bench: Bench) -> Iterator[Contest]:
    """Yield what is timed, each beside its peer."""
    figures: dict[str, list[float]] = {_SECOND: [], _FIRST: []}
    for _ in range(_TURNS):
        for folder in ("cache", "runs"):
            shutil.rmtree(bench.work / folder, ignore_errors=True)
        figures[_FIRST].append(_trained(bench, "first"))
        figures[_SECOND].append(_trained(bench, "second", "--loss", "asymmetric"))
    note = f"{len(bench.catalogue):,} posters at the default size. About 3 s of each are the start of TensorFlow."
    yield Contest("`posters train --epochs 0`", "s", False, figures, {_FIRST: 10}, note)


def _trained(bench: Bench, name: str, *options: str) -> float:
    table: Path = bench.table or bench.work / "sample" / "posters.csv"
    words: list[str | Path] = [POSTERS, "train", table, "--run", bench.work / "runs" / name, "--epochs", "0", *options]
    images: list[str | Path] = ["--images", bench.images] if bench.images else []
    seconds, _ = finished([*words, *images, "--cache", bench.work / "cache"])
    return seconds
