"""`posters cross-validate`: how good a recipe is, by posters that were each scored by a run that never saw them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters._base.optional_imports import check_installed
from posters.cli.options import (
    TABLES_HELP,
    add_catalogue_options,
    add_config_options,
    config_from,
    follow_table_options,
    path_or_address,
    read_catalogue_from,
)
from posters.cli.output import check_report, progress_bar
from posters.errors import ConfigError

if TYPE_CHECKING:
    from posters.splitting.folds import Folds

_DESCRIPTION = (
    "Train once for each fold on the other folds, and score every poster by the run that never saw it. Prints macro "
    "mAP fold by fold and pooled, with 95% intervals and spread, and writes a report over all posters and the table as "
    "CSV and LaTeX. Two cross-validations by the same folds are compared by posters compare."
)

_FOLDS_HELP = "how many, or a CSV of your own with the columns id and fold, such as another's folds.csv (default: 5)"
_SCORED_HELP = (
    "of several tables, one whose posters are scored; those of the others train in every fold; may be repeated "
    "(default: all)"
)
_REPEATS_HELP = "how often all of it is done, each time with the next seed and other folds (default: 1)"
_RESUME_HELP = "continue one that was interrupted, or add repeats; what is finished is not made again"
_AVERAGE_HELP = "also average the networks of the first repeat into one classifier, in DIR/average"
_CACHE_HELP = "where packed posters and features are kept (default: $POSTERS_CACHE, or posters in your cache folder)"


def add_parser(commands: Any) -> None:
    title = "judge a recipe by training it once for each fold"
    parser = commands.add_parser("cross-validate", help=title, description=_DESCRIPTION)
    parser.add_argument("table", type=path_or_address, nargs="+", metavar="TABLE", help=TABLES_HELP)
    parser.add_argument("--run", dest="directory", type=Path, required=True, metavar="DIR", help="directory to create")
    parser.add_argument("--folds", metavar="N", help=_FOLDS_HELP)
    parser.add_argument("--scored", action="append", default=[], metavar="TABLE", help=_SCORED_HELP)
    parser.add_argument("--repeats", type=int, default=1, metavar="N", help=_REPEATS_HELP)
    parser.add_argument("--resume", action="store_true", help=_RESUME_HELP)
    parser.add_argument("--report", type=Path, metavar="FOLDER", help="where to write the report (default: DIR/report)")
    parser.add_argument("--average", action="store_true", help=_AVERAGE_HELP)
    parser.add_argument("--cache", type=Path, metavar="DIR", help=_CACHE_HELP)
    add_catalogue_options(parser)
    add_config_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters._base.log import logger
    from posters.report import write_report
    from posters.report.crossvalidation import crossvalidation_text, write_crossvalidation
    from posters.runs import Run
    from posters.tasks.crossvalidate import crossvalidate, evaluate_crossvalidation, with_judged_genres
    from posters.tasks.train import check_network

    # Before TensorFlow is imported and the table is read, which takes seconds to minutes.
    if not options.resume:
        Run(options.directory).refuse_if_taken()
    config, folds = config_from(options, options.directory / "fold-0"), _folds(options.folds)
    check_installed("tensorflow", "keras", "tomli_w", "jinja2", "scipy")
    report = options.report or options.directory / "report"
    check_report(report)
    check_network(config)
    follow_table_options(options)
    catalogue = with_judged_genres(read_catalogue_from(options), options.scored, options.min_posters)
    bar, chosen = progress_bar("scoring", leave=False), {"folds": folds, "repeats": options.repeats}
    chosen["scored"] = options.scored
    figures = crossvalidate(catalogue, options.directory, config, **chosen, cache=options.cache, progress=bar)
    written = list(write_crossvalidation(figures, report))
    images = {poster.id: catalogue.image_path(poster) for poster in catalogue}
    evaluation = evaluate_crossvalidation(options.directory, progress=bar)
    written += write_report(evaluation, report, images=images, progress=progress_bar("drawing", leave=False))
    if options.average:
        from posters.tasks.soup import soup

        command = "posters cross-validate with --average"
        average = options.directory / "average"
        written.append(soup(options.directory, catalogue, average, command=command, cache=options.cache).directory)
    for path in written:
        logger.info(f"wrote {path}")
    print(crossvalidation_text(figures))
    return 0 if figures.posters == len(catalogue.ids_of_tables(options.scored)) else 1


def _folds(text: str | None) -> "Folds | int | None":
    from posters.splitting.folds import read_folds

    if text is None or not text.isdecimal():
        return None if text is None else read_folds(Path(text))
    if int(text) < 2:
        raise ConfigError(f"--folds must be at least 2, or a CSV, but got {text}")
    return int(text)
