"""DataFrames for `to_pandas`, the one name for them: of results, a row for each thing that a result lists."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import fields
from numbers import Real
from typing import TYPE_CHECKING, Any

from posters._base.optional_imports import require

if TYPE_CHECKING:
    import pandas


def frame_of(rows: Iterable[Any], columns: Iterable[str] = (), index: str | list[str] = "") -> "pandas.DataFrame":
    """Return a DataFrame with a row for each mapping or dataclass.

    Args:
        rows: the cells by column, or by field. Tuples become lists, and None becomes NaN in a column that holds nothing
            but numbers.
        columns: those that are there even without rows; by default, and after them, those of the rows.
        index: the columns that become the index.

    Raises:
        MissingExtraError: pandas is not installed.

    Examples:
        >>> frame_of([{"genre": "War", "f1": None}, {"genre": "Drama", "f1": 0.5}], index="genre")["f1"].tolist()
        [nan, 0.5]
    """
    cells = [row if isinstance(row, Mapping) else {f.name: getattr(row, f.name) for f in fields(row)} for row in rows]
    names = list(dict.fromkeys((*columns, *(name for row in cells for name in row))))
    found = {name: _column([row.get(name) for row in cells]) for name in names}
    frame: pandas.DataFrame = require("pandas").DataFrame(found, columns=names)
    return frame.set_index(index) if index else frame


def _column(values: list[Any]) -> list[Any]:
    # Otherwise pandas keeps None among numbers that are all missing, and figures could not be computed with.
    if all(value is None or isinstance(value, Real) for value in values):
        return [math.nan if value is None else value for value in values]
    return [list(value) if isinstance(value, tuple) else value for value in values]
