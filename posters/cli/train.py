"""`posters train`: from a table and a folder of images to a classifier."""

import argparse
from pathlib import Path
from typing import Any

from posters.cli.options import add_catalogue_options, add_config_options, config_options, read_catalogue_from
from posters.config import TrainConfig, read_config, with_options
from posters.extras import check_installed


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "train",
        help="train a classifier",
        description="Train a classifier on a table of posters: the head on frozen features first, then the whole "
        "network. The run directory keeps config, split, history, checkpoints and the classifier.",
    )
    parser.add_argument("table", type=Path, metavar="TABLE", help="a CSV or JSON table, or its folder")
    parser.add_argument("--run", dest="directory", type=Path, required=True, metavar="RUN", help="directory to make")
    parser.add_argument("--resume", action="store_true", help="go on with a run that was interrupted")
    parser.add_argument("--split", type=Path, metavar="CSV", help="a split of your own, with the columns id and side")
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="where packed posters and features are kept (default: $POSTERS_CACHE, or posters in your cache folder)",
    )
    parser.add_argument("--tensorboard", action="store_true", help="also write logs for TensorBoard into the run")
    add_catalogue_options(parser)
    add_config_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.runs import Run
    from posters.splits import read_sides
    from posters.tasks.train import train

    config = with_options(_base_config(options), **config_options(options))
    if not options.resume:
        Run(options.directory).refuse_if_taken()
    check_installed("tensorflow", "keras", "tomli_w")
    sides = read_sides(options.split) if options.split else None
    # Last, for this may take a while.
    catalogue = read_catalogue_from(options)
    classifier = train(
        catalogue,
        options.directory,
        config,
        sides=sides,
        cache=options.cache,
        resume=options.resume,
        tensorboard=options.tensorboard,
    )
    print(classifier.directory)
    return 0


def _base_config(options: argparse.Namespace) -> TrainConfig:
    from posters.runs import Run

    if options.config:
        return read_config(options.config)
    run = Run(options.directory)
    return run.config() if options.resume and run.started else TrainConfig()
