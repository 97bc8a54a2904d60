"""Jobs that are killed at random moments, half inside a write: resumed, they leave the same files to the bit."""

import argparse
import multiprocessing
import os
import shutil
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from signal import SIGKILL
from typing import Any

from tqdm import tqdm

from scripts.soaking.jobs import JOBS, OF_NETWORKS, do, draw_posters

_LONG_S = 3600.0  # no job takes so long, even with the lowest priority on a crowded machine


def add_parser(parts: Any) -> None:
    """Add the subcommand `runs`."""
    parser = parts.add_parser(
        "runs", help="SIGKILL of pack, features, audit, similar and train, and equality afterwards"
    )
    parser.add_argument("--count", type=int, default=100, help="kills of each job (default: 100)")
    parser.add_argument("--seed", type=int, default=1, help="of the moments (default: 1)")
    parser.add_argument("--processes", type=int, default=2, help="at a time (default: 2)")
    parser.add_argument("--only", choices=JOBS, action="append", help="this job; may be repeated")
    parser.set_defaults(run=run)


class _Job:
    """One job: what it leaves when nothing disturbs it, and what becomes of it when it is killed.

    Args:
        name: one of `JOBS`.
        images: of the posters.
        folder: for everything.
    """

    def __init__(self, name: str, images: Path, folder: Path) -> None:
        self.name, self._images, self._folder = name, images, folder
        folder.mkdir()
        # Twice: what differs between these two, such as times, can't be compared.
        self._events = self._whole("first")
        start = time.monotonic()
        self._whole("second")
        # Of the second, since the first may have waited for the process that all are forked from.
        self._seconds = time.monotonic() - start
        first, second = (_contents(folder / each) for each in ("first", "second"))
        self.left_out = sorted(name for name in first if first[name] != second.get(name))
        self._expected = {name: data for name, data in first.items() if name not in self.left_out}
        if not any(Path(each).match(JOBS[name][1]) for each in self._expected):
            raise SystemExit(f"{name}: two unbroken runs differ, so that none can be compared: {self.left_out}")

    def _process(self, folder: Path, last: int | None = None) -> Any:
        notes = folder.with_suffix(".notes")
        process = _CONTEXT.Process(target=do, args=(self.name, self._images, folder, last, notes))
        process.start()
        return process

    def _whole(self, name: str) -> int:
        process = self._process(self._folder / name)
        process.join(_LONG_S)
        if process.exitcode != 0:
            words = (self._folder / f"{name}.err").read_text(errors="replace")
            raise SystemExit(f"{self.name} failed without being killed: {words[-2000:]}")
        return int((self._folder / f"{name}.notes").read_text())

    def killed(self, number: int, seed: int) -> list[str]:
        """Kill the job once or twice, go on with it, and return what happened."""
        random = Random(f"{seed} {self.name} {number}")
        folder, happened = self._folder / f"killed {number}", []
        for _ in range(random.choice((1, 1, 2))):
            inside = number % 2 == 1
            process = self._process(folder, random.randint(1, self._events) if inside else None)
            process.join(_LONG_S if inside else random.uniform(0, self._seconds))
            process.kill()
            process.join()
            dead = process.exitcode == -SIGKILL
            happened.append(("killed inside a write" if inside else "killed at a moment") if dead else "ended before")
        process = self._process(folder)
        process.join(_LONG_S)
        if process.exitcode != 0:
            words = folder.with_suffix(".err").read_text(errors="replace").strip().splitlines()
            process.kill()
            return [*happened, f"not resumed: {words[-1] if words else process.exitcode}"]
        found = _contents(folder)
        wrong = sorted(name for name in self._expected.keys() | found.keys() if name not in self.left_out)
        wrong = [name for name in wrong if self._expected.get(name) != found.get(name)]
        shutil.rmtree(folder)
        return [*happened, f"different: {wrong[0]}" if wrong else "same"]


def _contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files below a folder but hidden ones, which a kill may leave and nothing reads."""
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    shown = {name: path for name, path in files.items() if not any(part.startswith(".") for part in name.parts)}
    return {str(name): path.read_bytes() for name, path in shown.items()}


_CONTEXT = multiprocessing.get_context("forkserver")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Return the counts of each job, and those that came out differently."""
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "TQDM_DISABLE": "1"}
    names = list(options.only or JOBS)
    # Each process is forked from one that has imported all, so that a kill strikes the job and not its imports.
    of_networks = ["posters.network.features", "posters.tasks.train"] if set(names) & set(OF_NETWORKS) else []
    _CONTEXT.set_forkserver_preload(["scripts.soaking.__main__", "scripts.soaking.jobs", *of_networks])
    counts: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.processes) as threads:
        images = Path(folder) / "images"
        draw_posters(images)
        for name in names:
            job = _Job(name, images, Path(folder) / name)
            found: Counter[str] = Counter()
            trials = [threads.submit(job.killed, number, options.seed) for number in range(options.count)]
            try:
                for trial in tqdm(trials, desc=name, unit="kill", disable=False):
                    found.update(trial.result())
            except KeyboardInterrupt:
                # What has been counted so far counts.
                names.clear()
                for trial in trials:
                    trial.cancel()
            counts[name] = {"happened": dict(sorted(found.items())), "not compared": job.left_out}
    fallen = [name for name, each in counts.items() if any(":" in what for what in each["happened"])]
    return {"seed": options.seed, "count": options.count, "jobs": counts, "fallen": fallen}
