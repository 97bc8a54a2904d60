"""Workbooks (.xlsx) of predictions: cells are what they look like, and none is run as a formula."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, BinaryIO

from posters._base.optional_imports import require
from posters.errors import ConfigError

# What XML has no place for.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Of Excel.
_MOST_ROWS, _LONGEST_CELL = 1_048_576, 32_767


def write_workbook(rows: Iterable[Sequence[str]], file: BinaryIO, numbers: Collection[str] = ()) -> None:
    """Write a sheet row by row.

    Args:
        rows: the header, then the cells of each row, as text.
        file: open for writing.
        numbers: the names of the columns that hold numbers.

    Raises:
        ConfigError: there are more rows than a sheet may have.
        MissingExtraError: openpyxl is not installed.

    Examples:
        >>> import io
        >>> file = io.BytesIO()
        >>> write_workbook([["poster", "Horror"], ["alien.jpg", "0.9"]], file, numbers=["Horror"])
        >>> file.getvalue()[:2]
        b'PK'
    """
    openpyxl = require("openpyxl", "excel")
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("predictions")
    sheet.freeze_panes = "A2"
    header: Sequence[str] = ()
    for count, row in enumerate(rows, start=1):
        if count > _MOST_ROWS:
            raise ConfigError(f"a sheet has at most {_MOST_ROWS:,} rows: choose --format csv or parquet")
        cells = [openpyxl.cell.WriteOnlyCell(sheet) for _ in row]
        for cell, name, text in zip(cells, header or row, row, strict=True):
            set_cell(cell, float(text) if header and text and name in numbers else text)
        sheet.append(cells)
        header = header or row
    book.save(file)


def set_cell(cell: Any, value: str | float) -> None:
    """Set a cell to a number or to text, which stays text even if it begins like a formula.

    Args:
        cell: of openpyxl.
        value: text loses what a workbook can't hold: control characters, and what is behind 32,767 characters.

    Examples:
        >>> import openpyxl
        >>> cell = openpyxl.Workbook().active["A1"]
        >>> set_cell(cell, "=1+1")
        >>> cell.data_type, cell.value
        ('s', '=1+1')
    """
    if isinstance(value, str):
        cell.value = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", value)[:_LONGEST_CELL]
        cell.data_type = "s"
    else:
        cell.value = value
