"""The posters that a command line names: files, folders, patterns, tables, URLs, standard input, lists of these."""

import glob
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from posters._base.log import logger
from posters.errors import ConfigError, ImageError
from posters.images.addresses import is_address, shown_address
from posters.images.object_store import is_stored, stored_files

STDIN = "-"
TABLES = (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".arrow", ".feather", ".xlsx", ".xls", ".ods", ".gz")

_LARGEST_LIST = 1_000_000_000  # bytes: some ten million paths


@dataclass(frozen=True, slots=True)
class Source:
    """A poster, and what results call it.

    Attributes:
        name: the path or address as it was written, "-" for standard input, the id of a table's row.
        poster: what `Classifier.predict_many` takes.

    Examples:
        >>> Source("-", b"...").name
        '-'
    """

    name: str
    poster: str | bytes | ImageError = field(repr=False)

    def log_error(self, error: ImageError) -> str:
        """Log why the poster can't be read, and return it on one line."""
        # Errors name the file or address; bytes have none, so only the name tells where they came from.
        message = f"{self.name}: {error}" if isinstance(self.poster, bytes) else str(error)
        logger.error(message)
        return message


def sources_of(words: Iterable[str], *, recursive: bool = False, **options: Any) -> list[Source]:
    """Return the posters that words name, in their order; a word that names none becomes an ImageError in its place.

    Args:
        words: each a file, a folder of images, also in an object store, a pattern with `*`, `?`, `[...]` or `**`, a
            table, a URL, or "-".
        recursive: of a folder, take the images of its sub-folders too.
        **options: how tables are read; see `posters.catalogue.read.read_named_images`.

    Raises:
        CatalogueError: a table can't be used.
        MissingExtraError: a table needs a package that is not installed.

    Examples:
        >>> [source.name for source in sources_of(["alien.jpg", "https://example.com/heat.jpg"])]
        ['alien.jpg', 'https://example.com/heat.jpg']
    """
    return [source for word in words for source in _sources(word, recursive, options)]


