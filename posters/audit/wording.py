"""How messages name several things."""

from collections.abc import Iterable

_NAMED = 4


def listed(names: Iterable[str]) -> str:
    """The names in a sentence; of many the first alone, and how many more there are.

    >>> listed(["a", "b"]), listed("abcdef")
    ('a and b', 'a, b, c, d and 2 more')
    """
    all_names = list(names)
    shown, more = all_names[:_NAMED], len(all_names) - _NAMED
    if more > 0:
        return f"{', '.join(shown)} and {more:,} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def counted(count: int, thing: str) -> str:
    """
    >>> counted(1, "poster"), counted(1200, "poster")
    ('1 poster', '1,200 posters')
    """
    return f"{count:,} {thing}{'s' * (count != 1)}"
