"""The process in which `scripts/soak readers --guided` reads files that atheris makes, guided by what they reach.

    python -m scripts.soaking.guided NAME SEED FIRST COUNT

Of the package and the parsers written in Python that it uses, every branch is counted: a file that reaches a new one is
damaged further. It writes the same lines as `scripts.soaking.reading`, and the bytes of files that broke a promise.
"""

import base64
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["posters", "tomllib", "python_multipart", "starlette.formparsers"]):
    from scripts.soaking.reading import ready_trial

_LONGEST = 20_000  # bytes of a file: longer ones are the business of the other readers


def main(name: str, seed: str, first: str, count: str) -> None:
    """Read some files, and write their outcomes."""
    with ready_trial(name) as (_, trial, lines), tempfile.TemporaryDirectory() as corpus:
        (Path(corpus) / "good").write_bytes(trial.good)
        case = int(first)

        def read(data: bytes) -> None:
            nonlocal case
            found = asdict(trial.outcome(case, data))
            if found["outcome"] not in ("read", "refused"):
                found["file"] = base64.b64encode(data).decode()
            print(json.dumps(found), file=lines, flush=True)
            case += 1
            if case >= int(first) + int(count):
                # Here, and not by -runs, which counts what atheris tries for itself, too.
                os._exit(0)

        # Whether it takes too much memory or time is judged where it is read; no seed is 0, which means any.
        options = {"seed": int(seed) * 1_000_000 + case + 1, "max_len": _LONGEST, "rss_limit_mb": 0, "verbosity": 0}
        atheris.Setup([sys.argv[0], corpus, *(f"-{key}={value}" for key, value in options.items())], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
