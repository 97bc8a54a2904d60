"""`posters evaluate`: what it prints and writes, and what it refuses."""

import json

import pytest

from tests.cli.running import GENRES, TABLE


class TestEvaluate:
    def test_a_classifier_on_a_table(self, posters, table, golden, tmp_path):
        outcome = posters("evaluate", golden / "classifier", table, "--report", tmp_path / "report")
        assert outcome.code == 0
        # By hand, from scores.json: Western ranks dusk (its one positive) second of three, all others are right.
        assert any(line.startswith("Macro mAP 0.875") for line in outcome.out.splitlines())
        assert "0.333 by chance" in outcome.out
        assert "wrote" not in outcome.out
        written = json.loads((tmp_path / "report" / "evaluation.json").read_text())
        assert written["posters"] == 3
        assert [genre["name"] for genre in written["genres"]] == list(GENRES)
        assert "Macro mAP 0.875" in (tmp_path / "report" / "evaluation.md").read_text()
        for name in ("index.html", "evaluation.json", "evaluation.md"):
            assert f"wrote {tmp_path / 'report' / name}\n" in outcome.err

    def test_the_report_of_a_table_goes_to_the_working_directory(self, posters, table, golden, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert posters("evaluate", golden / "classifier", table).code == 0
        assert (tmp_path / "report" / "evaluation.json").is_file()

    def test_no_genre_of_the_table_is_left_out_unasked(self, posters, table, golden, tmp_path):
        """A genre with few posters in the table must not count as absent from posters that have it."""
        posters("evaluate", golden / "classifier", table, "--report", tmp_path / "report")
        written = json.loads((tmp_path / "report" / "evaluation.json").read_text())
        assert [genre["positives"] for genre in written["genres"]] == [1, 1, 1, 1]

    def test_an_unreadable_poster_is_named_and_the_rest_is_judged(self, posters, table, golden, tmp_path):
        (table.parent / "images" / "ghost.png").write_text("no image")
        outcome = posters("evaluate", golden / "classifier", table, "--report", tmp_path / "report")
        assert outcome.code == 1
        assert "3 is left out: " in outcome.err
        assert json.loads((tmp_path / "report" / "evaluation.json").read_text())["posters"] == 2

    def test_genres_that_the_classifier_does_not_know_are_named(self, posters, table, golden, tmp_path):
        table.write_text(TABLE + "4,dusk.png,War\n")
        outcome = posters("evaluate", golden / "classifier", table, "--report", tmp_path / "report")
        assert outcome.code == 2
        assert "does not know: War" in outcome.err.splitlines()[-1]
        assert not (tmp_path / "report").exists()
        outcome = posters(
            "evaluate", golden / "classifier", table, "--report", tmp_path / "report", "--ignore-unknown-genres"
        )
        assert outcome.code == 0
        assert "genres left out, since the classifier doesn't know them: War" in outcome.err
        assert 'genres left out: \\["War"\\]' in (tmp_path / "report" / "evaluation.md").read_text()

    @pytest.mark.parametrize(("split", "posters_there"), [(None, 1), ("test", 1), ("validation", 1), ("train", 1)])
    def test_a_run_is_judged_on_a_side_of_its_own_split(self, posters, finished_run, split, posters_there):
        outcome = posters("evaluate", finished_run, *(["--split", split] if split else []))
        assert outcome.code == 0
        written = json.loads((finished_run / "report" / "evaluation.json").read_text())
        assert (written["split"], written["posters"]) == (split or "test", posters_there)

    def test_the_images_of_a_run_may_have_moved(self, posters, finished_run, table, tmp_path):
        (table.parent / "images").rename(tmp_path / "moved")
        assert posters("evaluate", finished_run).code == 2
        assert posters("evaluate", finished_run, "--images", tmp_path / "moved").code == 0

    def test_there_is_no_other_side(self, posters, finished_run):
        message = posters("evaluate", finished_run, "--split", "tset").refusal
        assert "--split" in message
        assert "'train', 'validation', 'test'" in message

    def test_a_table_has_no_sides(self, posters, golden, table):
        message = posters("evaluate", golden / "classifier", table, "--split", "test").refusal
        assert message.startswith("--split names a split")

    @pytest.mark.parametrize(
        "option",
        [
            "--corrections=x.csv",
            "--alias=Suspense=Thriller",
            "--dialect=imdb",
            "--download",
            "--ignore-unknown-genres",
            "--no-look",
            "--cache=folder",
        ],
    )
    def test_a_run_is_not_read_anew(self, posters, finished_run, option):
        message = posters("evaluate", finished_run, option).refusal
        assert message.startswith(f"{option.split('=')[0]} is for reading a table")

    def test_a_directory_that_is_no_run(self, posters, tmp_path):
        assert posters("evaluate", tmp_path).refusal.startswith(f"{tmp_path} ")

    def test_a_directory_that_does_not_exist(self, posters, tmp_path):
        assert posters("evaluate", tmp_path / "no").refusal == f"{tmp_path / 'no'}: there is no such directory"

    def test_a_classifier_alone_needs_a_table(self, posters, golden):
        message = posters("evaluate", golden / "classifier").refusal
        assert "TABLE" in message
        assert "train" not in message.replace("trained", "")
