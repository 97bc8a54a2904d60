"""The job that is done in a thread of the pool: decode one poster, and compute its genres."""

from posters.classifier import Classifier, Prediction
from posters.errors import ImageError
from posters.images import read_header

# More than any scan of a poster needs. Each interpreter may hold one decoded, at up to 16 bytes a pixel.
MAX_PIXELS = 40_000_000


class HugePosterError(ImageError):
    """A poster is larger than a server should decode."""


def predicted(classifier: Classifier, data: bytes, rule: str | None) -> Prediction:
    """The genres of an image file's bytes.

    Raises:
        ImageError: it can't be read or decoded.
        HugePosterError: it has more than `MAX_PIXELS` pixels.
    """
    header = read_header(data)
    if header.width * header.height > MAX_PIXELS:
        raise HugePosterError(
            f"the poster has {header.width * header.height:,} pixels, and at most {MAX_PIXELS:,} are read here: scale "
            "it down"
        )
    return classifier.predict(data, rule)
