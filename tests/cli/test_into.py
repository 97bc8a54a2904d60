"""`posters predict --into`: a person's own table back, with columns of predictions."""

import csv
import io
import json
import shutil
import zipfile
from codecs import BOM_UTF8
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.catalogue import read_catalogue
from posters.cli.into import write_into
from tests.cli.running import GENRES, TABLE

ADDED = ["predicted_genres", "predicted_probabilities", "prediction_error"]


@pytest.fixture
def into(posters, golden, table, monkeypatch):
    """Runs the command in the folder of a table of the golden posters."""
    monkeypatch.chdir(table.parent)

    def run(*arguments: object):
        return posters("predict", "--classifier", golden / "classifier", *arguments)

    return run


def rows_of(path: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(Path(path).read_text(encoding="utf-8-sig"), newline="")))


def test_the_table_keeps_its_cells_and_gets_columns(into):
    outcome = into("--into", "table.csv")
    assert (outcome.code, outcome.out) == (0, "")
    header, *rows = rows_of("table.csv")
    before = [line.split(",") for line in TABLE.splitlines()]
    assert header == [*before[0], *ADDED]
    assert [row[:3] for row in rows] == before[1:]
    assert rows[0][3:] == ["Western", "0.662513", ""]
    # Labels are not what was predicted.
    assert [poster.genres for poster in read_catalogue("table.csv", min_posters=1, report=False)] == [
        *[("Western",), ("Comedy", "Horror"), ("Drama",)]
    ]


def test_a_second_run_replaces_the_columns_of_the_first(into):
    assert into("--into", "table.csv").code == 0
    once = Path("table.csv").read_bytes()
    assert into("--into", "table.csv").code == 0
    assert Path("table.csv").read_bytes() == once


def test_rows_that_cant_be_read_or_repeat_a_poster_keep_their_place(into):
    Path("table.csv").write_text("id;image;year\r\n9;none.png;\r\n1;dusk.png;1994\r\n1;dusk.png;1995\r\n5;;\r\n")
    outcome = into("--into", "table.csv", "--all")
    assert outcome.code == 1
    assert b"\r\n" in Path("table.csv").read_bytes()
    header, *rows = csv.reader(Path("table.csv").read_text().splitlines(), delimiter=";")
    assert header == ["id", "image", "year", ADDED[0], *(f"probability_{genre}" for genre in GENRES), ADDED[2]]
    assert [row[:4] for row in rows] == [
        *[["9", "none.png", "", ""], ["1", "dusk.png", "1994", "Western"], ["1", "dusk.png", "1995", "Western"]],
        ["5", "", "", ""],
    ]
    assert [bool(row[-1]) for row in rows] == [True, False, False, True]


def test_another_file_gets_it_if_one_is_named(into):
    before = Path("table.csv").read_bytes()
    assert into("table.csv", "--into", "tagged.csv").code == 0
    assert into("--into", "table.csv", "--output", "also.csv").code == 0
    assert Path("tagged.csv").read_bytes() == Path("also.csv").read_bytes()
    assert Path("table.csv").read_bytes() == before


def test_a_table_that_was_no_utf8_is_told_to_be_it(into):
    Path("table.csv").write_bytes("id,image,title\n1,dusk.png,Am\xe9lie\n".encode("cp1252"))
    assert into("--into", "table.csv").code == 0
    assert Path("table.csv").read_bytes().startswith(BOM_UTF8)
    assert rows_of("table.csv")[1][2] == "Am\xe9lie"


def test_a_workbook_keeps_formats_formulas_and_other_sheets(into):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append([])
    for row in (
        ["id", "image", "genres", "twice"],
        [1, "dusk.png", "Western", "=A3*2"],
        [2, "none.png", "Drama", None],
    ):
        book.active.append(row)
    book.active["A2"].font = openpyxl.styles.Font(bold=True)
    book.create_sheet("notes")["A1"] = "mine"
    book.save("shop.xlsx")
    assert into("--into", "shop.xlsx").code == 1
    book = openpyxl.load_workbook("shop.xlsx")
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert rows[0] == ["id", "image", "genres", "twice", *ADDED]
    assert rows[1] == [1, "dusk.png", "Western", "=A3*2", "Western", "0.662513", None]
    assert rows[2][:5] == [2, "none.png", "Drama", None, None]
    assert rows[2][6].endswith("none.png: there is no such file")
    assert book.worksheets[0]["A2"].font.bold
    assert book["notes"]["A1"].value == "mine"


