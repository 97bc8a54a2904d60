"""`posters review`: what it refuses before it serves, and what it writes from a database of decisions."""

import json
import sqlite3

import pytest

from posters.catalogue import read_catalogue
from posters.review import DecisionStore
from tests.cli.running import csv_rows

SHOWN = {"classifier": "tagger", "predicted": ["Western"]}


@pytest.fixture
def review(posters, table, tmp_path):
    db = tmp_path / "review.sqlite"
    return lambda *words: posters("review", table, "--db", db, "--min-posters", 1, *words)


@pytest.fixture
def store(tmp_path):
    return DecisionStore(tmp_path / "review.sqlite")


def test_corrections_are_written_for_the_other_commands(review, store, table, tmp_path):
    store.record("1", "ann", {"Western": "yes", "Drama": "unknown"})
    store.record("2", "ann", {"Comedy": "no", "Horror": "yes"})
    path = tmp_path / "corrections.csv"
    outcome = review("--export", path)
    assert (outcome.code, outcome.out) == (0, "")
    assert f"{path} is for --corrections of the other commands" in outcome.err
    corrected = read_catalogue(table, min_posters=1, report=False, corrections=path)
    assert [(poster.genres, poster.unknown) for poster in corrected] == [
        (("Western",), ("Drama",)),
        (("Horror",), ()),
        (("Drama",), ()),
    ]


def test_other_commands_take_the_database_itself(posters, store, table, tmp_path):
    store.record("1", "ann", {"Drama": "yes"})
    words = ("catalogue", table, "--min-posters", 1)
    outcome = posters(*words, "--corrections", store.path)
    assert outcome.code == 0
    assert "1 label: added by review.sqlite (Drama to 1)" in outcome.err
    store.record("9", "ann", {"Drama": "yes"})
    assert "1 decided poster left out: not in" in posters(*words, "--corrections", store.path).err
    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("CREATE TABLE mail (text)")
    other.close()
    refusal = posters(*words, "--corrections", tmp_path / "other.sqlite").refusal
    assert "is a database of another program" in refusal


def test_a_review_that_has_changed_nothing_changes_nothing(posters, store, table):
    outcome = posters("catalogue", table, "--min-posters", 1, "--corrections", store.path)
    assert (outcome.code, f"{store.path} changes no label" in outcome.err) == (0, True)
    outcome = posters("review", table, "--db", store.path, "--export", "-")
    assert (outcome.code, len(csv_rows(outcome.out))) == (0, 1)


def test_rare_genres_are_reviewed_too(posters, store, table):
    store.record("1", "ann", {"Drama": "yes"})
    outcome = posters("review", table, "--db", store.path, "--export", "-")
    assert [row[3] for row in csv_rows(outcome.out)] == ["genre", "Drama"]


def test_another_table_is_refused_and_no_file_is_written(review, store, tmp_path):
    store.record("9", "ann", {"Drama": "yes"})
    assert "has decisions about are not in" in review("--export", tmp_path / "c.csv").refusal
    assert not (tmp_path / "c.csv").exists()


def test_corrections_are_printed(review, store):
    store.record("1", "ann", {"Drama": "yes"})
    rows = csv_rows(review("--export", "-").out)
    assert [row[0] for row in rows] == ["id", "1"]


def test_what_reviewers_disagree_on_is_left_open(review, store, tmp_path):
    store.record("1", "ann", {"Drama": "yes"})
    store.record("1", "ben", {"Drama": "no"})
    outcome = review("--export", tmp_path / "c.csv")
    assert "1 label left open, on which reviewers disagree" in outcome.err
    assert csv_rows((tmp_path / "c.csv").read_text())[1][3:6] == ["Drama", "add", ""]


def test_the_measurement_is_printed_and_is_json(review, store):
    store.record("1", "ann", {"Western": "yes", "Drama": "yes"}, SHOWN, order="random")
    assert review("--measure").out.startswith("Of the genres that tagger publishes, 1.00 (0.21 to 1.00) are right.")
    found = json.loads(review("--measure", "--json").out)
    assert (found["precision"]["value"], found["recall"]["value"], found["agreement"]) == (1.0, 0.5, None)


