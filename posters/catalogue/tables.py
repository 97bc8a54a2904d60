"""What a catalogue is read from: a table with named columns, or a folder."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from posters.catalogue.wording import quoted
from posters.errors import CatalogueError

_SHOWN = 12


def column_key(name: str) -> str:
    """What column names are compared by: neither case, surrounding space, nor `-`, `_` or space between words count."""
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


@dataclass(frozen=True)
class Table:
    """A table in memory, column by column.

    Attributes:
        path: the file.
        names: the columns' names as they stand in the file.
        columns: a list of values for each name. A CSV file's values are all text; JSON's are what JSON has.
        rows: the number of each row in the file, counted from 1, a CSV file's header being row 1.
        short: the rows that have fewer fields than the header, and how many they have.
        note: something about the file that its reader should know.
    """

    path: Path
    names: Sequence[str]
    columns: Sequence[list[Any]] = field(repr=False)
    rows: Sequence[int] = field(repr=False)
    short: Mapping[int, int] = field(default_factory=dict)
    note: str = ""

    @property
    def folder(self) -> Path:
        """Where its images may lie, or lie near."""
        return self.path.parent

    @cached_property
    def keys(self) -> list[str]:
        """The columns' names as `column_key` writes them."""
        return [column_key(name) for name in self.names]

    def has(self, *keys: str) -> bool:
        """Whether there are columns of all these names."""
        return set(self.keys).issuperset(keys)

    def values(self, keys: Sequence[str]) -> list[Any] | None:
        """The column of the first of `keys` that the table has, or None if it has none of them.

        Raises:
            CatalogueError: two columns go by that name.
        """
        key = next((key for key in keys if key in self.keys), None)
        if key is None:
            return None
        if self.keys.count(key) > 1:
            raise CatalogueError(f"{self.path}: more than one column is called {key!r}: rename all but one")
        return self.columns[self.keys.index(key)]

    def texts(self, keys: Sequence[str]) -> list[str] | None:
        """The same column as text without surrounding space; nothing (JSON's null) is "".

        Raises:
            CatalogueError: a value is a list, an object or a truth value.
        """
        values = self.values(keys)
        if values is None:
            return None
        return [
            value.strip() if type(value) is str else self._text(row, keys[0], value)
            for row, value in zip(self.rows, values, strict=True)
        ]

    def _text(self, row: int, name: str, value: object) -> str:
        if value is None:
            return ""
        raise self.fault(row, f"the {name} must be text, but it is {quoted(value)}")

    def fault(self, row: int, message: str) -> CatalogueError:
        """An error that names the file and the row."""
        return CatalogueError(f"{self.path}: row {row}: {message}")

    def described(self) -> str:
        """What can be seen of it, for a message."""
        more = ", ..." if len(self.names) > _SHOWN else ""
        return f"its columns are {', '.join(self.names[:_SHOWN])}{more}"


@dataclass(frozen=True)
class Folder:
    """A folder that is itself the table, by the sorted names of what lies in it."""

    path: Path
    files: tuple[str, ...] = field(repr=False)
    folders: tuple[str, ...] = field(repr=False)
    note: str = ""

    @property
    def folder(self) -> Path:
        """Where its images lie."""
        return self.path

    def described(self) -> str:
        """What can be seen of it, for a message."""
        found = [*self.folders, *self.files]
        more = ", ..." if len(found) > _SHOWN else ""
        return f"the folder holds {', '.join(found[:_SHOWN])}{more}" if found else "the folder is empty"


Source: TypeAlias = Table | Folder
