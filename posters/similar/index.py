"""The posters of a catalogue, ready to be compared with any poster."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import numpy as np

from posters.cache import default_cache
from posters.classifier import Classifier, Features
from posters.classifier.pixels import PosterSource
from posters.errors import ArraysError, ConfigError, MissingExtraError
from posters.extras import check_installed, require
from posters.files import fingerprint, sha256_of
from posters.log import logger
from posters.packed_index import ImageRecord
from posters.similar.directions import directions
from posters.similar.exact import nearest_rows
from posters.similar.graph import open_graph
from posters.similar.naming import Posters, common_folder, named_files
from posters.similar.results import LookAlikes, Neighbour
from posters.similar.stored import Stored, network_name, up_to_date

# Up to here a poster is compared with every other: one query then takes about 0.13 s of one core. See docs/design.md.
EXACT_UP_TO = 500_000

_TOGETHER = 64  # posters compared in one pass over the rows

# From queries (Q, F) and a number to each query's rows and their products, the largest first.
_Search: TypeAlias = Callable[[np.ndarray, int], tuple[Iterable[np.ndarray], Iterable[np.ndarray]]]


@dataclass(frozen=True, eq=False, repr=False)
class PosterIndex:
    """A catalogue's posters by what a network sees in them. Made by `build_index`.

    Attributes:
        classifier: whose features are compared.
        names: of the N posters that can be read, as the catalogue calls them.
        directions: float32 (N, F), mapped from disk: their features, scaled to length 1.
        unreadable: why each of the others can't be read, a line each.
        exact: whether every poster is looked at; else a graph proposes some, and now and then one is overlooked.
    """

    classifier: Classifier
    names: tuple[str, ...]
    directions: np.ndarray
    unreadable: tuple[str, ...]
    exact: bool
    _records: tuple[ImageRecord, ...]
    _digests: np.ndarray = field(compare=False)
    _search: _Search = field(compare=False)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return f"PosterIndex({len(self):,} posters, {self.classifier!r})"

    def nearest(self, poster: PosterSource, top: int = 10) -> tuple[Neighbour, ...]:
        """The posters nearest to one, the nearest first.

        A poster that is a file of the catalogue is not among its own neighbours; another file with the same bytes is.

        Args:
            poster: as in `Classifier.predict`.
            top: how many; all if there are fewer.

        Raises:
            ImageError: it can't be fetched, read or decoded.
            ConfigError: top is below 1, or no whole number.
        """
        (found,) = self.nearest_many([poster], top)
        if found.error:
            raise found.error
        return found.neighbours

    def nearest_many(self, posters: Iterable[PosterSource], top: int = 10) -> Iterator[LookAlikes]:
        """The nearest posters of many, with errors as values; 64 at a time are compared, which is faster.

        Args:
            posters: any mix of what `nearest` takes.
            top: as in `nearest`.

        Returns:
            what is found of each poster, in their order.

        Raises:
            ConfigError: as in `nearest`, before the first poster is taken.
        """
        if type(top) is not int or top < 1:
            raise ConfigError(f"top must be a whole number from 1 up, but got {top!r}")
        return self._look_alikes(iter(self.classifier.features_of_many(posters)), top)

    def _look_alikes(self, seen: Iterator[Features], top: int) -> Iterator[LookAlikes]:
        while batch := list(islice(seen, _TOGETHER)):
            found = iter(self._neighbours([each for each in batch if each.error is None], top))
            for each in batch:
                yield LookAlikes(each.poster, error=each.error) if each.error else LookAlikes(each.poster, next(found))

    def _neighbours(self, batch: Sequence[Features], top: int) -> list[tuple[Neighbour, ...]]:
        if not batch:
            return []
        same = [self._same_bytes(each.poster) for each in batch]
        own = [self._own(each.poster, rows) for each, rows in zip(batch, same, strict=True)]
        queries = directions(np.array([each.features for each in batch]))
        found = self._search(queries, top + max(map(len, own)))
        return [self._named(*each, top) for each in zip(*found, same, own, strict=True)]

    def _same_bytes(self, poster: PosterSource) -> set[int]:
        """The rows of files with the bytes of a poster."""
        digest = _digest_of(poster)
        if digest is None:
            return set()
        rows = np.flatnonzero(self._digests == _number(digest)).tolist()
        return {row for row in rows if self._records[row].sha256 == digest}

    def _own(self, poster: PosterSource, same: set[int]) -> set[int]:
        """The rows of the very file that a poster is."""
        if not same or not isinstance(poster, (str, Path)):
            return set()
        path = os.path.realpath(poster)
        return {row for row in same if os.path.realpath(self._records[row].image) == path}

    def _named(
        self, rows: np.ndarray, products: np.ndarray, same: set[int], own: set[int], top: int
    ) -> tuple[Neighbour, ...]:
        similarities = np.clip(products, -1, 1).tolist()
        others = ((row, value) for row, value in zip(rows.tolist(), similarities, strict=True) if row not in own)
        return tuple(
            Neighbour(self.names[row], Path(self._records[row].image), value, row in same)
            for row, value in islice(others, top)
        )


def build_index(
    posters: Posters,
    classifier: Classifier,
    directory: str | Path | None = None,
    *,
    exact_up_to: int = EXACT_UP_TO,
) -> PosterIndex:
    """Look at the posters of a catalogue, and keep what the network sees in them on disk.

    Next time only posters whose bytes changed are looked at, and an interrupted run is gone on with. Posters that can't
    be read are named on stderr and left out.

    Args:
        posters: a catalogue, paths, or paths by name.
        classifier: one that gives features.
        directory: where the index is kept, for any number of networks but for one catalogue; by default in the user's
            cache folder, in a folder for each folder of posters.
        exact_up_to: the number of posters up to which every one is looked at; of more, a graph proposes some. It needs
            the extra `similar`; without it every one is looked at.

    Raises:
        ArraysError: no poster can be read, or the index is damaged or can't be written.
        ClassifierError: the classifier gives no features.
        ConfigError: no poster is named.
        MissingExtraError: filelock is not installed.
    """
    files, reasons = named_files(posters)
    directory = Path(directory) if directory else index_directory(common_folder(files))
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with require("filelock", "similar").FileLock(directory / ".lock"):
            stored = up_to_date(list(files), classifier, directory)
            unreadable = _unreadable(stored, files, reasons)
            return _index(stored, files, unreadable, classifier, directory, exact_up_to)
    except OSError as error:
        raise ArraysError(f"the index in {directory} can't be written ({error.strerror or error})") from error


def index_directory(name: str) -> Path:
    """Where the index of a catalogue of this name is kept by default."""
    return default_cache() / f"similar-{fingerprint(name)}"


def _unreadable(stored: Stored, files: dict[str, str], reasons: dict[str, str]) -> tuple[str, ...]:
    """Says and returns which posters can't be read."""
    failed = (f"{record.image}: {record.error}" for record in stored.records if not record.readable)
    lines = (*reasons.values(), *failed)
    for line in lines:
        logger.error(line)
    if len(stored.rows) == 0:
        raise ArraysError(f"none of the {len(lines):,} posters of the catalogue can be read: {lines[0]}")
    return lines