@pytest.mark.parametrize("words", [["--export", "c.csv"], ["--measure"]])
def test_without_a_database_nothing_is_written(review, tmp_path, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "there is no such database: review first, or name another one with --db" in review(*words).refusal
    assert not (tmp_path / "c.csv").exists()


def test_a_review_that_can_not_begin_is_refused_in_one_line(posters, review, store, table, tmp_path):
    assert "no poster of a random sample has been decided yet" in review("--measure").refusal
    assert "a port is a number" in review("--port", 70000).refusal
    assert "--sample must be at least 1, but got 0" in review("--port", 0, "--order", "random", "--sample", 0).refusal
    words = ("--port", 0, "--min-posters", 1)
    assert "this is no database of a review" in posters("review", table, "--db", table, *words).refusal
    assert "no genre of" in review("--port", 0, "--order", "doubts").refusal
    assert "there is no such table" in posters("review", tmp_path / "none.csv", *words).refusal
    assert "is not a classifier" in review("--port", 0, "--classifier", tmp_path).refusal


def test_a_run_is_reviewed_with_its_own_table(posters, finished_run, store, tmp_path):
    store.record("1", "ann", {"Drama": "yes"})
    outcome = posters("review", finished_run, "--db", store.path, "--export", "-")
    assert [row[3] for row in csv_rows(outcome.out)] == ["genre", "Drama"]


def test_posters_without_labels_become_a_labelled_table(posters, golden, tmp_path):
    images, db, path = golden / "posters", tmp_path / "review.sqlite", tmp_path / "labels.csv"
    words = ("review", images, "--unlabelled", "--classifier", golden / "classifier", "--db", db)
    store = DecisionStore(db)
    ids = sorted(path.name for path in images.glob("*.png"))
    store.record(ids[0], "ann", {"Western": "yes", "Drama": "no", "Comedy": "unknown"})
    store.record(ids[1], "ann", {"Western": "yes", "Drama": "yes"})
    store.record(ids[1], "ben", {"Western": "yes", "Drama": "no"})
    assert posters(*words, "--export", path).code == 0
    read = read_catalogue(path, images=images, min_posters=1, report=False)
    assert [(poster.id, poster.genres, poster.unknown) for poster in read] == [
        (ids[0], ("Western",), ()),
        (ids[1], ("Western",), ()),
    ]
    # A genre that no poster is known to have is none of the table's; here these are the unknown ones, those that nobody
    # was asked for among them.
    assert csv_rows(path.read_text(encoding="utf-8-sig"))[1][4] == "Comedy|Horror"
    assert csv_rows(path.read_text(encoding="utf-8-sig"))[2][4] == "Comedy|Drama|Horror"


def test_a_folder_without_images_is_refused(posters, golden, tmp_path):
    (tmp_path / "empty").mkdir()
    outcome = posters("review", tmp_path / "empty", "--unlabelled", "--port", 0, "--db", tmp_path / "db")
    assert outcome.code == 2
    assert "the folder holds no images" in outcome.err
    assert "posters: there is no poster to review: name a folder of images, or a table" in outcome.err


class TestOtherPrograms:
    @pytest.fixture
    def decided(self, store):
        store.record("1", "ann", {"Western": "yes", "Drama": "unknown", "Comedy": "no"})
        store.record("2", "ann", {"Comedy": "no", "Horror": "yes"})

    def test_every_format_is_a_table_of_the_other_commands(self, posters, review, decided, table, tmp_path):
        expected = [(("Western",), ("Drama",)), (("Horror",), ()), (("Drama",), ())]
        corrected = read_catalogue(table, min_posters=1, report=False)
        for kind in ("csv", "huggingface"):
            path = tmp_path / f"out-{kind}"
            assert review("--export", path, "--as", kind).code == 0
            images = {"images": corrected.image_root} if kind == "csv" else {}
            again = read_catalogue(path, min_posters=1, report=False, **images)
            assert [(each.genres, each.unknown) for each in again] == expected, kind
        outcome = review("--export", tmp_path / "tasks", "--as", "label-studio")
        assert f"LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={corrected.image_root}" in outcome.err
        words = ("catalogue", tmp_path / "tasks" / "tasks.json", "--images", corrected.image_root, "--min-posters", 1)
        outcome = posters(*words)
        assert (outcome.code, "1 row: not annotated in Label Studio" in outcome.err) == (0, True)

    def test_csv_is_printed_and_a_folder_is_not(self, review, decided, tmp_path):
        rows = csv_rows(review("--export", "-", "--as", "csv").out)
        assert (rows[0][:5], rows[1][3:5]) == (["id", "image", "title", "genres", "unknown"], ["Western", "Drama"])
        assert (
            "--as fiftyone writes a folder: name one with --export"
            in review("--export", "-", "--as", "fiftyone").refusal
        )
        full = tmp_path / "full"
        full.mkdir()
        (full / "mine").touch()
        assert "exists already: choose another --export" in review("--export", full, "--as", "fiftyone").refusal

    def test_posters_without_labels_are_those_that_were_decided(self, posters, golden, store, tmp_path):
        images = golden / "posters"
        ids = sorted(path.name for path in images.glob("*.png"))
        store.record(ids[0], "ann", {"Western": "yes", "Drama": "no", "Comedy": "no", "Horror": "unknown"})
        words = ("review", images, "--unlabelled", "--classifier", golden / "classifier", "--db", store.path)
        assert posters(*words, "--export", tmp_path / "out", "--as", "fiftyone").code == 0
        labels = json.loads((tmp_path / "out" / "labels.json").read_text())["labels"]
        assert labels == {ids[0].removesuffix(".png"): ["Western"]}
        assert "nothing to correct" in posters(*words, "--export", tmp_path / "c.csv", "--as", "corrections").refusal


def label_studio_export(folder, when="2026-11-28T09:00:00Z"):
    about = {"annotator": "ann@example.org", "annotation_id": 7, "created_at": when, "lead_time": 2.5}
    row = {"id": 100, "image": "/data/upload/1/1a2b3c4d-1.jpg", "poster_id": "1", "genres": "Horror", **about}
    (folder / "export.json").write_text(json.dumps([row]))
    return folder / "export.json"


def test_decisions_of_label_studio_come_in_go_out_and_are_taken_back(review, tmp_path):
    path = label_studio_export(tmp_path)
    outcome = review("--import", path, "--export", "-")
    assert (outcome.code, [row[:1] + row[3:6] for row in csv_rows(outcome.out)][1:]) == (
        0,
        [["1", "Horror", "add", "yes"]],
    )
    assert "1 decision taken over of ann@example.org about 1 poster" in outcome.err
    assert "1 decision left out: taken over before" in review("--import", path).err
    assert "1 decision from" in review("--undo-import", path).err
    assert len(csv_rows(review("--export", "-").out)) == 1


def test_a_bad_import_is_one_line_and_begins_no_database(review, table, tmp_path):
    assert "is no time of an annotation" in review("--import", label_studio_export(tmp_path, "noon")).refusal
    assert "is no export of Label Studio" in review("--import", table).refusal
    assert "there is no such database" in review("--undo-import", table).refusal
    assert not (tmp_path / "review.sqlite").exists()
