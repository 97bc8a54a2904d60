"""Corrections of labels: what accepted rows change, in any shape that a spreadsheet saves, and what is refused."""

import csv
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posters.catalogue.catalogue import store_catalogue, stored_catalogue
from posters.cli import main
from posters.evaluation.label_issues import LabelIssue
from posters.report.tables import label_csv
from posters.splitting.splits import draw_splits, given_splits

TABLE = "id,image,genres\n1,a.jpg,Drama|War\n2,b.jpg,Drama\n=3,c.jpg,Sci-Fi\n04,d.jpg,N/A\n"
HEADER = "id,genre,change,accept\n"


@pytest.fixture
def shop(desk):
    """A folder with four images and a table of them."""
    desk.images("a.jpg", "b.jpg", "c.jpg", "d.jpg")
    desk.table("t.csv", TABLE)
    return desk


def genres(shop, text, **options):
    """The genres of each poster after the corrections."""
    catalogue = shop.read("t.csv", corrections=shop.table("c.csv", text), **options)
    return {poster.id: poster.genres for poster in catalogue}


def test_accepted_rows_add_and_remove(shop):
    assert genres(shop, HEADER + "1,War,remove,yes\n2,Sci-Fi,add,yes\n=3,Drama,add,no\n04,War,add,yes\n") == {
        "1": ("Drama",),
        "2": ("Drama", "Sci-Fi"),
        "=3": ("Sci-Fi",),
        "04": ("War",),
    }


@pytest.mark.parametrize("word", ["yes", "YES", "y", "Yes ", "true", "TRUE", "1"])
def test_words_that_accept(shop, word):
    assert genres(shop, f"{HEADER}2,War,add,{word}\n")["2"] == ("Drama", "War")


@pytest.mark.parametrize("word", ["no", "No", "n", "false", "FALSE", "0", "", " "])
def test_words_that_do_not(shop, word):
    assert genres(shop, f"{HEADER}2,War,add,{word}\nnobody,no genre,no change,{word}\n")["2"] == ("Drama",)


def test_genres_may_go_by_any_of_their_names(shop):
    assert genres(shop, HEADER + "2,science fiction,Add,yes\n2,WAR,add,yes\n")["2"] == ("Drama", "Sci-Fi", "War")
    aliased = genres(shop, HEADER + "2,Battle,ADD,yes\n", aliases={"Battle": "War"})
    assert aliased["2"] == ("Drama", "War")


def test_what_was_done_is_said(shop, messages):
    genres(shop, HEADER + "1,War,remove,yes\n2,Sci-Fi,add,yes\n2,War,add,yes\n2,Drama,add,yes\n1,Drama,remove,\n")
    lines = [line.strip() for line in messages[0].splitlines()]
    assert "2 labels: added by c.csv (Sci-Fi to 2, War to 2)" in lines
    assert "1 label: removed by c.csv (War from 1)" in lines
    assert "1 correction: in c.csv, but the labels have it so already (add Drama, 2)" in lines
    assert "1 correction: not accepted in c.csv (row 6)" in lines


def test_a_corrected_genre_counts_when_rare_ones_are_left_out(shop):
    assert genres(shop, HEADER + "2,War,add,yes\n", min_posters=2) == {"1": ("Drama", "War"), "2": ("Drama", "War")}


def test_a_poster_that_loses_its_last_genre_is_left_out_and_counted(shop):
    catalogue = shop.read("t.csv", corrections=shop.table("c.csv", HEADER + "2,Drama,remove,yes\n"))
    assert catalogue.ids == ("1", "=3")
    reasons = [str(problem) for problem in catalogue.problems]
    assert "1 correction: in c.csv removed a poster's last genre, so that it is left out (2)" in reasons
    assert any(reason.startswith("2 rows: no genre is named") and "2 in row 3" in reason for reason in reasons)


