"""`posters audit`: what is wrong with a table and its images, before anything is trained on them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.options import add_catalogue_options, read_catalogue_from

if TYPE_CHECKING:
    from posters.audit import Audit

_FAIL_ON = ("error", "warning", "note", "never")


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "audit",
        help="say what is wrong with a table and its images",
        description="Look at a table and at each of its images, and say what is wrong: images that can't be read or "
        "are no posters, missing and unused files, repeated rows, duplicates and contradicting labels, doubtful "
        "genres, and what leaks across a split. The exit code is 1 where something is as bad as --fail-on.",
    )
    parser.add_argument("table", type=Path, metavar="TABLE", help="a CSV or JSON table, or its folder")
    parser.add_argument("--split", type=Path, metavar="CSV", help="a split to look for leaks in (columns id, side)")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write all findings as JSON; - prints them instead")
    parser.add_argument("--csv", type=Path, metavar="PATH", help="write all findings as CSV for a spreadsheet")
    parser.add_argument(
        "--fail-on",
        choices=_FAIL_ON,
        default="error",
        help="how bad a finding must be for exit code 1 (default: error)",
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where what was seen in images is kept for next time")
    add_catalogue_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    audit = _audit(options)
    _write(audit, options)
    return int(options.fail_on != "never" and audit.has(options.fail_on))


def _audit(options: argparse.Namespace) -> "Audit":
    from posters.audit import audit
    from posters.extras import check_installed
    from posters.splits import read_sides

    check_installed("filelock", "imagehash")

    sides = read_sides(options.split) if options.split else None
    # Everything is looked at, also posters whose genres are all rare; what is rare is said.
    catalogue = read_catalogue_from(options, min_posters=1, report=False)
    return audit(catalogue, cache=options.cache, sides=sides, min_posters=options.min_posters)


def _write(audit: "Audit", options: argparse.Namespace) -> None:
    from posters.report.audit import audit_csv, audit_json, audit_summary, write_audit

    if options.csv:
        # With a byte order mark, without which Excel takes UTF-8 for something else.
        write_audit(audit_csv(audit), options.csv, "utf-8-sig")
    if options.json == Path("-"):
        print(audit_json(audit), end="")
        return
    if options.json:
        write_audit(audit_json(audit), options.json)
    print(audit_summary(audit), end="")
