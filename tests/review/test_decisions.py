"""The decisions of a review on disk: nothing is lost, whoever writes, and what is no review is refused in one line."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.errors import ReviewError
from posters.review import decisions
from posters.review.decisions import ANSWERS, DecisionStore


@pytest.fixture
def store(tmp_path):
    return DecisionStore(tmp_path / "review.sqlite", {"table": "films.csv"})


def standing(store):
    return [(each.poster, each.reviewer, each.genres) for each in store.standing()]


class TestKeeping:
    def test_what_was_decided_is_read_back_from_the_file(self, store):
        store.record("tt1", "ann", {"War": "no", "Drama": "unknown"}, {"labels": ["War"]})
        store.record("tt2", "ben", None)
        again = DecisionStore(store.path)
        assert again.about == {"table": "films.csv"}
        first, second = again.standing()
        assert (first.number, first.poster, first.reviewer, first.kind) == (1, "tt1", "ann", "decided")
        assert (first.genres, first.shown) == ({"War": "no", "Drama": "unknown"}, {"labels": ["War"]})
        assert first.time.endswith("+00:00")
        assert (second.kind, second.genres) == ("skipped", {})

    @given(
        poster=st.text(st.characters(exclude_categories=["Cs"])),
        genres=st.dictionaries(st.text(), st.sampled_from(ANSWERS)),
        shown=st.dictionaries(st.text(), st.none() | st.floats(0, 1) | st.lists(st.text())),
    )
    def test_any_text_is_kept_as_it_is(self, tmp_path_factory, poster, genres, shown):
        store = DecisionStore(tmp_path_factory.mktemp("any") / "review.sqlite")
        recorded = store.record(poster, "ann", genres, shown)
        assert store.history() == (recorded,)
        assert (recorded.poster, recorded.genres, recorded.shown) == (poster, genres, shown)

    def test_a_later_decision_of_the_same_reviewer_replaces_an_earlier_one_and_both_stay_in_the_history(self, store):
        store.record("tt1", "ann", {"War": "no"})
        store.record("tt2", "ann", {"War": "yes"})
        store.record("tt1", "ann", {"War": "yes"})
        store.record("tt1", "ben", {"War": "no"})
        assert standing(store) == [
            ("tt2", "ann", {"War": "yes"}),
            ("tt1", "ann", {"War": "yes"}),
            ("tt1", "ben", {"War": "no"}),
        ]
        assert len(store.history()) == 4

    def test_undo_takes_back_the_reviewers_own_last_decision_and_keeps_its_row(self, store):
        store.record("tt1", "ann", {"War": "no"})
        store.record("tt2", "ann", None)
        store.record("tt3", "ben", {"War": "yes"})
        assert store.undo("ann").poster == "tt2"
        assert store.undo("ann").poster == "tt1"
        assert store.undo("ann") is None
        assert standing(store) == [("tt3", "ben", {"War": "yes"})]
        assert [bool(each.undone) for each in store.history()] == [True, True, False]

    def test_undo_brings_back_what_the_decision_had_replaced(self, store):
        store.record("tt1", "ann", {"War": "no"})
        store.record("tt1", "ann", {"War": "yes"})
        store.undo("ann")
        assert standing(store) == [("tt1", "ann", {"War": "no"})]

    @pytest.mark.parametrize(
        ("reviewer", "genres", "reason"),
        [
            ("ann", {"War": "maybe"}, "an answer is one of yes, no, unknown, but got 'maybe'"),
            (" ", {"War": "no"}, "a decision needs a reviewer's name"),
        ],
    )
    def test_what_is_no_decision_is_refused(self, store, reviewer, genres, reason):
        with pytest.raises(ReviewError, match=reason):
            store.record("tt1", reviewer, genres)
        assert store.history() == ()

    def test_an_id_that_is_no_text_is_refused_in_one_line(self, store):
        with pytest.raises(ReviewError, match="is no text that a database can keep"):
            store.record("film\udcff", "ann", {})


class TestClaims:
    def test_each_reviewer_gets_a_poster_of_their_own(self, store):
        assert [store.claim(["a", "b", "c"], name) for name in ("ann", "ben", "ann")] == ["a", "b", "a"]

    def test_a_claim_ends_with_a_decision_or_in_time(self, store, monkeypatch):
        store.claim(["a", "b"], "ann")
        store.record("a", "ann", {})
        assert store.claim(["a", "b"], "ben") == "b"
        assert store.claim(["a", "b"], "ann") is None
        monkeypatch.setattr(decisions, "time", lambda: 10.0**11)
        assert store.claim(["a", "b"], "ann") == "b"

    def test_a_random_sample_gives_everybody_every_poster(self, store):
        store.record("a", "ann", {}, order="random")
        assert [store.claim(["a", "b"], name, order="random") for name in ("ann", "ben", "cem")] == ["b", "a", "a"]

    def test_decisions_of_another_queue_leave_no_gap_in_a_random_sample(self, store):
        store.record("a", "ann", {})
        assert store.claim(["a", "b"], "ann", order="random") == "a"
        store.record("a", "ann", {"War": "yes"}, order="random")
        store.record("a", "ann", {"War": "no"})
        assert [each.genres for each in store.standing("random")] == [{"War": "yes"}]
        assert [each.genres for each in store.standing()] == [{"War": "yes"}, {"War": "no"}]
        assert [each.genres for each in store.standing("doubts")] == [{"War": "no"}]

    def test_a_skipped_poster_is_left_to_others_and_comes_back_when_asked_for(self, store):
        store.record("a", "ann", None)
        assert store.claim(["a"], "ann") is None
        assert store.claim(["a"], "ann", again=True) == "a"
        store.record("a", "ann", {"War": "no"})
        assert store.claim(["a"], "ann", again=True) is None

    def test_skipped_posters_take_turns(self, store):
        for poster in ("a", "b", "c"):
            store.record(poster, "ann", None)
        assert store.claim(["c", "b", "a"], "ann", again=True) == "a"
        store.record("a", "ann", None)
        assert store.claim(["c", "b", "a"], "ann", again=True) == "b"
        assert store.claim(["d", "b", "a"], "ann", again=True) == "d"
        assert store.kinds() == {("b", "ann"): "skipped", ("c", "ann"): "skipped", ("a", "ann"): "skipped"}

    def test_undo_stays_within_a_queue(self, store):
        store.record("a", "ann", {}, order="random")
        store.record("b", "ann", {})
        assert store.undo("ann", "random").poster == "a"
        assert store.undo("ann", "random") is None
        assert [each.poster for each in store.standing()] == ["b"]

    def test_an_undone_poster_is_shown_to_nobody_else(self, store):
        store.record("a", "ann", {})
        store.undo("ann")
        assert store.claim(["a", "b"], "ben") == "b"
        assert store.claim(["a", "b"], "ann") == "a"


class TestSeveralAtOnce:
    def test_threads_lose_nothing_and_get_no_poster_twice(self, store):
        posters = [f"tt{number}" for number in range(40)]

        def review(name):
            taken = []
            while (poster := store.claim(posters, name)) is not None:
                store.record(poster, name, {"War": "yes"})
                taken.append(poster)
            return taken

        with ThreadPoolExecutor(4) as pool:
            taken = list(pool.map(review, ("ann", "ben", "cem", "dua")))
        assert sorted(chain.from_iterable(taken)) == sorted(posters)
        assert sorted(each.poster for each in store.standing()) == sorted(posters)

    def test_processes_that_begin_one_review_together_share_it(self, tmp_path):
        code = "import sys; from pathlib import Path; from posters.review import DecisionStore\n"
        code += "store = DecisionStore(Path(sys.argv[1]), {'table': 'films.csv'})\n"
        code += "for number in range(10): store.record(f'tt{number}', sys.argv[2], {'War': 'no'})\n"
        path = tmp_path / "review.sqlite"
        started = [subprocess.Popen([sys.executable, "-c", code, path, name]) for name in ("ann", "ben", "cem")]
        assert [process.wait() for process in started] == [0, 0, 0]
        assert len(DecisionStore(path).standing()) == 30

    def test_a_kill_loses_nothing_that_was_answered(self, tmp_path):
        # It reports each decision once `record` has returned, as the page does, and is killed in the midst of them.
        code = "import sys; from pathlib import Path; from posters.review import DecisionStore\n"
        code += "store = DecisionStore(Path(sys.argv[1])); number = 0\n"
        code += "while True: number += 1; print(store.record(f'tt{number}', 'ann', {'War': 'no'}).number, flush=True)\n"
        path = tmp_path / "review.sqlite"
        with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True) as process:
            for _ in range(20):
                process.stdout.readline()
            os.kill(process.pid, signal.SIGKILL)
            answered = 20 + len(process.stdout.read().split())
        kept = DecisionStore(path).standing()
        assert [each.number for each in kept[:answered]] == list(range(1, answered + 1))
        # One more may have been written, but not reported.
        assert answered <= len(kept) <= answered + 1


class TestRefusals:
    def refused(self, path):
        with pytest.raises(ReviewError) as caught:
            DecisionStore(path).record("tt1", "ann", {})
        message = str(caught.value)
        assert message.startswith(str(path))
        assert "\n" not in message
        return message.removeprefix(f"{path}").removeprefix(": ")

    def test_a_file_that_is_no_database(self, tmp_path):
        path = tmp_path / "films.csv"
        path.write_text("id,image,genres\n" * 100)
        before = path.read_bytes()
        assert self.refused(path) == "this is no database of a review: name another file with db"
        assert path.read_bytes() == before

    def test_a_database_of_another_program(self, tmp_path):
        path = tmp_path / "mail.sqlite"
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE mail (text)")
        before = path.read_bytes()
        assert self.refused(path) == " is a database of another program: name another file with db"
        assert path.read_bytes() == before

    def test_a_newer_format(self, store):
        with contextlib.closing(sqlite3.connect(store.path)) as database:
            database.execute("PRAGMA user_version = 9")
        assert "has the format 9, and this version of posters reads 1" in self.refused(store.path)

    def test_a_damaged_database(self, store):
        for number in range(20):
            store.record(f"tt{number}", "ann", {"War": "no"}, {"shown": "x" * 3000})
        data = bytearray(store.path.read_bytes())
        data[8192:20480] = b"\xff" * 12288
        store.path.write_bytes(data)
        assert self.refused(store.path).startswith("the database is damaged: restore a copy of it")

    def test_a_value_that_somebody_has_broken(self, store):
        store.record("tt1", "ann", {})
        with contextlib.closing(sqlite3.connect(store.path)) as database:
            database.execute("UPDATE decisions SET genres = 'War'")
            database.commit()
        with pytest.raises(ReviewError, match="the database is damaged"):
            store.standing()

    def test_a_locked_database(self, store, monkeypatch):
        monkeypatch.setattr(decisions, "_WAIT_S", 0.1)
        with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE")
            assert "another program has locked the database for 0.1 s: close it there" in self.refused(store.path)
            assert store.history() == ()  # Reading waits for nobody.
            database.execute("ROLLBACK")
        assert store.record("tt1", "ann", {}).number == 1

    def test_a_folder_and_a_place_that_is_not_there(self, tmp_path):
        assert self.refused(tmp_path) == " is a folder: name a file with db"
        assert "can't be opened: is its folder there" in self.refused(tmp_path / "none" / "review.sqlite")

    def test_a_file_that_is_removed_under_the_review_is_noticed(self, store):
        store.path.unlink()
        with pytest.raises(ReviewError, match="can't be opened"):
            store.record("tt1", "ann", {})
        assert not store.path.exists()


def test_an_object_shows_little(store):
    store.record("tt1", "ann", {f"genre {number}": "no" for number in range(50)})
    assert len(repr(store.standing()[0]).splitlines()) <= 5
    assert json.dumps(str(store.path)).strip('"') in repr(store)
