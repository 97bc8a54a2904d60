"""`posters sample`: draw the sample catalogue. The entry-point group `posters.commands` adds it to `posters`."""

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Add the parser of `posters sample`."""
    parser = commands.add_parser(
        "sample", help="draw a sample catalogue", description="Draw posters of invented films, to try everything with."
    )
    parser.add_argument("directory", type=Path, metavar="DIR", help="where to draw them")
    parser.add_argument("--count", type=int, default=600, metavar="N", help="how many posters (default: 600)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="other seeds give other posters (default: 0)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Draw the sample and return the exit code."""
    from posters_sample import draw_sample

    print(draw_sample(options.directory, options.count, options.seed))
    return 0
