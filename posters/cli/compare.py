"""`posters compare`: which of several runs is better, and where the difference is real."""

import argparse
from pathlib import Path
from typing import Any

from posters.cli.options import SPLITS
from posters.cli.output import progress_bar
from posters.errors import ConfigError

_DESCRIPTION = (
    "Compare finished runs by a paired bootstrap on the posters that are in the test split of all of them: which "
    "differences are real, over all genres and genre by genre."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("compare", help="compare runs on the same posters", description=_DESCRIPTION)
    runs = "two or more; the others are compared with the first"
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help=runs)
    parser.add_argument("--split", choices=SPLITS, default="test", help="which split of the runs (default: test)")
    parser.add_argument("--images", type=Path, metavar="DIR", help="where the runs' images are now, if they were moved")
    unseen = "leave out the posters that one of the runs, or the weights it began with, has seen in training"
    parser.add_argument("--unseen-only", action="store_true", help=unseen)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to this file")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters._base.atomic_files import write_json
    from posters._base.log import logger
    from posters.report.comparison import comparison_text
    from posters.tasks.compare import compare_runs

    if len(options.runs) < 2:
        raise ConfigError(f"compare needs at least two different runs, but got {options.runs[0]} alone")
    chosen = {name: getattr(options, name) for name in ("split", "images", "unseen_only")}
    comparison = compare_runs(options.runs, **chosen, progress=progress_bar("scoring"))
    if options.json:
        write_json(options.json, comparison.to_dict())
        logger.info(f"wrote {options.json}")
    print(comparison_text(comparison))  # Last: if the file can't be written, nothing is printed.
    return 1 if comparison.unreadable else 0
