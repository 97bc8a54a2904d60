"""The posters that a command line names: files, folders, patterns, tables, URLs, standard input, lists of these."""

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from posters.downloads import is_url
from posters.errors import ConfigError, ImageError

STDIN = "-"
TABLES = (".csv", ".tsv", ".json", ".jsonl")


@dataclass(frozen=True, slots=True)
class Source:
    """A poster, and what results call it.

    Attributes:
        name: the path or address as it was written, "-" for standard input, the id of a table's row.
        poster: what `Classifier.predict_many` takes.
    """

    name: str
    poster: str | bytes | ImageError = field(repr=False)


def sources_of(words: Iterable[str], images: Path | None = None, dialect: str | None = None) -> list[Source]:
    """The posters that words name, in their order; whatever names none is an ImageError in its place.

    Args:
        words: each a file, a folder of images, a pattern with `*`, `?`, `[...]` or `**`, a table, a URL, or "-".
        images: the folder of the tables' images; by default it is looked for beside each table.
        dialect: of the tables; by default it is recognised.

    Raises:
        CatalogueError: a table can't be used.
        MissingExtraError: a table needs a package that is not installed.
    """
    return [source for word in words for source in _sources(word, images, dialect)]


def words_in(path: str) -> list[str]:
    """The lines of a text file, or of standard input for "-", but for empty ones.

    Raises:
        ConfigError: it can't be read.
    """
    try:
        data = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: the list of posters can't be read ({error.strerror})") from error
    # File names may hold bytes that are no text.
    return [os.fsdecode(line) for line in data.splitlines() if line.strip()]


def _sources(word: str, images: Path | None, dialect: str | None) -> Iterable[Source]:
    if word == STDIN:
        return [_standard_input()]
    if is_url(word):
        return [Source(word, word)]
    if os.path.isdir(word):
        return _in_folder(word)
    if word.lower().endswith(TABLES) and os.path.isfile(word):
        return _in_table(word, images, dialect)
    if glob.has_magic(word) and not os.path.lexists(word):
        return _matching(word)
    return [Source(word, word)]


def _standard_input() -> Source:
    from posters.images import read_bytes

    try:
        return Source(STDIN, read_bytes(sys.stdin.buffer))
    except ImageError as error:
        return Source(STDIN, error)


def _in_folder(folder: str) -> Iterable[Source]:
    from posters.catalogue.image_folder import EXTENSIONS

    try:
        with os.scandir(folder) as entries:
            found = sorted(e.path for e in entries if e.name.lower().endswith(EXTENSIONS) and not e.is_dir())
    except OSError as error:
        return [_nothing(folder, f"the folder can't be read ({error.strerror})")]
    if not found:
        return [_nothing(folder, f"the folder holds no images ({', '.join(sorted(EXTENSIONS))})")]
    return [Source(path, path) for path in found]


def _in_table(table: str, images: Path | None, dialect: str | None) -> Iterator[Source]:
    from posters.catalogue.named_images import named_images

    for id, image in named_images(table, images, dialect=dialect).items():
        yield Source(id, image if isinstance(image, ImageError) else str(image))


def _matching(pattern: str) -> list[Source]:
    """The files that a pattern stands for where no shell has expanded it: quoted, or on Windows."""
    found = sorted(path for path in glob.iglob(pattern, recursive=True) if os.path.isfile(path))
    return [Source(path, path) for path in found] or [_nothing(pattern, "no file matches this pattern")]


def _nothing(word: str, reason: str) -> Source:
    return Source(word, ImageError(f"{word}: {reason}"))
