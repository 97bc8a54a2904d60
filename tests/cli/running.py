"""The command line, run in this process or in one of its own."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from posters.cli import main
from posters.config import PreprocessConfig, TrainConfig

GENRES = ("Comedy", "Drama", "Horror", "Western")


TABLE = "id,image,genres\n1,dusk.png,Western\n2,night.png,Comedy|Horror\n3,ghost.png,Drama\n"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def refusal(self) -> str:
        """The one line on stderr that says why nothing was done; nothing else may be there."""
        assert (self.code, self.out) == (2, "")
        assert self.err.startswith("posters: ")
        assert self.err.count("\n") == 1
        return self.err.removeprefix("posters: ").removesuffix("\n")


def start(*arguments: object, **options) -> subprocess.Popen[bytes]:
    """Starts the command line in a process of its own."""
    command = [sys.executable, "-m", "posters", *(os.fspath(_text(argument)) for argument in arguments)]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(command, stderr=subprocess.PIPE, env=buffered, **options)


def _text(argument: object) -> str | bytes:
    return argument if isinstance(argument, bytes) else str(argument)


def csv_rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def parsed(text: str, form: str) -> list[dict[str, Any]]:
    """The rows of a format for programs, by their columns' names."""
    if form == "csv":
        return list(csv.DictReader(io.StringIO(text, newline="")))
    return json.loads(text) if form == "json" else [json.loads(line) for line in text.splitlines()]


def own_fields():
    """The options of both configs."""
    return [
        entry
        for entry in (*fields(TrainConfig), *fields(PreprocessConfig))
        if entry.name not in ("preprocess", "stages", "table_weights")
    ]


def calling(capsys: Any) -> Callable[..., Outcome]:
    """What runs the command line in this process."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = int(end.code or 0)
        return Outcome(code, *capsys.readouterr())

    return run
