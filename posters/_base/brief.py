"""A `repr` of objects that hold many: a few lines with counts, in place of a notebook full of posters."""

import textwrap
from dataclasses import fields, is_dataclass
from reprlib import Repr
from typing import Any

_LINES, _WIDTH = 5, 100
_FEW = 6  # elements that are shown one by one, if they are short
_short = Repr()
_short.maxtuple = _short.maxlist = _short.maxdict = _FEW
_short.maxstring = _short.maxother = 60


def brief_repr(self: Any) -> str:
    """Return the fields of a dataclass in at most five lines of 100 columns; for `__repr__ = brief_repr`.

    Args:
        self: a dataclass. Its fields with `repr=False` are left out.

    Examples:
        >>> from posters.thresholds import Thresholds
        >>> Thresholds(("War",), (0.5,), "f1", "validation, 9 posters")
        Thresholds(genre_names=('War',), values=(0.5,), rule='f1', fitted_on='validation, 9 posters')
    """
    shown = (f"{entry.name}={_brief(getattr(self, entry.name))}" for entry in fields(self) if entry.repr)
    text = f"{type(self).__name__}({', '.join(shown)})"
    # Never in the middle of a name.
    lines = textwrap.wrap(text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(lines if len(lines) <= _LINES else [*lines[: _LINES - 1], "  ...)"])


def _brief(value: Any) -> str:
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{value.dtype} {value.shape}"
    if is_dataclass(value):
        return f"{type(value).__name__}(...)"
    if isinstance(value, tuple | list | dict | set | frozenset):
        first = next(iter(value), None)
        if len(value) > _FEW or is_dataclass(first) or isinstance(first, tuple | list | dict):
            kind = type(first).__name__ if is_dataclass(first) else "items"
            return f"<{len(value):,} {kind}>"
    return _short.repr(value)
