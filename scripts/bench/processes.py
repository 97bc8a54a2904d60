"""Whole processes: how long they take, and the most memory that they hold."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# Modules compiled once, as installed packages are; some containers forbid to keep what was compiled.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
_HERE = Path(__file__).parent
PEERS = _HERE / "peers"
POSTERS = str(Path(sys.executable).parent / "posters")


def finished(command: Sequence[str | Path]) -> tuple[float, float]:
    """Seconds, and MiB at most in the largest of its processes, of a command that must end well."""
    seconds, mebibytes, _ = _launched(command)
    return seconds, mebibytes


def spent(command: Sequence[str | Path]) -> tuple[float, float]:
    """Seconds of CPU time, and MiB as in `finished`."""
    _, mebibytes, cpu = _launched(command)
    return cpu, mebibytes


def _launched(command: Sequence[str | Path]) -> tuple[float, float, float]:
    # -S and -E: the launcher needs no packages, and would count as memory of the command until that has begun.
    launched = subprocess.run(
        [sys.executable, "-S", "-E", _HERE / "launcher.py", *map(str, command)],
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
        env=_ENVIRONMENT,
    )
    seconds, mebibytes, code, cpu = launched.stdout.split()
    if int(code):
        raise SystemExit(f"{' '.join(map(str, command))} failed: {launched.stderr[-800:]}")
    return float(seconds), float(mebibytes), float(cpu)


def by_python(script: str, *words: str | Path) -> list[str | Path]:
    """The command that runs a peer's script."""
    return [sys.executable, PEERS / script, *words]