def _index(
    stored: Stored,
    files: dict[str, str],
    unreadable: tuple[str, ...],
    classifier: Classifier,
    directory: Path,
    exact_up_to: int,
) -> PosterIndex:
    records = tuple(record for record in stored.records if record.readable)
    digests = np.array([_number(record.sha256) for record in records], np.uint64)
    exact = len(records) <= exact_up_to or not _has_graphs(len(records))
    search: _Search = partial(nearest_rows, stored.rows)
    if not exact:
        path = directory / f"graph-{network_name(classifier)}.usearch"
        search = open_graph(path, digests ^ _number(stored.rule), stored.rows).nearest_rows
    names = tuple(files[record.image] for record in records)
    return PosterIndex(classifier, names, stored.rows, unreadable, exact, records, digests, search)


def _has_graphs(posters: int) -> bool:
    try:
        check_installed("usearch", extra="similar")
    except MissingExtraError as error:
        logger.warning(f"each of {posters:,} posters is looked at for every search, which takes a while: {error}")
        return False
    return True


def _digest_of(poster: PosterSource) -> str | None:
    """SHA-256 of a poster's bytes; None if it has none of its own."""
    if isinstance(poster, bytes):
        return hashlib.sha256(poster).hexdigest()
    if isinstance(poster, (str, Path)):
        try:
            return sha256_of(Path(poster))
        except OSError:
            return None  # An address, or a file that has gone since it was read.
    return None


def _number(hexadecimal: str) -> np.uint64:
    """The first 64 bits."""
    return np.uint64(int(hexadecimal[:16], 16))
