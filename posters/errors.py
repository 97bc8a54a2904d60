"""What can go wrong, one class for each thing that a caller may want to catch.

Every message is one line that tells what is wrong, where, and what to do about it. It is written with the options of
the command line and shown so there; in Python it names arguments: `images=FOLDER` in place of `--images FOLDER`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

# In capitals, in figures, or a name: one of these, or one with an underscore.
_VALUE = r"[A-Za-z]+=[A-Z]+|[A-Z][A-Z_]*\b|\d+|none|imagenet|[a-z]\w*_\w+"
# An option and its value, if it has one of those.
_OPTION = re.compile(rf"(?<![\w-])--([a-z][a-z-]*)(?:[ ]({_VALUE}))?")
_FLAGS = frozenset({"resume", "force", "download", "unseen-only", "ignore-unknown-genres"})
# Some are no arguments but functions, for all of a process.
_ARGUMENTS = {
    "alias": "aliases",
    "column": "columns",
    "run": "directory",
    "image-memory": "posters.set_image_memory",
    "allow-private": "posters.allow_private_redirects",
    "no-isolate": "isolate=False",
}
_shown_as_options = False

LONGEST = 500  # characters of a message; some quote what a stranger's file holds


class PostersError(Exception):
    r"""Base of every error that this package raises on purpose.

    Examples:
        >>> print(PostersError("none.csv:\n  there is no such table"))
        none.csv: there is no such table
    """

    def __init__(self, message: str) -> None:
        # Messages may quote file names and errors of other libraries, which may hold line breaks.
        super().__init__(one_line(str(message)))

    def __str__(self) -> str:
        message = super().__str__()
        # An argument may be longer than its option.
        return message if _shown_as_options else one_line(name_arguments(message))


def one_line(text: str) -> str:
    r"""Return a text as a message may be: one line of `LONGEST` characters at most, none of which controls a terminal.

    What is left out is the middle: what is wrong stands at the beginning, and what to do about it at the end.

    Examples:
        >>> one_line("no such file:\n\x1b[2J.jpg")
        'no such file: \\x1b[2J.jpg'
    """
    text = " ".join(text.split())
    if not text.isprintable():
        text = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    half = (LONGEST - 5) // 2
    return text if len(text) <= LONGEST else f"{text[:half]} ... {text[-half:]}"


@contextmanager
def options_named() -> Iterator[None]:
    """Have messages name options of the command line in the block.

    Examples:
        >>> with options_named():
        ...     print(PostersError("pass --images FOLDER"))
        pass --images FOLDER
    """
    global _shown_as_options
    before, _shown_as_options = _shown_as_options, True
    try:
        yield
    finally:
        _shown_as_options = before


def name_arguments(message: str) -> str:
    """Replace the options in a message by arguments of Python, except in commands, which stand between backticks.

    Examples:
        >>> name_arguments("pass --images FOLDER or --download; see `posters catalogue --dialects`")
        'pass images=FOLDER or download=True; see `posters catalogue --dialects`'
        >>> name_arguments("name it by --column image=NAME, and leave out --corrections")
        'name it by columns={"image": "NAME"}, and leave out corrections'
    """

    def argument(found: re.Match[str]) -> str:
        name, value = found.groups()
        argument = _ARGUMENTS.get(name, name.replace("-", "_"))
        if value and "=" in value:
            key, _, value = value.partition("=")
            return f'{argument}={{"{key}": "{value}"}}'
        return f"{argument}={value or True}" if value or name in _FLAGS else argument

    parts = message.split("`")
    # What is between backticks is every other part.
    parts[::2] = [_OPTION.sub(argument, part) for part in parts[::2]]
    return "`".join(parts)


# Where Python has a class for the same thing, an error is that too, so that callers need not know this package's own.


class MissingExtraError(PostersError, ImportError):
    """An optional dependency is not installed.

    Examples:
        >>> issubclass(MissingExtraError, ImportError)
        True
    """


class ConfigError(PostersError, ValueError):
    """An option has an invalid value, or does not exist.

    Examples:
        >>> from posters.config import TrainConfig
        >>> TrainConfig(batch_size=0)
        Traceback (most recent call last):
        posters.errors.ConfigError: batch_size must be at least 1, but got 0
    """


class CatalogueError(PostersError, ValueError):
    """A table can't be read as a table of posters and genres.

    Examples:
        >>> from posters.catalogue import read_catalogue
        >>> read_catalogue("none.csv")
        Traceback (most recent call last):
        posters.errors.CatalogueError: none.csv: there is no such table, neither a file nor a folder
    """


class ImageError(PostersError, ValueError):
    """An image can't be downloaded, read or decoded.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> load_classifier().predict("none.jpg")
        Traceback (most recent call last):
        posters.errors.ImageError: none.jpg: there is no such file
    """


class DamagedImageError(ImageError):
    """A file begins like an image, but is truncated or corrupt.

    Examples:
        >>> issubclass(DamagedImageError, ImageError)
        True
    """


class ArraysError(PostersError):
    """Stored packed posters, features or embeddings are damaged, or can't be written.

    Examples:
        >>> issubclass(ArraysError, PostersError)
        True
    """


class SplitError(PostersError, ValueError):
    """Splits can't be used, or name posters that are not in the catalogue.

    Examples:
        >>> issubclass(SplitError, ValueError)
        True
    """


class ScoresError(PostersError, ValueError):
    """Scores and labels don't match each other, or are not probabilities.

    Examples:
        >>> import numpy as np
        >>> from posters.scores import Scores
        >>> try:
        ...     Scores(("alien",), ("Horror",), np.array([[2.0]]))
        ... except ScoresError as error:
        ...     print(str(error)[:29])
        y_score must be probabilities
    """


class RunError(PostersError):
    """A run directory is already in use, is incomplete, or belongs to another run.

    Examples:
        >>> from pathlib import Path
        >>> from posters.runs import Run
        >>> try:
        ...     Run(Path("none")).config()
        ... except RunError as error:
        ...     print(str(error)[:14])
        none is no run
    """


class ClassifierError(PostersError):
    """A classifier directory is incomplete, changed, or of another version.

    Examples:
        >>> from posters.classifier import load_classifier
        >>> load_classifier("none")
        Traceback (most recent call last):
        posters.errors.ClassifierError: none is not a classifier: there is no such directory
    """


class TrainingError(PostersError):
    """Training can't start, or can't continue.

    Examples:
        >>> issubclass(TrainingError, PostersError)
        True
    """


class ReviewError(PostersError):
    """The database of a review can't be used, or a decision doesn't fit the review.

    Examples:
        >>> issubclass(ReviewError, PostersError)
        True
    """
