"""Where results go: to standard output, or into a file that is written whole or not at all."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from posters.cli.predictions import TEXT_FORMATS
from posters.errors import ConfigError

if TYPE_CHECKING:
    from posters.cli.predictions import Row

FORMATS = (*sorted(TEXT_FORMATS), "parquet")
_SUFFIXES = {f".{name}": name for name in FORMATS if name != "table"}


def format_of(chosen: str | None, output: Path | None) -> str:
    """The format that is chosen, else the one that the file's suffix names, else "table".

    Raises:
        ConfigError: it can't be written there.
        MissingExtraError: it needs a package that is not installed.
    """
    form = chosen or _SUFFIXES.get(output.suffix.lower() if output else "", "table")
    if output and output.is_dir():
        raise ConfigError(f"{output} is a folder: name a file for the results")
    if form == "parquet":
        from posters.extras import check_installed

        check_installed("pyarrow", extra="parquet")
        if output is None and sys.stdout.isatty():
            raise ConfigError("parquet is not for terminals: name a file with --output, or pipe it")
    return form


def write_rows(rows: Iterable["Row"], genre_names: Sequence[str], every: bool, form: str, output: Path | None) -> None:
    """Write predictions as they come.

    Args:
        rows: of the posters, in order.
        genre_names: all that the classifier knows.
        every: write the probabilities of all genres.
        form: one of `FORMATS`.
        output: a file, which is replaced once all is written; None for standard output.
    """
    if form == "parquet":
        from posters.cli.parquet import write_parquet

        with _binary(output) as file:
            write_parquet(rows, genre_names, every, file)
    else:
        write_lines(TEXT_FORMATS[form](rows, genre_names, every), output)


def write_lines(lines: Iterable[str], output: Path | None) -> None:
    """Write lines of text as they come.

    Args:
        lines: without their line breaks.
        output: a file, in UTF-8, which is replaced once all is written; None for standard output, in its own encoding.
    """
    if output is None:
        for line in lines:
            print(line)
    else:
        with _binary(output) as file:
            # File names may hold bytes that are no text.
            file.writelines(f"{line}\n".encode("utf-8", "backslashreplace") for line in lines)


@contextmanager
def _binary(output: Path | None) -> Iterator[BinaryIO]:
    from posters.files import replacing

    if output is None:
        yield sys.stdout.buffer
    elif output.exists() and not output.is_file():  # A device or a pipe: nothing that may be replaced.
        with open(output, "wb") as file:
            yield file
    else:
        with replacing(output) as temporary, open(temporary, "wb") as file:
            yield file
