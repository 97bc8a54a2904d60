"""`posters pack`: decode a table's posters before training, which then begins at once; on a cluster if need be."""

import argparse
from pathlib import Path
from typing import Any

from posters.cli.options import (
    TABLES_HELP,
    add_catalogue_options,
    add_config_options,
    add_engine_options,
    config_from,
    engine_options,
    follow_table_options,
    path_or_address,
    read_catalogue_from,
)

_DESCRIPTION = (
    "Decode the posters of a table into the cache, in the sizes that posters train learns from: with the same table, "
    "options and cache it finds them there; or into shards, for posters train --shards. Only posters that changed are "
    "decoded again, and an interrupted run goes on. The exit code is 1 if some can't be decoded; it is 2 if nothing "
    "was done."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("pack", help="decode posters before training", description=_DESCRIPTION)
    parser.add_argument("table", type=path_or_address, nargs="+", metavar="TABLE", help=TABLES_HELP)
    cache = "where packed posters are kept (default: $POSTERS_CACHE, or posters in your cache folder)"
    parser.add_argument("--cache", type=Path, metavar="DIR", help=cache)
    shards = "write shards into this folder instead, or its address in a store, such as s3://bucket/shards"
    parser.add_argument("--shards", type=path_or_address, metavar="DIR", help=shards)
    add_engine_options(parser, "decodes the posters")
    add_catalogue_options(parser)
    add_config_options(parser)
    parser.set_defaults(run=run, resume=False)


def run(options: argparse.Namespace) -> int:
    from posters.store.cache import arrays_directory, default_cache
    from posters.store.packed_posters import pack
    from posters.store.shards import pack_shards, shards_place

    config = config_from(options, Path())
    follow_table_options(options)
    catalogue = read_catalogue_from(options)
    cache = options.cache or default_cache()
    # As in training: the size that is predicted from, and those that stages learn from.
    sizes = dict.fromkeys([config.preprocess, *map(config.stage_preprocess, config.fine_tuning)])
    engine = engine_options(options)
    packed = {}
    for size in sizes:
        if options.shards is None:
            place: str | Path = arrays_directory(cache, catalogue, size)
            packed[place] = pack(catalogue, Path(place), size, **engine)
        else:
            place = shards_place(options.shards, size)
            packed[place] = pack_shards(catalogue, place, size, **engine)
    for place, arrays in packed.items():
        print(f"{place}: {len(arrays):,} posters")
    return 1 if any(arrays.problems for arrays in packed.values()) else 0
