"""Text files in any encoding."""

import io
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from posters.catalogue.binary_tables import gunzipped
from posters.errors import CatalogueError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # what Excel calls Unicode text
_PIECE = 1 << 20  # characters that are decoded at once: a large table never exists as text as well
_FEW = 1000  # bytes of text for each zero byte in a text that has one by accident
# Tried in this order. Few texts in another encoding happen to be UTF-8, but nearly any bytes are Windows-1252.
_ENCODINGS = {
    "utf-8": "",
    "cp1252": "not UTF-8, so read as Windows-1252 (Latin-1)",
    "latin-1": "not UTF-8, so read as Latin-1",
}


@dataclass(frozen=True)
class TextFile:
    r"""A text file in memory.

    Attributes:
        path: of the file.
        data: its bytes, without a byte order mark.
        encoding: what they are read as.
        note: what a person should know about the encoding; "" for UTF-8.

    Examples:
        >>> TextFile(Path("t.txt"), b"caf\xe9", "latin-1", "").open().read()
        'café'
    """

    path: Path
    data: bytes = field(repr=False)
    encoding: str
    note: str

    def open(self) -> TextIO:
        """Return its text as a file, positioned at the start, with universal line ends."""
        return io.TextIOWrapper(io.BytesIO(self.data), self.encoding)


def read_text_file(path: Path) -> TextFile:
    r"""Read a file in UTF-8, or in UTF-16 if its byte order mark says so; else in Windows-1252, else in Latin-1.

    Raises:
        CatalogueError: the file can't be read, is empty, or is not text.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "t.csv"
        >>> _ = path.write_bytes(b"\xef\xbb\xbfid,genres")
        >>> read_text_file(path).data
        b'id,genres'
    """
    try:
        data = gunzipped(path, path.read_bytes()).removeprefix(_BYTE_ORDER_MARK)
    except OSError as error:
        raise CatalogueError(f"{path}: the table can't be read ({error.strerror})") from error
    if data.startswith(_UTF_16):
        with suppress(UnicodeDecodeError):
            return TextFile(path, data.decode("utf-16").encode("utf-8", "surrogatepass"), "utf-8", "read as UTF-16")
    if b"\0" in data:
        raise _zero_byte(path, data)
    if not data or data.isspace():
        raise CatalogueError(f"{path}: the table is empty; it needs a header, and a row for each poster")
    for encoding, note in _ENCODINGS.items():
        file = TextFile(path, data, encoding, note)
        with suppress(UnicodeDecodeError):
            text = file.open()
            while text.read(_PIECE):
                pass
            return file
    raise CatalogueError(f"{path}: not text in any of {', '.join(_ENCODINGS)}")  # Latin-1 decodes everything.


def _zero_byte(path: Path, data: bytes) -> CatalogueError:
    """Return an error that names the row, unless the file is binary throughout."""
    place = data.index(b"\0")
    if data.count(b"\0") * _FEW > len(data) and place < _FEW:
        return CatalogueError(f"{path}: not text (it contains zero bytes): save the table as CSV or JSON in UTF-8")
    row = data.count(b"\n", 0, place) + 1
    return CatalogueError(f"{path}: row {row} contains a zero byte, which no text has: remove it")
