"""`posters evaluate`: how good a classifier is, compared with baselines that never look at a poster."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.cli.options import SPLITS, add_catalogue_options, path_or_address, read_catalogue_from
from posters.cli.output import check_report, progress_bar
from posters.errors import ConfigError

if TYPE_CHECKING:
    from posters.catalogue import Catalogue
    from posters.evaluation import Evaluation


# Options for reading a table, and for looking at its posters.
_OF_TABLES = ("corrections", "dialect", "column", "alias", "separator", "download", "ignore_unknown_genres", "cache")


@dataclass(frozen=True)
class _Judged:
    """An evaluation, how many posters it was to judge, the catalogue of images, and whether --unseen-only works."""

    evaluation: "Evaluation"
    posters: int
    catalogue: "Catalogue"
    can_leave_out: bool = True


def add_parser(commands: Any) -> None:
    description = (
        "Evaluate a run on its own test posters, a cross-validation on all its posters, or any classifier on a table, "
        "and write the report."
    )
    parser = commands.add_parser("evaluate", help="evaluate a classifier", description=description)
    parser.add_argument(
        "run_or_classifier",
        type=Path,
        metavar="RUN",
        help="a run, a cross-validation, a classifier directory, or an exported file (.tflite, .onnx)",
    )
    parser.add_argument(
        "table", type=path_or_address, nargs="?", metavar="TABLE", help="evaluate on this table instead"
    )
    parser.add_argument("--split", choices=SPLITS, help="which split of the run (default: test)")
    report = "where to write the report (default: RUN/report; with TABLE: ./report)"
    parser.add_argument("--report", type=Path, metavar="DIR", help=report)
    # No genre is left out unasked: it would count as absent from the posters that have it.
    add_catalogue_options(parser, min_posters=1)
    ignore = "leave out genres of the table that the classifier does not know"
    parser.add_argument("--ignore-unknown-genres", action="store_true", help=ignore)
    unseen = "leave out the posters that the classifier has seen in its training, or its starting weights in theirs"
    parser.add_argument("--unseen-only", action="store_true", help=unseen)
    look = "compare the looks of a table's posters with those that the classifier has seen by perceptual hashes alone"
    parser.add_argument("--no-look", action="store_false", dest="look", help=look)
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where looks are kept (default: your cache folder)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters._base.log import logger
    from posters._base.optional_imports import check_installed
    from posters.report import summary, write_report
    from posters.tracking import attach_report

    check_installed("jinja2", "scipy")
    directory = options.report or (Path("report") if options.table else options.run_or_classifier / "report")
    judged = (_judge_by_table if options.table else _judge_by_run)(options, directory)
    print(summary(judged.evaluation))
    images = {poster.id: judged.catalogue.image_path(poster) for poster in judged.catalogue}
    drawing = progress_bar("drawing", leave=False)
    for path in write_report(judged.evaluation, directory, images=images, progress=drawing):
        logger.info(f"wrote {path}")
    if not options.table:
        attach_report(options.run_or_classifier, directory)
    seen = judged.evaluation.seen
    if seen and seen.macro_map and judged.can_leave_out:
        logger.info("for a report on the posters that it has not seen, add --unseen-only to the command")
    evaluated = judged.evaluation.posters + (seen.left_out if seen else 0)
    return 0 if evaluated == judged.posters else 1


def _judge_by_run(options: argparse.Namespace, report: Path) -> _Judged:
    from posters.tasks.evaluate import evaluate_run
    from posters.tasks.scoring import finished_run, is_cross_validation, split_catalogue

    _check_run(options.run_or_classifier, options)
    if is_cross_validation(options.run_or_classifier):
        return _judge_by_folds(options, report)
    run, split = finished_run(options.run_or_classifier), options.split or "test"
    # Before the scoring, which takes minutes: images that were moved away are noticed here.
    chosen = split_catalogue(run, split, options.images)
    check_report(report)
    images, unseen, bar = options.images, options.unseen_only, progress_bar("scoring")
    evaluation = evaluate_run(run.path, split=split, images=images, unseen_only=unseen, progress=bar)
    # The whole catalogue, not the split: the report shows label issues of every split.
    return _Judged(evaluation, len(chosen), run.catalogue(options.images))


def _judge_by_folds(options: argparse.Namespace, report: Path) -> _Judged:
    from posters.tasks.crossvalidate import evaluate_crossvalidation, fold_runs

    if options.split or options.unseen_only:
        name = "split" if options.split else "unseen-only"
        raise ConfigError(f"--{name} goes with a run, and a cross-validation judges all its posters: leave it out")
    runs = fold_runs(options.run_or_classifier)
    catalogue = runs[0].catalogue(options.images)
    check_report(report)
    evaluation = evaluate_crossvalidation(
        options.run_or_classifier, images=options.images, progress=progress_bar("scoring")
    )
    posters = sum(split == "test" for run in runs for split in run.splits().values())
    return _Judged(evaluation, posters, catalogue, can_leave_out=False)


def _judge_by_table(options: argparse.Namespace, report: Path) -> _Judged:
    from posters.classifier import load_classifier
    from posters.tasks.evaluate import evaluate_classifier

    if options.split:
        raise ConfigError("--split names a split of a run, and a table has none: leave one of them out")
    classifier, catalogue = load_classifier(options.run_or_classifier), read_catalogue_from(options)
    check_report(report)
    chosen = {name: getattr(options, name) for name in ("ignore_unknown_genres", "unseen_only", "look", "cache")}
    evaluation = evaluate_classifier(classifier, catalogue, **chosen, progress=progress_bar("scoring"))
    return _Judged(evaluation, len(catalogue), catalogue)


def _check_run(path: Path, options: argparse.Namespace) -> None:
    if path.suffix in (".onnx", ".tflite") and path.is_file():
        raise ConfigError(f"{path} is a classifier without a split of its own: run posters evaluate {path} TABLE")
    if not path.is_dir():
        raise ConfigError(
            f"{path}: {'a file, and no run or classifier' if path.exists() else 'there is no such directory'}"
        )
    if (path / "classifier.json").is_file():
        raise ConfigError(f"{path} is a classifier without a split of its own: run posters evaluate {path} TABLE")
    given = [name for name in _OF_TABLES if getattr(options, name)] + ["no_look"] * (not options.look)
    if given:
        raise ConfigError(
            f"--{given[0].replace('_', '-')} is for reading a table, and a run has its own catalogue: leave it out"
        )
