"""An exported network as a classifier: what `posters export` wrote into the file, read back without a runtime.

Nothing of the file is run here, and nothing believed: it may come from a stranger.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from posters._base.atomic_files import sha256_of
from posters._base.regular_files import is_inside, open_regular
from posters.classifier.manifest import LARGEST_CONTENTS, MANIFEST, METADATA, Manifest, exported_manifest
from posters.errors import ClassifierError

SUFFIXES = (".onnx", ".tflite")
SAVED_MODEL = "saved_model.pb"  # TensorFlow's name of the graph; contents lie in a file beside it
_LARGEST = 2 * 2**30  # bytes of a file; protobuf and flatbuffers have no larger ones
_MOST_FIELDS = 100_000  # of a protobuf message; networks have some ten, and a file that never ends has more

# Fields of ONNX's ModelProto and StringStringEntryProto, and the wire type of what has a length, by
# https://github.com/onnx/onnx/blob/main/onnx/onnx.proto and https://protobuf.dev/programming-guides/encoding/.
_METADATA_PROPS, _KEY, _VALUE, _LENGTH_DELIMITED = 14, 1, 2, 2
_FIXED = {1: 8, 5: 4}  # bytes by wire type
_WIRE_TYPES = (0, _LENGTH_DELIMITED, *_FIXED)


def exported_network(path: Path) -> Path | None:
    """Return the file of the exported network that a path names: itself, or the newest of a SavedModel's versions.

    Returns:
        None if the path is to be read as a classifier directory.

    Examples:
        >>> exported_network(Path("runs/first")), exported_network(Path("drama.onnx"))
        (None, PosixPath('drama.onnx'))
    """
    if not path.is_dir():
        return path if path.suffix.lower() in SUFFIXES else None
    if (path / MANIFEST).exists():
        return None
    versions = []
    with suppress(OSError):  # A folder that may not be listed is nothing here: what reads it tells why.
        versions = [folder for folder in path.iterdir() if folder.name.isdecimal()]
    folders = [path, *sorted(versions, key=lambda folder: int(folder.name), reverse=True)]
    return next((folder / SAVED_MODEL for folder in folders if (folder / SAVED_MODEL).exists()), None)


def read_export(path: Path) -> Manifest:
    """Return the manifest that an exported network tells of itself.

    Args:
        path: a .onnx, .tflite or saved_model.pb file of `posters export`.

    Raises:
        ClassifierError: there is no such file, it is damaged, or it tells too little.

    Examples:
        >>> from posters.models import CLASSIFIER
        >>> try:
        ...     read_export(CLASSIFIER / "network.tflite")
        ... except ClassifierError as error:
        ...     print(str(error).partition("network.tflite ")[2])
        tells nothing of its genres: use a file of `posters export`
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST:,} bytes")
        contents, digest = _CONTENTS[path.suffix.lower()](path), sha256_of(path)
    except FileNotFoundError as error:
        raise ClassifierError(f"{path} is not a classifier: there is no such file") from error
    except OSError as error:
        raise ClassifierError(f"{path} can't be read ({error.strerror})") from error
    # Whatever a reader of foreign bytes stumbles over.
    except (ValueError, TypeError, IndexError, AttributeError, struct.error, OverflowError, MemoryError) as error:
        raise ClassifierError(f"{path} is damaged ({error!r}): copy or export it again") from error
    if contents is None:
        raise ClassifierError(f"{path} tells nothing of its genres: use a file of `posters export`")
    return exported_manifest(contents, path, digest)


def _litert_contents(path: Path) -> bytes | None:
    # Here, since this module of the runtime's is large.
    from ai_edge_litert.schema_py_generated import Model

    with open_regular(path) as file:
        data = file.read()
    if data[4:8] != b"TFL3":
        raise ValueError("it is no network of LiteRT")
    model = Model.GetRootAs(data)
    for number in range(min(model.MetadataLength(), 100)):
        entry = model.Metadata(number)
        if entry.Name() == METADATA.encode():
            held = model.Buffers(entry.Buffer())
            return bytes(held.DataAsNumpy()) if held.DataLength() <= LARGEST_CONTENTS else None
    return None


def _onnx_contents(path: Path) -> bytes | None:
    with open_regular(path) as file:
        end = file.seek(0, 2)
        for number, place, length in _fields(file, 0, end):
            if number != _METADATA_PROPS or length > LARGEST_CONTENTS:
                continue
            pair = {inner: (at, size) for inner, at, size in _fields(file, place, place + length)}
            if _KEY in pair and _VALUE in pair and _read(file, *pair[_KEY]) == METADATA.encode():
                return _read(file, *pair[_VALUE])
    return None


def _saved_model_contents(path: Path) -> bytes | None:
    contents = path.parent / "assets" / MANIFEST
    if not contents.exists():
        return None
    # Whoever made the folder may have put links into it that lead to other people's files.
    if not (is_inside(path, path.parent) and is_inside(contents, path.parent)):
        raise ValueError("it has links out of its folder")
    with open_regular(contents) as file:
        return file.read(LARGEST_CONTENTS)


_CONTENTS = {".onnx": _onnx_contents, ".tflite": _litert_contents, ".pb": _saved_model_contents}


def _read(file: BinaryIO, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(length)


def _fields(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, place and length of each field of a protobuf message; weights are skipped and never read."""
    place = start
    for _ in range(_MOST_FIELDS):
        if place >= end:
            return
        file.seek(place)
        key = _varint(file)
        # What is no length is the value itself, of which only the bytes matter here.
        first = 0 if key & 7 in _FIXED else _varint(file)
        if key & 7 not in _WIRE_TYPES:
            raise ValueError("it is no ONNX file")
        length = first if key & 7 == _LENGTH_DELIMITED else _FIXED.get(key & 7, 0)
        place = file.tell()
        if place + length > end:
            raise ValueError("it is cut short, or no ONNX file")
        yield key >> 3, place, length
        place += length
    raise ValueError("it has too many fields")


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("it is cut short, or no ONNX file")
