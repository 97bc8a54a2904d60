"""Classifiers on the Hugging Face Hub: `hf://owner/name@revision`, kept in the cache of huggingface_hub."""

import os
import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from posters._base.optional_imports import require
from posters._base.text import quoted
from posters.errors import ClassifierError

# Far above any classifier's, and below what fills a disk; anybody may publish a repository.
_MOST_GB = 4

# One slash where the name went through `Path`.
_NAME = re.compile(r"hf://?(?P<repository>[^@\s/][^@\s]*)(?:@(?P<revision>\S+))?")


def is_hub_name(name: str | Path) -> bool:
    """Return whether a classifier's name means one on the Hub.

    Examples:
        >>> is_hub_name("hf://films/genres@v1"), is_hub_name("runs/first")
        (True, False)
    """
    return str(name).startswith("hf:/")


# Once in a process: a server that looks whether its classifier was replaced does not ask the Hub every second.
@cache
def hub_directory(name: str) -> Path:
    """Return the directory of a classifier of the Hub, downloaded unless the cache of huggingface_hub has it.

    Without a connection the cache alone is asked. Nothing in it is trusted: it is checked and tried out like any
    classifier from elsewhere. The variables of huggingface_hub count, such as HF_TOKEN for private repositories.

    Args:
        name: such as "hf://films/genres", or "hf://films/genres@v1" for a branch, a tag or a commit.

    Raises:
        ClassifierError: the name is malformed; or the Hub has no such repository or revision, hides it or can't be
            reached, and the cache doesn't have it; or it has more than 4 GB.
        MissingExtraError: huggingface_hub is not installed.

    Examples:
        >>> hub_directory("hf://")
        Traceback (most recent call last):
        posters.errors.ClassifierError: 'hf://' names no classifier: write hf://owner/name, or hf://owner/name@revision
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise ClassifierError(f"{quoted(name)} names no classifier: write hf://owner/name, or hf://owner/name@revision")
    # A classifier is a flat directory; a repository may hold more.
    fetch = require("huggingface_hub", "hub").snapshot_download
    download = partial(fetch, match["repository"], revision=match["revision"], ignore_patterns="*/*")
    try:
        gigabytes = _size_of(download) / 1e9
        if gigabytes <= _MOST_GB:
            return Path(download())
    except (OSError, ValueError) as error:  # Those of huggingface_hub are one or the other.
        raise ClassifierError(f"{name} can't be had: {_reason(error)}") from error
    raise ClassifierError(f"{name} has {gigabytes:,.1f} GB to download, and a classifier has {_MOST_GB} at most")


def _size_of(download: Callable[..., Any]) -> int:
    """Return the bytes that a download would fetch; 0 without a connection, when the cache answers."""
    try:
        return sum(file.file_size for file in download(dry_run=True) if file.will_download)
    except require("huggingface_hub.errors", "hub").DryRunError:
        return 0


def _reason(error: Exception) -> str:
    errors = require("huggingface_hub.errors", "hub")
    if isinstance(error, errors.RevisionNotFoundError):
        return "the repository has no such branch, tag or commit"
    if isinstance(error, errors.RepositoryNotFoundError):
        return "there is no such repository, or it is hidden: set HF_TOKEN to see it"
    if isinstance(error, errors.LocalEntryNotFoundError):
        return "the Hub can't be reached, and its cache has no such classifier"
    return quoted(" ".join(str(error).split()))


def linked_folders(directory: Path) -> list[Path]:
    """Return the folder that huggingface_hub keeps the files of a snapshot in; none for other directories.

    Examples:
        >>> linked_folders(Path("/cache/models--films--genres/snapshots/0123")) + linked_folders(Path("/runs/first"))
        [PosixPath('/cache/models--films--genres/blobs')]
    """
    snapshots = Path(os.path.realpath(directory)).parent
    blobs = snapshots.parent / "blobs"
    # In a folder that only looks like the cache, it may lead anywhere.
    return [blobs] if snapshots.name == "snapshots" and not blobs.is_symlink() else []
