"""Tables that are not text: Parquet and Arrow, workbooks, gzip, SQLite; and the DataFrames of several libraries."""

import re
import sys
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from posters._base.optional_imports import require
from posters.catalogue.folder_images import begins_like_image
from posters.catalogue.tables import Table, sharing
from posters.errors import CatalogueError, PostersError
from posters.images.parquet_images import open_parquet, parquet_address

# By the first bytes of a file, whatever it is called.
_PARQUET, _ARROW, _GZIP, _HDF, _SQLITE = b"PAR1", b"ARROW1", b"\x1f\x8b", b"\x89HDF", b"SQLite format 3"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods are ZIP files, .xls an older container
_LOOKED_AT = 64  # rows, to tell images from text
_LONGEST_TEXT = 4 << 30  # bytes of a table inside gzip, which may say 1,000 times as much as it holds
_QUERY = re.compile(r"sqlite:/+(?P<path>.+?)\?query=(?P<query>.+)", re.DOTALL)


def binary_table(path: Path) -> Table | None:
    """Return the table in a file of Parquet, Arrow or a workbook; None for any other file, which may be text.

    Raises:
        CatalogueError: it is damaged, has no rows, or is a file of another kind that holds no table.
        MissingExtraError: what reads it is not installed.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "t.csv"
        >>> _ = path.write_text("id,genres")
        >>> binary_table(path) is None
        True
    """
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError:
        return None  # The reader of text refuses it in its own words.
    if start.startswith(_HDF):
        raise CatalogueError(
            f"{path}: HDF5, which names no images: of MM-IMDb, name the folder with ID.json and ID.jpeg"
        )
    if start.startswith(_SQLITE):
        raise CatalogueError(f"{path}: a database: name a query, as in 'sqlite:///{path}?query=SELECT ...'")
    reader = next((read for marks, read in _READERS if start.startswith(marks)), None)
    if reader is None:
        return None
    try:
        return columns_table(reader(path), path)
    except PostersError:
        raise
    # For a damaged file, pyarrow and calamine raise nearly anything.
    except Exception as error:
        raise CatalogueError(f"{path}: can't be read as a table ({' '.join(str(error).split())[:200]})") from error


def gunzipped(path: Path, data: bytes) -> bytes:
    """Return the bytes of a file, without the gzip around them, if there is one.

    Raises:
        CatalogueError: the file is damaged, or too large.

    Examples:
        >>> import gzip
        >>> gunzipped(Path("t.csv.gz"), gzip.compress(b"id,genres"))
        b'id,genres'
    """
    if not data.startswith(_GZIP):
        return data
    try:
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        text = inflate.decompress(data, _LONGEST_TEXT)
    except zlib.error as error:
        raise CatalogueError(f"{path}: damaged gzip ({error}): download or compress it again") from error
    if not inflate.eof:
        reason = "too large" if inflate.unconsumed_tail else "cut short"
        raise CatalogueError(f"{path}: the gzip file is {reason}: unpack it yourself")
    return text


def sqlite_query(source: Path) -> tuple[Path, str] | None:
    """Return the database and the query of an address such as "sqlite:///films.db?query=SELECT ..."; None for others.

    Examples:
        >>> sqlite_query(Path("sqlite:///films.db?query=SELECT id, genres FROM films"))
        (PosixPath('films.db'), 'SELECT id, genres FROM films')
        >>> sqlite_query(Path("films.csv")) is None
        True
    """
    found = _QUERY.fullmatch(str(source))
    if not found:
        return None
    # A Path has only one slash left of "sqlite:////data/films.db".
    relative, absolute = Path(found["path"]), Path("/", found["path"])
    return (absolute if absolute.is_file() and not relative.is_file() else relative), found["query"]


def sqlite_table(path: Path, query: str) -> Table:
    """Return the rows that a query finds in an SQLite database, which is opened for reading only.

    Raises:
        CatalogueError: the database or the query can't be used, or finds nothing.

    Examples:
        >>> import sqlite3, tempfile
        >>> path = Path(tempfile.mkdtemp()) / "films.db"
        >>> with closing(sqlite3.connect(path)) as database:
        ...     _ = database.execute("CREATE TABLE films AS SELECT 7 AS id, 'Drama|War' AS genres")
        ...     database.commit()
        >>> sqlite_table(path, "SELECT * FROM films").columns
        [['7'], ['Drama|War']]
    """
    import sqlite3  # Here, since few tables are databases, and prediction starts without it.

    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as database:
            cursor = database.execute(query)
            names = [name for name, *_ in cursor.description or ()]
            rows = cursor.fetchall()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise CatalogueError(f"{path}: the query can't be run ({error}): {query}") from error
    return columns_table({name: [row[place] for row in rows] for place, name in enumerate(names)}, path)


