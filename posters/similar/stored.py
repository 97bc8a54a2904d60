"""The directions of posters on disk: looked at once, and again only when a file's bytes change.

For each network a folder holds `features-NETWORK.npy` (n, F), a row for each poster that can be read, and
`posters-NETWORK.jsonl`, which says of each file what its bytes were. What an interrupted run has done stands under the
same names with `.partial`, and the next one goes on from there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice, takewhile
from pathlib import Path
from typing import TypeVar

import numpy as np
import PIL
from tqdm import tqdm

from posters.classifier import Classifier
from posters.classifier.manifest import LIGHT_NETWORK
from posters.files import fingerprint
from posters.images import DECODER_VERSION
from posters.packed_index import ImageRecord, IndexWriter, read_index, stamped
from posters.rows import GrowingRows, open_partial_rows, open_rows, partial_of
from posters.similar.known import Known, holds
from posters.similar.looking import looked_at

_T = TypeVar("_T")

_VERSION = 1  # of what is made of features before they are kept
_COPIED = 1024  # rows copied at a time
_COMPUTED = 16  # rows computed between two writes
_ANYWHERE = Path()  # the root of records whose paths are absolute


@dataclass(frozen=True, eq=False)
class Stored:
    """What lies on disk.

    Attributes:
        records: of every file that was asked for; that of row i is the i-th readable one.
        rows: float32 (n, F), directions, mapped from disk.
        rule: 16 hexadecimal digits that change whenever the same bytes might give other rows.
    """

    records: tuple[ImageRecord, ...]
    rows: np.ndarray
    rule: str


def network_name(classifier: Classifier) -> str:
    """16 hexadecimal digits for a classifier's network: equal for equal weights and preprocessing."""
    return fingerprint([classifier.manifest.files[LIGHT_NETWORK], asdict(classifier.manifest.preprocess)])


def up_to_date(paths: Sequence[str], classifier: Classifier, directory: Path) -> Stored:
    """The directions of files, of which only those that changed are looked at. Not for two processes at once.

    Args:
        paths: absolute, each once.
        classifier: gives features.
        directory: where the directions lie; it exists.

    Raises:
        ClassifierError: the classifier gives no features.
        ArraysError: what lies there is damaged.
    """
    return _Storing(paths, classifier, directory).run()


class _Storing:
    """One run: what is asked for, what is there, and the work between."""

    def __init__(self, paths: Sequence[str], classifier: Classifier, directory: Path) -> None:
        network = network_name(classifier)
        self.classifier = classifier
        self.rule = fingerprint([network, _VERSION, DECODER_VERSION, PIL.__version__])
        self.rows_path = directory / f"features-{network}.npy"
        self.index_path = directory / f"posters-{network}.jsonl"
        # Nothing else says how many features there are.
        self.shape = classifier.features(np.zeros(classifier.manifest.preprocess.shape, np.uint8)).shape
        self.plan = [stamped(_ANYWHERE, path) for path in paths]

    def run(self) -> Stored:
        records, rows = self._finished()
        if {record.stamp for record in records} != {record.stamp for record in self.plan}:
            records = self._grow(Known(records, rows))
            rows = open_rows(self.rows_path)
        return Stored(tuple(records), rows, self.rule)

    def _finished(self) -> tuple[list[ImageRecord], np.ndarray]:
        """What an earlier run has finished, if its two files fit each other."""
        records = read_index(self.index_path, self.rule, ImageRecord)
        if records and self.rows_path.exists():
            rows = open_rows(self.rows_path)
            if rows.shape == (_readable(records), *self.shape) and rows.dtype == np.float32:
                return records, rows
        return [], np.empty((0, *self.shape), np.float32)

    def _interrupted(self) -> list[ImageRecord]:
        """What an interrupted run has done of the same files, as far as its rows are whole."""
        wanted = {record.stamp for record in self.plan}
        rows = iter(open_partial_rows(self.rows_path, self.shape, np.float32))

        def is_good(record: ImageRecord) -> bool:
            return record.stamp in wanted and (not record.readable or holds(next(rows, None), record))

        return list(takewhile(is_good, read_index(partial_of(self.index_path), self.rule, ImageRecord)))

    def _grow(self, known: Known) -> list[ImageRecord]:
        records = self._interrupted()
        done = {record.image for record in records}
        todo = [record for record in self.plan if record.image not in done]
        journal = IndexWriter(partial_of(self.index_path), self.rule, records)
        rows = GrowingRows(self.rows_path, self.shape, np.float32, keep=_readable(records))
        bar = tqdm(total=len(self.plan), initial=len(records), desc="indexing", unit="poster")
        with journal, rows, bar:
            for found, found_rows in self._found(todo, known):
                rows.append(found_rows)
                journal.append(found)
                records += found
                bar.update(len(found))
            # Between these two steps there is no index, so that a kill costs work but never mixes old with new.
            self.index_path.unlink(missing_ok=True)
            rows.finish()
            journal.finish(self.index_path)
        return records

    def _found(self, todo: Sequence[ImageRecord], known: Known) -> Iterator[tuple[list[ImageRecord], np.ndarray]]:
        """Records and the rows of those that can be read: first of files that are known, then of those looked at."""
        unknown: list[ImageRecord] = []
        for records in _batches(todo, _COPIED):
            now = [known.now(record) for record in records]
            unknown += [record for record, old in zip(records, now, strict=True) if old is None]
            kept = [old for old in now if old is not None]
            yield kept, known.rows_of(kept)
        for looked in _batches(looked_at(unknown, self.classifier), _COMPUTED):
            rows = [row for _, row in looked if row is not None]
            yield [record for record, _ in looked], np.array(rows, np.float32).reshape(-1, *self.shape)


def _readable(records: Sequence[ImageRecord]) -> int:
    return sum(record.readable for record in records)


def _batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    waiting = iter(items)
    while batch := list(islice(waiting, size)):
        yield batch
