"""`posters compare`: which of several runs is better, and where the difference is real."""

import argparse
from pathlib import Path
from typing import Any

from posters.errors import ConfigError

_SIDES = ("train", "validation", "test")  # posters.catalogue.SIDES, which --help need not wait for


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "compare",
        help="compare runs on the same posters",
        description="Compare finished runs by a paired bootstrap on the posters that stand on the test side of all of "
        "them: which differences are real, over all genres and genre by genre.",
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="the others are compared with the first")
    parser.add_argument("--side", choices=_SIDES, default="test", help="side of the runs' splits (default: test)")
    parser.add_argument("--images", type=Path, metavar="DIR", help="where the runs' images lie now, if they were moved")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to this file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.files import write_json
    from posters.log import logger
    from posters.report.comparison import comparison_text
    from posters.tasks.compare import compare_runs

    if len(options.runs) < 2:
        raise ConfigError(f"compare needs at least two different runs, but got {options.runs[0]} alone")
    comparison = compare_runs(options.runs, side=options.side, images=options.images, progress=_bar)
    if options.json:  # Before anything is printed: where it can't be written, nothing is.
        write_json(options.json, comparison.to_dict())
        logger.info(f"wrote {options.json}")
    print(comparison_text(comparison))
    return 1 if comparison.unreadable else 0


def _bar(rows: Any) -> Any:
    from tqdm import tqdm

    return tqdm(rows, desc="scoring", unit="poster")
