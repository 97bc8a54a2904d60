"""A training that is followed by a tracker, and by one that fails."""

import json
from importlib import import_module

import pytest

from posters.errors import ConfigError
from posters.runs import Run
from posters.tasks.train import train
from posters.tracking import tracked

OWN = """
import json
from pathlib import Path

class Mine:
    fails = False

    def __init__(self, run, parameters, id):
        self.run, self.id, self.got = run, "7", {"parameters": parameters, "rows": [], "files": []}

    def log(self, values, step):
        if Mine.fails:
            raise OSError("gone")
        self.got["rows"].append([values, step])

    def attach(self, path, name):
        self.got["files"].append(path.name)

    def close(self, ok):
        Path(__file__).with_name("record.json").write_text(json.dumps({**self.got, "ok": ok}))
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    metadata = tmp_path / "package" / "own-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: own\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[posters.trackers]\nmine = own_followed:Mine\n")
    (tmp_path / "package" / "own_followed.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path / "package")
    return tmp_path / "package" / "record.json"


def test_it_gets_the_config_every_epoch_and_the_card(installed, colours, small, tmp_path):
    train(colours, tmp_path / "run", small, cache=tmp_path / "cache", track="mine")
    got = json.loads(installed.read_text())
    assert (got["parameters"]["backbone"], got["parameters"]["preprocess.height"], got["ok"]) == ("small_cnn", 36, True)
    epochs = [
        (f"{epoch.stage}/validation_macro_map", epoch.validation_macro_map) for epoch in Run(tmp_path / "run").epochs()
    ]
    told = [next(item for item in values.items() if "macro_map" in item[0]) for values, step in got["rows"] if step]
    assert told == [(name, pytest.approx(value)) for name, value in epochs]
    assert {"MODEL_CARD.md", "config.toml"} <= set(got["files"])
    assert tracked(tmp_path / "run") == {"mine": "7"}


def test_one_that_fails_costs_nothing_of_the_run(installed, colours, small, tmp_path, messages, monkeypatch):
    monkeypatch.setattr(import_module("own_followed").Mine, "fails", True)
    classifier = train(colours, tmp_path / "run", small, cache=tmp_path / "cache", track=["mine"])
    assert classifier.genre_names == colours.genre_names
    assert sum("mine is left out from here on ('gone')" in line for line in messages) == 1


def test_an_unknown_one_is_refused_before_anything_is_packed(colours, small, tmp_path):
    with pytest.raises(ConfigError, match="there is no tracker 'mlfow': did you mean mlflow"):
        train(colours, tmp_path / "run", small, cache=tmp_path / "cache", track="mlfow")
    assert not (tmp_path / "cache").exists()
    assert not any((tmp_path / "run").glob("*"))
