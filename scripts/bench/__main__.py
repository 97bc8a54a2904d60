"""Measure the sections that are asked for, and write benchmarks.json and the page that is made of it.

With `--against docs/benchmarks.json` nothing is written into docs unless `--out` asks for it: the ratios are compared,
each that got worse beyond its spread is named on stdout, and the exit code is then 1.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from posters._base.atomic_files import write_json, write_text
from scripts.bench.against import worse
from scripts.bench.bench import Bench
from scripts.bench.page import page
from scripts.bench.sections import SECTIONS, measured

DATA, PAGE = "benchmarks.json", "benchmarks.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen benchmarks, write their figures, and return 1 if any is worse than it was."""
    options = _parser().parse_args(arguments)
    names = options.only or [name for name in SECTIONS if options.run or name != "precisions"]
    then = json.loads(options.against.read_text(encoding="utf-8")) if options.against else {"sections": []}
    out = options.out or (Path(tempfile.mkdtemp()) if options.against else Path("docs"))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        bench = Bench(Path(work), options.turns, options.table, options.images, options.run)
        for name in names:
            print(f"== {SECTIONS[name][0]}", file=sys.stderr)
            keep(out, measured(name, bench))
    print(f"wrote {out / PAGE} and {out / DATA}")
    now = json.loads((out / DATA).read_text(encoding="utf-8"))
    found = list(worse({"sections": [each for each in now["sections"] if each["name"] in names]}, then))
    if options.against:
        print(*(found or ["no ratio got worse beyond its spread"]), sep="\n")
    return int(bool(found) and not options.report_only)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    parser.add_argument("--only", action="append", choices=SECTIONS, metavar="SECTION", help=f"{', '.join(SECTIONS)}")
    parser.add_argument("--table", type=Path, help="of real posters (default: draw some)")
    parser.add_argument("--images", type=Path, metavar="DIR", help="folder of their images (default: beside the table)")
    parser.add_argument("--run", type=Path, help="a finished run, for the section precisions")
    parser.add_argument("--turns", type=int, default=5, metavar="N", help="of each contender (default: 5)")
    parser.add_argument("--work", type=Path, metavar="DIR", help="a folder with 10 GB to spare (default: temporary)")
    out = "(default: docs; a temporary folder with --against)"
    parser.add_argument("--out", type=Path, metavar="DIR", help=out)
    against = "an earlier benchmarks.json: name the ratios that got worse beyond their spread, and exit with 1"
    parser.add_argument("--against", type=Path, metavar="FILE", help=against)
    report = "exit with 0 whatever got worse, for machines that are not to be trusted with a verdict"
    parser.add_argument("--report-only", action="store_true", help=report)
    return parser


def keep(out: Path, section: dict[str, Any]) -> None:
    """Put a section in the place of an earlier one, which it keeps as the run before, and write the page anew."""
    path = out / DATA
    sections = json.loads(path.read_text(encoding="utf-8"))["sections"] if path.exists() else []
    by_name = {each["name"]: each for each in sections}
    by_name[section["name"]] = section | _before(by_name.get(section["name"]), section["machine"])
    whole = {"sections": [by_name[name] for name in SECTIONS if name in by_name]}
    write_json(path, whole)
    write_text(out / PAGE, page(whole))


def _before(earlier: Mapping[str, Any] | None, machine: Mapping[str, Any]) -> dict[str, Any]:
    """What of an earlier section can be compared with one of this machine: all, or nothing."""
    if earlier is None or any(earlier["machine"][name] != machine[name] for name in machine if name != "load"):
        return {}
    return {"before": {name: earlier[name] for name in ("day", "contests")}}


if __name__ == "__main__":
    sys.exit(main())
