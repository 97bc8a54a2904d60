"""Rows that an earlier run has made, for the files whose bytes are still the same."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from posters.files import sha256_of
from posters.packed_index import ImageRecord


class Known:
    """What an earlier run knew.

    Args:
        records: of its files, by their absolute paths.
        rows: float32 (n, F); that of row i is the i-th record that is readable.
    """

    def __init__(self, records: Sequence[ImageRecord], rows: np.ndarray) -> None:
        self._rows = rows
        self._records = {record.image: record for record in records}
        self._places = {image: place for place, image in enumerate(r.image for r in records if r.readable)}

    def now(self, record: ImageRecord) -> ImageRecord | None:
        """The whole record of a file as it lies on disk now; None if it has to be looked at."""
        old = self._records.get(record.image)
        if old is None or record.size < 0 or (old.readable and not holds(self._row(old), old)):
            return None
        if old.stamp == record.stamp:
            return old
        return replace(old, mtime_ns=record.mtime_ns) if old.size == record.size and _same_bytes(old) else None

    def rows_of(self, records: Sequence[ImageRecord]) -> np.ndarray:
        """The rows (n, F) of those of `records` that are readable, in their order."""
        return self._rows[[self._places[record.image] for record in records if record.readable]]

    def _row(self, record: ImageRecord) -> np.ndarray:
        return self._rows[self._places[record.image]]


def _same_bytes(record: ImageRecord) -> bool:
    try:
        return sha256_of(Path(record.image)) == record.sha256
    except OSError:
        return False


def holds(row: np.ndarray | None, record: ImageRecord) -> bool:
    """Whether a row holds what was written for `record`."""
    return row is not None and checksum(row) == record.checksum


def checksum(row: np.ndarray) -> int:
    """CRC-32 of a row."""
    return zlib.crc32(np.ascontiguousarray(row).data)
