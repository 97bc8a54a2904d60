"""Text for messages, terminals and spreadsheets: quoted, counted, wrapped, and safe to show."""

import io
import reprlib
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import east_asian_width

WIDTH = 100  # columns of a terminal that a line of text may take

_NAMED = 4  # names in a sentence, before the rest is counted

_shortener = reprlib.Repr()
_shortener.maxstring = 80
_shortener.maxother = 80

# What a spreadsheet may take for the beginning of a formula (OWASP, "CSV Injection"), and the mark itself, so that
# `plain_cell` is the exact inverse of `safe_cell`.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")

_MARK = "'"


def quoted(value: object) -> str:
    r"""Return `value` in quotes, on one line, without its middle if it is long.

    Examples:
        >>> quoted("a\nb")
        "'a\\nb'"
    """
    return _shortener.repr(value)


def listed(names: Iterable[str]) -> str:
    """Return names as part of a sentence; of many, the first few and the number of the others.

    Examples:
        >>> listed(["a", "b"]), listed("abcdef")
        ('a and b', 'a, b, c, d and 2 more')
    """
    all_names = list(names)
    shown, more = all_names[:_NAMED], len(all_names) - _NAMED
    if more > 0:
        return f"{', '.join(shown)} and {more:,} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "; there are {}") -> str:
    """Return which known name is probably meant, as the end of a sentence about an unknown one.

    Args:
        name: the unknown one.
        known: all that are known.
        otherwise: the end if none of them is like it; `{}` stands for all of them.

    Examples:
        >>> did_you_mean("tops", ["rule", "top"]), did_you_mean("x", ["rule", "top"])
        (': did you mean top?', '; there are rule, top')
    """
    # Here, because nearly all runs misspell nothing.
    from difflib import get_close_matches

    spellings = {each.casefold(): each for each in known}
    found = get_close_matches(name.casefold(), spellings, n=1)
    return f": did you mean {spellings[found[0]]}?" if found else otherwise.format(", ".join(spellings.values()))


def counted(count: int, thing: str) -> str:
    """Return a number of things, in the plural unless it is 1.

    Examples:
        >>> counted(1, "poster"), counted(1200, "poster")
        ('1 poster', '1,200 posters')
    """
    return f"{count:,} {thing}{'s' * (count != 1)}"


def genre_list(genres: Iterable[str], unknown: Iterable[str] = ()) -> str:
    """Return a poster's genres for people, and those of which nobody knows whether it has them.

    Examples:
        >>> genre_list(["Crime", "Drama"]), genre_list(["Crime"], ["Music", "War"])
        ('Crime, Drama', 'Crime (unknown: Music, War)')
    """
    doubtful = ", ".join(unknown)
    return " ".join(filter(None, (", ".join(genres), f"(unknown: {doubtful})" if doubtful else "")))


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes. Chinese, Japanese and Korean letters take two.

    Examples:
        >>> columns("Alien"), columns("映画")
        (5, 4)
    """
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def fit(text: str, width: int = WIDTH) -> str:
    """Return the text, with dots in place of its end if it is too long.

    Examples:
        >>> fit("Alien", 5), fit("Aliens", 5)
        ('Alien', 'Al...')
    """
    if columns(text) <= width:
        return text
    while columns(text) > width - 3:
        text = text[:-1]
    return text + "..."


def wrapped(text: str, indent: str = "", following: str = "  ") -> str:
    """Return the text in lines of at most `WIDTH` columns.

    Args:
        text: any text.
        indent: precedes the first line.
        following: precedes the others.

    Examples:
        >>> wrapped("Alien", "- ")
        '- Alien'
    """
    lines = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=following, break_on_hyphens=False)
    return "\n".join(map(fit, lines))  # `textwrap` counts wide letters as one column.


def safe_cell(text: str) -> str:
    """Return the text, behind an apostrophe if a spreadsheet would take it for a formula.

    Examples:
        >>> safe_cell("=1+1"), safe_cell("Alien")
        ("'=1+1", 'Alien')
    """
    return _MARK + text if text.startswith(_DANGEROUS) else text


def plain_cell(cell: str) -> str:
    """Return the text that `safe_cell` made a cell from.

    An apostrophe before anything that `safe_cell` does not mark was typed by a person, and stays.

    Examples:
        >>> plain_cell("'=1+1"), plain_cell("'Allo 'Allo")
        ('=1+1', "'Allo 'Allo")
    """
    return cell[1:] if cell.startswith(_MARK) and cell[1:].startswith(_DANGEROUS) else cell


def printable(text: str) -> str:
    r"""Return text from strangers on one line, without control characters, which could move a terminal's cursor.

    Examples:
        >>> printable("Alien\x1b[2J\n")
        'Alien [2J'
    """
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def shown_name(name: str) -> str:
    r"""Return a poster's name for people: quoted if it would break the line or move a terminal's cursor.

    Examples:
        >>> shown_name("Alien"), shown_name("a\nb")
        ('Alien', "'a\\nb'")
    """
    return name if name.isprintable() else repr(name)


def csv_line(cells: Sequence[str], separator: str = ",") -> str:
    """Return a row of CSV without its line break. No spreadsheet takes one of its cells for a formula.

    Examples:
        >>> csv_line(["Alien", "1,5"])
        'Alien,"1,5"'
    """
    import csv  # Here: a prediction in words needs none.

    line = io.StringIO()
    # Python 3.11 quotes only the line breaks of its own terminator.
    csv.writer(line, delimiter=separator, lineterminator="\r\n").writerow(map(safe_cell, cells))
    return line.getvalue().removesuffix("\r\n")


def json_array(objects: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a JSON array from its objects as text, so that a long array is written as it comes.

    Examples:
        >>> list(json_array(["1", "2"])), list(json_array([]))
        (['[1', ',2', ']'], ['[]'])
    """
    separator = "["
    for text in objects:
        yield separator + text
        separator = ","
    yield "]" if separator == "," else "[]"
