"""Weights files that strangers may have made: what they claim to hold is compared with what they have, before Keras."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import h5py

# Weights don't pack: files of them hold about what they claim. Below the first number of bytes it does no harm.
_HARMLESS, _RATIO = 50_000_000, 4
_DEEPEST = 64  # groups within groups; Keras needs a dozen


def check_weights_file(path: Path) -> None:
    """Check an HDF5 file of weights, or a .keras archive with one in it, without reading what it holds.

    Args:
        path: .h5 or .keras.

    Raises:
        OSError: it can't be read, or is not such a file.
        ValueError: it claims to hold far more than it has, leads to other files, or is nested without end.

    Examples:
        >>> from posters.models import BACKBONE_WEIGHTS, CLASSIFIER
        >>> check_weights_file(CLASSIFIER / BACKBONE_WEIGHTS)
    """
    if path.suffix != ".keras":
        with path.open("rb") as file:
            _check(file, path.stat().st_size)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                _refuse_claim(info.filename, info.file_size, info.compress_size)
                if info.filename.endswith(".h5"):
                    with archive.open(info) as member:
                        _check(member, info.file_size)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ValueError(f"the archive is damaged: {error}") from error


def _check(file: IO[bytes], size: int) -> None:
    with h5py.File(file, "r") as stored:
        claimed = 0
        for dataset in _datasets(stored):
            if dataset.external or dataset.is_virtual:
                raise ValueError(f"{dataset.name} lies in another file")
            claimed += dataset.size * dataset.dtype.itemsize
        _refuse_claim("the weights", claimed, size)


def _refuse_claim(name: str, claimed: int, held: int) -> None:
    if claimed > max(_HARMLESS, _RATIO * held):
        raise ValueError(f"{name} would take {claimed:,} bytes, and the file has {held:,} of them")


def _datasets(group: Any, depth: int = 0) -> Iterator[Any]:
    if depth > _DEEPEST:
        raise ValueError(f"its groups are nested more than {_DEEPEST} deep")
    for key in group:
        # A link of another kind leads to another file, or to nothing.
        if type(group.get(key, getlink=True)) is not h5py.HardLink:
            raise ValueError(f"{key} is a link")
        item = group[key]
        if isinstance(item, h5py.Dataset):
            yield item
        else:
            yield from _datasets(item, depth + 1)
