"""Labels that nobody knows: an `unknown` column in every dialect, empty cells of marks, corrections, and back."""

import json

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posters import read_catalogue
from posters.catalogue.catalogue import store_catalogue, stored_catalogue
from posters.cli import main


@pytest.fixture
def shop(desk):
    desk.images("a.jpg", "b.jpg", "c.jpg", "1.jpg", "2.jpg")
    return desk


def labels(catalogue):
    """What is known and unknown of each poster."""
    return {poster.id: (poster.genres, poster.unknown) for poster in catalogue}


CELLS = {"a": (("Drama", "War"), ("Sci-Fi",)), "b": (("Drama",), ("Sci-Fi", "War")), "c": (("Sci-Fi",), ())}
MARKED = "a,1,1,-1\nb,1,-1,-1\nc,0,0,1\n"


@pytest.mark.parametrize(
    ("name", "text", "dialect"),
    [
        ("t.csv", "image,genres,unknown\na.jpg,Drama|War,Sci-Fi\nb.jpg,Drama,War|Sci-Fi\nc.jpg,Sci-Fi,\n", "plain"),
        (
            "t.csv",
            "image,genres,unknown\na.jpg,\"['Drama', 'War']\",['Sci-Fi']\nb.jpg,['Drama'],\"['War', 'Sci-Fi']\"\n"
            "c.jpg,['Sci-Fi'],[]\n",
            "plain",
        ),
        ("t.csv", f"id,Drama,War,Sci-Fi\n{MARKED}", "columns"),
        ("t.csv", "id,Drama,War,Sci-Fi\na,yes,yes,?\nb,yes,?,?\nc,no,no,yes\n", "columns"),
        ("t.csv", "id,Drama,War,Sci-Fi,unknown\na,1,1,0,Sci-Fi\nb,1,0,0,Sci-Fi|War\nc,0,0,1,\n", "columns"),
        ("t.csv", "id,genre1,genre2,unknown\na,Drama,War,Sci-Fi\nb,Drama,,Sci-Fi|War\nc,Sci-Fi,,\n", "columns"),
        (
            "t.csv",
            "id,genres,Drama,War,Sci-Fi\na,Drama|War,1,1,-1\nb,Drama,1,-1,-1\nc,Sci-Fi,0,0,1\n",
            "imdb",
        ),
        (
            "t.csv",
            "imdbId,Title,Genre,Poster,unknown\na,A,Drama|War,a.jpg,Sci-Fi\nb,B,Drama,b.jpg,Sci-Fi|War\n"
            "c,C,Sci-Fi,c.jpg,\n",
            "moviegenre",
        ),
        (
            "t.jsonl",
            "".join(
                json.dumps({"id": id, "genres": list(genres), "poster_path": f"/{id}.jpg", "unknown": list(unknown)})
                + "\n"
                for id, (genres, unknown) in CELLS.items()
            ),
            "tmdb",
        ),
    ],
    ids=["lists", "python lists", "marks", "words", "marks and a column", "numbered", "imdb", "moviegenre", "tmdb"],
)
def test_every_dialect_of_tables_reads_unknown_genres(shop, name, text, dialect):
    shop.table(name, text)
    catalogue = shop.read(name)
    assert catalogue.dialect == dialect
    assert labels(catalogue) == CELLS
    assert catalogue.problems == () or {problem.kind for problem in catalogue.problems} == {"image"}


@pytest.mark.parametrize("file", ["metadata.csv", "_classes.csv", "metadata.jsonl"])
def test_image_folders_read_unknown_genres(shop, file):
    shop.images("a.jpg", "b.jpg", "c.jpg", folder="set")
    if file.endswith("jsonl"):
        rows = [{"file_name": f"{id}.jpg", "genres": list(g), "unknown": list(u)} for id, (g, u) in CELLS.items()]
        text = "".join(json.dumps(row) + "\n" for row in rows)
    else:
        text = "filename,Drama,War,Sci-Fi\n" + MARKED.replace(",", ".jpg,", 1).replace("\nb,", "\nb.jpg,").replace(
            "\nc,", "\nc.jpg,"
        )
    shop.table(f"set/{file}", text)
    assert labels(shop.read("set")) == CELLS


