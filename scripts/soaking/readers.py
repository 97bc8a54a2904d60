"""Damaged and hostile copies of every file that the package reads: each is read well, or refused in one line."""

import argparse
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import psutil
from tqdm import tqdm

from posters.errors import one_line
from scripts.soaking.samples import readers

# Without an outcome, and without work or with as many seconds of it: to start TensorFlow takes 20 s of a busy core,
# and on a crowded machine a process may not get as many in ten minutes.
_HANG_S = 90.0
_IDLE_S = 0.05  # of CPU, below which a process does nothing
_SHOWN = 5  # failures of one kind of one reader
_FEW = 10  # so many times fewer copies are tried of files that take a second each


def add_parser(parts: Any) -> None:
    """Add the subcommand `readers`."""
    parser = parts.add_parser("readers", help="damaged copies of every file that the package reads")
    parser.add_argument("--count", type=int, default=10_000, help="copies of each file (default: 10000)")
    parser.add_argument("--first", type=int, default=0, help="number of the first copy, to see one again (default: 0)")
    parser.add_argument("--seed", type=int, default=1, help="of the damage (default: 1)")
    parser.add_argument("--processes", type=int, default=2, help="at a time (default: 2)")
    parser.add_argument("--only", action="append", metavar="TEXT", help="readers whose name has this; may be repeated")
    guided = "files made by atheris, by what they reach; of readers that are written in Python"
    parser.add_argument("--guided", action="store_true", help=guided)
    parser.set_defaults(run=run)


def outcomes(name: str, seed: int, first: int, count: int, module: str = "reading") -> Iterator[dict[str, Any]]:
    """Yield the outcome of each copy; a process that ends before its time, or hangs, is one too.

    Args:
        name: of a reader.
        seed: of the damage.
        first: number of the first copy.
        count: of copies.
        module: that is run: "reading" or "guided".
    """
    end = first + count
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "TQDM_DISABLE": "1"}
    while first < end:
        command = [sys.executable, "-m", f"scripts.soaking.{module}", name, *map(str, (seed, first, end - first))]
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        with (
            tempfile.TemporaryFile() as words,
            # Here, since a process that crashes leaves its own.
            tempfile.TemporaryDirectory() as environment["TMPDIR"],
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words, env=environment) as process,
        ):
            # Read in a thread, so that a process that hangs can be told from one that is at work.
            threading.Thread(target=_pump, args=(process, lines), daemon=True).start()
            try:
                while line := _next_line(lines, process.pid):
                    yield (found := json.loads(line))
                    first = found["case"] + 1
                ended = f"crash {process.wait()}"
            except queue.Empty:
                ended = "hang"
            finally:
                process.kill()
            if first < end:
                words.seek(0)
                yield {"case": first, "outcome": ended, "detail": words.read().decode(errors="replace")[-1000:]}
                first += 1


def _pump(process: "subprocess.Popen[bytes]", lines: "queue.SimpleQueue[bytes]") -> None:
    for line in process.stdout or ():
        lines.put(line)
    lines.put(b"")


def _next_line(lines: "queue.SimpleQueue[bytes]", pid: int) -> bytes:
    """Return the next line of a process, b"" at its end; raise `queue.Empty` if it hangs, or works for nothing."""
    start = used = _cpu_time(pid)
    while True:
        with suppress(queue.Empty):
            return lines.get(timeout=_HANG_S)
        before, used = used, _cpu_time(pid)
        if used - before < _IDLE_S or used - start > _HANG_S:
            raise queue.Empty


def _cpu_time(pid: int) -> float:
    """Return the seconds of CPU that a process and those below it have taken; 0 if it has ended."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return sum(sum(each.cpu_times()[:4]) for each in (process, *process.children(recursive=True)))
    return 0.0


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Return the counts of each reader, and those whose promise fell."""
    if options.guided and find_spec("atheris") is None:
        raise SystemExit("--guided needs atheris, which is made for Linux: pip install atheris")
    chosen = [
        reader
        for reader in readers().values()
        if (not options.only or any(text in reader.name for text in options.only))
        and (reader.in_python or not options.guided)
    ]
    counts = {reader.name: max(1, options.count // (_FEW if reader.slow else 1)) for reader in chosen}
    found: dict[str, Counter[str]] = {name: Counter() for name in counts}
    failures: list[dict[str, Any]] = []

    stopped, module = threading.Event(), "guided" if options.guided else "reading"

    def attack(name: str) -> None:
        for outcome in outcomes(name, options.seed, options.first, 0 if stopped.is_set() else counts[name], module):
            if stopped.is_set():
                return
            kind = outcome["outcome"]
            found[name][kind] += 1
            if kind not in ("read", "refused") and found[name][kind] <= _SHOWN:
                failures.append({"reader": name, **outcome})
                tqdm.write(f"{name} {outcome['case']}: {kind} {one_line(outcome['detail'])}", file=sys.stderr)
            bar.update()

    with tqdm(total=sum(counts.values()), unit="file") as bar, ThreadPoolExecutor(options.processes) as threads:
        attacks = [threads.submit(attack, name) for name in counts]
        try:
            for future in attacks:
                future.result()
        except KeyboardInterrupt:
            # What has been counted so far counts.
            stopped.set()
    return {
        "seed": options.seed,
        "first": options.first,
        "guided" if options.guided else "readers": {name: dict(sorted(kinds.items())) for name, kinds in found.items()},
        "failures": failures,
        "fallen": sorted({failure["reader"] for failure in failures}),
    }
