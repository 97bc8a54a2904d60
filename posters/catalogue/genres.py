"""The genre names in one cell of a table, however the cell writes them."""

import re
import unicodedata
from typing import Any

from posters.catalogue.literals import parse_literal
from posters.catalogue.wording import quoted
from posters.errors import CatalogueError

# Tried in this order, so that in a cell with "|" a comma is part of a name.
SEPARATORS = "|;,"
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def clean_name(text: str) -> str:
    """`text` composed (NFC), without control characters, and with single spaces between its words only."""
    return " ".join(unicodedata.normalize("NFC", _UNPRINTABLE.sub(" ", text)).split())


def parse_genres(cell: object) -> tuple[str, ...]:
    """The genre names in a cell, cleaned, in their order, with repeats.

    A cell holds names joined by `|`, `;` or `,`; a list in JSON or as Python prints it, of names or of objects with a
    `name`; or, in a JSON table, such a list itself.

    >>> parse_genres("Comedy|Drama"), parse_genres("['Comedy', 'Drama']"), parse_genres('[{"id": 18, "name": "Drama"}]')
    (('Comedy', 'Drama'), ('Comedy', 'Drama'), ('Drama',))

    Raises:
        CatalogueError: it holds something else.
    """
    names = (clean_name(_name_of(item)) for item in _items(cell))
    return tuple(name for name in names if name)


def _items(cell: Any) -> list[Any]:
    if isinstance(cell, str):
        cell = cell.strip()
        if not cell.startswith(("[", "{")):
            return split_names(cell)
        cell = parse_literal(cell)
    if cell is None:
        return []
    if isinstance(cell, set):
        return sorted(cell, key=repr)
    return list(cell) if isinstance(cell, list | tuple) else [cell]


def split_names(text: str) -> list[str]:
    """`text` split at the first of `SEPARATORS` that it holds."""
    separator = next((separator for separator in SEPARATORS if separator in text), SEPARATORS[0])
    return text.split(separator)


def _name_of(item: object) -> str:
    name = item.get("name") if isinstance(item, dict) else item
    if not isinstance(name, str):
        raise CatalogueError(f"genres must be names, or objects with a 'name', but got {quoted(item)}")
    return name
