"""The genre names in one cell of a table, however the cell writes them."""

import ast
import re
import unicodedata
import warnings
from contextlib import suppress
from typing import Any

from posters._base.text import quoted
from posters.catalogue.json_tables import parse_json
from posters.errors import CatalogueError

# Tried in this order, so that in a cell with "|" a comma is part of a name. A line break never is.
SEPARATORS = "|\n;,"
# Of a list in one cell. Real ones have a few hundred characters, and Python's parser takes memory without a limit.
_LONGEST = 100_000
_STRING = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
# What stands for a missing name in a list, as Python, NumPy, pandas, JSON and R write it.
_MISSING = {"nan", "null", "none", "nat", "<na>", "na"}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CLOSING = {"[": "]", "(": ")", "{": "}"}
# Brackets that open no genre's name. The wide ones of East Asian keyboards are the plain ones after NFKC.
_OTHER_CLOSING = dict(
    zip("<\u00ab\u27e8\u3008\u300a\u3010\u300c\u300e", ">\u00bb\u27e9\u3009\u300b\u3011\u300d\u300f", strict=True)
)
_OTHER_COMMA = re.compile("[\u3001\uff0c]")
# NumPy 2 prints `np.str_('Drama')`, and arrays and sets print their type: only what is inside matters.
_NUMPY_SCALAR = re.compile(rf"\b(?:np|numpy)\.\w+\(\s*({_STRING}|-?[\d.]+|nan)\s*\)")
_WRAPPER = re.compile(
    r"(?:(?:np|numpy|pd)\.)?(?:array|frozenset|set|Index|list|tuple)\((.*?)(?:,\s*dtype=[^()]*)?\)", re.DOTALL
)
# One item of a list that neither JSON nor Python reads: a string, or bare words up to the next comma.
_ITEM = re.compile(rf"\s*(?:({_STRING})|(<NA>|\w[^,\[\](){{}}]*))\s*(,|\Z|(?=['\"]))", re.DOTALL)


def parse_genres(cell: object, separator: str | None = None) -> tuple[str, ...]:
    """Return the genre names in a cell, cleaned, in their order, repeats included.

    Args:
        cell: names joined by `|`, a line break, `;` or `,`; a list of names, or of objects with a `name`, as JSON,
            Python, NumPy or Postgres writes it; or, in a JSON table, such a list itself. A missing value in a list
            becomes "none", which names no genre and is counted as such.
        separator: what joins names instead, such as " & ".

    Raises:
        CatalogueError: the cell holds something else.

    Examples:
        >>> parse_genres("Comedy|Drama"), parse_genres("['Comedy', 'Drama']"), parse_genres("('Comedy', 'Drama')")
        (('Comedy', 'Drama'), ('Comedy', 'Drama'), ('Comedy', 'Drama'))
        >>> parse_genres('[{"id": 18, "name": "Drama"}]'), parse_genres("[np.str_('Drama'), nan]")
        (('Drama',), ('Drama', 'none'))
        >>> parse_genres("Comedy & Drama", separator="&")
        ('Comedy', 'Drama')
    """
    if isinstance(cell, str):
        text = _plain_brackets(cell.strip())
        cell = parse_list(text) if looks_like_list(text) else split_names(text, separator)
    if isinstance(cell, set):
        cell = sorted(cell, key=repr)  # A set has no order of its own, and results must not depend on one.
    items = cell if isinstance(cell, list | tuple) else [] if cell is None else [cell]
    names = []
    for item in items:
        name = item.get("name") if isinstance(item, dict) and "name" in item else item
        if name is None or (isinstance(name, float) and name != name):
            name = "none"
        if isinstance(name, int) and not isinstance(name, bool):
            name = str(name)
        if not isinstance(name, str):
            raise CatalogueError(f"genres must be names, or objects with a 'name', but got {quoted(item)}")
        names.append(clean_name(name))
    return tuple(filter(None, names))


def _plain_brackets(text: str) -> str:
    """Return a list in brackets of other kinds as one in plain brackets; "<NA>" is a missing value."""
    inner = text[1:-1]
    first, last = (unicodedata.normalize("NFKC", bracket) for bracket in (text[:1], text[-1:]))
    closing = _OTHER_CLOSING.get(first) if first == text[:1] else _CLOSING.get(first)
    if closing != last or text[0] in inner or text[-1] in inner or text.casefold() in _MISSING:
        return text
    return f"[{_OTHER_COMMA.sub(',', inner)}]"