def test_mm_imdb_reads_unknown_genres(shop):
    for id, (genres, unknown) in CELLS.items():
        shop.table(f"films/{id}.json", json.dumps({"genres": list(genres), "unknown": list(unknown)}))
        shop.images(f"{id}.jpeg", folder="films")
    assert labels(shop.read("films")) == CELLS


def test_tables_of_splits_read_unknown_genres_and_empty_cells(shop):
    shop.table("set/train.csv", "id,Drama,War,Sci-Fi\na,1,1,\nb,1,,\n")
    shop.table("set/test.csv", "id,Drama,War,Sci-Fi\nc,0,0,1\n")
    assert labels(shop.read("set", images=shop.folder / "images", empty="unknown")) == CELLS


def test_another_column_may_hold_the_unknown_genres(shop):
    shop.table("t.csv", "image,genres,todo\na.jpg,Drama,War\nb.jpg,War,\n")
    assert shop.read("t.csv", columns={"unknown": "todo"}).posters[0].unknown == ("War",)
    assert shop.read("t.csv").posters[0].unknown == ()


def test_empty_cells_are_a_no_unless_they_are_to_be_unknown(shop):
    shop.table("t.csv", "image,Drama,War,Sci-Fi\na.jpg,1,1,\nb.jpg,1,,\nc.jpg,0,0,1\n")
    assert labels(shop.read("t.csv"))["b"] == (("Drama",), ())
    assert labels(shop.read("t.csv", empty="unknown")) == CELLS
    assert "an empty cell means no or unknown, but got 'maybe'" in shop.refusal("t.csv", empty="maybe")


def test_a_frame_with_missing_marks(shop):
    frame = pd.DataFrame({"image": ["a.jpg", "b.jpg"], "Drama": [1.0, None], "War": [None, 1.0]})
    catalogue = read_catalogue(frame, shop.folder / "images", min_posters=1, empty="unknown", report=False)
    assert labels(catalogue) == {"a": (("Drama",), ("War",)), "b": (("War",), ("Drama",))}


def test_a_column_of_marks_called_unknown_is_no_list(shop):
    """MovieLens has one, for films without a genre."""
    shop.table("t.csv", "image,unknown,Drama,War\na.jpg,0,1,1\nb.jpg,1,0,0\nc.jpg,0,0,1\n")
    catalogue = shop.read("t.csv")
    assert labels(catalogue) == {"a": (("Drama", "War"), ()), "c": (("War",), ())}
    assert "1 genre: not the name of a genre (unknown on 1 row)" in map(str, catalogue.problems)


def test_unknown_genres_go_by_their_standard_names(shop):
    shop.table("t.csv", "image,genres,unknown\na.jpg,Sci-Fi|War,drama\nb.jpg,Drama,Science Fiction|war|nan\n")
    assert labels(shop.read("t.csv")) == {"a": (("Sci-Fi", "War"), ("Drama",)), "b": (("Drama",), ("Sci-Fi", "War"))}


def test_what_the_table_contradicts_or_can_not_use_is_counted(shop):
    shop.table("t.csv", "image,genres,unknown\na.jpg,Drama|War,War\nb.jpg,Drama,Heist\nc.jpg,,Drama|War\n1.jpg,,War\n")
    catalogue = shop.read("t.csv")
    assert labels(catalogue) == {"a": (("Drama", "War"), ()), "b": (("Drama",), ()), "1": ((), ("War",))}
    assert [str(problem) for problem in catalogue.problems[:3]] == [
        "1 row: a genre is listed and unknown at once, taken as listed (a in row 2)",
        "1 genre: no poster is known to have it, left out (Heist, unknown for 1)",
        "1 row: no label is known (c in row 4)",
    ]


def test_rows_of_one_poster_know_together_what_they_list(shop):
    shop.table("t.csv", "id,image,genres,unknown\n1,a.jpg,Drama,War|Sci-Fi\n1,a.jpg,War,\n2,b.jpg,Sci-Fi,War\n")
    catalogue = shop.read("t.csv")
    assert labels(catalogue)["1"] == (("Drama", "War"), ("Sci-Fi",))


