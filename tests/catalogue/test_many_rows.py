"""What makes a million rows quick and small must not show: equal cells, chunks, plain paths, films and rare errors."""

import gc
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.catalogue import Catalogue, Poster, read_catalogue
from posters.catalogue.dialects.imdb import IMDB
from posters.catalogue.image_folder import ImageFolder
from posters.catalogue.json_tables import json_table
from posters.catalogue.rows import Record, title_and_year
from posters.catalogue.table_files import csv_table
from posters.catalogue.tables import Table
from posters.catalogue.text_files import TextFile
from posters.errors import CatalogueError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "images" / "a").mkdir(parents=True)
    return tmp_path


def test_rows_beyond_a_chunk_keep_their_order_their_numbers_and_their_gaps():
    lines = [f"{n},{n % 7}" if n % 1000 else "" for n in range(10_000)]
    table = csv_table(TextFile(Path("t.csv"), ("id,genres\n" + "\n".join(lines)).encode(), "utf-8", ""))
    kept = [n for n in range(10_000) if n % 1000]
    assert table.columns == [[str(n) for n in kept], [str(n % 7) for n in kept]]
    assert list(table.rows) == [n + 2 for n in kept]


def test_equal_cells_are_one_object():
    text = "id,genres\n" + "".join(f"{n},Drama|War\n" for n in range(9000))
    genres = csv_table(TextFile(Path("t.csv"), text.encode(), "utf-8", "")).columns[1]
    assert len({id(cell) for cell in genres}) == 1


@given(st.lists(st.lists(st.text("ab é\t", max_size=3), min_size=2, max_size=2), min_size=1, max_size=9))
def test_a_text_is_read_in_pieces_as_it_is_at_once(rows):
    text = "x,y\n" + "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    columns = csv_table(TextFile(Path("t.csv"), text.encode(), "utf-8", "")).columns
    assert columns == [list(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize(
    "name", ["7.jpg", "a/8.jpg", "a//8.jpg", "./7.jpg", "images/7.jpg", "7", "a\\8.jpg", "a/8.JPG"]
)
def test_plain_paths_are_found_as_others_are(folder, name):
    for path in ("7.jpg", "a/8.jpg"):
        (folder / "images" / path).touch()
    images = ImageFolder(folder / "images")
    assert images.find([name]) in ("7.jpg", "a/8.jpg")
    assert len(images.unnamed()) in (0, 1)


def test_an_image_is_found_again_and_named_by_each_form_of_its_name(folder):
    for name in ("Heat.JPG", "spare.jpg"):
        (folder / "images" / name).touch()
    images = ImageFolder(folder / "images")
    assert [images.find([name]) for name in ("Heat.jpg", "Heat.JPG", "Heat", "Heat.jpg")] == 4 * ["Heat.JPG"]
    assert images.unnamed() == ["spare.jpg"]


@pytest.mark.parametrize("name", ["a/../../t.csv", "/etc/passwd", "..", "c:/x.jpg"])
def test_paths_that_leave_the_folder_are_refused_as_before(folder, name):
    with pytest.raises(CatalogueError, match="would leave the image folder"):
        ImageFolder(folder / "images").find([name])


@given(
    title=st.sampled_from(["", "Heat", "Heat (1995)", "Heat (1995) (1996)"]), year=st.sampled_from(["", "2001-12-15"])
)
def test_a_film_that_is_given_back_is_understood_the_same(title, year):
    record = Record(2, "7", (), "", title, year)
    film = record.film
    assert film == title_and_year(title, year)
    record.film = film
    assert record.film == film


MARKED = st.lists(
    st.tuples(st.sampled_from([(), ("Drama",), ("War",), ("Drama", "War")]), st.sampled_from(["1", "x", "yes"])),
    min_size=1,
    max_size=12,
)


@given(MARKED)
def test_equal_rows_of_marks_are_read_as_each_alone(rows):
    names, columns = ["id", "genre", "Drama", "War"], [[], [], [], []]
    for number, (genres, mark) in enumerate(rows):
        marks = [mark if name in genres else "0" for name in names[2:]]
        for column, cell in zip(columns, (str(number), str(list(genres)), *marks), strict=True):
            column.append(cell)
    records = list(IMDB.rows(Table(Path("t.csv"), names, columns, range(2, 2 + len(rows)))))
    assert [record.cell for record in records] == [str(list(genres)) for genres, _ in rows]
    assert [record.empty for record in records] == [()] * len(rows)


@pytest.mark.parametrize("place", [0, 1, 5])
def test_a_row_that_contradicts_itself_is_refused_among_equal_ones(place):
    cells = [["['War']", "1"]] * 6
    cells[place] = ["['War']", "0"]
    columns = [list(map(str, range(6))), *map(list, zip(*cells, strict=True)), ["0"] * 6]
    table = Table(Path("t.csv"), ["id", "genre", "War", "Drama"], columns, range(2, 8))
    with pytest.raises(CatalogueError, match=f"row {place + 2}: the list has War"):
        list(IMDB.rows(table))


def test_equal_values_of_json_are_one_object():
    text = "".join(f'{{"id": {n}, "genres": ["Drama", "War"], "year": {1990 + n % 2}}}\n' for n in range(50))
    table = json_table(TextFile(Path("t.json"), text.encode(), "utf-8", ""))
    assert [len({id(cell) for cell in column}) for column in table.columns] == [50, 1, 2]
    assert table.columns[1][7] == ["Drama", "War"]


OBJECTS = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text("x", max_size=2) | st.lists(st.text("xy", max_size=1))),
    min_size=2,
    max_size=6,
)


@given(OBJECTS)
def test_lines_of_json_are_read_as_a_list_of_it(rows):
    lines = "\n".join(map(json.dumps, rows))
    one, other = (json_table(TextFile(Path("t"), text.encode(), "utf-8", "")) for text in (lines, json.dumps(rows)))
    assert (one.names, one.columns, list(one.rows)) == (other.names, other.columns, list(other.rows))


def test_a_folders_names_are_the_tables_own_texts(folder):
    (folder / "images" / "heat.jpg").touch()
    images, named = ImageFolder(folder / "images"), "".join(["heat", ".jpg"])
    images.expect([named, "alien.jpg"])
    assert images.find(["heat.jpg"]) is named
    assert images.find(["alien.jpg"]) is None
    assert images.unnamed() == []


def test_a_record_takes_little_more_than_its_poster(folder):
    """Of 20,000 rows: 1,061 bytes a row once, for the table, the folder's listing, the record and the poster."""
    count = 20_000
    for n in range(count):
        (folder / "images" / f"{n}.jpg").touch()
    lines = [f"tt{n:07d},{n}.jpg,Drama|War,Film number {n},{1920 + n % 100}\n" for n in range(count)]
    (folder / "posters.csv").write_text("id,image,genres,title,year\n" + "".join(lines))
    gc.collect()
    tracemalloc.start()
    try:
        catalogue = read_catalogue(folder / "posters.csv", report=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(catalogue) == count
    assert peak / count < 900


def test_a_genre_that_is_no_genre_of_the_catalogue_names_the_first_poster_that_has_it():
    posters = [Poster(str(n), f"{n}.jpg", ("War",) if n < 2 else ("Noir",)) for n in range(4)]
    with pytest.raises(CatalogueError, match="poster '2' has the genre 'Noir'"):
        Catalogue(tuple(posters), ("War",), Path("images"))
