"""The jobs of the pool's threads: decode one poster, and compute its genres, or where one of them comes from."""

from posters.classifier import Classifier, Explanation, Prediction
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
    _check_pixels(data)
    return classifier.predict(data, rule)


def explained(classifier: Classifier, data: bytes, genre: str | None) -> Explanation:
    """Where on the poster of an image file's bytes a genre comes from; unless it is named, the surest that is said, or
    else the surest.

    Raises:
        ImageError, HugePosterError: as in `predicted`.
        ConfigError: there is no such genre.
        ClassifierError: the classifier doesn't explain.
    """
    _check_pixels(data)
    return _surest(classifier, data) if genre is None else classifier.explain(data, genre)


def _surest(classifier: Classifier, data: bytes) -> Explanation:
    """Computed once where any genre is said, the surest of which comes first."""
    result = next(classifier.explain_many([data]))
    if result.error:
        raise result.error
    if result.explanations:
        return result.explanations[0]
    assert result.prediction is not None
    shares = result.prediction.probabilities
    return classifier.explain(data, max(shares, key=shares.__getitem__))


def _check_pixels(data: bytes) -> None:
    header = read_header(data)
    if header.width * header.height > MAX_PIXELS:
        raise HugePosterError(
            f"the poster has {header.width * header.height:,} pixels, and at most {MAX_PIXELS:,} are read here: scale "
            "it down"
        )