def test_a_genre_needs_posters_that_are_known_to_have_it(shop):
    shop.table("t.csv", "image,genres,unknown\na.jpg,Drama|War,\nb.jpg,Drama,War\nc.jpg,Drama,War\n")
    assert shop.read("t.csv", min_posters=2).genre_names == ("Drama",)
    assert shop.read("t.csv", min_posters=2).posters[1].unknown == ()


def test_a_run_keeps_unknown_genres_and_older_runs_are_read(shop):
    shop.table("t.csv", "image,genres,unknown\na.jpg,Drama,War\nb.jpg,War,\n")
    catalogue = shop.read("t.csv")
    path = shop.folder / "catalogue.jsonl"
    store_catalogue(catalogue, path)
    assert stored_catalogue(path).posters == catalogue.posters
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines[1:]:
        del line["unknown"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert [poster.unknown for poster in stored_catalogue(path)] == [(), ()]


def test_the_fingerprint_is_that_of_before_unless_a_label_is_unknown(shop):
    shop.table("t.csv", "image,genres,unknown\na.jpg,Drama,\nb.jpg,War,\n")
    shop.table("partly.csv", "image,genres,unknown\na.jpg,Drama,War\nb.jpg,War,\n")
    # As version 0.2 computed it.
    assert shop.read("t.csv").fingerprint() == "d575fc6b29469913"
    assert shop.read("partly.csv").fingerprint() != shop.read("t.csv").fingerprint()


@pytest.mark.parametrize("multi_hot", [False, True])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.sampled_from([-1, 0, 1]), min_size=3, max_size=3).filter(lambda cells: 1 in cells),
        min_size=1,
        max_size=4,
    )
)
def test_a_catalogue_comes_back_from_its_frame(shop, multi_hot, rows):
    names = ("Drama", "Sci-Fi", "War")
    text = "".join(f"{'abc1'[row]},{','.join(map(str, cells))}\n" for row, cells in enumerate(rows))
    catalogue = shop.read(shop.table("t.csv", f"id,{','.join(names)}\n{text}").name, report=False)
    frame = catalogue.to_pandas(multi_hot=multi_hot)
    again = read_catalogue(frame, shop.folder / "images", min_posters=1, report=False)
    assert again.posters == catalogue.posters
    place = [names.index(name) for name in catalogue.genre_names]
    assert again.multi_hot().tolist() == [[row[column] for column in place] for row in rows]


def test_corrections_settle_what_is_unknown_and_unsettle_what_is_doubtful(shop, messages):
    shop.table("t.csv", "image,genres,unknown\na.jpg,Drama,War|Sci-Fi\nb.jpg,War|Sci-Fi,\nc.jpg,War,\n")
    rows = "a,War,add,yes\na,Sci-Fi,remove,yes\nb,Drama,unknown,yes\nb,War,unknown,yes\nc,Drama,remove,yes\n"
    corrections = shop.table("c.csv", f"id,genre,change,accept\n{rows}")
    assert labels(shop.read("t.csv", corrections=corrections)) == {
        "a": (("Drama", "War"), ()),
        "b": (("Sci-Fi",), ("Drama", "War")),
        "c": (("War",), ()),
    }
    lines = [line.strip() for line in messages[0].splitlines()]
    assert "2 labels: made unknown by c.csv (Drama for b, War for b)" in lines
    assert "1 label: removed by c.csv (Sci-Fi from a)" in lines
    assert "1 correction: in c.csv, but the labels have it so already (remove Drama, c)" in lines


def test_the_command_shows_of_how_many_posters_each_genre_is_known(shop, capsys):
    shop.table("t.csv", "image,Drama,War\na.jpg,1,\nb.jpg,1,1\nc.jpg,,1\n")
    assert main(["catalogue", str(shop.folder / "t.csv"), "--min-posters", "1", "--empty", "unknown"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == ["Drama          2 of 2 known", "War            2 of 2 known"]
    assert "3 posters of 3 rows, 2 genres, 2 of 6 labels unknown" in err