def clean_name(text: str) -> str:
    r"""Return a name composed (Unicode NFC), without control characters, its words separated by single spaces.

    Examples:
        >>> clean_name("  Film\tNoir ")
        'Film Noir'
    """
    return " ".join(unicodedata.normalize("NFC", _UNPRINTABLE.sub(" ", text)).split())


def split_names(text: str, separator: str | None = None) -> list[str]:
    """Split a text at a separator, by default at the first of `SEPARATORS` that it contains.

    Examples:
        >>> split_names("Drama|Sword, Sandal")
        ['Drama', 'Sword, Sandal']
        >>> split_names("Drama &", " & ")
        ['Drama', '']
    """
    separator = separator or next((each for each in SEPARATORS if each in text), SEPARATORS[0])
    # A cell's outer space may have gone, of which a separator at its end has part.
    return [name.strip() for name in f" {text} ".split(separator)]


def looks_like_list(text: str) -> bool:
    """Return whether a cell is written like a list. "(no genres listed)" is not.

    Examples:
        >>> looks_like_list("['Drama']"), looks_like_list("('Drama',)"), looks_like_list("(no genres listed)")
        (True, True, False)
    """
    if text.startswith(("[", "{")) or _WRAPPER.fullmatch(text):
        return True
    # A name may begin with a bracket too, but not with a bracket and a quote.
    return text.startswith("(") and text.endswith(")") and (text[1:].lstrip()[:1] in ("'", '"') or "," in text)


def parse_list(text: str) -> Any:
    """Return the data that a text spells in JSON, in Python or as NumPy prints it; nothing is ever evaluated.

    Raises:
        CatalogueError: the text spells none, or is too long or too deep.

    Examples:
        >>> parse_list("['Drama', 'War']"), parse_list("['Drama' 'War']"), parse_list("{Drama,War}")
        (['Drama', 'War'], ['Drama', 'War'], ['Drama', 'War'])
    """
    if len(text) > _LONGEST:
        raise CatalogueError(f"{quoted(text)} has {len(text):,} characters, too many for a list of genres")
    # What is not JSON is perhaps Python.
    with suppress(ValueError):
        return parse_json(text)
    wrapped = _WRAPPER.fullmatch(text)
    if wrapped and not wrapped[1].strip():
        return []  # "set()", as Python prints an empty one
    plain = _NUMPY_SCALAR.sub(r"\1", wrapped[1] if wrapped else text).strip()
    value = _python_literal(plain)
    # Python joins neighbouring strings, so that NumPy's "['Crime' 'Drama']" would become one genre, CrimeDrama.
    joined = isinstance(value, list | tuple | set) and set(map(type, value)) == {str}
    if value is not None and not (joined and len(re.findall(_STRING, plain, re.DOTALL)) != len(value)):
        return value
    return _list_items(plain, text)


def _python_literal(text: str) -> Any:
    missing = re.compile(rf"({_STRING})|\b(?:nan|NaN|NaT|null)\b|<NA>", re.DOTALL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about stray backslashes in the text
            # Outside of strings only: a film may be called "nan".
            return ast.literal_eval(missing.sub(lambda found: found[1] or "None", text))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def _list_items(text: str, cell: str) -> list[str | None]:
    """Read a list of strings without commas, as NumPy prints them, or of bare words, as pandas and Postgres do."""
    refused = CatalogueError(f"{quoted(cell)} begins like a list, but can't be read as one")
    if len(text) < 2 or _CLOSING.get(text[0]) != text[-1]:
        raise refused
    inner, place, items, ends = text[1:-1].strip(), 0, [], set()
    while place < len(inner):
        found = _ITEM.match(inner, place)
        if found is None or found.end() == place:
            raise refused
        string, bare, end = found[1], found[2], found[3]
        word = _python_literal(string) if string else bare.strip()
        items.append(None if not string and word.casefold() in _MISSING else word)
        place = found.end()
        if place < len(inner) or end:
            ends.add(end)
    # Some commas and some gaps: a comma was forgotten, or a quote was; nobody knows which.
    if len(ends) > 1 or not all(item is None or isinstance(item, str) for item in items):
        raise CatalogueError(f"{quoted(cell)} lacks a comma between its names")
    return items
