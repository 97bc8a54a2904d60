"""The files that a catalogue names, in any form that it may have."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from posters.catalogue import Catalogue
from posters.downloads import is_url
from posters.errors import ConfigError, ImageError

# Paths, or names with paths; a name may have an error in place of a path.
Posters: TypeAlias = "Catalogue | Mapping[str, str | Path | bytes | ImageError] | Iterable[str | Path]"


def named_files(posters: Posters) -> tuple[dict[str, str], dict[str, str]]:
    """What each file is called, by its absolute path, and why there is no file, by name.

    A file that has several names is called by the first.

    Raises:
        ConfigError: nothing is named.
    """
    files: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for name, poster in _named(posters).items():
        if reason := _why_no_file(name, poster):
            reasons[name] = reason
        else:
            files.setdefault(os.path.abspath(os.fspath(poster)), name)  # type: ignore[arg-type]
    if not files and not reasons:
        raise ConfigError("the catalogue names no poster: there is nothing to compare with")
    return files, reasons


def _named(posters: Posters) -> Mapping[str, str | Path | bytes | ImageError]:
    if isinstance(posters, Catalogue):
        return {poster.id: posters.image_path(poster) for poster in posters}
    if isinstance(posters, Mapping):
        return posters
    return {str(path): path for path in posters}


def _why_no_file(name: str, poster: str | Path | bytes | ImageError) -> str:
    if isinstance(poster, ImageError):
        return str(poster)
    if isinstance(poster, bytes) or (isinstance(poster, str) and is_url(poster)):
        return f"{name}: the posters of an index must be files: save it as one"
    return ""


def common_folder(paths: Iterable[str]) -> str:
    """The folder that all files lie in or below; "" if there is none, as on two drives."""
    try:
        return os.path.commonpath([os.path.dirname(path) for path in paths])
    except ValueError:
        return ""
