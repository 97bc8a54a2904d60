"""`posters catalogue`: what a table holds, before anything is done with it."""

import argparse
from pathlib import Path
from typing import Any

from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.errors import ConfigError


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "catalogue",
        help="read a table and say what it holds",
        description="Read a table of posters, and say which dialect it has, what was left out, and how many posters "
        "each genre has.",
    )
    parser.add_argument("table", type=Path, nargs="?", metavar="TABLE", help="a CSV or JSON table, or its folder")
    parser.add_argument("--dialects", action="store_true", help="name the dialects that are known, and stop")
    add_catalogue_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.dialects:
        return _print_dialects()
    if options.table is None:
        raise ConfigError("which table? posters catalogue TABLE, or posters catalogue --dialects")
    catalogue = read_catalogue_from(options)
    width = max(len(name) for name in catalogue.genre_names)
    for name, count in catalogue.genre_counts().items():
        print(f"{name:<{width}}  {count:>9,}")
    return 0


def _print_dialects() -> int:
    from posters.catalogue import DIALECTS

    for dialect in DIALECTS:
        print(f"{dialect.name:<12} {dialect.description}")
    return 0
