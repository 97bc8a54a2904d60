"""What the results of several commands have in common: formats, files and standard output, and progress bars."""

import os
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from posters._base.optional_imports import check_installed
from posters.errors import ConfigError

FORMATS = ("csv", "tsv", "xlsx", "html", "json", "jsonl", "table", "parquet")
# Not for terminals; by the package that writes each, and the extra that installs it.
BINARY = {"parquet": ("pyarrow", "parquet"), "xlsx": ("openpyxl", "excel")}

_SUFFIXES = {f".{name}": name for name in FORMATS if name != "table"} | {".txt": "table", ".htm": "html"}


def format_of(chosen: str | None, output: Path | None, formats: Sequence[str] = FORMATS) -> str:
    """Return the chosen format, or the one that the file's suffix names; "table" without a suffix or a file.

    Args:
        chosen: a format, or None.
        output: the file for the results, or None for standard output.
        formats: those that the command writes.

    Raises:
        ConfigError: it can't be written there, or the suffix names no format.
        MissingExtraError: it needs a package that is not installed.

    Examples:
        >>> format_of(None, Path("genres.csv")), format_of("json", Path("genres.csv")), format_of(None, None)
        ('csv', 'json', 'table')
    """
    if output and output.is_dir():
        raise ConfigError(f"{output} is a folder: name a file for the results")
    # A device or a pipe is not called by its contents.
    suffix = output.suffix.lower() if output and (output.is_file() or not output.exists()) else ""
    form = chosen or (_SUFFIXES.get(suffix, suffix) if suffix else "table")
    if form not in formats:
        suffixes = ", ".join(known for known, name in _SUFFIXES.items() if name in formats)
        raise ConfigError(f"{output}: the suffix {suffix} is no format of these results: use {suffixes}, or --format")
    if form in BINARY:
        check_installed(BINARY[form][0], extra=BINARY[form][1])
        if output is None and sys.stdout.isatty():
            raise ConfigError(f"{form} is not for terminals: name a file with --output, or pipe it")
    return form


def write_lines(lines: Iterable[str], output: Path | None, *, mark: bool = False) -> None:
    """Write lines of text as they come.

    Args:
        lines: without their line breaks.
        output: a file, in UTF-8, which is replaced once all is written; None for standard output, in its own encoding.
        mark: begin a file with a byte order mark: without it, Excel takes "Amélie" for another encoding.

    Examples:
        >>> write_lines(["alien.jpg: Horror 0.90"], None)
        alien.jpg: Horror 0.90
    """
    if output is None:
        for line in lines:
            print(line)
    else:
        with open_output(output) as file:
            file.write(BOM_UTF8 if mark else b"")
            # File names may hold bytes that are no text.
            file.writelines(f"{line}\n".encode("utf-8", "backslashreplace") for line in lines)


@contextmanager
def open_output(output: Path | None) -> Iterator[BinaryIO]:
    """Open a file that is replaced once all is written, or standard output for None; in bytes."""
    from posters._base.atomic_files import replacing

    if output is None:
        yield sys.stdout.buffer
    # A device or a pipe, such as /dev/stdout: a reader at its other end would never see a file that replaced it.
    elif output.exists() and not output.is_file():
        with output.open("wb") as file:
            yield file
    else:
        with replacing(output) as temporary, temporary.open("wb") as file:
            yield file


def check_report(directory: Path) -> None:
    """Refuse before hours of work a report that could not be written after them.

    Raises:
        ConfigError: its folder can't be made, or written to.

    Examples:
        >>> check_report(Path("report"))
    """
    there = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        reason = "you may not write there" if there.is_dir() else f"{there} is a file"
        raise ConfigError(f"{directory}: the report can't be written ({reason}): choose another --report")


def progress_bar(description: str, *, leave: bool = True) -> Callable[..., Any]:
    """Return a function that wraps an iterable in a progress bar on stderr.

    Args:
        description: a word in front of the bar.
        leave: keep the full bar on the screen.
    """

    def bar(items: Any, total: int | None = None) -> Any:
        # Here, because a command that fails early, or predicts a single poster, need not wait for it.
        from posters._base.progress import tqdm

        return tqdm(items, total=total, desc=description, unit="poster", leave=leave)

    return bar
