"""`posters drift`: what it prints and writes, its exit codes, and what it refuses."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

POSTERS = 20


def draw(folder, seed, *, noise):
    """Pictures of one colour, or of noise."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    for number in range(POSTERS):
        shape = (48, 32, 3) if noise else (1, 1, 3)
        pixels = np.broadcast_to(rng.integers(0, 256, shape), (48, 32, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def folders(tmp_path):
    return draw(tmp_path / "old", 1, noise=False), draw(tmp_path / "new", 2, noise=False)


@pytest.fixture
def drift(posters):
    """With the classifier of the package: the golden one has no features."""
    return lambda *words: posters("drift", *words)


def test_posters_like_the_reference_raise_no_alarm(drift, folders):
    outcome = drift(*folders)
    assert outcome.code == 0
    assert "no drift was found" in " ".join(outcome.out.split())


def test_noise_raises_the_alarms_that_are_asked_for(drift, folders, tmp_path):
    noise = draw(tmp_path / "noise", 3, noise=True)
    page, data = tmp_path / "drift.html", tmp_path / "drift.json"
    assert drift(folders[0], noise, "--html", page, "--json", data).code == 1
    found = json.loads(data.read_text())
    assert "features" in found["alarms"]
    assert found["classifier_test"]["area"] > 0.9
    assert found["posters"] == {"reference": POSTERS, "new": POSTERS}
    text = page.read_text()
    assert "the features of the new posters differ" in text
    assert text.count("<figure>") == len(found["genres"])


@pytest.mark.parametrize(("on", "failed"), [("never", 0), ("features", 1)])
def test_the_exit_code_is_that_of_the_alarm_that_is_asked_for(drift, folders, tmp_path, on, failed):
    assert drift(folders[0], draw(tmp_path / "noise", 3, noise=True), "--fail-on", on).code == failed


def test_a_labelled_reference_gives_prevalence(drift, folders, tmp_path):
    table = tmp_path / "old.csv"
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "image", "genres"])
        rows.writerows([number, f"{number}.png", ("Drama", "Western")[number % 2]] for number in range(POSTERS))
    outcome = drift(table, folders[1], "--images", folders[0], "--json", "-", "--fail-on", "never")
    shares = {genre["name"]: genre["reference"] for genre in json.loads(outcome.out)["labels"]}
    assert shares["Drama"] == 0.5
    outcome = drift(table, folders[1], "--images", folders[0], "--json", "-", "--fail-on", "never", "--no-labels")
    assert json.loads(outcome.out)["labels"] == []


def test_an_unreadable_poster_is_named_and_counted(drift, folders):
    (folders[1] / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    outcome = drift(*folders, "--fail-on", "never")
    assert (outcome.code, "broken.png" in outcome.err) == (1, True)
    assert "0 of the reference, 1 new" in outcome.out


def test_equal_seeds_give_equal_figures(drift, folders):
    assert drift(*folders, "--json", "-").out == drift(*folders, "--json", "-").out


def test_what_can_not_be_compared_is_one_line(drift, folders, golden, tmp_path):
    assert "at least 20 readable posters to be compared, but has 3" in drift(golden / "posters", folders[1]).refusal
    assert "there is no such file" in drift(tmp_path / "none", folders[1]).refusal
    old = ("--classifier", golden / "classifier")
    assert "has no features: train it again" in drift(*folders, *old).refusal
    assert "has no rule 'f11'" in drift(*folders, "--rule", "f11").refusal
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no images" in drift(empty, folders[1]).refusal