def test_the_catalogue_is_another_one_and_stays_so_in_a_run(shop):
    plain = shop.read("t.csv")
    corrected = shop.read("t.csv", corrections=shop.table("c.csv", HEADER + "2,War,add,yes\n"))
    assert corrected.fingerprint() != plain.fingerprint()
    store_catalogue(corrected, shop.folder / "kept.jsonl")
    assert stored_catalogue(shop.folder / "kept.jsonl").genres == corrected.genres


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("9,War,add,yes\n", ["row 2", "none has the id '9'"]),
        ("4,War,add,yes\n", ["row 2", "'4'", "is it '04', whose zeros a spreadsheet has dropped?"]),
        ("2,Waar,add,yes\n", ["row 2", "no poster of the table has the genre 'Waar'", "is it 'War'?"]),
        ("2,Western,add,yes\n", ["row 2", "'Western'"]),
        ("2,N/A,add,yes\n", ["row 2", "'N/A'"]),
        ("2,,add,yes\n", ["row 2", "the genre ''"]),
        ("1,Drama,add,no\n2,War,swap,yes\n", ["row 3", "change must be add or remove", "'swap'"]),
        ("2,War,,yes\n", ["row 2", "change must be add or remove", "''"]),
        ("2,War,add,maybe\n", ["row 2", "accept must be yes or no", "'maybe'"]),
        ("2,War,add,yes\n1,War,remove,no\n2,war,remove,yes\n", ["row 4", "remove war", "row 2", "add"]),
        ("", ["no row below the header"]),
        ("2,War,add,yes,more\n", ["row 2", "5 fields", "header has 4"]),
        ('2,"War,add,yes\n', ["quote"]),
    ],
)
def test_what_can_not_be_done_is_refused(shop, rows, words):
    message = shop.refusal("t.csv", corrections=shop.table("c.csv", HEADER + rows))
    assert all(word in message for word in ["c.csv", *words]), message


@pytest.mark.parametrize("missing", ["id", "genre", "change", "accept"])
def test_a_column_that_is_missing_is_named(shop, missing):
    names = [name for name in ("id", "genre", "change", "accept") if name != missing]
    message = shop.refusal("t.csv", corrections=shop.table("c.csv", ",".join(names) + "\n1,2,3\n"))
    assert "the columns id, genre, change, accept" in message
    assert message.endswith(f"it has no {missing}")


def test_a_file_that_is_not_there_is_refused(shop):
    assert "none.csv" in shop.refusal("t.csv", corrections=shop.folder / "none.csv")


def test_the_csv_of_a_report_comes_back(shop):
    """Also its cells that were made safe for spreadsheets: the poster is called "=3"."""
    issues = [
        LabelIssue("=3", '-1, "or so"', "c.jpg", "War", "missing", 0.9, 0.8, ("Sci-Fi",)),
        LabelIssue("1", None, "a.jpg", "War", "false", 0.1, 0.7, ("Drama", "War")),
        LabelIssue("2", "@home", "b.jpg", "War", "missing", 0.7, 0.6, ("Drama",)),
    ]
    rows = list(csv.DictReader(io.StringIO(label_csv(issues).removeprefix("\ufeff"))))
    assert rows[0]["id"] == "'=3"
    for row, accept in zip(rows, ["yes", "yes", "no"], strict=True):
        row["accept"] = accept
    assert genres(shop, as_csv(rows)) == {"1": ("Drama",), "2": ("Drama",), "=3": ("Sci-Fi", "War")}


def test_kinds_may_stand_in_place_of_changes(shop):
    rows = "kind,id,genre,accept\nmissing,1,Sci-Fi,yes\nfalse,1,War,yes\nMissing,2,War,no\n"
    changed = genres(shop, rows)
    assert (changed["1"], changed["2"]) == (("Drama", "Sci-Fi"), ("Drama",))
    refused = shop.refusal("t.csv", corrections=shop.table("c.csv", "kind,id,genre,accept\nperhaps,1,War,yes\n"))
    assert "change must be add or remove, or unknown, but it is 'perhaps'" in refused


