"""Tables that are not text, and the DataFrames of several libraries."""

import gzip
import io
import sqlite3
import types
import zipfile
from contextlib import closing

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from posters import read_catalogue
from posters.catalogue import Poster
from posters.cli import main
from posters.errors import MissingExtraError

FRAME = pd.DataFrame(
    {"id": [7, 8], "image": ["a.jpg", "b.jpg"], "genres": [["Drama", "War"], ["Drama"]], "year": [1995.0, None]}
)
POSTERS = (Poster("7", "a.jpg", ("Drama", "War"), year=1995), Poster("8", "b.jpg", ("Drama",)))
SQL = "SELECT id, image, genres, year FROM films WHERE id < 9"


@pytest.fixture
def shop(desk):
    desk.images("a.jpg", "b.jpg")
    return desk


def write_workbook(path):
    book = openpyxl.Workbook()
    book.create_sheet("empty", 0)
    for row in (["id", "image", "genres", "year"], [7, "a.jpg", "Drama|War", 1995], [8, "b.jpg", "Drama", None]):
        book.worksheets[-1].append(row)
    book.save(path)


def write_database(path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE films (id INTEGER, image TEXT, genres TEXT, year REAL)")
        rows = [(7, "a.jpg", "Drama|War", 1995.0), (8, "b.jpg", "Drama", None), (9, "c.jpg", "War", 2001.0)]
        database.executemany("INSERT INTO films VALUES (?, ?, ?, ?)", rows)
        database.commit()


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.feather", "t.xlsx", "t.csv.gz", "t.jsonl.gz", "anything"])
def test_a_table_is_read_by_what_is_in_it(shop, name):
    path = shop.folder / name
    table = pa.Table.from_pandas(FRAME)
    match name.partition(".")[2]:
        case "parquet" | "":
            parquet.write_table(table, path)
        case "arrow" | "feather":
            feather.write_feather(table, path)
        case "xlsx":
            write_workbook(path)
        case "csv.gz":
            FRAME.to_csv(path, index=False)
        case "jsonl.gz":
            FRAME.to_json(path, orient="records", lines=True)
    assert shop.read(name).posters == POSTERS


@pytest.mark.parametrize("absolute", [False, True])
def test_a_query_of_a_database(shop, monkeypatch, absolute, capsys):
    write_database(shop.folder / "films.db")
    monkeypatch.chdir(shop.folder)
    source = f"sqlite:///{shop.folder if absolute else ''}{'/' if absolute else ''}films.db?query={SQL}"
    assert read_catalogue(source, min_posters=1, report=False).posters == POSTERS
    assert main(["catalogue", source, "--min-posters", "1"]) == 0
    assert "Drama" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT * FROM shop", "no such table: shop"),
        ("DELETE FROM films", "readonly"),
        ("SELECT * FROM films WHERE id > 99", "there are no rows"),
        ("SELECT 1; SELECT 2", "one statement"),
    ],
)
def test_a_query_that_can_not_be_run_is_refused(shop, query, words):
    write_database(shop.folder / "films.db")
    assert words in shop.refusal(f"films.db?query={query}") or words in refused(shop, query)


def refused(shop, query):
    from tests.catalogue.conftest import refusal

    return refusal(lambda: read_catalogue(f"sqlite:///{shop.folder}/films.db?query={query}", shop.folder / "images"))


def test_what_is_no_table_is_called_by_its_name(shop):
    write_database(shop.folder / "films.db")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.jpg", "")
    contents = {
        "films.db": ((shop.folder / "films.db").read_bytes(), "?query=SELECT"),
        "multimodal_imdb.hdf5": (b"\x89HDF\r\n\x1a\n" + b"\0" * 99, "MM-IMDb"),
        "t.zip": (archive.getvalue(), "neither text nor a workbook"),
        "t.parquet": (b"PAR1" + b"\0" * 99, "can't be read as a table"),
        "t.arrow": (b"ARROW1" + b"\0" * 99, "can't be read as a table"),
        "cut.csv.gz": (gzip.compress(b"image,genres\na.jpg,War\n" * 99)[:-20], "cut short"),
        "bad.csv.gz": (b"\x1f\x8b" + b"\xff" * 99, "damaged gzip"),
    }
    for name, (data, words) in contents.items():
        shop.table(name, data)
        assert words in shop.refusal(name)


@pytest.mark.parametrize("content", [b"<worksheet><sheetData><row>\xff", b"<a", b"", b"\xff\xfe<"])
def test_a_workbook_whose_sheet_is_damaged_is_refused(shop, content):
    """Its archive is sound, so that calamine finds the damage only when it reads the sheet."""
    write_workbook(shop.folder / "good.xlsx")
    with zipfile.ZipFile(shop.folder / "good.xlsx") as good, zipfile.ZipFile(shop.folder / "t.xlsx", "w") as damaged:
        for name in good.namelist():
            damaged.writestr(name, content if name.endswith("sheet2.xml") else good.read(name))
    assert "can't be read as a table" in shop.refusal("t.xlsx")


@pytest.mark.parametrize(
    ("name", "module", "extra"), [("t.xlsx", "python_calamine", "excel"), ("t.parquet", "pyarrow", "parquet")]
)
def test_a_reader_that_is_not_installed_is_named_with_its_extra(shop, monkeypatch, name, module, extra):
    write_workbook(shop.folder / "t.xlsx")
    parquet.write_table(pa.Table.from_pandas(FRAME), shop.folder / "t.parquet")

    def missing(wanted):
        raise ModuleNotFoundError(name=module)

    monkeypatch.setattr("posters._base.optional_imports.importlib.import_module", missing)
    with pytest.raises(MissingExtraError, match=rf"posters\[{extra}\]"):
        shop.read(name)


class TestFrames:
    def test_a_table_of_pyarrow(self, shop):
        table = pa.Table.from_pandas(FRAME)
        assert read_catalogue(table, shop.folder / "images", min_posters=1, report=False).posters == POSTERS

    def test_a_frame_of_polars(self, shop):
        """By its module and the one method that is used: Polars is not needed for it."""
        frame = type("DataFrame", (), {"__module__": "polars.dataframe.frame"})()
        frame.to_dict = lambda as_series: FRAME.to_dict("list")
        assert read_catalogue(frame, shop.folder / "images", min_posters=1, report=False).posters == POSTERS

    def test_class_labels_of_a_dataset_get_their_names(self, shop):
        dataset = type("Dataset", (), {"__module__": "datasets.arrow_dataset"})()
        dataset.to_dict = lambda: {"id": ["7", "8"], "image": ["a.jpg", "b.jpg"], "labels": [[0, 1], [0]]}
        labels = types.SimpleNamespace(feature=types.SimpleNamespace(names=["Drama", "War"]))
        plain = types.SimpleNamespace(feature=None)
        dataset.features = {"id": plain, "image": plain, "labels": labels}
        catalogue = read_catalogue(dataset, shop.folder / "images", min_posters=1, report=False)
        assert catalogue.genres == (("Drama", "War"), ("Drama",))
