"""A list that stands in a table's cell as JSON or as Python would print it: parsed, never evaluated."""

import ast
import re
import warnings
from typing import Any

from posters.catalogue.json_tables import parse_json
from posters.catalogue.wording import quoted
from posters.errors import CatalogueError

_LONGEST = 100_000
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)


def parse_literal(text: str) -> Any:
    """The data that `text` spells in JSON or as a Python literal.

    Raises:
        CatalogueError: it spells none, or is too long or too deep.
    """
    if len(text) > _LONGEST:
        raise CatalogueError(f"{quoted(text)} has {len(text):,} characters, too many for a list of genres")
    try:
        return parse_json(text)
    except ValueError:
        return _python_literal(text)


def _python_literal(text: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about stray backslashes in the text
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        raise CatalogueError(f"{quoted(text)} begins like a list, but can't be read as one") from None
    # Python joins neighbouring strings, so that NumPy's "['Crime' 'Drama']" would become one genre, CrimeDrama.
    if isinstance(value, list) and set(map(type, value)) == {str} and len(_STRING.findall(text)) != len(value):
        raise CatalogueError(f"{quoted(text)} lacks a comma between its names")
    return value
