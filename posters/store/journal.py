"""Records of files, kept as JSON lines: each record is one line, so an interrupted write leaves at most half a line.

The first line is the rule by which the rest was made. Records made by another rule are not read. Each record ends with
the CRC-32 of what is before it on its line, since a damaged digit is valid JSON too. In journals of before 0.3, the
first line is the rule alone, and records have none.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from zlib import crc32

import numpy as np


class FileRecord:
    """What a store knows about one file. Subclasses are frozen dataclasses whose fields are JSON scalars.

    Attributes:
        image: path of the file below the store's root.
        size: of the file in bytes; -1 if the file can't be read.
        mtime_ns: when the file was last modified, in nanoseconds; -1 if the file can't be read.
        sha256: hexadecimal digest of the file's bytes; "" if they were not read.
        error: why the file can't be decoded; "" if it can.

    Examples:
        >>> ImageRecord("alien.jpg", 1200, 5).stamp
        ('alien.jpg', 1200, 5)
    """

    __slots__ = ()

    image: str
    size: int
    mtime_ns: int
    sha256: str
    error: str

    @property
    def stamp(self) -> tuple[str, int, int]:
        """Path, size and modification time. Equal stamps mean equal bytes, as they do to make and git."""
        return (self.image, self.size, self.mtime_ns)

    @property
    def readable(self) -> bool:
        """Whether the file can be decoded. Only readable files have a row."""
        return not self.error

    def matches(self, row: np.ndarray | None) -> bool:
        """Return whether `row` is the row written for this record. A record without a checksum has no row to match."""
        return row is None


@dataclass(frozen=True, slots=True)
class ImageRecord(FileRecord):
    """What a store with rows knows about one image.

    Attributes:
        image: path of the file below the store's root.
        size: of the file in bytes; -1 if the file can't be read.
        mtime_ns: when the file was last modified, in nanoseconds; -1 if the file can't be read.
        sha256: hexadecimal digest of the file's bytes; "" if they were not read.
        checksum: CRC-32 of the row, which detects rows that are damaged or belong to another record.
        error: why the file can't be decoded; "" if it can.

    Examples:
        >>> row = np.arange(3)
        >>> record = ImageRecord("alien.jpg", 1200, 5).with_row(row)
        >>> record.matches(row), record.matches(row + 1)
        (True, False)
    """

    image: str
    size: int
    mtime_ns: int
    sha256: str = ""
    checksum: int = 0
    error: str = ""

    def with_row(self, row: np.ndarray) -> "ImageRecord":
        """Return this record with the checksum of `row`."""
        return replace(self, checksum=_checksum(row))

    def matches(self, row: np.ndarray | None) -> bool:
        """Return whether `row` is the row written for this record; None is not."""
        return row is not None and _checksum(row) == self.checksum


def _checksum(row: np.ndarray) -> int:
    return crc32(np.ascontiguousarray(row).data)


def stamped(root: Path, image: str) -> ImageRecord:
    """Return the record of an image as it is on disk now: its stamp, without reading its bytes.

    Examples:
        >>> stamped(Path("nowhere"), "alien.jpg").error
        'No such file or directory'
    """
    try:
        status = (root / image).stat()
    except OSError as error:
        return ImageRecord(image, -1, -1, error=error.strerror or "it can't be read")
    return ImageRecord(image, status.st_size, status.st_mtime_ns)


RecordT = TypeVar("RecordT", bound=FileRecord)


def read_journal(path: Path, rule: str, record_type: type[RecordT]) -> Iterator[RecordT]:
    """Yield the records of a journal up to the first that is damaged or incomplete.

    Args:
        path: the journal. A missing file has no records.
        rule: a journal with another first line has no records.
        record_type: dataclass that each line is read into.

    Examples:
        >>> list(read_journal(Path("nowhere.jsonl"), "rule", ImageRecord))
        []
    """
    # A record of another version has other fields, and is not read.
    types = [field.type for field in fields(record_type)]  # type: ignore[arg-type]  # subclasses are dataclasses
    # Damaged bytes must not raise, and only a line feed ends a record.
    with suppress(FileNotFoundError), path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        checked = (first := next(lines, "")) == _first_line(rule)
        if not checked and first != json.dumps(rule) + "\n":
            return
        for line in lines:
            # bool is a subclass of int, so compare types exactly.
            if (values := _values(line, checked)) is None or [type(value) for value in values] != types:
                return
            yield record_type(*values)


def _values(line: str, checked: bool) -> list[Any] | None:
    if checked:
        text, _, end = line.rpartition(", ")
        if end != f"{crc32(text.encode())}]\n":
            return None
        line = f"{text}]\n"
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):  # Damage may look like JSON that is nested very deeply.
        return None
    # A line without its end was cut short, even if what is left happens to be JSON.
    return values if line.endswith("\n") and isinstance(values, list) else None


def _first_line(rule: str) -> str:
    return json.dumps([rule, "crc32"]) + "\n"


class JournalWriter(Generic[RecordT]):
    """Writes a journal from the start, one batch of records at a time.

    Args:
        path: file to write; an existing one is overwritten.
        rule: first line.
        records: the first records.

    Examples:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name) / "journal.jsonl"
        >>> with JournalWriter(path, "rule", [ImageRecord("alien.jpg", 1200, 5)]) as journal:
        ...     journal.append([ImageRecord("heat.jpg", 900, 6)])
        >>> [record.image for record in read_journal(path, "rule", ImageRecord)]
        ['alien.jpg', 'heat.jpg']
        >>> folder.cleanup()
    """

    def __init__(self, path: Path, rule: str, records: Iterable[RecordT] = ()) -> None:
        self.path = path
        # Under another name until its first records are there: a kill must not lose those of an interrupted update.
        begun = path.with_name(f"{path.name}.new")
        # A fixed line break, so that a cache can move between systems.
        self._file = begun.open("w", encoding="utf-8", newline="\n")
        with ExitStack() as stack:
            stack.enter_context(self._file)
            self._file.write(_first_line(rule))
            self.append(records)
            begun.replace(path)
            stack.pop_all()

    def append(self, records: Iterable[RecordT]) -> None:
        """Write records and flush them to the operating system, so that a killed process loses none of them."""
        for record in records:
            values = [getattr(record, field.name) for field in fields(record)]  # type: ignore[arg-type]
            text = json.dumps(values).removesuffix("]")
            self._file.write(f"{text}, {crc32(text.encode())}]\n")
        self._file.flush()

    def finish(self, path: Path) -> None:
        """Sync the file to disk and rename it to `path`."""
        os.fsync(self._file.fileno())
        self.path.replace(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
