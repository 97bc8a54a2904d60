"""The index of a packed folder: what each image's bytes were when its pixels were written."""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image: its stamp (size and time of change), its bytes' hash, and why it could not be decoded, if so."""

    image: str
    size: int
    mtime_ns: int
    sha256: str = ""
    error: str = ""

    @property
    def stamp(self) -> tuple[str, int, int]:
        """Equal stamps are taken for equal bytes, as make and git do it."""
        return (self.image, self.size, self.mtime_ns)

    @property
    def readable(self) -> bool:
        return not self.error


def stamped(root: Path, image: str) -> ImageRecord:
    """The record of an image as it lies on disk now, not yet read."""
    try:
        status = os.stat(root / image)
    except OSError as error:
        return ImageRecord(image, -1, -1, error=error.strerror or "it can't be read")
    return ImageRecord(image, status.st_size, status.st_mtime_ns)


def same_images(records: Sequence[ImageRecord], plan: Sequence[ImageRecord]) -> bool:
    """Whether `records` are the images of `plan`, unchanged and in the same order."""
    return len(records) == len(plan) and starts_like(records, plan)


def starts_like(records: Sequence[ImageRecord], plan: Sequence[ImageRecord]) -> bool:
    """Whether `records` are the first images of `plan`, unchanged and in the same order."""
    pairs = zip(records, plan, strict=False)
    return len(records) <= len(plan) and all(record.stamp == planned.stamp for record, planned in pairs)


def read_index(path: Path, rule: str) -> list[ImageRecord]:
    """The records of an index; none where there is no index or it was written by another rule.

    The last line of an interrupted index may be cut short: reading ends before it.
    """
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8", errors="replace") as file:
        lines = csv.reader(line for line in file if line.endswith("\n"))
        if next(lines, None) != [rule]:
            return []
        return [_record(line) for line in lines if len(line) == len(fields(ImageRecord))]


def _record(line: list[str]) -> ImageRecord:
    image, size, mtime_ns, sha256, error = line
    return ImageRecord(image, int(size), int(mtime_ns), sha256, error)


class IndexWriter:
    """Writes an index record by record; each batch is in the operating system's hands before the next is made."""

    def __init__(self, path: Path, rule: str, keep: Iterable[ImageRecord] = ()) -> None:
        self.path = path
        self._file: TextIOWrapper = open(path, "w", newline="", encoding="utf-8")  # noqa: SIM115 - closed by __exit__
        self._lines = csv.writer(self._file, lineterminator="\n")
        self._lines.writerow([rule])
        self.append(keep)

    def append(self, records: Iterable[ImageRecord]) -> None:
        # A line break inside a name would make one record look like two after a kill.
        self._lines.writerows(astuple(replace(record, error=" ".join(record.error.split()))) for record in records)
        self._file.flush()

    def finish(self, path: Path) -> None:
        """Take the place of `path`."""
        os.fsync(self._file.fileno())
        os.replace(self.path, path)

    def __enter__(self) -> "IndexWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
