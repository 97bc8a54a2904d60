"""`posters cache`: what lies in the cache folder, how large it is, and away with it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posters.errors import ConfigError

if TYPE_CHECKING:
    from posters.store.cache_contents import CacheEntry

_DESCRIPTION = (
    "List what is kept in the cache folder: packed posters, features, downloads and whatever else can be made or "
    "fetched again, with sizes and days since anything was written there. --prune removes it; what was written in the "
    "last ten minutes stays, since a run may be at work on it."
)


def add_parser(commands: Any) -> None:
    parser = commands.add_parser("cache", help="list and prune the cache folder", description=_DESCRIPTION)
    names = "posters, features, probe, out_of_fold, looks, audit, similar, trial, downloads, tables"
    kinds = f"only these: {names} (default: all)"
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=kinds)
    cache = "the cache folder (default: $POSTERS_CACHE, or posters in your own)"
    parser.add_argument("--cache", type=Path, metavar="DIR", help=cache)
    parser.add_argument("--prune", action="store_true", help="remove what is listed")
    older = "only what nothing was written to for so many days"
    parser.add_argument("--older-than", type=float, default=0.0, metavar="DAYS", help=older)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from posters._base.cache_folder import default_cache
    from posters._base.text import did_you_mean
    from posters.store.cache_contents import KINDS, cache_entries, prune

    for kind in options.kinds:
        if kind not in KINDS:
            raise ConfigError(f"the cache has no kind {kind!r}{did_you_mean(kind, KINDS)}")
    if not options.older_than >= 0:
        raise ConfigError(f"--older-than must be 0 days or more, but got {options.older_than:g}")
    folder = options.cache or default_cache()
    entries = [entry for entry in cache_entries(folder) if entry.kind in (options.kinds or KINDS)]
    entries = [entry for entry in entries if entry.days() >= options.older_than]
    if not options.prune:
        _list(entries, folder)
        return 0
    removed, busy = prune(entries, options.older_than)
    print(f"removed {_size(removed)} from {folder}")
    for entry in busy:
        print(f"kept {entry.path.name}: it was written to in the last ten minutes")
    return 0


def _list(entries: "list[CacheEntry]", folder: Path) -> None:
    for entry in entries:
        print(f"{entry.size / 1e6:>10,.1f} MB  {entry.days():>5.1f} days  {entry.path.name}")
    print(f"{_size(entries)} in {folder}")


def _size(entries: "list[CacheEntry]") -> str:
    count = "1 entry" if len(entries) == 1 else f"{len(entries):,} entries"
    return f"{count}, {sum(entry.size for entry in entries) / 1e6:,.1f} MB"
