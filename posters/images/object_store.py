"""Images and tables in an object store, or wherever else fsspec reads from: s3://, gs://, az://, zip://... and others.

fsspec and its drivers find credentials, connect and try again; nothing of that is done here. Two things can go wrong,
and they are told apart: an object that isn't there or may not be read costs one poster, and a store that doesn't answer
ends the work, since every later poster would fail in the same way.
"""

import hashlib
import re
from pathlib import Path
from typing import Any

from posters._base.atomic_files import replacing
from posters._base.cache_folder import default_cache
from posters._base.optional_imports import require
from posters.errors import ConfigError, ImageError

# Two letters or more: "c://" is a drive. Those of the web are downloaded, and SQLite's are queries.
_STORED = re.compile(r"(?!https?:|sqlite:)[a-z][a-z0-9+.-]+://", re.IGNORECASE)
# Of this package, by the scheme; for others fsspec names the package that it needs.
_EXTRAS = {"gs": "gs", "gcs": "gs"}


def is_stored(text: str) -> bool:
    """Return whether a text is an address that fsspec reads.

    Examples:
        >>> is_stored("s3://bucket/alien.jpg"), is_stored("https://example.org/alien.jpg"), is_stored("c:/alien.jpg")
        (True, False, False)
    """
    return _STORED.match(text) is not None


def read_stored(address: str) -> bytes:
    """Read one image file from a store.

    Raises:
        ImageError: there is no such object, it may not be read, or it has more than `MAX_BYTES`.
        ConfigError: the store can't be read.
        MissingExtraError: fsspec is not installed.

    Examples:
        >>> import fsspec
        >>> _ = fsspec.filesystem("memory").pipe("/posters/alien.jpg", b"pixels")
        >>> read_stored("memory://posters/alien.jpg")
        b'pixels'
    """
    # Here, because it loads the decoder, and tables are read without it.
    from posters.images.limits import MAX_BYTES

    store, path = _opened(address)
    shown = _shown(address)
    try:
        # One more byte than allowed tells that there are more, whatever the size of the object.
        data = bytes(store.cat_file(path, start=0, end=MAX_BYTES + 1))
    except Exception as error:
        raise _unreadable(store, path, shown, error) from error
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 10**6
        raise ImageError(f"{shown}: the file has more than {limit} MB, which no poster needs: scale it down")
    return data


def stored_files(folder: str, recursive: bool = False) -> list[str]:
    """Return the addresses of the files in a folder of a store, sorted; of one file, its own address.

    Args:
        folder: its address.
        recursive: with those of its sub-folders.

    Raises:
        ConfigError: there is no such folder, or the store can't be read.
        MissingExtraError: fsspec is not installed.

    Examples:
        >>> import fsspec
        >>> _ = fsspec.filesystem("memory").pipe("/films/alien.jpg", b"pixels")
        >>> stored_files("memory://films")
        ['memory://films/alien.jpg']
    """
    store, path, kind = check_stored_folder(folder)
    if kind == "file":
        return [folder]
    try:
        # Not `find`, which passes over what it can't list.
        places = store.walk(path, maxdepth=None if recursive else 1, detail=True, on_error="raise")
        found = [str(each["name"]) for _, _, files in places for each in files.values()]
    except Exception as error:
        raise _store_error(_shown(folder), error) from error
    names = (name.removeprefix(path).lstrip("/") for name in found)
    # Of S3, an empty object called like the folder may stand for it.
    return sorted(joined(folder, name) for name in names if name and not name.endswith("/"))


def fetch_table(address: str) -> Path:
    """Copy a table from a store into the cache, where it is read like any other; return its path there.

    It is copied each time, since it may have changed, and has the same path each time, by which what is made from it is
    found again.

    Args:
        address: of a file.

    Raises:
        ConfigError: there is no such file, or the store can't be read.
        MissingExtraError: fsspec is not installed.

    Examples:
        >>> import fsspec, os, tempfile
        >>> os.environ["POSTERS_CACHE"] = tempfile.mkdtemp()
        >>> _ = fsspec.filesystem("memory").pipe("/films.csv", b"image,genres")
        >>> fetch_table("memory://films.csv").read_bytes()
        b'image,genres'
        >>> del os.environ["POSTERS_CACHE"]
    """
    store, path = _opened(address)
    name = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    # Its own name too, which messages have.
    copy = default_cache() / "tables" / name / (path.rstrip("/").rpartition("/")[2] or "table")
    try:
        if store.isdir(path):
            raise ConfigError(f"{_shown(address)}: this is a folder in the store: name a table's file")
        copy.parent.mkdir(parents=True, exist_ok=True)
        with replacing(copy) as temporary:
            store.get_file(path, str(temporary))
    except ConfigError:
        raise
    except FileNotFoundError as error:
        raise ConfigError(f"{_shown(address)}: there is no such table in the store") from error
    except Exception as error:
        raise _store_error(_shown(address), error) from error
    return copy


