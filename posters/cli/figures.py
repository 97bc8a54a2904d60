"""`posters figures`: the figures and tables of a run's last evaluation, for a paper."""

import argparse
from pathlib import Path
from typing import Any

_DESCRIPTION = (
    "Draw the last evaluation of a run for a paper: precision against recall, calibration and confusion at the width "
    "of a page or a column, and every table in LaTeX with its intervals. Needs the train extra."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("figures", help="draw an evaluation for a paper", description=_DESCRIPTION)
    run_help = "a run that posters evaluate has evaluated, or a report's folder or evaluation.json"
    parser.add_argument("run_or_report", type=Path, metavar="RUN", help=run_help)
    form = "format of the figures (default: pdf)"
    parser.add_argument("--format", choices=("pdf", "svg", "png"), default="pdf", help=form)
    output = "folder for them (default: figures in the report's folder)"
    parser.add_argument("--output", type=Path, metavar="DIR", help=output)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters._base.optional_imports import check_installed
    from posters.report.figures import find_evaluation, write_figures

    check_installed("matplotlib")
    path = find_evaluation(options.run_or_report)
    for written in write_figures(path, options.output or path.parent / "figures", options.format):
        print(written)
    return 0
