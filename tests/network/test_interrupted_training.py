"""Ctrl-C, SIGTERM and a second writer, as a person at a terminal, a queue and two colleagues cause them."""

import csv
import signal
import subprocess
import sys
from functools import partial
from time import monotonic, sleep

import pytest

from posters.runs import Run
from posters.scores import read_scores

RECIPE = ["--backbone", "small_cnn", "--weights", "none", "--height", "64", "--width", "48", "--epochs", "3"]
RECIPE += ["--batch-size", "4", "--train-scale", "1", "--min-posters", "1", "--no-look", "--validation", "0.2"]


@pytest.fixture
def table(colours, tmp_path):
    path = tmp_path / "table.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("id", "image", "genres"), *((p.id, p.image, "|".join(p.genres)) for p in colours)])
    return path


@pytest.fixture
def train(table, colours, tmp_path):
    """Starts a training in a process of its own, which heeds Ctrl-C whatever the shell of the tests does."""
    heeding = partial(signal.signal, signal.SIGINT, signal.default_int_handler)

    def start(run, *options):
        command = [sys.executable, "-m", "posters", "train", table, "--images", colours.image_root, "--run", run]
        command += ["--cache", tmp_path / "cache", *RECIPE, *options]
        return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=heeding)

    return start


def epochs(run):
    return Run(run).epochs() if (run / "history.csv").is_file() else ()


def wait_for_epoch(run, process):
    """Waits until an epoch more is behind it, so that what follows comes in the midst of the next."""
    end, before = monotonic() + 240, len(epochs(run))
    while len(epochs(run)) <= before:
        assert process.poll() is None, process.stderr.read().decode()[-2000:]
        assert monotonic() < end, "the first epoch did not end"
        sleep(0.01)


@pytest.mark.parametrize(("number", "code", "words"), [(15, 143, b"terminated"), (2, 130, b"interrupted")])
def test_a_training_that_is_told_to_stop_saves_and_resumes_to_the_same_bits(train, tmp_path, number, code, words):
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    with train(cut) as process:
        wait_for_epoch(cut, process)
        process.send_signal(number)
        _, error = process.communicate(timeout=60)
    assert process.returncode == code, error.decode()[-2000:]
    assert error.rstrip().endswith(b"posters: " + words)
    assert b"--resume continues there" in error
    assert b"Traceback" not in error
    for run, options in ((cut, ["--resume"]), (whole, [])):
        with train(run, *options) as process:
            _, error = process.communicate(timeout=240)
        assert process.returncode == 0, error.decode()[-2000:]
    scores = [read_scores(Run(run).scores("validation")).y_score for run in (cut, whole)]
    assert (scores[0] == scores[1]).all()
    networks = [(Run(run).classifier / "network.tflite").read_bytes() for run in (cut, whole)]
    assert networks[0] == networks[1]


def test_a_second_training_in_one_run_is_refused(train, tmp_path):
    run = tmp_path / "run"
    with train(run, "--epochs", "300", "--patience", "300") as first:
        wait_for_epoch(run, first)
        with train(run, "--epochs", "300", "--patience", "300", "--resume") as second:
            _, error = second.communicate(timeout=240)
        assert second.returncode == 2
        assert f"{run} is being written by process {first.pid}" in error.decode().splitlines()[-1]
        first.kill()
    with train(run, "--epochs", "300", "--patience", "300", "--resume") as third:
        wait_for_epoch(run, third)
        third.send_signal(signal.SIGTERM)
        third.communicate(timeout=60)
    assert third.returncode == 143
