"""The short form of `scripts/soak`: each part runs, and its promises hold."""

import json
import mmap
import os
import sys
from dataclasses import replace

import pytest

from posters._base.log import logger
from scripts.soaking import readers, reading, scorecard, server
from scripts.soaking.__main__ import main
from scripts.soaking.reading import Outcome, Trial, cases
from scripts.soaking.samples import know_networks
from scripts.soaking.samples import readers as all_readers

# What needs neither TensorFlow nor a process for each file is tried here, in this process.
LIGHT = [name for name, reader in all_readers().items() if not reader.slow]


@pytest.mark.parametrize("name", LIGHT)
def test_a_damaged_file_is_read_well_or_refused_in_one_line(name, tmp_path, monkeypatch):
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))
    know_networks()
    trial = Trial(all_readers()[name], tmp_path / "work")
    outcomes = [trial.outcome(*case) for case in cases(all_readers()[name], trial.good, seed=7, first=0, count=4)]
    assert [found for found in outcomes if found.outcome not in ("read", "refused")] == []
    assert len(outcomes) == 4


def test_what_a_reader_does_wrong_is_counted(tmp_path, monkeypatch):
    """A tester that finds nothing may be blind."""
    monkeypatch.setattr(logger, "handlers", [])

    def outcome_of(read):
        # The good file is read first, and is no matter.
        reader = replace(all_readers()["splits"], read=lambda folder: read(folder) if is_empty(folder) else None)
        return Trial(reader, tmp_path / str(len(list(tmp_path.iterdir())))).outcome(0, b"")

    def is_empty(folder):
        return not (folder / "s.csv").read_bytes()

    def fail(folder):
        raise KeyError(folder)

    def complain(_):
        os.write(2, b"libfoo: warning")

    def chatter(_):
        logger.warning("a\x1b[2J")

    assert outcome_of(lambda _: None) == Outcome(0, "read")
    assert outcome_of(fail).outcome == "foreign KeyError"
    assert outcome_of(complain).outcome == "stderr"
    assert outcome_of(chatter).outcome == "message"
    monkeypatch.setattr(reading, "MEMORY", 2**20)
    # Pages of its own: what this process has freed and kept would not count as more.
    assert outcome_of(lambda _: mmap.mmap(-1, 2**25).write(bytes(2**25))).outcome == "memory"


def test_a_process_that_dies_is_counted_and_its_file_named(monkeypatch):
    monkeypatch.setattr(readers.sys, "executable", "false")
    found = list(readers.outcomes("splits", 1, 0, 2))
    assert [(each["case"], each["outcome"]) for each in found] == [(0, "crash 1"), (1, "crash 1")]


@pytest.mark.parametrize(
    ("program", "hangs"), [("import time; time.sleep(99)", True), ("while True: pass", True), ("", False)]
)
def test_a_process_that_hangs_is_told_from_one_that_waits_for_the_processor(tmp_path, monkeypatch, program, hangs):
    (tmp_path / "python").write_text(f"#!/bin/sh\nexec {sys.executable} -c '{program}'")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(readers.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(readers, "_HANG_S", 0.7)
    (found,) = readers.outcomes("splits", 1, 0, 1)
    assert found["outcome"] == ("hang" if hangs else "crash 0")


@pytest.mark.slow
def test_the_readers_of_a_run_are_attacked_in_processes_of_their_own(capsys):
    assert main(["readers", "--count", "6", "--only", "splits", "--only", "scores"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert {name: sum(found.values()) for name, found in counts["readers"].items()} == {"scores": 6, "splits": 6}


def test_guided_files_need_atheris(monkeypatch):
    monkeypatch.setattr(readers, "find_spec", lambda _: None)
    with pytest.raises(SystemExit, match=r"^--guided needs atheris, .*: pip install atheris$"):
        main(["readers", "--guided", "--count", "1"])


@pytest.mark.slow
def test_guided_files_are_made_and_counted(capsys):
    pytest.importorskip("atheris")
    assert main(["readers", "--guided", "--count", "200", "--only", "genres in a cell, 0"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["guided"].values()
    assert sum(found.values()) == 200
    assert found["read"] > 0


@pytest.mark.slow
def test_killed_jobs_leave_the_same_files(capsys):
    assert main(["runs", "--count", "4", "--only", "pack", "--only", "audit", "--only", "similar"]) == 0
    for counts in json.loads(capsys.readouterr().out)["jobs"].values():
        assert counts["happened"]["same"] == 4
        assert counts["happened"]["killed inside a write"] >= 2
        assert counts["not compared"] == []


@pytest.mark.slow
def test_the_server_keeps_its_promises_under_load(capsys, monkeypatch):
    # In so short a time memory has not settled: how much is left of a load is for the full form.
    for promise in ("_LEFT", "_GROWTH"):
        monkeypatch.setattr(server, promise, 2.0)
    monkeypatch.setattr(server, "_WARM_S", 1.0)
    assert main(["server", "--minutes", "0.07", "--clients", "10"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert counts["fallen"] == []
    assert counts["requests"]["good 200"] > 0
    assert sum(counts["requests"].values()) > counts["requests"]["good 200"]


def test_the_scorecard_is_made_from_the_counts():
    kept = json.loads(scorecard.KEPT.read_text())
    page = scorecard.PAGE.read_text()
    assert scorecard.with_scorecard(page, kept) == page
    assert set(kept) >= {"readers", "runs", "server"}
    one = {"jobs": {"pack": {"happened": {"same": 1}, "not compared": []}}, "fallen": []}
    again = scorecard.merged(kept, one)
    assert again["runs"]["jobs"] == kept["runs"]["jobs"] | one["jobs"]
    # Ctrl-C, before the soak came to it.
    assert scorecard.merged(kept, {"readers": {"splits": {}}})["readers"]["readers"] == kept["readers"]["readers"]


def test_the_scorecard_hides_no_failure():
    readers_counts = {"readers": {"table: a": {"read": 2, "refused": 1}, "table: b": {"crash -11": 1, "read": 1}}}
    (row,) = scorecard.readers_rows(readers_counts)
    assert row.endswith("| 5 damaged copies | 3 read, 1 refused, 1 crash -11 |")
    (row,) = scorecard.guided_rows({"guided": {"splits": {"foreign KeyError": 1, "read": 2}}})
    assert row == "| splits | 3 files guided by coverage | 2 read, 1 foreign KeyError |"
    happened = {
        "killed inside a write": 2,
        "killed at a moment": 1,
        "same": 1,
        "different: a.npy": 1,
        "ended before": 4,
    }
    (row,) = scorecard.runs_rows({"jobs": {"pack": {"happened": happened, "not compared": ["run/train.log"]}}})
    assert "2 kills inside a write, 1 at a random moment" in row
    assert "1 times the same files to the bit (apart from train.log), **1 different: a.npy**" in row
    figures = {"clients": 50, "minutes": 10, "good_median_s": 0.51, "good_p99_s": 1.23}
    requests = {"requests": {"wrong_form 400": 2, "wrong_form 500": 1}}
    resident = {"resident_kb": {"before": 2048, "warm": 3072, "after": 4096}}
    row, server_row = scorecard.server_rows(requests | resident | figures)
    assert row == "| requests: wrong form | 3 | 2 times 400, 1 times 500 |"
    memory = "2 MB resident before the first request, 3 MB resident after 10 s, 4 MB resident in the end"
    assert server_row.endswith(f"0.5 s (median) and 1.2 s (99 of 100); {memory} |")