def words_in(path: str) -> list[str]:
    """Return the lines of a text file, or of standard input for "-", without empty ones.

    Raises:
        ConfigError: it can't be read, or is larger than any list.
    """
    try:
        # A pipe is as good as a file, and either may never end.
        if path == STDIN:
            data = sys.stdin.buffer.read(_LARGEST_LIST + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(_LARGEST_LIST + 1)
    except OSError as error:
        raise ConfigError(f"{path}: the list of posters can't be read ({error.strerror})") from error
    if len(data) > _LARGEST_LIST:
        raise ConfigError(f"{path}: the list of posters has more than {_LARGEST_LIST:,} bytes: split it")
    # File names may hold bytes that are no text.
    return [os.fsdecode(line) for line in data.splitlines() if line.strip()]


def _sources(word: str, recursive: bool, options: dict[str, Any]) -> list[Source]:
    if word == STDIN:
        return [_standard_input()]
    # Before the file system: on some systems an address is a path that may exist.
    if is_stored(word):
        return table_sources(word, **options) if _is_table(word) else stored_sources(word, recursive)
    if is_address(word):
        return [Source(shown_address(word), word)]
    if os.path.isdir(word):
        return folder_sources(word, recursive)
    if word.startswith("sqlite:/") or (_is_table(word) and os.path.isfile(word)):
        return table_sources(word, **options)
    # A file may be called "[REC].jpg": a word that exists is no pattern.
    if glob.has_magic(word) and not os.path.lexists(word):
        return pattern_sources(word)
    return [Source(word, word)]


def _is_table(word: str) -> bool:
    # Of a chain of addresses, the first one names the file.
    return word.partition("::")[0].lower().endswith(TABLES)


def _standard_input() -> Source:
    from posters.images.decoding import read_bytes

    try:
        return Source(STDIN, read_bytes(sys.stdin.buffer))
    except ImageError as error:
        return Source(STDIN, error)


def folder_sources(folder: str, recursive: bool = False) -> list[Source]:
    """Return the images in a folder by name; what is left out is counted in one line of the log.

    A file is an image by its name or, where its name tells nothing, by its first bytes.

    Args:
        folder: a path.
        recursive: take the images of its sub-folders too.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "alien.jpg").touch()
        >>> [Path(source.name).name for source in folder_sources(str(folder))]
        ['alien.jpg']
    """
    from posters.catalogue.folder_images import folder_images

    found = folder_images(folder, recursive)
    sources = [Source(path, path) for path in found.images]
    sources += [_nothing(str(e.filename), f"the folder can't be read ({e.strerror})") for e in found.errors]
    if not sources:
        held = f"but {found.left_out}" if found.left_out else "and nothing else"
        return [_nothing(folder, f"the folder holds no images, {held}")]
    if found.left_out:
        logger.warning(f"{folder}: left out: {found.left_out}")
    return sources


def stored_sources(address: str, recursive: bool = False) -> list[Source]:
    """Return the images in a folder of an object store, by name; or the one image that an address names.

    Args:
        address: of a folder, as in "s3://bucket/posters/", or of an image.
        recursive: take the images of its sub-folders too.

    Raises:
        ConfigError: the store can't be read.
        MissingExtraError: fsspec is not installed.

    Examples:
        >>> [source.name for source in stored_sources("s3://bucket/alien.jpg")]
        ['s3://bucket/alien.jpg']
    """
    from posters.catalogue.image_folder import EXTENSIONS

    if address.lower().endswith(EXTENSIONS):
        return [Source(shown_address(address), address)]
    files = stored_files(address, recursive)
    # By name alone: to look into each would be to read it all.
    images = [file for file in files if file == address or file.partition("::")[0].lower().endswith(EXTENSIONS)]
    if len(images) < len(files):
        logger.warning(f"{shown_address(address)}: left out: {len(files) - len(images):,} files of other kinds")
    found = [Source(shown_address(file), file) for file in images]
    return found or [_nothing(shown_address(address), "the folder holds no images")]


def table_sources(table: str, **options: Any) -> list[Source]:
    r"""Return the posters of a table's rows; the rows' ids name them.

    Examples:
        >>> import tempfile
        >>> table = Path(tempfile.mkdtemp()) / "films.csv"
        >>> table.write_text("id,image,genres\n1,alien.jpg,Horror\n") > 0
        True
        >>> [source.name for source in table_sources(str(table), images=table.parent)]
        ['1']
    """
    return row_sources(table, **options)[1]


def row_sources(table: str | Path, **options: Any) -> tuple[list[str], list[Source]]:
    """Return the name of each row's poster, and the posters: fewer than rows, where rows repeat an id.

    Args:
        table: a path.
        **options: as in `sources_of`.
    """
    from posters.catalogue.read import read_named_rows

    ids, named = read_named_rows(table, **options)
    return ids, [Source(id, image if isinstance(image, ImageError) else str(image)) for id, image in named.items()]


def pattern_sources(pattern: str) -> list[Source]:
    """Return the files that match a pattern that no shell has expanded: in quotes, or on Windows.

    Examples:
        >>> pattern_sources("no/such/folder/*.jpg")[0].poster
        ImageError('no/such/folder/*.jpg: no file matches this pattern')
    """
    from posters.catalogue.folder_images import matching_files
    from posters.catalogue.image_folder import is_system_file

    # Files that a system leaves in folders are passed over, unless the pattern itself names such files: `.*`.
    wanted = os.path.basename(pattern).startswith(".")
    matching = matching_files(pattern)
    found = [path for path in matching.images if wanted or not is_system_file(os.path.basename(path))]
    if matching.outside:
        logger.warning(f"{pattern}: left out: {matching.left_out}")
    return [Source(path, path) for path in found] or [_nothing(pattern, "no file matches this pattern")]


def by_name(sources: Iterable[Source]) -> dict[str, str | bytes | ImageError]:
    """Return posters by their names, in order; a poster that is named twice is one.

    Raises:
        ConfigError: two posters have one name.

    Examples:
        >>> by_name([Source("1", "alien.jpg"), Source("1", "alien.jpg")])
        {'1': 'alien.jpg'}
    """
    found: dict[str, str | bytes | ImageError] = {}
    for source in sources:
        other = found.setdefault(source.name, source.poster)
        # Errors are compared by what they tell: each is an object of its own.
        if (type(other), str(other)) != (type(source.poster), str(source.poster)):
            raise ConfigError(f"two posters are called {source.name}: predict their tables into folders of their own")
    return found


def _nothing(word: str, reason: str) -> Source:
    return Source(word, ImageError(f"{word}: {reason}"))
