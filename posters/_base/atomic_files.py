"""Write whole files or none: write to a temporary name, sync to disk, rename. Also digests of files and values."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import Any

from posters._base.regular_files import open_regular


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and rename it to `path` when the block ends.

    A reader sees the old file or the new one, never half of one. If the block raises, nothing changes. If `path` is a
    link, the file that it points to is replaced.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "notes.txt"
        ...     with replacing(path) as temporary:
        ...         _ = temporary.write_text("new")
        ...     path.read_text()
        'new'
    """
    # A rename would replace the link itself. The temporary file must be on the same disk as the file.
    path = Path(path).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(path, f"partial{path.suffix}")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_directory(path: Path) -> Iterator[Path]:
    """Yield a new, empty directory beside `path`, and rename it to `path` when the block ends.

    Raises:
        NotADirectoryError: `path` is a file.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with replacing_directory(Path(folder) / "run") as temporary:
        ...         _ = (temporary / "notes.txt").write_text("new")
        ...     (Path(folder) / "run" / "notes.txt").read_text()
        'new'
    """
    path = Path(path).resolve()
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _beside(path, "partial")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        for written in filter(Path.is_file, temporary.rglob("*")):
            _sync(written)
        _replace_directory(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _beside(path: Path, ending: str) -> Path:
    # Threads of one process may write one file at once, as processes may.
    return path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}.{ending}")


def _replace_directory(new: Path, path: Path) -> None:
    # A directory can't be renamed over one that is not empty, so the old one is moved aside for an instant.
    retired = _beside(path, "retired")
    shutil.rmtree(retired, ignore_errors=True)
    try:
        if path.exists():
            path.replace(retired)
        new.replace(path)
    finally:
        if retired.exists() and not path.exists():
            retired.replace(path)
        shutil.rmtree(retired, ignore_errors=True)


def _sync(path: Path) -> None:
    # Without this, a power cut soon after the rename may leave an empty file. Windows syncs only writable files.
    with path.open("r+b") as written:
        os.fsync(written.fileno())


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8, whole or not at all.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_text(Path(folder) / "notes.txt", "new")
        ...     (Path(folder) / "notes.txt").read_text()
        'new'
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, whole or not at all.

    Raises:
        ValueError: a number is NaN or infinite, which other readers of JSON refuse.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_json(Path(folder) / "notes.json", [0.5])
        ...     json.loads((Path(folder) / "notes.json").read_text())
        [0.5]
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a regular file's bytes, in hexadecimal.

    Raises:
        OSError: there is no such file, or it is a folder, a pipe or a device.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "abc").write_bytes(b"abc")
        ...     sha256_of(Path(folder) / "abc")[:8]
        'ba7816bf'
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def vouch_for(path: Path) -> None:
    """Write the SHA-256 of a file into a file beside it, by which `is_intact` finds damage.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "abc"
        >>> _ = path.write_bytes(b"abc")
        >>> vouch_for(path)
        >>> is_intact(path)
        True
    """
    write_text(digest_path(path), f"{sha256_of(path)}\n")


def is_intact(path: Path) -> bool:
    """Return whether a file has the bytes that `vouch_for` saw; without its SHA-256, it has not.

    Examples:
        >>> is_intact(Path("none.npy"))
        False
    """
    try:
        # Bytes, since damage may have struck this file.
        return digest_path(path).read_bytes().strip() == sha256_of(path).encode()
    except OSError:
        return False


def digest_path(path: Path) -> Path:
    """Return where the SHA-256 of a file is kept.

    Examples:
        >>> digest_path(Path("features.npy")).name
        'features.npy.sha256'
    """
    return path.with_name(f"{path.name}.sha256")


def fingerprint(value: Any) -> str:
    """Return 16 hexadecimal digits for a value that JSON can hold, the same for equal values on any machine.

    Examples:
        >>> fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": (1, 2), "a": 1})
        True
    """
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
