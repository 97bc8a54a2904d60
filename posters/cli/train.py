"""`posters train`: from a table and a folder of images to a classifier."""

import argparse
from pathlib import Path
from typing import Any

from posters._base.optional_imports import check_installed
from posters._base.ray_cluster import spread_by
from posters.cli.options import (
    TABLES_HELP,
    add_catalogue_options,
    add_config_options,
    add_engine_options,
    config_from,
    follow_table_options,
    path_or_address,
    read_catalogue_from,
)
from posters.config import RayWorkers
from posters.errors import ConfigError

_WORKERS = 2
_DESCRIPTION = (
    "Train a classifier on a table of posters: the head on frozen features first, then the whole network. The run "
    "directory keeps the config, splits, history, checkpoints and the classifier."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("train", help="train a classifier", description=_DESCRIPTION)
    parser.add_argument("table", type=path_or_address, nargs="+", metavar="TABLE", help=TABLES_HELP)
    parser.add_argument("--run", dest="directory", type=Path, required=True, metavar="RUN", help="directory to create")
    parser.add_argument("--resume", action="store_true", help="continue a run that was interrupted")
    parser.add_argument(
        "--splits", type=Path, metavar="CSV", help="your own splits, with the columns id (or filename) and split"
    )
    cache = "where packed posters and features are kept (default: $POSTERS_CACHE, or posters in your cache folder)"
    parser.add_argument("--cache", type=Path, metavar="DIR", help=cache)
    shards = "read posters from the shards that posters pack --shards has written there; nothing is packed"
    parser.add_argument("--shards", type=path_or_address, metavar="DIR", help=shards)
    track = (
        "keep parameters, curves and files in mlflow, tensorboard, wandb (offline) or your own tracker; may be repeated"
    )
    parser.add_argument("--track", action="append", default=[], metavar="NAME", help=track)
    tensorboard = "the same as --track tensorboard: logs in the run"
    parser.add_argument("--tensorboard", dest="track", action="append_const", const="tensorboard", help=tensorboard)
    add_engine_options(parser, "fine-tunes")
    workers = f"processes of the Ray cluster that share each batch, on a core or a GPU each (default: {_WORKERS})"
    parser.add_argument("--workers", type=int, metavar="N", help=workers)
    add_catalogue_options(parser)
    add_config_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters.runs import Run
    from posters.splitting.splits import read_splits
    from posters.tasks.train import check_network, train

    config = config_from(options, options.directory)
    # Before TensorFlow is imported and the table is read, which takes seconds to minutes.
    if not options.resume:
        Run(options.directory).refuse_if_taken()
    check_installed("tensorflow", "keras", "tomli_w")
    workers = _workers(options)
    splits = read_splits(options.splits) if options.splits else None
    check_network(config)
    # Last, because it may take a while: whatever is wrong with the options is reported before.
    follow_table_options(options)
    catalogue = read_catalogue_from(options)
    classifier = train(
        catalogue,
        options.directory,
        config,
        splits=splits,
        cache=options.cache,
        resume=options.resume,
        track=options.track,
        workers=workers,
        shards=options.shards,
    )
    print(classifier.directory)
    return 0


def _workers(options: argparse.Namespace) -> RayWorkers | None:
    spread_by(options.engine or "local", options.address)  # Refuses an address without the engine.
    if options.engine != "ray":
        if options.workers is not None:
            raise ConfigError("--workers are those of a Ray cluster: add --engine ray")
        return None
    check_installed("ray", extra="ray")
    return RayWorkers(_WORKERS if options.workers is None else options.workers, options.address)
