"""From files to their directions, by the network; files are read ahead of it."""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from posters.classifier import Classifier
from posters.errors import ImageError
from posters.images import read_bytes
from posters.packed_index import ImageRecord
from posters.similar.directions import directions
from posters.similar.known import checksum


def looked_at(
    records: Iterable[ImageRecord], classifier: Classifier
) -> Iterator[tuple[ImageRecord, np.ndarray | None]]:
    """Each record, whole, with the file's direction, float32 (F,), or None if it can't be read.

    Args:
        records: of files as they lie on disk now, not yet read, by their absolute paths.
        classifier: gives features.
    """
    asked: deque[ImageRecord] = deque()

    def posters() -> Iterator[bytes | ImageError]:
        for record in records:
            record, poster = _read(record)
            asked.append(record)
            yield poster

    for result in classifier.features_of_many(posters()):
        record = asked.popleft()
        if result.features is None:
            yield replace(record, error=str(result.error)), None
        else:
            row = directions(result.features[None])[0]
            yield replace(record, checksum=checksum(row)), row


def _read(record: ImageRecord) -> tuple[ImageRecord, bytes | ImageError]:
    """A record with the digest of the file's bytes, and these."""
    try:
        with open(record.image, "rb") as file:
            data = read_bytes(file)
    except ImageError as error:
        return record, error
    except FileNotFoundError:
        return record, ImageError("there is no such file")
    except (OSError, ValueError) as error:  # A name that no file can have is a ValueError.
        # Without a stamp, so that it is tried again: being allowed to read a file does not change its time.
        return replace(record, size=-1, mtime_ns=-1), ImageError(f"the file can't be read ({_reason(error)})")
    return replace(record, sha256=hashlib.sha256(data).hexdigest()), data


def _reason(error: OSError | ValueError) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
