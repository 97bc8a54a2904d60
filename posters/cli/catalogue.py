"""`posters catalogue`: read a table, and print its first rows as they were understood, and the counts of its genres."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters._base.text import WIDTH, columns, fit, genre_list, printable
from posters.cli.options import TABLES_HELP, add_catalogue_options, path_or_address, read_catalogue_from
from posters.errors import ConfigError

if TYPE_CHECKING:
    from posters.catalogue import Catalogue, Poster

_HEAD = ("id", "image", "title", "year", "genres", "split")


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "catalogue",
        help="read a table and count its genres",
        description="Read a table of posters, and report its dialect, what was left out, its first rows as they were "
        "understood, and how many posters each genre has.",
    )
    parser.add_argument("table", type=path_or_address, nargs="*", metavar="TABLE", help=TABLES_HELP)
    parser.add_argument("--dialects", action="store_true", help="list the known dialects, and stop")
    rows = "how many of the first rows to show (default: 5)"
    parser.add_argument("--rows", type=int, default=5, metavar="N", help=rows)
    sheet = "write the first posters with their genres as a sheet of thumbnails, such as sheet.jpg"
    parser.add_argument("--sheet", type=Path, metavar="FILE", help=sheet)
    add_catalogue_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.dialects:
        from posters.catalogue import DIALECTS

        for dialect in DIALECTS:
            print(f"{dialect.name:<12} {dialect.description}")
        return 0
    _check(options)
    catalogue = read_catalogue_from(options)
    # For people, like all that is reported about the reading; the counts go to stdout, for other programs too.
    for line in first_rows(islice(catalogue, options.rows)):
        print(line, file=sys.stderr)
    width = max(len(name) for name in catalogue.genre_names)
    known = catalogue.known_counts()
    for name, count in catalogue.genre_counts().items():
        # Only where it tells something: most tables know all labels.
        of_known = f" of {known[name]:,} known" if catalogue.partly_known else ""
        print(f"{name:<{width}}  {count:>9,}{of_known}")
    if options.sheet:
        _write_sheet(catalogue, options.sheet)
    return 0


def _check(options: argparse.Namespace) -> None:
    if not options.table:
        raise ConfigError("which table? posters catalogue TABLE, or posters catalogue --dialects")
    if options.rows < 0:
        raise ConfigError(f"--rows must be 0 or more, but got {options.rows}")
    if options.sheet:
        from posters.report.sheet import check_sheet

        check_sheet(options.sheet)


def first_rows(posters: "Iterable[Poster]") -> Iterator[str]:
    r"""Yield the lines of a table of posters, at most `WIDTH` columns wide; nothing if there are none.

    Examples:
        >>> from posters.catalogue import Poster
        >>> print(*first_rows([Poster("7", "heat.jpg", ("Crime", "Drama"), "Heat", 1995)]), sep="\n")
        <BLANKLINE>
        id  image     title  year  genres        split
        7   heat.jpg  Heat   1995  Crime, Drama  -
        <BLANKLINE>
    """
    rows = [
        [each.id, each.image, each.title, str(each.year or ""), genre_list(each.genres, each.unknown), each.split]
        for each in posters
    ]
    cells = [_HEAD, *([printable(cell or "") or "-" for cell in row] for row in rows)]
    widths = [max(map(columns, column)) for column in zip(*cells, strict=True)]
    # The widest column gives way.
    while sum(widths) + 2 * (len(widths) - 1) > WIDTH:
        widths[widths.index(max(widths))] -= 1
    # Between empty lines, since much else may be reported around it.
    yield from [""] * bool(rows)
    for row in cells if rows else ():
        shown = [fit(cell, width) for cell, width in zip(row, widths, strict=True)]
        # Not by `ljust`: some letters are two columns wide.
        padded = (cell + " " * (width - columns(cell)) for cell, width in zip(shown, widths, strict=True))
        yield "  ".join(padded).rstrip()
    yield from [""] * bool(rows)


def _write_sheet(catalogue: "Catalogue", path: Path) -> None:
    from posters._base.log import logger
    from posters._base.text import counted
    from posters.report.sheet import write_sheet

    failed = write_sheet(catalogue, path)
    logger.info(f"wrote {path}" + (f"; {counted(failed, 'poster')} of it can't be read" if failed else ""))
