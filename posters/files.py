"""Whole files or none: write to a temporary name, flush, rename."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; when the block ends well, it takes the place of `path`.

    A reader sees the old file or the new one, never half of one. When the block raises, nothing changes. Of a link, the
    file that it points to is replaced.
    """
    path = Path(path).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial{path.suffix}")
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_directory(path: Path) -> Iterator[Path]:
    """The same for a directory: the block fills a new one, which then takes the place of `path`.

    Raises:
        NotADirectoryError: a file lies there.
    """
    path = Path(path).resolve()
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        for written in temporary.rglob("*"):
            if written.is_file():
                _flush(written)
        _take_the_place(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _take_the_place(new: Path, path: Path) -> None:
    # A directory can't be renamed over one that is not empty, so that the old one steps aside for an instant.
    retired = path.with_name(f".{path.name}.{os.getpid()}.retired")
    shutil.rmtree(retired, ignore_errors=True)
    try:
        if path.exists():
            os.replace(path, retired)
        os.replace(new, path)
    finally:
        if retired.exists() and not path.exists():
            os.replace(retired, path)
        shutil.rmtree(retired, ignore_errors=True)


def _flush(path: Path) -> None:
    with open(path, "r+b") as written:  # Windows flushes only what is open for writing.
        os.fsync(written.fileno())


def write_text(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON; NaN and infinity are refused, since other readers of JSON refuse them."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(value: Any) -> str:
    """A short name (16 hexadecimal digits) for what JSON can hold, the same for equal data on any machine."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
