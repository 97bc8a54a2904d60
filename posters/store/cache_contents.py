"""What lies in the cache folder: how large, how old, and what of it may go."""

import re
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from posters.errors import ArraysError

# By the first word of a name: what is kept there, and what making it again takes.
KINDS = {
    "posters": "packed posters, to train on",
    "features": "frozen features, to train heads on",
    "probe": "weights of logistic regression, on frozen features",
    "out_of_fold": "scores of logistic regression, to find wrong labels by",
    "looks": "what the network saw in images, to find look-alikes by",
    "audit": "measurements of images",
    "similar": "features of posters, to search in",
    "trial": "notes of networks that were tried in a process of their own",
    "downloads": "images fetched from the web",
    "tables": "tables fetched from a store",
}
_NAME = re.compile(rf"({'|'.join(KINDS)})(-[0-9a-f]{{16}}\b.*)?")
_DAY = 24 * 3600
_IN_USE = 600  # seconds since the last change in which something may still be written


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A file or folder of the cache.

    Attributes:
        path: of the file or folder.
        kind: one of `KINDS`.
        size: of all its files, in bytes.
        changed: when one of them was last written, in seconds since 1970.

    Examples:
        >>> CacheEntry(Path("cache/looks-0123456789abcdef"), "looks", 900, 0.0).kind
        'looks'
    """

    path: Path
    kind: str
    size: int
    changed: float

    def days(self) -> float:
        """Return for how many days nothing was written."""
        return max(time.time() - self.changed, 0) / _DAY


def cache_entries(cache: str | Path) -> list[CacheEntry]:
    """Return what this package keeps in a cache folder, the largest first; files of others are not looked at.

    Args:
        cache: the folder; an absent one is empty.

    Raises:
        ArraysError: it can't be read.

    Examples:
        >>> cache_entries("no/such/folder")
        []
    """
    entries = []
    try:
        for path in Path(cache).iterdir() if Path(cache).is_dir() else ():
            named = _NAME.fullmatch(path.name)
            if named:
                files = [path, *path.rglob("*")] if path.is_dir() and not path.is_symlink() else [path]
                stats = [file.lstat() for file in files]
                size = sum(stat.st_size for file, stat in zip(files, stats, strict=True) if not file.is_dir())
                entries.append(CacheEntry(path, named[1], size, max(stat.st_mtime for stat in stats)))
    except OSError as error:
        raise ArraysError(f"{error.filename}: the cache can't be read ({error.strerror})") from error
    return sorted(entries, key=lambda entry: (-entry.size, entry.path.name))


def prune(entries: Iterable[CacheEntry], older_than: float = 0.0) -> tuple[list[CacheEntry], list[CacheEntry]]:
    """Remove entries, but none into which something was written in the last ten minutes: a run may be at work there.

    Args:
        entries: as from `cache_entries`.
        older_than: only those into which nothing was written for so many days.

    Returns:
        those that were removed, and those that are old enough but may be in use.

    Raises:
        ArraysError: an entry can't be removed.

    Examples:
        >>> prune([])
        ([], [])
    """
    old = [entry for entry in entries if entry.days() >= older_than]
    busy = [entry for entry in old if entry.days() * _DAY < _IN_USE]
    removed = [entry for entry in old if entry not in busy]
    for entry in removed:
        try:
            if entry.path.is_dir() and not entry.path.is_symlink():
                shutil.rmtree(entry.path)
            else:
                entry.path.unlink(missing_ok=True)
        except OSError as error:
            raise ArraysError(f"{error.filename}: can't be removed ({error.strerror})") from error
    return removed, busy
