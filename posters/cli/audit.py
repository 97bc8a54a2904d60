"""`posters audit`: check a table and its images before anything is trained on them."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.options import (
    TABLES_HELP,
    add_catalogue_options,
    add_engine_options,
    engine_options,
    path_or_address,
    read_catalogue_from,
)

if TYPE_CHECKING:
    from posters.audit import Audit

_FAIL_ON = ("error", "warning", "note", "never")
_DESCRIPTION = (
    "Check a table and each of its images for problems: images that can't be read or are no posters, missing and "
    "unused files, repeated rows, duplicates and contradicting labels, doubtful genres, and what leaks across splits. "
    "The exit code is 1 if a finding is as bad as --fail-on."
)
_NO_LOOK = (
    "find look-alikes by perceptual hashes alone, which saves 15 ms an image the first time (default: also by what the "
    "network of this package sees, which finds mirrored and cropped copies)"
)
_LABELS = (
    "also write labels that the other posters contradict, to be filled in and given to --corrections: missing genres "
    "and false ones, each the surest first; once 15 ms a poster, and no training"
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("audit", help="check a table and its images for problems", description=_DESCRIPTION)
    parser.add_argument("table", type=path_or_address, nargs="+", metavar="TABLE", help=TABLES_HELP)
    splits = "splits to check for leaks (columns id or filename, and split)"
    parser.add_argument("--splits", type=Path, metavar="CSV", help=splits)
    parser.add_argument("--json", type=Path, metavar="PATH", help="write all findings as JSON; - prints them instead")
    parser.add_argument("--csv", type=Path, metavar="PATH", help="write all findings as CSV for a spreadsheet")
    fail_on = "how bad a finding must be for exit code 1 (default: error)"
    parser.add_argument("--fail-on", choices=_FAIL_ON, default="error", help=fail_on)
    parser.add_argument("--cache", type=Path, metavar="DIR", help="folder of the cache (default: in your cache folder)")
    parser.add_argument("--no-look", action="store_false", dest="look", help=_NO_LOOK)
    parser.add_argument("--labels", type=Path, metavar="CSV", help=_LABELS)
    add_engine_options(parser, "looks at the images")
    add_catalogue_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters._base.optional_imports import check_installed
    from posters.audit import audit
    from posters.splitting.splits import read_splits

    check_installed("filelock", "imagehash")
    splits = read_splits(options.splits) if options.splits else None
    options.max_lost = 1
    # With every genre: the audit itself reports rare ones, and posters that have no other are checked too.
    # What is lost is what it looks for.
    catalogue = read_catalogue_from(options, min_posters=1, report=False)
    chosen = {"cache": options.cache, "min_posters": options.min_posters, "look": options.look}
    found = audit(catalogue, splits=splits, **chosen, **engine_options(options))
    _write(found, options)
    return int(options.fail_on != "never" and found.has(options.fail_on))


def _write(audit: "Audit", options: argparse.Namespace) -> None:
    from posters.report.audit import audit_csv, audit_json, audit_summary, write_audit

    if options.labels:
        _write_labels(options)
    if options.csv:
        # With a byte order mark, without which Excel takes UTF-8 for something else.
        write_audit(audit_csv(audit), options.csv, "utf-8-sig")
    if options.json == Path("-"):
        print(audit_json(audit), end="")
        return
    if options.json:
        write_audit(audit_json(audit), options.json)
    print(audit_summary(audit), end="")


def _write_labels(options: argparse.Namespace) -> None:
    from posters._base.optional_imports import check_installed
    from posters.report.audit import write_audit
    from posters.report.tables import label_csv
    from posters.tasks.label_doubts import doubt_labels

    check_installed("sklearn", "threadpoolctl")
    # Without rare genres: from fewer examples nothing can be said of their labels.
    issues = doubt_labels(read_catalogue_from(options, report=False), cache=options.cache, look=options.look)
    write_audit(label_csv(issues), options.labels, "utf-8")
    counts = Counter(issue.kind for issue in issues)
    found = f"{counts['missing']:,} genres seem to be missing and {counts['false']:,} to be false, the surest first, in"
    # On stderr: stdout may be the JSON of the findings.
    print(f"{found} {options.labels}: fill in the column accept, and give it to --corrections", file=sys.stderr)
