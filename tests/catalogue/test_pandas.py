"""Where pandas meets the catalogue: a DataFrame as the table, and a catalogue as a DataFrame."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from posters import Catalogue, Poster, read_catalogue
from posters.errors import CatalogueError

FRAME = pd.DataFrame(
    {
        "id": [7, 8, 9],
        "image": ["a.jpg", "b.jpg", "c.jpg"],
        "genres": ["Drama|War", "Drama", None],
        "year": [1995.0, float("nan"), 2001.0],
        "title": ["Heat", None, "NA"],
    }
)


@pytest.fixture
def images(tmp_path):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).touch()
    return tmp_path


def test_a_frame_is_a_table(images):
    catalogue = read_catalogue(FRAME, images, min_posters=1, report=False)
    assert catalogue.posters == (
        Poster("7", "a.jpg", ("Drama", "War"), "Heat", 1995),
        Poster("8", "b.jpg", ("Drama",)),
    )
    assert (catalogue.table, catalogue.dialect) == (None, "plain")
    assert [str(problem) for problem in catalogue.problems] == ["1 row: no genre is named (9 in row 3)"]


@pytest.mark.parametrize(
    "cells",
    [
        [["Drama", "War"], ["Drama"]],
        [("Drama", "War"), ("Drama",)],
        [np.array(["Drama", "War"]), np.array(["Drama"])],
        ["['Drama', 'War']", '["Drama"]'],
    ],
    ids=["lists", "tuples", "arrays", "text"],
)
def test_genres_may_be_lists_of_any_kind(images, cells):
    frame = pd.DataFrame({"image": ["a.jpg", "b.jpg"], "genres": pd.Series(cells, dtype=object)})
    catalogue = read_catalogue(frame, images, min_posters=1, report=False)
    assert catalogue.genres == (("Drama", "War"), ("Drama",))


def test_columns_of_marks_are_read(images):
    frame = pd.DataFrame({"image": ["a.jpg", "b.jpg"], "Drama": [True, False], "War": [1, 1]})
    catalogue = read_catalogue(frame, images, min_posters=1, report=False)
    assert (catalogue.dialect, catalogue.genres) == ("columns", (("Drama", "War"), ("War",)))


def test_a_catalogue_comes_back_from_its_frame(images):
    posters = (
        Poster("7", "a.jpg", ("Drama", "War"), "Heat", 1995, "heat", "train"),
        Poster("008", "b.jpg", ("Drama",), None, None, None, "test"),
    )
    catalogue = Catalogue(posters, ("Drama", "War"), images)
    frame = catalogue.to_pandas()
    assert list(frame.columns) == ["id", "image", "genres", "title", "year", "group", "split", "unknown"]
    assert read_catalogue(frame, images, min_posters=1, report=False).posters == posters


def test_what_a_poster_lacks_is_none_in_every_column_of_text(images):
    titled, bare = Poster("7", "a.jpg", ("War",), "Heat"), Poster("8", "b.jpg", ("War",))
    frame = Catalogue((titled, bare), ("War",), images).to_pandas()
    assert frame[["title", "group", "split"]].to_numpy().tolist() == [["Heat", None, None], [None, None, None]]


def test_a_frame_may_have_a_column_for_each_genre(images):
    catalogue = Catalogue((Poster("7", "a.jpg", ("War",)),), ("Drama", "War"), images)
    frame = catalogue.to_pandas(multi_hot=True)
    assert frame[["Drama", "War"]].to_numpy().tolist() == [[0, 1]]


@pytest.mark.parametrize("table", [3, None, {"image": ["a.jpg"]}])
def test_anything_else_is_refused(table):
    with pytest.raises(CatalogueError, match="a table is a path or a DataFrame, but got"):
        read_catalogue(table)


def test_an_empty_frame_is_refused():
    with pytest.raises(CatalogueError, match="no rows"):
        read_catalogue(FRAME[:0])


def test_a_csv_needs_no_pandas(images):
    (images / "t.csv").write_text("image,genres\na.jpg,Drama\n")
    code = (
        "import sys; from posters import read_catalogue; "
        f"read_catalogue({str(images / 't.csv')!r}, {str(images)!r}, min_posters=1); print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