def test_csv_becomes_a_workbook(into):
    openpyxl = pytest.importorskip("openpyxl")
    assert into("--into", "table.csv", "--output", "table.xlsx", "--all").code == 0
    header, first, *_ = openpyxl.load_workbook("table.xlsx").active.iter_rows(values_only=True)
    assert header[:4] == ("id", "image", "genres", "predicted_genres")
    assert first[:4] == ("1", "dusk.png", "Western", "Western")
    assert first[7] == pytest.approx(0.662513)


def test_json_and_parquet_keep_their_values(into):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = [{"id": 1, "image": "dusk.png", "tags": ["a", {"b": 2.5}]}, {"id": 2, "image": "night.png", "year": None}]
    Path("a.json").write_text(json.dumps(rows))
    Path("a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    parquet.write_table(pyarrow.table({"id": [1, 2], "image": ["dusk.png", "night.png"]}), "a.parquet")
    for name in ("a.json", "a.jsonl", "a.parquet"):
        assert into("--into", name).code == 0
    tagged = json.loads(Path("a.json").read_text())
    assert [json.loads(line) for line in Path("a.jsonl").read_text().splitlines()] == tagged
    assert [{key: row[key] for key in before} for row, before in zip(tagged, rows, strict=True)] == rows
    assert [row["predicted_genres"] for row in tagged] == ["Western", "Comedy|Horror|Western"]
    table = parquet.read_table("a.parquet")
    assert table.column_names == ["id", "image", *ADDED]
    assert table["id"].to_pylist() == [1, 2]
    assert table["predicted_genres"].to_pylist() == ["Western", "Comedy|Horror|Western"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["images", "--into", "table.csv"], "--into table.csv predicts the posters of its own rows: leave POSTER out"),
        (["--into", "table.csv", "--output", "a.pdf"], "--into can't write table.csv as a.pdf"),
        (["--into", "table.csv", "--output", "a.json"], "--into can't write table.csv as a.json"),
        (["--into", "table.ods"], "--into can't write table.ods as table.ods"),
        (["--into", "images"], "images is a folder: name a file for the table"),
        (["--into", "none.csv"], "none.csv: there is no such table"),
        (["--into", "table.csv", "--format", "json"], "--into goes with neither --explain, --format nor --from-file"),
    ],
)
def test_what_cant_be_written_is_refused_and_the_table_stays(into, arguments, reason):
    before = Path("table.csv").read_bytes()
    assert into(*arguments).refusal.startswith(reason)
    assert Path("table.csv").read_bytes() == before


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(str.lstrip)


@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1)),
    st.sampled_from(",;|\t"),
)
def test_any_cells_of_any_table_survive(rows, separator):
    header = [f"column {place}" for place in range(len(rows[0]))] + ["id"]
    rows = [[*row, str(place)] for place, row in enumerate(rows)]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([header, *rows])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_text(text.getvalue(), newline="", encoding="utf-8")
        write_into(path, {"predicted_genres": ["War"] * len(rows)}, path)
        written = io.StringIO(path.read_text(encoding="utf-8"), newline="")
        found = list(csv.reader(written, delimiter=separator))
    assert found == [[*header, "predicted_genres"], *([*row, "War"] for row in rows)]


def test_the_folder_of_a_run_is_no_table(into):
    shutil.copytree("images", "films.csv")
    assert "is a folder" in into("--into", "films.csv").refusal


@pytest.mark.parametrize("part", ["xl/styles.xml", "docProps/core.xml", "[Content_Types].xml"])
def test_a_workbook_that_can_be_read_but_not_written_back_stays_as_it_was(into, part):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(TABLE)):
        book.active.append(row)
    book.save("good.xlsx")
    with zipfile.ZipFile("good.xlsx") as good, zipfile.ZipFile("shop.xlsx", "w") as damaged:
        for name in good.namelist():
            damaged.writestr(name, b"<a" if name == part else good.read(name))
    before = Path("shop.xlsx").read_bytes()
    outcome = into("--into", "shop.xlsx")
    assert outcome.code == 2
    assert "shop.xlsx: can't be" in outcome.err
    assert Path("shop.xlsx").read_bytes() == before
