"""The process in which `scripts/soak readers` reads damaged files; it writes a line of JSON for each.

    python -m scripts.soaking.reading NAME SEED FIRST COUNT

What no `except` catches (a native crash, a file that takes all memory) ends this process alone: whoever started it
counts that, and starts another one behind the file.
"""

import json
import logging
import os
import re
import resource
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any, TextIO

from posters._base.log import logger
from posters.errors import LONGEST, PostersError
from scripts.soaking.mutations import damaged, drawn, repacked
from scripts.soaking.samples import Reader, know_networks, readers

MEMORY, SECONDS = 2**30, 5  # that one file may take: bytes beside those of the process, and CPU time
_ADDRESSES = 6 * 2**30  # bytes of address space beside those of the process: enough to see too much, and not to hurt
_BLOCK = 100  # files drawn at a time
_BAR = re.compile(r"\r[^\r\n]*\|[^\r\n]*")  # of progress, the package's own


@dataclass(frozen=True)
class Outcome:
    """What became of one damaged file.

    Attributes:
        case: its number.
        outcome: "read" or "refused"; all others are failures.
        detail: the message, or what there was of it.
    """

    case: int
    outcome: str
    detail: str = ""


def cases(reader: Reader, good: bytes, seed: int, first: int, count: int) -> Iterator[tuple[int, bytes]]:
    """Yield damaged copies of a file, each a function of its number and the seed."""
    block, bent = -1, [b""]
    for case in range(first, first + count):
        random = Random(f"{reader.name} {seed} {case}")
        if reader.bent and case % 2:
            if case // _BLOCK != block:
                block = case // _BLOCK
                bent = drawn(reader.bent(good), _BLOCK // 2, seed * 1_000_000 + block)
            yield case, bent[case % _BLOCK // 2 % len(bent)]
        else:
            yield case, repacked(good, random) if random.random() < 0.5 else damaged(good, random)


class _Messages(logging.Handler):
    """Keeps what the package writes for people."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class Trial:
    """Reads damaged copies of one reader's file, in a folder of its own.

    Args:
        reader: of what.
        folder: empty.
    """

    def __init__(self, reader: Reader, folder: Path) -> None:
        self._reader, self._good, self._case = reader, folder / "good", folder / "case"
        # Under the name that every copy has: some files hold the absolute paths of others.
        self._case.mkdir(parents=True)
        reader.make(self._case)
        self._file = next(self._case.glob(reader.file)).relative_to(self._case)
        shutil.copytree(self._case, self._good)
        self.good = (self._good / self._file).read_bytes()
        self._expected = self._copy_and_read(self.good)
        self._messages = _Messages()
        logger.handlers[:] = [self._messages]

    def _copy_and_read(self, data: bytes) -> Any:
        self._put(data)
        return self._reader.read(self._case)

    def _put(self, data: bytes) -> None:
        shutil.rmtree(self._case)
        shutil.copytree(self._good, self._case)
        (self._case / self._file).write_bytes(data)

    def outcome(self, case: int, data: bytes) -> Outcome:
        """Read one damaged copy."""
        self._put(data)
        self._messages.lines.clear()
        before, resident = _cpu_time(), _forget_peak()
        with tempfile.TemporaryFile() as native:
            own = os.dup(2)
            os.dup2(native.fileno(), 2)
            try:
                found = self._read()
            finally:
                sys.stderr.flush()
                os.dup2(own, 2)
                os.close(own)
            native.seek(0)
            written = _BAR.sub("", native.read(10_000).decode(errors="replace"))
        took, grew = _cpu_time() - before, _peak() - resident
        if found[0] in ("read", "refused"):
            if took > SECONDS:
                found = "time", f"{took:.1f} s: {found[1]}"
            elif grew > MEMORY:
                found = "memory", f"{grew / 2**30:.2f} GiB: {found[1]}"
            elif written.strip():
                found = "stderr", written
            elif odd := [line for line in self._messages.lines if not _is_plain(line)]:
                found = "message", odd[0][:2000]
        return Outcome(case, *found)

    def _read(self) -> tuple[str, str]:
        try:
            found = self._reader.read(self._case)
        except PostersError as error:
            return ("refused", "") if _is_plain(str(error)) else ("message", str(error)[:2000])
        except MemoryError as error:
            return "memory", repr(error)
        # A panic of Rust's is no Exception.
        except BaseException as error:
            at = error.__traceback__
            while at and at.tb_next:
                at = at.tb_next
            place = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at else ""
            return f"foreign {type(error).__name__}", f"{place}: {str(error)[:300]}"
        exact = self._reader.exact and found != self._expected
        return ("wrong", "another result than of the good file") if exact else ("read", "")


def _is_plain(message: str) -> bool:
    return message.isprintable() and 0 < len(message) <= LONGEST


def _cpu_time() -> float:
    own, children = (resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _forget_peak() -> int:
    """Have Linux measure the peak of resident memory anew, and return what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    kilobytes = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(kilobytes[1]) * 1024 if kilobytes else 0


@contextmanager
def ready_trial(name: str) -> Iterator[tuple[Reader, Trial, TextIO]]:
    """Yield a reader, what reads its files in this process, and where a line for each goes to.

    Args:
        name: of the reader.
    """
    # Lines go to whoever counts them; what the package itself prints does not get in between.
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as folder, lines:
        os.environ["POSTERS_CACHE"] = f"{folder}/own cache"
        know_networks()
        reader = readers()[name]
        trial = Trial(reader, Path(folder) / "work")
        warnings.resetwarnings()
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + _ADDRESSES,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        yield reader, trial, lines


def main(name: str, seed: str, first: str, count: str) -> None:
    """Read some damaged copies, and write their outcomes."""
    with ready_trial(name) as (reader, trial, lines):
        for case, data in cases(reader, trial.good, int(seed), int(first), int(count)):
            print(json.dumps(asdict(trial.outcome(case, data))), file=lines, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
