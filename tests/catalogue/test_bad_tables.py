"""Tables that can't be read: one line that says what, where and what to do, and never another exception."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.catalogue import read_catalogue
from posters.errors import CatalogueError

HEADER = "id,image,genres\n"
DEEP = "[" * 50_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        (" \n\n", ["empty"]),
        (HEADER, ["no row below the header"]),
        (HEADER + "\n\n", ["no row below the header"]),
        (HEADER + "1,a.jpg,War\n2,a.jpg,War,more\n", ["row 3", "4 fields", "header has 3"]),
        (HEADER + "1,a.jpg,War\n2,a.jpg\n", ["row 3", "2 fields", "header has 3"]),
        (HEADER + '1,a.jpg,War\n2,a.jpg,"War\n3,a.jpg,War\n', ["row 3", "quote"]),
        (HEADER + '1,a.jpg,"War"x\n', ["row 2", "quote"]),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", ["not text"]),
        ("id,image,genres\n1,a.jpg,War\n".encode("utf-16-le"), ["not text", "UTF-8"]),
        (HEADER.encode() + b"1,a.jpg,War\n" * 300 + b"2,b\0.jpg,War\n", ["row 302", "zero byte"]),
        (bytes(range(256)), ["not text"]),
        (
            "one,two\n1,2\n",
            [
                "one, two",
                "called image or genres",
                'columns={"image": "NAME"} columns={"genres": "NAME"}',
                "--dialects",
            ],
        ),
        ("id,image,genres,Genres\n1,a.jpg,War,War\n", ["more than one column", "genres"]),
        ("id,image,genres,split\n1,a.jpg,War,train\n2,a.jpg,War,trian\n", ["row 3", "trian", "validation"]),
        (HEADER + "1,a.jpg,War\n2,a.jpg,[War\n", ["row 3", "[War"]),
        (HEADER + "1,a.jpg,\"['War' 'Drama', 'Crime']\"\n", ["row 2", "comma"]),
        (HEADER + "1,a.jpg,\"[1, __import__('os')]\"\n", ["row 2", "__import__"]),
        (HEADER + f"1,a.jpg,{DEEP}\n", ["row 2", "[[["]),
        (HEADER + f"1,a.jpg,[{'-' * 50_000}1]\n", ["row 2", "---"]),
        (HEADER + f"1,a.jpg,{'[' * 120_000}\n", ["row 2", "120,000 characters"]),
        (HEADER + f"1,a.jpg,{'x' * 200_000}\n", ["row 2", "field limit"]),
        (HEADER + '1,a.jpg,"[{""id"": 1}]"\n', ["row 2", "'name'"]),
        (HEADER + "1,a.jpg,{[]: 1}\n", ["row 2"]),
        (HEADER + "1,a.jpg,War\n1,b.jpg,War\n", ["row 2 and row 3", "'1'", "'a.jpg'", "'b.jpg'"]),
        ("id,image,genres,split\n1,a.jpg,War,test\n1,a.jpg,War,train\n", ["row 2 and row 3", "split", "test", "train"]),
        ("id,image,genres,group\n1,a.jpg,War,g\n1,a.jpg,War,h\n", ["row 2 and row 3", "group", "'g'", "'h'"]),
        (HEADER + "1,c.jpg,War\n2,d,War\n", ["no poster is left", "c.jpg in row 2", "d.jpg in row 3", "images=FOLDER"]),
        (HEADER + "1,,War\n,a.jpg,War\n", ["no poster is left", "no image is named", "no id"]),
        (HEADER + "1,a.jpg,N/A\n", ["no poster has a genre"]),
    ],
)
def test_csv(desk, text, words):
    images = desk.images("a.jpg", "b.jpg")
    desk.table("t.csv", text)
    message = desk.refusal("t.csv")
    assert all(word in message for word in ["t.csv", *words])
    if "no poster is left" in words:
        assert str(images) in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", ["empty"]),
        ("[", ["not JSON"]),
        (DEEP, ["not JSON", "deep"]),
        ('{"a":' * 50_000, ["row 1", "not JSON", "deep"]),
        ('{"results": [], "page": 1}', ["empty"]),
        ("[1]", ["row 1", "JSON object"]),
        ('[{"id": "1", "image": "a.jpg", "genres": "War"}, null]', ["row 2", "None"]),
        ('{"id": "1", "image": "a.jpg", "genres": "War"}\n{"id": \n', ["row 2", "not JSON"]),
        ('{\n  "results": [\n}', ["row 1", "one object a line"]),
        ('[{"id": ["x"], "image": "a.jpg", "genres": "War"}]', ["row 1", "id must be text", "['x']"]),
        ('[{"id": "1", "image": {"path": [1]}, "genres": "War"}]', ["row 1", "image must be text"]),
        ('[{"id": "1", "image": "a.jpg", "genres": [["War"]]}]', ["row 1", "['War']"]),
        ('[{"id": "1", "image": "a.jpg", "genres": {"War": 1}}]', ["row 1", "'War'"]),
        ('[{"id": "1", "image": "\\u0000", "genres": "War"}]', ["row 1", "would leave"]),
        ('[{"id": "1", "image": "../a.jpg", "genres": "War"}]', ["row 1", "../a.jpg"]),
    ],
)
def test_json(desk, text, words):
    desk.images("a.jpg")
    desk.table("t.json", text)
    message = desk.refusal("t.json")
    assert all(word in message for word in ["t.json", *words])


def test_lone_surrogates_find_no_file(desk):
    desk.images("a.jpg")
    desk.table("t.json", '[{"id": "1", "image": "\\ud800/a.jpg", "genres": "War"}]')
    assert "no poster is left" in desk.refusal("t.json")


def test_there_is_no_table(desk):
    assert "no such table" in desk.refusal("nowhere.csv")
    assert desk.refusal("no\0where.csv")


def test_there_is_no_image_folder(desk):
    desk.table("t.csv", HEADER + "1,a.jpg,War\n")
    assert "pass images=FOLDER" in desk.refusal("t.csv")
    assert "elsewhere" in desk.refusal("t.csv", images=desk.folder / "elsewhere")
    assert "t.csv" in desk.refusal("t.csv", images=desk.folder / "t.csv")


def test_a_folder_without_a_table_says_what_it_holds(desk):
    desk.images("a.jpg", folder="films")
    message = desk.refusal("films")
    assert "a.jpg" in message
    assert "metadata.csv" in message
    assert ".json" in message
    desk.images(folder="nothing").mkdir()
    assert "empty" in desk.refusal("nothing")


@pytest.mark.parametrize("min_posters", [0, -1, 2.0, True, "20"])
def test_min_posters_is_a_whole_number(desk, min_posters):
    assert "min_posters" in desk.refusal("t.csv", min_posters=min_posters)


@pytest.mark.parametrize(
    "aliases",
    [{"Suspense": ""}, {"Suspense": None}, {1: "War"}, ["Suspense"], {"A": "B", "b": "C"}, {"A": "B", "B": "A"}],
)
def test_aliases_are_pairs_of_names(desk, aliases):
    assert "alias" in desk.refusal("t.csv", aliases=aliases)


def test_no_genre_is_common_enough(desk):
    desk.images("a.jpg", "b.jpg")
    desk.table("t.csv", HEADER + "1,a.jpg,War|Drama\n2,b.jpg,War\n")
    message = desk.refusal("t.csv", min_posters=20)
    assert all(word in message for word in ["20", "War, has 2", "min_posters=2"])


TABLES = [
    HEADER.encode() + b"1,a.jpg,\"['War', 'Drama']\"\n2,a.jpg,War|Drama\n",
    b"Id,Genre,Drama,War\na,['War'],0,1\n",
    b"imdbId,Title,Genre,Poster\n12,Heat (1995),War,http://host/a.jpg\n",
    b'[{"id": 1, "genres": [{"name": "War"}], "poster_path": "/a.jpg"}]',
    b'{"file_name": "a.jpg", "genres": ["War"]}\n{"file_name": "a", "genres": "War"}\n',
    b'[{"Id": "a", "Genre": ["War"], "War": 1, "Drama": 0}]',
]
SCRAPS = st.sampled_from(
    [b'"', b"'", b"[", b"]", b"{", b"}", b",", b"\n", b"\r", b"\\ud800", b"\xff", b"null", b"[1]", b".."]
)


@given(st.sampled_from(TABLES), st.lists(st.tuples(st.integers(0, 90), st.integers(0, 3), SCRAPS), max_size=4))
def test_a_damaged_table_is_read_or_refused(table, damages):
    for start, length, scrap in damages:
        table = table[:start] + scrap + table[start + length :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        path.write_bytes(table)
        Path(folder, "a.jpg").touch()
        try:
            catalogue = read_catalogue(path, folder, min_posters=1, report=False)
        except CatalogueError:
            return
        assert len(catalogue) > 0
        assert all(catalogue.image_path(poster).is_file() for poster in catalogue)
