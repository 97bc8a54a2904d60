"""`posters predict --into TABLE`: a person's own table back, with columns of predictions beside theirs.

The rows keep their order, and every other column its cells, genres included: a person's labels stay what they are. A
second run replaces the columns of the first.
"""

import csv
import io
import json
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from posters._base.optional_imports import check_installed, require
from posters._base.text import json_array, safe_cell
from posters.catalogue.table_files import csv_separator, open_table
from posters.catalogue.tables import Table
from posters.catalogue.text_files import read_text_file
from posters.classifier.prediction_rows import PredictionRow
from posters.cli.output import BINARY, open_output
from posters.cli.workbooks import set_cell, write_workbook
from posters.errors import CatalogueError, ConfigError, PostersError

GENRES, PROBABILITIES, ERROR = "predicted_genres", "predicted_probabilities", "prediction_error"
NOVELTY = "prediction_novelty"
PROBABILITY = "probability_"  # and the genre

_DUMP = partial(json.dumps, ensure_ascii=False)

# By name, a value for each row of the table: text, a number, or None.
Columns: TypeAlias = Mapping[str, Sequence[str | float | None]]


def check_into(table: Path, words: Sequence[str], output: Path | None) -> Path:
    """Return the table to read, which predictions go into, once it is clear that they can be written.

    Args:
        table: what --into names: a table that is there, or a new file if `words` are one table.
        words: the posters of the command line.
        output: where the table is written, if not to `table`.

    Raises:
        ConfigError: another table or other posters are named, or a format can't be written.
        MissingExtraError: a format needs a package that is not installed.

    Examples:
        >>> check_into(Path("tagged.csv"), ["films.csv"], None)
        PosixPath('films.csv')
    """
    one = Path(words[0]) if len(words) == 1 else None
    source = one if one and not table.exists() else table
    if words and (one is None or one.absolute() != source.absolute()):
        raise ConfigError(
            f"--into {table} predicts the posters of its own rows: leave POSTER out, and pass --images FOLDER if they "
            "are elsewhere"
        )
    target = output or table
    if target.is_dir() or source.is_dir():
        raise ConfigError(f"{target} is a folder: name a file for the table")
    forms = [path.suffix.lower().removeprefix(".") for path in (source, target)]
    if tuple(forms) not in _WRITERS:
        known = ", ".join(sorted({before for before, _ in _WRITERS}))
        raise ConfigError(
            f"--into can't write {source.name} as {target.name}: it keeps {known}, and writes CSV as .xlsx"
        )
    for form in forms:
        if form in BINARY:
            package, extra = BINARY[form]
            check_installed(package, extra=extra)
    return source


def prediction_columns(
    names: Sequence[str], rows: Mapping[str, PredictionRow], genre_names: Sequence[str], every: bool
) -> Columns:
    """Return the columns that a table gets.

    Args:
        names: of each row's poster.
        rows: by the poster's name, its prediction.
        genre_names: all that the classifier knows.
        every: a column for the probability of each genre.

    Examples:
        >>> from posters.classifier import Prediction
        >>> rows = {"7": PredictionRow("7", Prediction(("Horror",), {"Horror": 0.9}))}
        >>> prediction_columns(["7", "7"], rows, ["Horror"], every=False)["predicted_genres"]
        ['Horror', 'Horror']
    """
    predictions = [rows[name].prediction for name in names]
    columns: dict[str, Sequence[str | float | None]] = {GENRES: ["|".join(found.genres) for found in predictions]}
    if every:
        for genre in genre_names:
            values = [found.probabilities.get(genre) for found in predictions]
            columns[PROBABILITY + genre] = [None if value is None else round(value, 6) for value in values]
    else:
        columns[PROBABILITIES] = ["|".join(f"{p.probabilities[name]:.6f}" for name in p.genres) for p in predictions]
    novelty = [found.novelty for found in predictions]
    # Not every classifier can tell, and a column of nothing is in the way.
    known = {} if set(novelty) == {None} else {NOVELTY: novelty}
    return columns | known | {ERROR: [rows[name].error for name in names]}


def write_into(source: Path, columns: Columns, target: Path) -> None:
    r"""Write a table with further columns, which take the place of columns of the same names.

    Args:
        source: the table, as `check_into` returned it.
        columns: a value for each of its rows.
        target: the file; it is replaced as a whole, or not at all.

    Raises:
        CatalogueError: the table can't be read.
        ConfigError: the table is JSON of another form than a list of objects.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "films.csv"
        >>> _ = path.write_text("id;title\n7;Heat\n")
        >>> write_into(path, {"predicted_genres": ["Crime"]}, path)
        >>> path.read_text()
        'id;title;predicted_genres\n7;Heat;Crime\n'
    """
    forms = source.suffix.lower().removeprefix("."), target.suffix.lower().removeprefix(".")
    # Read first: source and target may be one file.
    data = io.BytesIO()
    try:
        _WRITERS[forms](source, columns, data)
    except PostersError:
        raise
    # Of a damaged workbook, openpyxl reads parts that the reader of tables has passed over, and raises nearly anything.
    except Exception as error:
        raise CatalogueError(f"{source}: can't be written back ({error})") from error
    with open_output(target) as file:
        file.write(data.getbuffer())


