"""The index of a packed folder: what each image's bytes were when its pixels were written.

It is a file of JSON lines, so that a record is one line whatever stands in it, and a half line is known for what it is.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

_Record = TypeVar("_Record")


class FileRecord:
    """What is known of a file, and goes for it as long as the file's size and time of change are the same."""

    __slots__ = ()

    image: str
    size: int
    mtime_ns: int
    error: str

    @property
    def stamp(self) -> tuple[str, int, int]:
        """Equal stamps are taken for equal bytes, as make and git do it."""
        return (self.image, self.size, self.mtime_ns)

    @property
    def readable(self) -> bool:
        return not self.error


@dataclass(frozen=True, slots=True)
class ImageRecord(FileRecord):
    """One image.

    Attributes:
        image: its path below the image folder.
        size: of its file, in bytes; -1 if the file could not be read.
        mtime_ns: when its file was changed; -1 if the file could not be read.
        sha256: of its bytes.
        checksum: CRC-32 of the pixels in its row, by which rows that were damaged or belong to others are told.
        error: why it could not be decoded; "" if it could.
    """

    image: str
    size: int
    mtime_ns: int
    sha256: str = ""
    checksum: int = 0
    error: str = ""


def stamped(root: Path, image: str) -> ImageRecord:
    """The record of an image as it lies on disk now, not yet read."""
    try:
        status = os.stat(root / image)
    except OSError as error:
        return ImageRecord(image, -1, -1, error=error.strerror or "it can't be read")
    return ImageRecord(image, status.st_size, status.st_mtime_ns)


def same_images(records: Sequence[ImageRecord], plan: Sequence[ImageRecord]) -> bool:
    """Whether `records` are the images of `plan`, unchanged and in the same order."""
    return len(records) == len(plan) == len(common_start(records, plan))


def common_start(records: Sequence[ImageRecord], plan: Sequence[ImageRecord]) -> list[ImageRecord]:
    """The first of `records`, as far as they are the images of `plan`, unchanged and in the same order."""
    pairs = zip(records, plan, strict=False)
    return [record for record, _ in takewhile(lambda pair: pair[0].stamp == pair[1].stamp, pairs)]


def read_index(path: Path, rule: str, kind: type[_Record]) -> list[_Record]:
    """The records of an index, up to the first that is damaged or was cut short by an interruption.

    There are none where there is no index, or where it was written by another rule.
    """
    try:
        with open(path, encoding="utf-8", errors="replace", newline="\n") as file:
            if next(file, "") != _line(rule):
                return []
            return list(_records(file, kind))
    except FileNotFoundError:
        return []


def _records(lines: Iterable[str], kind: type[_Record]) -> Iterator[_Record]:
    kinds = [entry.type for entry in fields(kind)]  # type: ignore[arg-type]
    for line in lines:
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not line.endswith("\n") or not isinstance(values, list) or [type(value) for value in values] != kinds:
            return
        yield kind(*values)


def _line(value: object) -> str:
    return json.dumps(value) + "\n"


class IndexWriter:
    """Writes an index record by record; each batch is in the operating system's hands before the next is made."""

    def __init__(self, path: Path, rule: str, keep: Iterable[Any] = ()) -> None:
        self.path = path
        self._file = open(path, "w", encoding="utf-8", newline="\n")  # noqa: SIM115 - closed by __exit__
        self._file.write(_line(rule))
        self.append(keep)

    def append(self, records: Iterable[Any]) -> None:
        self._file.writelines(_line([getattr(record, entry.name) for entry in fields(record)]) for record in records)
        self._file.flush()

    def finish(self, path: Path) -> None:
        """Take the place of `path`."""
        os.fsync(self._file.fileno())
        os.replace(self.path, path)

    def __enter__(self) -> "IndexWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
