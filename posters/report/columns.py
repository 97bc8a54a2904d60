"""Text that fits a terminal: how many columns it takes, cut and wrapped."""

import textwrap
from unicodedata import east_asian_width

WIDTH = 100


def columns(text: str) -> int:
    """How many columns of a terminal the text takes; Chinese, Japanese and Korean letters take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def fit(text: str, width: int = WIDTH) -> str:
    """The text, its end replaced by dots where it would be too long."""
    if columns(text) <= width:
        return text
    while columns(text) > width - 3:
        text = text[:-1]
    return text + "..."


def wrapped(text: str, indent: str = "", following: str = "  ") -> str:
    """The text on lines of at most `WIDTH` columns, the first behind `indent`, the others behind `following`."""
    lines = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=following, break_on_hyphens=False)
    return "\n".join(map(fit, lines))
