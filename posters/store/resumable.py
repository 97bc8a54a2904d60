"""The one store that everything computed from image files is kept in: packed pixels, embeddings, inspections, features.

A `ResumableStore` has two files: a journal, with one record for each image file (see `posters.store.journal`), and
an .npy file, with one row for each record that is readable (see `posters.store.rows`). A store may have no rows.

- A result is reused while its file has the same size and modification time, or else the same SHA-256.
- An update writes both files under names that end in `.partial`. After a kill, the next update resumes from them.
- A row counts only if its CRC-32 is the one in its record, so damaged files cost work but never give wrong rows.

`cached_rows` is for rows that depend on nothing but the file's own name; they need no journal.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any, Generic

import numpy as np

from posters._base.atomic_files import digest_path, is_intact, sha256_of, vouch_for
from posters._base.brief import brief_repr
from posters._base.log import logger
from posters._base.optional_imports import require
from posters._base.progress import tqdm
from posters.errors import ArraysError
from posters.store.journal import JournalWriter, RecordT, read_journal
from posters.store.rows import GrowingRows, open_partial_rows, open_rows, partial_of

Batch = tuple[Sequence[RecordT], np.ndarray | Sequence[np.ndarray] | None]


@dataclass(frozen=True)
class RowFile:
    """Where a store's rows are, and what they are.

    Attributes:
        path: the .npy file.
        row_shape: shape of one row.
        dtype: type of its values.

    Examples:
        >>> RowFile(Path("features.npy"), (1280,), np.float32).empty().shape
        (0, 1280)
    """

    __repr__ = brief_repr

    path: Path
    row_shape: tuple[int, ...]
    dtype: type

    def empty(self) -> np.ndarray:
        """Return no rows, of the right shape and type."""
        return np.empty((0, *self.row_shape), self.dtype)

    def fits(self, rows: np.ndarray, count: int) -> bool:
        """Return whether `rows` are `count` rows of the right shape and type."""
        return rows.shape == (count, *self.row_shape) and rows.dtype == self.dtype


class ResumableStore(Generic[RecordT]):
    """Records of image files, and a row for each readable one. Hold `locked` while a store is open.

    Args:
        journal: file of the records.
        rule: short text that changes whenever the same bytes might give other records or rows.
        record_type: dataclass of the records.
        root: folder that the records' paths are relative to.
        row_file: the rows; None for a store without rows.

    Attributes:
        records: the finished ones. Row i belongs to the i-th readable record.
        rows: (n, *row_shape), mapped from disk; None for a store without rows.
        unfinished: whether an update was interrupted, perhaps in its last moment, and has to be made again.

    Raises:
        ArraysError: the file of rows can't be read.

    Examples:
        >>> import tempfile
        >>> from posters.store.journal import ImageRecord, stamped
        >>> folder = tempfile.TemporaryDirectory()
        >>> root = Path(folder.name)
        >>> _ = (root / "alien.jpg").write_bytes(b"pixels")
        >>> row_file = RowFile(root / "rows.npy", (1,), np.uint8)
        >>> store = ResumableStore(root / "index.jsonl", "v1", ImageRecord, root, row_file)
        >>> row = np.array([[7]], np.uint8)
        >>> store.update([], [([stamped(root, "alien.jpg").with_row(row[0])], row)], tqdm(disable=True))
        >>> store.reusable(stamped(root, "alien.jpg")) == store.records[0], store.rows.tolist()
        (True, [[7]])
        >>> folder.cleanup()
    """

    def __init__(
        self, journal: Path, rule: str, record_type: type[RecordT], root: Path, row_file: RowFile | None = None
    ) -> None:
        self.journal = journal
        self.rule = rule
        self.root = root
        self.row_file = row_file
        self._record_type = record_type
        self._load()

    def _load(self) -> None:
        records = list(read_journal(self.journal, self.rule, self._record_type))
        self.unfinished = partial_of(self.journal).exists()
        self.rows: np.ndarray | None = None
        if self.row_file is None:
            # Records without rows don't depend on their order, so those of an interrupted update count at once.
            records = list({record.image: record for record in (*records, *self.interrupted())}.values())
        else:
            # Without a journal, rows are of no use, and may as well be damaged.
            rows = open_rows(self.row_file.path) if records and self.row_file.path.exists() else self.row_file.empty()
            fits = self.row_file.fits(rows, sum(record.readable for record in records))
            records, self.rows = (records, rows) if fits else ([], self.row_file.empty())
        self.records: list[RecordT] = records
        self._record_of = {record.image: record for record in records}
        self._position_of = {record.image: at for at, record in enumerate(r for r in records if r.readable)}

    def interrupted(self) -> Iterator[RecordT]:
        """Yield the records that an interrupted update has written, up to the first whose row is damaged."""
        records = read_journal(partial_of(self.journal), self.rule, self._record_type)
        if self.row_file is None:
            return records
        # Row i belongs to the i-th readable record, so nothing behind a damaged row can be trusted.
        rows = iter(open_partial_rows(self.row_file.path, self.row_file.row_shape, self.row_file.dtype))
        return takewhile(lambda record: not record.readable or record.matches(next(rows, None)), records)

    def row(self, record: RecordT) -> np.ndarray | None:
        """Return the row of a finished record; None if it has none."""
        return self.rows[self._position_of[record.image]] if self.rows is not None and record.readable else None

    def has_damage(self, label: str) -> bool:
        """Whether any row is not the one that was written; each is read and compared with its record's CRC-32.

        Args:
            label: of the progress bar.
        """
        readable = [record for record in self.records if record.readable]
        with tqdm(readable, desc=label, unit="poster", leave=False, delay=1) as bar:
            return not all(record.matches(self.row(record)) for record in bar)

    def reusable(self, now: RecordT) -> RecordT | None:
        """Return the finished record of a file, with its present stamp, if the file's bytes and its row are unchanged.

        Any number of threads may call this at once.

        Args:
            now: record with the stamp that the file has now.

        Returns:
            None if the file has to be read again. A file that could not be read always has to be.
        """
        old = self._record_of.get(now.image)
        if old is None or now.size < 0 or (self.row_file and old.readable and not old.matches(self.row(old))):
            return None
        if old.stamp == now.stamp:
            return old
        # Copying or checking out files changes their times but not their bytes.
        if old.size == now.size and self._digest(old) == old.sha256:
            return replace(old, mtime_ns=now.mtime_ns)  # type: ignore[type-var]  # records are dataclasses
        return None

    def _digest(self, record: RecordT) -> str | None:
        try:
            return sha256_of(self.root / record.image)
        except OSError:
            return None

    def update(self, kept: Iterable[RecordT], batches: Iterable[Batch[RecordT]], bar: "tqdm[Any]") -> None:
        """Replace the finished records and rows.

        Args:
            kept: the first of `interrupted()`, whose rows are kept too. A store without rows may keep any records.
            batches: records, and the rows of those that are readable, (n, *row_shape) or n arrays; None in a store
                without rows.
            bar: progress bar, moved on by the number of records.
        """
        kept = list(kept)
        with ExitStack() as stack:
            stack.enter_context(bar)
            journal = stack.enter_context(JournalWriter(partial_of(self.journal), self.rule, kept))
            growing = self.row_file and stack.enter_context(_growing(self.row_file, sum(r.readable for r in kept)))
            for records, rows in batches:
                # Rows go first: after a kill, a row without its record is cut off, but a record without its row would
                # end what can be kept.
                if growing and rows is not None:
                    growing.append(rows)
                journal.append(records)
                bar.update(len(records))
            if growing:
                # The two files can't be renamed in one step. Without a journal, a kill between the steps costs the
                # rows but can't leave old records with new rows.
                self.journal.unlink(missing_ok=True)
                growing.finish()
            journal.finish(self.journal)
        self._load()


def _growing(row_file: RowFile, keep: int) -> GrowingRows:
    return GrowingRows(row_file.path, row_file.row_shape, row_file.dtype, keep)


def locked(path: Path, extra: str = "train") -> AbstractContextManager[object]:
    """Hold a lock file, so that two processes never write one store at the same time.

    Args:
        path: the lock file.
        extra: extra of this package that installs filelock.

    Raises:
        MissingExtraError: filelock is not installed.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder) / ".lock"):
        ...     print("alone")
        alone
    """
    lock: AbstractContextManager[object] = require("filelock", extra).FileLock(path)
    return lock


def cached_rows(
    row_file: RowFile, count: int, compute: Callable[[int], Iterable[np.ndarray]], bar: "Callable[..., tqdm[Any]]"
) -> np.ndarray:
    """Return the rows of a file whose name stands for everything they depend on; compute those that are missing.

    Args:
        row_file: the rows; the file's name must change whenever they would.
        count: how many rows there are.
        compute: yields batches of rows (n, *row_shape), from the row with the given number on.
        bar: makes a progress bar from its `total` and `initial` count.

    Returns:
        (count, *row_shape), mapped from disk.

    Raises:
        ArraysError: the file is damaged or holds other rows.

    Examples:
        >>> import tempfile
        >>> from functools import partial
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     squares = RowFile(Path(folder) / "squares.npy", (), np.uint8)
        ...     rest = lambda start: (np.array([n * n], np.uint8) for n in range(start, 4))
        ...     cached_rows(squares, 4, rest, partial(tqdm, disable=True)).tolist()
        [0, 1, 4, 9]
    """
    path = row_file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    # The name vouches for what was computed, and a digest for what became of it; files of before 0.3 have none.
    with locked(path.with_name(f"{path.name}.lock")):
        if path.exists() and digest_path(path).exists() and not is_intact(path):
            logger.warning(f"{path} was damaged since it was written: it is made again")
            path.unlink()
        if not path.exists():
            digest_path(path).unlink(missing_ok=True)
            done = min(GrowingRows.count_partial(path, row_file.row_shape, row_file.dtype), count)
            with _growing(row_file, done) as growing, bar(total=count, initial=done) as progress:
                for rows in compute(done):
                    growing.append(rows)
                    progress.update(len(rows))
                growing.finish()
    found = open_rows(path)
    if not row_file.fits(found, count):
        raise ArraysError(f"{path} holds the rows of other posters: remove it, and it will be made again")
    # New ones, and those of a process that was killed in its last moment.
    if not digest_path(path).exists():
        vouch_for(path)
    return found
