"""A text file, whatever its encoding; or why it is none."""

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from posters.errors import CatalogueError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ENCODINGS = {
    "utf-8": "",
    "cp1252": "not UTF-8, so read as Windows-1252 (Latin-1)",
    "latin-1": "not UTF-8, so read as Latin-1",
}


@dataclass(frozen=True)
class TextFile:
    """A text file in memory; `note` says what its reader should know of its encoding."""

    path: Path
    data: bytes = field(repr=False)
    encoding: str
    note: str

    def open(self) -> TextIO:
        """Its text from the start, with `\\n` between the lines."""
        return io.TextIOWrapper(io.BytesIO(self.data), self.encoding)


def read_text_file(path: Path) -> TextFile:
    """Read a file in UTF-8, with or without a byte order mark; else in Windows-1252, else in Latin-1.

    Raises:
        CatalogueError: the file can't be read, is empty, or is not text.
    """
    try:
        data = path.read_bytes().removeprefix(_BYTE_ORDER_MARK)
    except OSError as error:
        raise CatalogueError(f"{path}: the table can't be read ({error.strerror})") from error
    if b"\0" in data:
        raise CatalogueError(f"{path}: not text, for it holds zero bytes: save the table as CSV or JSON in UTF-8")
    if not data.strip():
        raise CatalogueError(f"{path}: the table is empty; it needs a header, and a row for each poster")
    encoding = _encoding_of(data)
    return TextFile(path, data, encoding, _ENCODINGS[encoding])


def _encoding_of(data: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"
