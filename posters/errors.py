"""What can go wrong, one class for each thing that a caller may want to catch.

Every message is one line that says what is wrong, where, and what to do about it. The command line prints it as it is.
"""


class PostersError(Exception):
    """Base of every error that this package raises on purpose."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(str(message).split()))


class MissingExtraError(PostersError, ImportError):
    """An optional dependency is not installed."""


class ConfigError(PostersError, ValueError):
    """An option has a value that it can't have, or there is no such option."""


class CatalogueError(PostersError, ValueError):
    """A table of posters and genres can't be read as one."""


class ImageError(PostersError, ValueError):
    """An image can't be decoded."""


class DamagedImageError(ImageError):
    """An image file begins like one, but is cut short or broken further on."""


class ArraysError(PostersError):
    """Packed posters on disk are damaged, or can't be written."""


class SplitError(PostersError, ValueError):
    """A split leaves a side that can't be used, or names posters that are not in the catalogue."""


class ScoresError(PostersError, ValueError):
    """Scores and labels don't fit each other, or are not probabilities."""


class RunError(PostersError):
    """A run directory is in the way, incomplete, or belongs to another run."""


class ClassifierError(PostersError):
    """A classifier directory is incomplete, changed, or of another version."""


class TrainingError(PostersError):
    """Training can't start or can't go on."""
