"""The chunks of a PNG file, for what Pillow can't tell without decoding all pixels, or refuses the whole file for."""

import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# What may hold an orientation: EXIF data, also as text, and XMP.
_WITH_EXIF = (b"eXIf", b"tEXt", b"zTXt", b"iTXt")

# What is compressed and no pixel: Pillow refuses a file in which one of these has more than a megabyte.
_COMPRESSED = (b"iCCP", b"zTXt", b"iTXt")


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG file.

    Examples:
        >>> chunk(b"IEND", b"").hex()
        '0000000049454e44ae426082'
    """
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def png_without_pixels(data: bytes) -> bytes:
    """Return a PNG file of one pixel with the EXIF data and texts of another, wherever in the file they are.

    Args:
        data: a PNG file.

    Examples:
        >>> len(png_without_pixels(SIGNATURE))
        67
    """
    texts = (whole for kind, whole in _chunks(data) if kind in _WITH_EXIF)
    header = chunk(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]))
    pixel = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"".join((SIGNATURE, header, *texts, pixel, chunk(b"IEND", b"")))


def png_without_compressed_text(data: bytes) -> bytes:
    """Return a PNG file without its colour profile and its compressed texts.

    Args:
        data: a PNG file.

    Examples:
        >>> png_without_compressed_text(SIGNATURE + chunk(b"zTXt", b"...") + chunk(b"IEND", b"")).count(b"zTXt")
        0
    """
    return SIGNATURE + b"".join(whole for kind, whole in _chunks(data) if kind not in _COMPRESSED)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind of each chunk, and the chunk with its length and checksum."""
    place = len(SIGNATURE)
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        yield data[place + 4 : place + 8], data[place:end]
        place = end
