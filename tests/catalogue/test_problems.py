"""What reading a table drops, merges or leaves out, against numbers counted by hand."""

import json
import random

import pytest

from posters.catalogue.catalogue import store_catalogue, stored_catalogue
from posters.catalogue.problems import Cause

TABLE = """id,image,genres,title
1,a.jpg,Drama|War,A
2,b.jpg,drama | Science Fiction,B
3,c.jpg,DRAMA,C
3,c.jpg,Drama,C
4,d.jpg,War,D
4,d.jpg,Sci-Fi,D
5,e.jpg,N/A,E
6,f.jpg,,F
7,missing.jpg,Drama,G
8,,Drama,H
9,g.jpg,Western,I
,h.jpg,Drama,J
10,i.jpg,Sci-Fi|SF|Drama,K
1,a.jpg,War|Drama,Another title
"""


@pytest.fixture
def catalogue(desk):
    desk.images(*[f"{letter}.jpg" for letter in "abcdefghi"], "spare.png", "notes.txt")
    desk.table("t.csv", TABLE)
    return desk.read("t.csv", min_posters=2, max_lost=1)


def test_every_loss_is_counted(catalogue):
    assert sorted(map(str, catalogue.problems)) == sorted([
        "1 row: the image file is missing (missing.jpg in row 10)",
        "1 row: no image is named (8 in row 11)",
        "1 row: no id (in row 13)",
        "2 genres: another name of a genre, merged (SF -> Sci-Fi on 1 row, Science Fiction -> Sci-Fi on 1 row)",
        "2 genres: another spelling of a genre, merged (DRAMA -> Drama on 1 row, drama -> Drama on 1 row)",
        "1 genre: not the name of a genre (N/A on 1 row)",
        "1 row: a genre is named twice, counted once (10 in row 14)",
        "1 row: repeats an earlier row, merged (3 in row 5)",
        "1 row: an earlier row has the same id but other genres, united (4 in row 7)",
        "1 row: an earlier row has the same id but another title or year, the earlier kept (1 in row 15)",
        "1 genre: fewer than 2 posters, left out (Western with 1)",
        "2 rows: no genre is named (5 in row 8, 6 in row 9)",
        "1 row: no genre is left (9 in row 12)",
        "2 images: no row names it (h.jpg, spare.png)",
    ])  # fmt: skip


def test_every_loss_names_its_cause_and_all_its_items(catalogue):
    items = {(each.cause, item.id, item.image, item.genre) for each in catalogue.problems for item in each.items}
    assert items == {
        (Cause.MISSING_IMAGE, "7", "missing.jpg", ""),
        (Cause.NO_IMAGE_NAMED, "8", "", ""),
        (Cause.NO_ID, "", "", ""),
        (Cause.ALIAS, "", "", "SF"),
        (Cause.ALIAS, "", "", "Science Fiction"),
        (Cause.SPELLING, "", "", "DRAMA"),
        (Cause.SPELLING, "", "", "drama"),
        (Cause.NOT_A_GENRE, "", "", "N/A"),
        (Cause.GENRE_TWICE, "10", "i.jpg", ""),
        (Cause.REPEAT, "3", "c.jpg", ""),
        (Cause.GENRES_DIFFER, "4", "d.jpg", ""),
        (Cause.FILM_DIFFERS, "1", "a.jpg", ""),
        (Cause.RARE_GENRE, "", "", "Western"),
        (Cause.NO_GENRE_NAMED, "5", "e.jpg", ""),
        (Cause.NO_GENRE_NAMED, "6", "f.jpg", ""),
        (Cause.NO_GENRE_LEFT, "9", "g.jpg", ""),
        (Cause.UNNAMED_IMAGE, "", "h.jpg", ""),
        (Cause.UNNAMED_IMAGE, "", "spare.png", ""),
    }
    assert all(problem.count == len(problem.items) for problem in catalogue.problems)


def test_a_row_that_a_dialect_can_not_use_has_its_cause(desk):
    desk.images("1.jpeg", folder="films")
    desk.table("films/1.json", '{"genres": ["Drama"]}')
    desk.table("films/split.json", '{"train": ["1", "2"]}')
    (problem,) = desk.read("films").problems
    assert (problem.cause, [item.id for item in problem.items]) == (Cause.UNUSABLE_ROW, ["2"])


def test_a_stored_catalogue_keeps_the_losses_but_not_their_items(catalogue, tmp_path):
    store_catalogue(catalogue, tmp_path / "kept.jsonl")
    stored = stored_catalogue(tmp_path / "kept.jsonl")
    assert stored.problems == catalogue.problems
    assert not any(problem.items for problem in stored.problems)
    head = json.loads((tmp_path / "kept.jsonl").read_text().splitlines()[0])
    assert [problem["items"] for problem in head["problems"]] == [[]] * len(catalogue.problems)


def test_what_is_left(catalogue):
    assert {poster.id: poster.genres for poster in catalogue} == {
        "1": ("Drama", "War"),
        "2": ("Drama", "Sci-Fi"),
        "3": ("Drama",),
        "4": ("Sci-Fi", "War"),
        "10": ("Drama", "Sci-Fi"),
    }
    assert catalogue.posters[0].title == "A"
    assert catalogue.genre_counts() == {"Drama": 4, "Sci-Fi": 3, "War": 2}


def test_rows_are_posters_or_lost(catalogue):
    lost = sum(
        problem.count
        for problem in catalogue.problems
        if problem.kind == "row" and "counted once" not in problem.reason
    )
    assert len(catalogue) + lost == len(TABLE.splitlines()) - 1


def test_genre_names_do_not_depend_on_the_order_of_rows(desk, catalogue):
    header, *rows = TABLE.splitlines()
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        desk.table("shuffled.csv", "\n".join([header, *rows]))
        shuffled = desk.read("shuffled.csv", min_posters=2, max_lost=1)
        assert shuffled.genre_names == catalogue.genre_names == ("Drama", "Sci-Fi", "War")
        assert shuffled.genre_counts() == catalogue.genre_counts()


def test_users_aliases_merge(desk):
    desk.images("a.jpg", "b.jpg")
    desk.table("t.csv", "id,image,genres\n1,a.jpg,Suspense\n2,b.jpg,Thriller\n")
    catalogue = desk.read("t.csv", min_posters=2, max_lost=1, aliases={"Suspense": "Thriller"})
    assert catalogue.genre_names == ("Thriller",)
    assert [str(problem) for problem in catalogue.problems] == [
        "1 genre: another name of a genre, merged (Suspense -> Thriller on 1 row)"
    ]


def test_the_report_is_printed_once_and_says_it_all(desk, catalogue, capsys):
    capsys.readouterr()
    again = desk.read("t.csv", min_posters=2, max_lost=1)
    report = capsys.readouterr().err
    assert report.count("5 posters of 14 rows, 3 genres") == 1
    assert all(text in report for text in ["t.csv", "(plain)", "images", *map(str, again.problems)])


def test_the_report_can_be_left_out(desk, catalogue, capsys):
    capsys.readouterr()
    desk.read("t.csv", min_posters=2, max_lost=1, report=False)
    assert capsys.readouterr() == ("", "")
