"""`posters benchmark`: how long classifiers take, and whether they agree. No time is asserted."""

import json

import numpy as np
import pytest
from PIL import Image

from posters.cli import main
from posters.errors import ClassifierError, ConfigError
from posters.tasks.benchmark import benchmark
from tests.classifier.test_exported import CONTENTS, write_onnx

OTHER_RULES = [{**CONTENTS["rules"][0], "values": [0.0, 0.0, 0.0]}]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def files(tmp_path):
    """Two networks of the same probabilities, of which the second predicts every genre."""
    return [
        write_onnx(tmp_path / "first.onnx", CONTENTS),
        write_onnx(tmp_path / "second.onnx", CONTENTS | {"rules": OTHER_RULES}),
    ]


@pytest.fixture
def posters(tmp_path):
    for number in range(2):
        Image.fromarray(np.full((90, 60, 3), 40 * number, np.uint8)).save(tmp_path / f"{number}.png")
    return [tmp_path / "0.png", tmp_path / "1.png"]


def test_everything_is_measured_as_often_as_asked(files, posters):
    steps = []
    first, second = benchmark(
        files, posters, rounds=3, starts=2, progress=lambda turns, total: steps.append(total) or turns
    )
    assert steps == [2 + 3 * 2]
    for timing in (first, second):
        assert len(timing.cold) == 2
        assert len(timing.warm) == 6
        assert min(*timing.cold, *timing.warm) > 0
        low, middle, high = timing.quartiles
        assert low <= middle <= high
    assert (first.largest, first.same) == (0, 1)
    assert (second.largest, second.same) == (0, 0)
    assert first.megabytes == files[0].stat().st_size / 1e6


def test_the_command_prints_a_line_for_each_and_keeps_every_time(files, posters, capsys, tmp_path):
    words = [
        "--rounds",
        "2",
        "--starts",
        "1",
        "--posters",
        *map(str, posters),
        "--output",
        str(tmp_path / "times.json"),
    ]
    assert main(["benchmark", *map(str, files), *words]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "classifier"
    assert (first.split()[0], first.split()[-1]) == ("first.onnx", "100%")
    assert (second.split()[0], second.split()[-1]) == ("second.onnx", "0%")
    kept = json.loads((tmp_path / "times.json").read_text())
    assert [len(each["warm"]) for each in kept] == [4, 4]


def test_what_cannot_be_measured_is_one_line(files, posters, golden, capsys):
    with pytest.raises(ConfigError, match="1 or more rounds and starts"):
        benchmark(files, posters, rounds=0)
    with pytest.raises(ClassifierError, match="has other genres than"):
        benchmark([files[0], golden / "classifier"], posters)
    assert main(["benchmark", str(files[0]), "--posters", "none.png"]) == 2
    assert "there is no such" in capsys.readouterr().err
