"""`posters thresholds`: the rules by which a classifier says genres, and more of them."""

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "thresholds",
        help="show or fit the rules by which genres are said",
        description="Show a classifier's rules: from which calibrated probability on each genre is said. --add fits "
        "another on the validation posters of the run, and stores it in the run's classifier.",
    )
    parser.add_argument("classifier", type=Path, metavar="RUN", help="a run, or a classifier directory")
    parser.add_argument(
        "--add",
        action="append",
        default=[],
        metavar="RULE",
        help="fit this rule too: precision=0.9, recall=0.9 or miss-rate=0.05, say; may be repeated",
    )
    parser.add_argument("--default", metavar="RULE", help="the rule that decides unless another is asked for")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.report.rules import rule_table
    from posters.tasks.thresholds import change_rules, read_rules

    manifest = read_rules(options.classifier)
    if options.add or options.default:
        manifest = change_rules(options.classifier, options.add, options.default)
    print(rule_table(manifest))
    return 0
