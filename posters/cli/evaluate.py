"""`posters evaluate`: how good a classifier is, beside predictors that never look."""

import argparse
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.options import add_catalogue_options, read_catalogue_from
from posters.errors import ConfigError

_SIDES = ("train", "validation", "test")  # posters.catalogue.SIDES, which --help need not wait for

if TYPE_CHECKING:
    from posters.catalogue import Catalogue
    from posters.evaluation import Evaluation


@dataclass(frozen=True)
class _Judged:
    """What was evaluated: of how many posters, and where all images lie that the report may show."""

    evaluation: "Evaluation"
    posters: int
    catalogue: "Catalogue"


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="judge a classifier",
        description="Judge a run on its own test posters, or any classifier on a table, and write the report.",
    )
    parser.add_argument("run_or_classifier", type=Path, metavar="RUN", help="a run, or a classifier directory")
    parser.add_argument("table", type=Path, nargs="?", metavar="TABLE", help="judge on this table instead")
    parser.add_argument("--side", choices=_SIDES, help="side of the run's own split (default: test)")
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="where to write it (default: RUN/report; with TABLE: ./report)"
    )
    # No genre is left out unasked: it would count as absent from the posters that have it.
    add_catalogue_options(parser, min_posters=1)
    parser.add_argument(
        "--ignore-unknown-genres",
        action="store_true",
        help="judge by the genres that the classifier knows, where the table has others too",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from posters.extras import check_installed
    from posters.log import logger
    from posters.report import summary, write_report

    check_installed("jinja2", "scipy")
    directory = options.report or (Path("report") if options.table else options.run_or_classifier / "report")
    judge = _judged_by_table if options.table else _judged_by_run
    judged = judge(options, directory)
    print(summary(judged.evaluation))
    images = {poster.id: judged.catalogue.image_path(poster) for poster in judged.catalogue}
    shown = partial(tqdm, desc="drawing", unit="poster", leave=False)
    for path in write_report(judged.evaluation, directory, images=images, progress=shown):
        logger.info(f"wrote {path}")
    return 0 if judged.evaluation.posters == judged.posters else 1


def _judged_by_run(options: argparse.Namespace, report: Path) -> _Judged:
    from posters.tasks.evaluate import evaluate_run
    from posters.tasks.scoring import finished_run, side_catalogue

    _check_run(options.run_or_classifier)
    for name in ("corrections", "dialect", "alias", "ignore_unknown_genres"):
        if getattr(options, name):
            raise ConfigError(
                f"--{name.replace('_', '-')} says how to read a table, and a run has its own catalogue: leave it out"
            )
    side = options.side or "test"
    run = finished_run(options.run_or_classifier)
    chosen = side_catalogue(run, side, options.images)  # Whatever is wrong with it is found here, before the scoring.
    _check_report(report)
    evaluation = evaluate_run(run.path, side=side, images=options.images, progress=_bar)
    # Label issues lie on every side.
    return _Judged(evaluation, len(chosen), run.catalogue(options.images))


def _judged_by_table(options: argparse.Namespace, report: Path) -> _Judged:
    from posters.classifier import load_classifier
    from posters.tasks.evaluate import evaluate_classifier

    if options.side:
        raise ConfigError("--side names a side of the run's own split, and a table has none: leave one of them out")
    classifier, catalogue = load_classifier(options.run_or_classifier), read_catalogue_from(options)
    _check_report(report)
    evaluation = evaluate_classifier(
        classifier, catalogue, ignore_unknown_genres=options.ignore_unknown_genres, progress=_bar
    )
    return _Judged(evaluation, len(catalogue), catalogue)


def _check_report(directory: Path) -> None:
    """Find out before the scoring whether the report can be written after it."""
    there = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        reason = "nobody may write there" if there.is_dir() else f"{there} is a file"
        raise ConfigError(f"{directory}: the report can't be written ({reason}): choose another --report")


def _check_run(path: Path) -> None:
    if not path.is_dir():
        raise ConfigError(f"{path}: there is no such directory")
    if (path / "classifier.json").is_file():
        raise ConfigError(f"{path} is a classifier without a split of its own: posters evaluate {path} TABLE judges it")


def _bar(rows: Any) -> Any:
    from tqdm import tqdm

    return tqdm(rows, desc="scoring", unit="poster")