def _cells(table: Table, columns: Columns) -> list[list[str]]:
    """Return the header and all rows as text."""
    kept = [place for place, name in enumerate(table.names) if name not in columns]
    old = [[str("" if cell is None else cell) for cell in table.columns[place]] for place in kept]
    # Only our own cells: a person's stay as they are.
    new = [[safe_cell("" if value is None else str(value)) for value in column] for column in columns.values()]
    return [[*(table.names[place] for place in kept), *columns], *map(list, zip(*old, *new, strict=True))]


def _to_csv(source: Path, columns: Columns, file: BinaryIO, separator: str | None = None) -> None:
    text, original = read_text_file(source), source.read_bytes()
    end = "\r\n" if b"\r\n" in original else "\n"
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, delimiter=separator or csv_separator(text)[0], lineterminator=end)
    writer.writerows(_cells(open_table(source), columns))
    # What was UTF-8 without a mark stays so; of all else, Excel must be told that it now is.
    marked = original.startswith(BOM_UTF8) or bool(text.note)
    file.write((BOM_UTF8 if marked else b"") + lines.getvalue().encode("utf-8", "backslashreplace"))


def _to_objects(source: Path, columns: Columns, file: BinaryIO) -> None:
    text = read_text_file(source).open().read()
    lines = [text] if text.lstrip().startswith("[") else [line for line in text.splitlines() if line.strip()]
    try:
        found = list(map(json.loads, lines))
    except ValueError:
        found = []
    listed = bool(found) and isinstance(found[0], list)
    rows = found[0] if listed else found
    if len(rows) != len(columns[GENRES]):
        raise ConfigError(f"{source}: --into takes a JSON list of objects, or an object on each line")
    rows = [row | {name: column[place] for name, column in columns.items()} for place, row in enumerate(rows)]
    end = json_array(map(_DUMP, rows)) if listed else map(_DUMP, rows)
    file.writelines(f"{line}\n".encode() for line in end)


def _to_workbook(source: Path, columns: Columns, file: BinaryIO) -> None:
    """Add to the first sheet that is not empty, and leave formats, formulas and other sheets as they are."""
    book = require("openpyxl", "excel").load_workbook(source)
    sheet, filled = next(
        (sheet, filled)
        for sheet in book.worksheets
        if (filled := [cell for row in sheet.iter_rows() for cell in row if cell.value is not None])
    )
    top = min(cell.row for cell in filled)
    header = {cell.value: cell.column for cell in filled if cell.row == top}
    free = max(cell.column for cell in filled)
    for name, column in columns.items():
        free += name not in header
        place = header.get(name, free)
        for row, value in enumerate((name, *column), start=top):
            if value is None:
                sheet.cell(row, place).value = None
            else:
                set_cell(sheet.cell(row, place), value)
    book.save(file)


def _to_new_workbook(source: Path, columns: Columns, file: BinaryIO) -> None:
    numbers = [name for name in columns if name.startswith((PROBABILITY, NOVELTY))]
    write_workbook(_cells(open_table(source), columns), file, numbers)


def _to_parquet(source: Path, columns: Columns, file: BinaryIO) -> None:
    parquet, pyarrow = require("pyarrow.parquet", "parquet"), require("pyarrow", "parquet")
    table = parquet.read_table(source)
    table = table.drop_columns([name for name in table.column_names if name in columns])
    for name, column in columns.items():
        kind = pyarrow.float32() if name.startswith((PROBABILITY, NOVELTY)) else pyarrow.string()
        table = table.append_column(name, pyarrow.array(column, kind))
    parquet.write_table(table, file)


_Writer: TypeAlias = Callable[[Path, Columns, BinaryIO], Any]
# By the suffixes of the table that is read and of the one that is written.
_WRITERS: dict[tuple[str, str], _Writer] = {
    ("csv", "csv"): _to_csv,
    ("tsv", "tsv"): _to_csv,
    ("tsv", "csv"): lambda source, columns, file: _to_csv(source, columns, file, ","),
    ("csv", "tsv"): lambda source, columns, file: _to_csv(source, columns, file, "\t"),
    ("csv", "xlsx"): _to_new_workbook,
    ("tsv", "xlsx"): _to_new_workbook,
    ("xlsx", "xlsx"): _to_workbook,
    ("json", "json"): _to_objects,
    ("jsonl", "jsonl"): _to_objects,
    ("parquet", "parquet"): _to_parquet,
}
