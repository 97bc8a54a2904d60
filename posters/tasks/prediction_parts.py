"""The parts of a folder of predictions: what they have in common, and how one is computed and written.

Part k holds the posters from k * `part_size` on, in their order, and is written whole or not at all. Whoever computes a
part twice, after a kill or on another machine, writes the same file again: so every poster is there exactly once, and a
part that is there needs no work.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from posters import __version__
from posters._base.atomic_files import replacing
from posters._base.brief import brief_repr
from posters._base.optional_imports import check_installed, require
from posters._base.text import counted
from posters.classifier import Classifier
from posters.classifier.prediction_rows import PredictionRow, as_json_lines, write_parquet
from posters.errors import ArraysError, ConfigError, ImageError
from posters.images.addresses import is_address

# In the folder of the parts. Readers of Parquet folders pass over names that begin with an underscore.
SETTINGS = "_predictions.json"
FORMATS = ("parquet", "jsonl")

# A poster's name and the poster; a part's number and its posters.
Named: TypeAlias = tuple[str, "str | Path | bytes | ImageError"]
Part: TypeAlias = tuple[int, Sequence[Named]]
# Hears how many more posters are done, and why some of them can't be read.
Tell: TypeAlias = Callable[[int, Iterable[str]], None]


@dataclass(frozen=True)
class PartSettings:
    """What every part of one folder has in common; kept in the folder, and sent to whoever computes a part.

    Attributes:
        posters: digest of all posters, names and places, in their order.
        classifier: SHA-256 of the classifier's manifest.
        part_size: posters in each part but the last.
        form: one of `FORMATS`.
        every: write the probabilities of all genres.
        rule: arguments of `Classifier.predict_many`.
        version: of this package.
    """

    __repr__ = brief_repr

    posters: str
    classifier: str
    part_size: int
    form: str
    every: bool
    rule: Mapping[str, Any] = field(default_factory=dict)
    version: str = __version__

    def path(self, folder: Path, number: int) -> Path:
        """Return where a part is, or will be."""
        return folder / f"part-{number:05}.{self.form}"

    def rows(self, classifier: Classifier, posters: Sequence[Named]) -> Iterator[PredictionRow]:
        """Predict posters, in their order; a poster that can't be read has its reason."""
        predictions = classifier.predict_many((poster for _, poster in posters), **self.rule)
        for (name, poster), prediction in zip(posters, predictions, strict=True):
            error = str(prediction.error or "")
            # Bytes have no name, so only this one tells where they came from.
            yield PredictionRow(name, prediction, f"{name}: {error}" if error and isinstance(poster, bytes) else error)

    def write(self, folder: Path, number: int, rows: Iterable[PredictionRow], genre_names: Sequence[str]) -> None:
        """Write one part, whole or not at all."""
        with replacing(self.path(folder, number)) as temporary, temporary.open("wb") as file:
            if self.form == "parquet":
                write_parquet(rows, genre_names, self.every, file)
            else:
                file.writelines(f"{line}\n".encode() for line in as_json_lines(rows, genre_names, self.every))

    def unreadable(self, path: Path, posters: int) -> int:
        """Return how many posters of a part could not be read.

        Args:
            path: of the part.
            posters: how many it must have a row of.

        Raises:
            ArraysError: the part is damaged.
        """
        try:
            if self.form == "jsonl":
                with path.open(encoding="utf-8") as lines:
                    errors = [json.loads(line).get("error") for line in lines]
            else:
                errors = require("pyarrow.parquet", "parquet").read_table(path, columns=["error"])["error"].to_pylist()
            if len(errors) != posters:
                raise ValueError(f"it has {counted(len(errors), 'row')}, and not {posters:,}")
            return sum(error is not None for error in errors)
        # For a damaged file, pyarrow and the reader of JSON raise nearly anything.
        except Exception as error:
            raise ArraysError(f"{path} is damaged ({error}): remove it, and it will be made again") from error


class NamedPosters:
    """Posters by name, divided into parts.

    Args:
        named: name to poster.
        part_size: posters in each part but the last.

    Attributes:
        digest: of all posters; see `digest_of`.
        sizes: how many posters each part has.

    Examples:
        >>> parts = NamedPosters({"7": "heat.jpg", "8": "alien.jpg", "9": "jaws.jpg"}, 2)
        >>> parts.sizes, parts.part(1)
        ([2, 1], [('9', 'jaws.jpg')])
    """

    def __init__(self, named: Mapping[str, Any], part_size: int) -> None:
        self._named: list[Named] = list(named.items())
        self._part_size = part_size
        self.digest = digest_of(self._named)
        starts = range(0, len(self._named), part_size)
        self.sizes = [min(part_size, len(self._named) - start) for start in starts]

    def part(self, number: int) -> Sequence[Named]:
        """Return the posters of a part."""
        start = number * self._part_size
        return self._named[start : start + self._part_size]


def digest_of(named: Iterable[Named]) -> str:
    """Return a digest of posters: their names and where they are, or what they are, in their order."""
    digest = sha256()
    for name, poster in named:
        place = sha256(poster).hexdigest() if isinstance(poster, bytes) else str(poster)
        if not isinstance(poster, bytes | ImageError) and not is_address(place):
            # The same posters, called from another working directory.
            place = os.path.abspath(place)  # noqa: PTH100  # `absolute` keeps "..", and `resolve` follows links
        digest.update(json.dumps([name, place]).encode() + b"\n")
    return digest.hexdigest()


def read_settings(folder: Path) -> dict[str, Any] | None:
    """Return the settings of a folder's parts as plain data; None for a new folder.

    Raises:
        ConfigError: it holds something else, or its settings are damaged.
    """
    path = folder / SETTINGS
    if not path.exists():
        # Hidden files are a system's own, or what a kill left of a file.
        if folder.exists() and any(not found.name.startswith(".") for found in folder.iterdir()):
            raise ConfigError(f"{folder} holds other files: name a new folder as --output")
        return None
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, RecursionError) as error:
        raise ConfigError(f"{path} is damaged: name another folder as --output, or remove this one") from error


def form_of_parts(wanted: str | None, found: str | None) -> str:
    """Return the format of new parts: the one wanted, or that of the folder, or Parquet where it can be written.

    Raises:
        ConfigError: parts are not written in this format.
        MissingExtraError: pyarrow is not installed.
    """
    form = wanted or found or ("parquet" if find_spec("pyarrow") else "jsonl")
    if form not in FORMATS:
        raise ConfigError(f"a folder gets parts in parquet or jsonl, not {form}: choose another --format")
    if form == "parquet":
        check_installed("pyarrow", extra="parquet")
    return form