def columns_table(columns: Mapping[str, Sequence[Any]], path: Path, *, in_memory: bool = False) -> Table:
    """Return columns of any values as a table, its rows numbered from 1.

    Numbers become text: a whole number in a column of floats loses its ".0". Missing values become None. Lists stay.

    Raises:
        CatalogueError: there are no rows.

    Examples:
        >>> columns_table({"id": [7.0, None], "genres": [["War"], ["Drama"]]}, Path("films")).columns
        [['7', None], [['War'], ['Drama']]]
    """
    values = [list(map(sharing(), map(_plain, column))) for column in columns.values()]
    if not values or not values[0]:
        raise CatalogueError(f"{path}: there are no rows, so there is no poster to read")
    return Table(path, list(map(str, columns)), values, range(1, len(values[0]) + 1), in_memory=in_memory)


def frame_table(frame: Any) -> Table:
    """Return a DataFrame of pandas or Polars, a table of PyArrow, or a `datasets.Dataset` as a table.

    Raises:
        CatalogueError: this is none of them, or it has no rows.

    Examples:
        >>> import pandas
        >>> frame_table(pandas.DataFrame({"id": [7.0, None], "genres": [["War"], ["Drama"]]})).columns
        [['7', None], [['War'], ['Drama']]]
    """
    columns = _frame_columns(frame)
    if columns is None:
        raise CatalogueError(f"a table is a path or a DataFrame, but got {type(frame).__name__}")
    return columns_table(columns, Path(f"the {type(frame).__name__}"), in_memory=True)


def _frame_columns(frame: Any) -> Mapping[str, Sequence[Any]] | None:
    # Whoever holds one of them has imported its library: none is imported here.
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        return {str(name): frame.iloc[:, place] for place, name in enumerate(frame.columns)}
    library = type(frame).__module__.partition(".")[0]
    if library == "polars":
        return dict(frame.to_dict(as_series=False))
    if library == "pyarrow":
        return dict(frame.to_pydict())
    if library == "datasets":
        return {name: _class_names(column, frame.features[name]) for name, column in frame.to_dict().items()}
    return None


def _class_names(column: Iterable[Any], feature: Any) -> list[Any]:
    """Replace the numbers of a `datasets.ClassLabel`, or of a sequence of them, by their names."""
    inner = getattr(feature, "feature", feature)
    names = getattr(inner, "names", None)
    if not names:
        return list(column)
    name_of = {None: None} | dict(enumerate(names))
    return [[name_of[n] for n in cell] if isinstance(cell, list) else name_of[cell] for cell in column]


def _read_parquet(path: Path) -> Mapping[str, Sequence[Any]]:
    """Return the columns, a batch at a time: all rows at once would be there in Arrow's form and in Python's."""
    file = open_parquet(path)
    names = list(file.schema_arrow.names)
    images = {name for name in names if _holds_images(file, name)}
    # Their bytes may be far more than fits into memory: each row gets an address in their place.
    others: dict[str, list[Any]] = {name: [] for name in names if name not in images}
    shared = {name: sharing() for name in others}
    for batch in file.iter_batches(columns=list(others)):
        for name, column in others.items():
            column += map(shared[name], batch.column(name).to_pylist())
    count = file.metadata.num_rows
    return {
        name: [parquet_address(path, name, row) for row in range(count)] if name in images else others[name]
        for name in names
    }


def _holds_images(file: Any, name: str) -> bool:
    """Return whether a column of a Parquet file holds image files; Hugging Face keeps them with their paths."""
    types = require("pyarrow", "parquet").types
    kind = file.schema_arrow.field(name).type
    if types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        kind = kind.field("bytes").type
    if not (types.is_binary(kind) or types.is_large_binary(kind)):
        return False
    # Old writers leave text without its type. A few rows, since some may hold no image or a broken one.
    first = next(file.iter_batches(_LOOKED_AT, columns=[name]), None)
    values = first.column(0).to_pylist() if first is not None else []
    data = [value.get("bytes") if isinstance(value, dict) else value for value in values]
    return any(begins_like_image(each or b"") for each in data)


def _read_arrow(path: Path) -> Mapping[str, Sequence[Any]]:
    return dict(require("pyarrow.feather", "parquet").read_table(path).to_pydict())


def _read_workbook(path: Path) -> Mapping[str, Sequence[Any]]:
    """Return the first sheet that is not empty; the first row is the header."""
    calamine = require("python_calamine", "excel")
    try:
        workbook = calamine.CalamineWorkbook.from_path(str(path))
    except calamine.CalamineError as error:
        raise ValueError(f"neither text nor a workbook: {error}") from error
    sheets = (workbook.get_sheet_by_name(name).to_python() for name in workbook.sheet_names)
    rows = next(filter(None, sheets), None)
    if rows is None:
        raise ValueError("the workbook is empty")
    header, *rows = rows
    return {str(name): [row[place] for row in rows] for place, name in enumerate(header)}


_READERS = ((_PARQUET, _read_parquet), (_ARROW, _read_arrow), (_WORKBOOKS, _read_workbook))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | list | dict):
        return value
    if hasattr(value, "tolist"):  # A NumPy array of genres, or a NumPy scalar.
        value = value.tolist()
    if isinstance(value, list | tuple | set | dict):
        return value
    # NaN is the only number that differs from itself; pandas' own NA has no truth value at all.
    if type(value).__name__ in ("NAType", "NaTType") or value != value:
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