def open_stored(address: str) -> Any:
    """Open a file of a store, to read parts of it; a file-like object.

    Raises:
        FileNotFoundError: there is no such file.
        ConfigError: the store can't be read.
        MissingExtraError: fsspec is not installed.

    Examples:
        >>> import fsspec
        >>> _ = fsspec.filesystem("memory").pipe("/shards/one", b"posters")
        >>> with open_stored("memory://shards/one") as file:
        ...     file.read()
        b'posters'
    """
    store, path = _opened(address)
    try:
        return store.open(path, "rb")
    except FileNotFoundError:
        raise
    except Exception as error:
        raise _store_error(_shown(address), error) from error


def write_stored(address: str, data: bytes) -> None:
    """Write a file of a store as a whole, in place of the one that may be there.

    Raises:
        ConfigError: the store can't be written.
        MissingExtraError: fsspec is not installed.

    Examples:
        >>> write_stored("memory://shards/two", b"posters")
        >>> open_stored("memory://shards/two").read()
        b'posters'
    """
    store, path = _opened(address)
    try:
        store.pipe_file(path, data)
    except Exception as error:
        raise _store_error(_shown(address), error, "written") from error


def remove_stored(address: str) -> None:
    """Remove a file of a store; one that is not there is fine.

    Raises:
        ConfigError: the store can't be written.
        MissingExtraError: fsspec is not installed.

    Examples:
        >>> remove_stored("memory://shards/none")
    """
    store, path = _opened(address)
    try:
        store.rm_file(path)
    except FileNotFoundError:
        pass
    except Exception as error:
        raise _store_error(_shown(address), error, "written") from error


def check_stored_folder(folder: str) -> tuple[Any, str, str]:
    """Return the file system of a folder, its path there, and its type; the store has answered, so it can be read.

    Raises:
        ConfigError: there is no such folder, or the store can't be read.
        MissingExtraError: fsspec is not installed.

    Examples:
        >>> try:
        ...     check_stored_folder("memory://none")
        ... except ConfigError as error:
        ...     print(error)
        memory://none: there is no such folder in the store
    """
    store, path = _opened(folder)
    try:
        return store, path, str(store.info(path)["type"])
    except FileNotFoundError as error:
        raise ConfigError(f"{_shown(folder)}: there is no such folder in the store") from error
    except Exception as error:
        raise _store_error(_shown(folder), error) from error


def joined(folder: str, name: str) -> str:
    """Return the address of a file in a folder of a store.

    Examples:
        >>> joined("s3://bucket/posters/", "alien.jpg")
        's3://bucket/posters/alien.jpg'
        >>> joined("zip://::s3://bucket/posters.zip", "alien.jpg")
        'zip://alien.jpg::s3://bucket/posters.zip'
    """
    # Of a chain, the first address is the one in the archive.
    first, chained, rest = folder.partition("::")
    if not name:
        return folder
    first = first if first.endswith("://") else first.rstrip("/") + "/"
    return f"{first}{name}{chained}{rest}"


def _opened(address: str) -> tuple[Any, str]:
    scheme = address.partition("://")[0].lower()
    fsspec = require("fsspec.core", _EXTRAS.get(scheme, "s3"))
    try:
        store, path = fsspec.url_to_fs(address)
    # Drivers raise what they like about an address that they don't understand.
    except Exception as error:
        raise ConfigError(f"{_shown(address)}: fsspec can't open it ({_reason(error)})") from error
    return store, path


def _unreadable(store: Any, path: str, shown: str, error: Exception) -> ImageError | ConfigError:
    """Return the error of one object or of the whole store, whichever is to blame."""
    if isinstance(error, FileNotFoundError):
        return ImageError(f"{shown}: there is no such object")
    if isinstance(error, PermissionError):
        return ImageError(f"{shown}: the store refuses to give it ({_reason(error)})")
    try:
        # A store that answers about the object is well: the object is not. S3 refuses parts of an empty one.
        if store.info(path).get("size") == 0:
            return ImageError(f"{shown}: the file is empty")
    except (FileNotFoundError, PermissionError):
        pass
    except Exception as second:
        return _store_error(shown, second)
    return ImageError(f"{shown}: it can't be read ({_reason(error)})")


def _store_error(shown: str, error: Exception, done: str = "read") -> ConfigError:
    check = "check the address, the connection and the credentials"
    return ConfigError(f"{shown}: the store can't be {done} ({_reason(error)}): {check}")


def _shown(address: str) -> str:
    from posters.images.downloading import without_credentials

    return without_credentials(address)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