def test_corrections_that_remove_every_label_are_named(shop):
    rows = "".join(f"{id},{genre},remove,yes\n" for id, own in POSTERS.items() for genre in own)
    assert "no genre is left" in shop.refusal("t.csv", corrections=shop.table("c.csv", HEADER + rows))


def as_csv(rows, separator=",", end="\n"):
    file = io.StringIO(newline="")
    lines = csv.DictWriter(file, list(rows[0]), delimiter=separator, lineterminator=end)
    lines.writeheader()
    lines.writerows(rows)
    return file.getvalue()


POSTERS = {"1": {"Drama", "War"}, "2": {"Drama"}, "=3": {"Sci-Fi"}}
ASKED = st.dictionaries(
    st.tuples(st.sampled_from(list(POSTERS)), st.sampled_from(["Drama", "Sci-Fi", "War"])),
    st.tuples(st.sampled_from(["add", "remove"]), st.sampled_from(["yes", "no", ""])),
    min_size=1,
)


@given(ASKED, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(0, 3), st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_corrections_in_any_shape(shop, asked, separator, end, mark, empty_columns, cut_short):
    expected = {id: set(own) for id, own in POSTERS.items()}
    rows = []
    for (id, genre), (change, accept) in asked.items():
        rows.append({"ID": id, "Genre": genre, "change": change, "note": "x", "accept": accept})
        if accept == "yes":
            expected[id] = expected[id] | {genre} if change == "add" else expected[id] - {genre}
    header, *lines = as_csv(rows, separator, end).split(end)[:-1]
    header += separator * empty_columns
    # Some spreadsheets write the empty cells at a row's end, and some don't.
    lines = [line.rstrip(separator) if cut_short else line + separator * empty_columns for line in lines]
    text = ("\ufeff" if mark else "") + end.join([header, *lines, ""])
    corrected = {id: tuple(sorted(own)) for id, own in expected.items() if own}
    if not corrected:
        message = shop.refusal("t.csv", corrections=shop.table("c.csv", text))
        assert "c.csv: no genre is left: these corrections remove every label" in message
        return
    assert genres(shop, text, report=False) == corrected


def test_every_command_that_reads_a_table_takes_them(shop, capsys):
    shop.table("c.csv", HEADER + "2,War,add,yes\n")
    arguments = ["catalogue", str(shop.folder / "t.csv"), "--min-posters", "1"]
    assert main([*arguments, "--corrections", str(shop.folder / "c.csv")]) == 0
    printed = capsys.readouterr()
    assert printed.out.split() == ["Drama", "2", "Sci-Fi", "1", "War", "2"]
    assert "1 label: added by c.csv" in printed.err
    assert main([*arguments, "--corrections", str(shop.folder / "no.csv")]) == 2


def test_a_split_of_before_can_be_kept(desk):
    """Another draw of the same seed follows the labels; the splits of a run that is corrected must not move."""
    desk.images(*[f"{row}.jpg" for row in range(200)])
    labels = np.random.default_rng(0).integers(0, 2, (200, 2)).tolist()
    lines = [f"{row},{row}.jpg,{'Drama' if one else 'War'}{'|Sport' * two}" for row, (one, two) in enumerate(labels)]
    desk.table("t.csv", "\n".join(["id,image,genres", *lines]))
    first = draw_splits(desk.read("t.csv", report=False))
    rows = [f"{row},Sport,{'remove' if labels[row][1] else 'add'},yes" for row in range(0, 200, 5)]
    corrected = desk.read("t.csv", corrections=desk.table("c.csv", HEADER + "\n".join(rows)), report=False)
    kept = given_splits(corrected, first.by_id())
    assert kept.by_id() == first.by_id()
    assert kept.fingerprint != first.fingerprint
    assert draw_splits(corrected).by_id() != first.by_id()
