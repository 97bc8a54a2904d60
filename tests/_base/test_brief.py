"""In a notebook, no object fills more than five lines, however many posters it holds."""

import dataclasses
import importlib
import inspect

import numpy as np
import pytest

from posters.catalogue import Poster
from posters.catalogue.dialects import Dialect
from tests.test_public import MODULES

# What a person writes by hand, or the package itself: never long.
WRITTEN = {"ColumnMap", "Stage", "TrainConfig", "Metric", "Plane", "ExportTarget", "Embedding"}


def holding_many():
    """Every dataclass of the package with a field that may hold any number of things."""
    for module in map(importlib.import_module, MODULES):
        for kind in vars(module).values():
            own = isinstance(kind, type) and kind.__module__ == module.__name__ and dataclasses.is_dataclass(kind)
            # A dialect is made once, in the module that describes it.
            own = own and not inspect.isabstract(kind) and not issubclass(kind, Dialect)
            if (
                own
                and kind.__name__ not in WRITTEN
                and not kind.__name__.startswith("_")
                and any(map(many, dataclasses.fields(kind)))
            ):
                yield kind


def many(field):
    words = ("tuple[", "list[", "dict[", "Sequence", "Mapping", "ndarray", "frozenset")
    return any(word in str(field.type) for word in words)


def filled(field):
    """A value of a field as long as values get."""
    text = str(field.type)
    if "ndarray" in text:
        return np.zeros((3000, 22))
    if "dict[" in text or "Mapping" in text:
        return {f"poster {place}": place for place in range(3000)}
    if "tuple[posters.catalogue.catalogue.Poster" in text or "tuple[Poster" in text:
        return tuple(Poster(str(place), f"{place}.jpg", ("Drama",)) for place in range(3000))
    if any(word in text for word in ("tuple[", "list[", "Sequence", "frozenset")):
        return tuple(f"poster {place}" for place in range(3000))
    if field.type is str:
        return "a text"
    return field.default if field.default is not dataclasses.MISSING else 0


@pytest.mark.parametrize("kind", list(holding_many()), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_its_repr_has_five_lines_at_most(kind):
    # Past the constructor, which would check that all of this belongs together.
    one = object.__new__(kind)
    for field in dataclasses.fields(kind):
        object.__setattr__(one, field.name, filled(field))
    shown = repr(one)
    assert shown.lstrip("<").startswith(kind.__name__)
    assert shown.count("\n") < 5
    # A line is no line if it fills the screen.
    assert len(shown) <= 600
