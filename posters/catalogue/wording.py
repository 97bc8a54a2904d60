"""How messages show a piece of a table."""

import reprlib

_shortener = reprlib.Repr()
_shortener.maxstring = 80
_shortener.maxother = 80


def quoted(value: object) -> str:
    """`value` in quotes, on one line, its middle left out where it is long."""
    return _shortener.repr(value)
