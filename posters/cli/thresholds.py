"""`posters thresholds`: show the rules by which a classifier predicts genres, and fit more of them."""

import argparse
from pathlib import Path
from typing import Any

_DESCRIPTION = (
    "Show a classifier's rules: the calibrated probability from which each genre is predicted. --add fits another rule "
    "on the validation posters of the run, and stores it in the run's classifier."
)


def add_parser(commands: Any) -> None:
    summary = "show or fit the rules by which genres are predicted"
    parser = commands.add_parser("thresholds", help=summary, description=_DESCRIPTION)
    parser.add_argument("classifier", type=Path, metavar="RUN", help="a run, or a classifier directory")
    rule = "fit this rule too, such as precision=0.9, recall=0.9 or miss-rate=0.05; may be repeated"
    parser.add_argument("--add", action="append", default=[], metavar="RULE", help=rule)
    parser.add_argument("--default", metavar="RULE", help="the rule that decides unless a command names another")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.report.tables import rule_table
    from posters.tasks.thresholds import change_rules, read_rules

    manifest = read_rules(options.classifier)
    if options.add or options.default:
        manifest = change_rules(options.classifier, options.add, options.default)
    print(rule_table(manifest))
    return 0
