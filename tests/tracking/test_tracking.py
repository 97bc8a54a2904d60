"""Trackers: one's own by an entry point, the built-in ones for real, and none of them can end a run."""

import json
import sys
from importlib import import_module
from importlib.util import find_spec

import pytest

from posters.errors import ConfigError, MissingExtraError
from posters.tracking import IDS, attach_report, open_trackers, tracked

OWN = """
import json
from pathlib import Path

class Mine:
    def __init__(self, run, parameters, id):
        if parameters.get("fails") == "at once":
            raise OSError("no route\\nto host")
        self.file, self.id, self.fails = Path(__file__).with_name("record.jsonl"), id or "7", parameters.get("fails")
        self.write("open", id, parameters)

    def write(self, *what):
        with self.file.open("a") as file:
            file.write(json.dumps(what) + "\\n")

    def log(self, values, step):
        if self.fails == "later":
            raise RuntimeError("the disk is full")
        self.write("log", values, step)

    def attach(self, path, name):
        self.write("attach", path.name, name)

    def close(self, ok):
        self.write("close", ok)
"""


@pytest.fixture
def record(tmp_path, monkeypatch):
    """Installs a tracker as pip would, and returns what it wrote."""
    metadata = tmp_path / "package" / "own-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: own\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[posters.trackers]\nmine = own_tracker:Mine\n")
    (tmp_path / "package" / "own_tracker.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path / "package")
    yield lambda: [json.loads(line) for line in (tmp_path / "package" / "record.jsonl").read_text().splitlines()]
    sys.modules.pop("own_tracker", None)


@pytest.fixture
def run(tmp_path):
    (tmp_path / "first").mkdir()
    return tmp_path / "first"


def test_a_tracker_of_ones_own_gets_parameters_curves_files_and_the_end(record, run):
    (run / "card.md").write_text("# Card")
    with open_trackers(["mine"], run, {"seed": 0}) as trackers:
        trackers.log({"head/train_loss": 0.5}, 1)
        trackers.attach(run / "card.md", "run")
        trackers.attach(run / "missing.md", "run")
    assert record() == [
        ["open", "", {"seed": 0}],
        ["log", {"head/train_loss": 0.5}, 1],
        ["attach", "card.md", "run"],
        ["close", True],
    ]


def test_a_run_that_fails_ends_as_one(record, run):
    with pytest.raises(ZeroDivisionError), open_trackers(["mine"], run, {}):
        raise ZeroDivisionError
    assert record()[-1] == ["close", False]


def test_one_that_fails_later_is_told_once_and_ends_nothing(record, run, messages):
    with open_trackers(["mine"], run, {"fails": "later"}) as trackers:
        for step in (1, 2, 3):
            trackers.log({"head/train_loss": 0.5}, step)
    assert messages == ["mine is left out from here on ('the disk is full'); the run goes on without it"]


def test_one_that_can_not_be_reached_is_one_line(record, run):
    with pytest.raises(ConfigError, match=r"mine can't be started \('no route to host'\): nothing was begun"):
        open_trackers(["mine"], run, {"fails": "at once"})


def test_the_first_of_two_is_closed_if_the_second_can_not_be_reached(record, run, monkeypatch):
    monkeypatch.setattr("posters.tracking.tensorboard.check_installed", _fail)
    with pytest.raises(MissingExtraError):
        open_trackers(["mine", "tensorboard"], run, {})
    assert record()[-1] == ["close", False]


def _fail(*_, **__):
    raise MissingExtraError("it is not installed")


@pytest.mark.parametrize("name", ["mlflow", "tensorboard", "wandb"])
def test_one_that_is_not_installed_is_one_line_with_the_command(run, monkeypatch, name):
    for module in (name, f"{name}.summary"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    monkeypatch.setattr("posters._base.optional_imports.find_spec", lambda *_: None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'posters\[{name}\]'"):
        open_trackers([name], run, {})
    assert list(run.iterdir()) == []


def test_a_resumed_run_and_its_report_are_added_to_the_same_one(record, run):
    with open_trackers(["mine"], run, {}) as trackers:
        trackers.remember(run)
    assert tracked(run) == {"mine": "7"}
    with open_trackers(["mine"], run, {}):
        pass
    (run / "report").mkdir()
    attach_report(run, run / "report")
    assert [what[1] for what in record() if what[0] == "open"] == ["", "7", "7"]
    assert ["attach", "report", "report"] in record()


def test_the_report_of_a_run_that_was_not_tracked_goes_nowhere(record, run):
    attach_report(run, run)
    assert not (run.parent / "package" / "record.jsonl").exists()


def test_a_damaged_note_of_ids_begins_anew(record, run):
    (run / IDS).write_text("{")
    assert tracked(run) == {}


# The built-in ones, where they are installed.


def needs(module):
    reason = f"{module.upper()} WAS NOT TRIED: pip install {module}"
    return pytest.mark.skipif(find_spec(module) is None, reason=reason)


@needs("tensorboard")
def test_tensorboard_has_the_curves(run):
    accumulator = import_module("tensorboard.backend.event_processing.event_accumulator")
    make_ndarray = import_module("tensorboard.util.tensor_util").make_ndarray

    with open_trackers(["tensorboard"], run, {"seed": 0}) as trackers:
        assert not (run / "tensorboard").exists()
        for step in (1, 2):
            trackers.log({"head/train_loss": 1 / step}, step)
    events = accumulator.EventAccumulator(str(run / "tensorboard")).Reload()
    points = events.Tensors("head/train_loss")
    assert [(point.step, float(make_ndarray(point.tensor_proto))) for point in points] == [(1, 1.0), (2, 0.5)]


@needs("mlflow")
def test_mlflow_has_parameters_curves_and_files_in_one_run(run, tmp_path, monkeypatch):
    store = (tmp_path / "mlruns").as_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    with open_trackers(["mlflow"], run, {"seed": 0, "backbone": "small_cnn"}) as trackers:
        trackers.remember(run)
        for step in (1, 2):
            trackers.log({"network 2/train_loss": 1 / step}, step)
    (run / "report").mkdir()
    (run / "report" / "index.html").write_text("<p>")
    attach_report(run, run / "report")
    client, id = import_module("mlflow").MlflowClient(store), tracked(run)["mlflow"]
    found = client.get_run(id)
    assert (found.info.run_name, found.info.status) == ("first", "FINISHED")
    assert found.data.params == {"seed": "0", "backbone": "small_cnn"}
    assert [point.value for point in client.get_metric_history(id, "network 2/train_loss")] == [1.0, 0.5]
    assert [file.path for file in client.list_artifacts(id, "report")] == ["report/index.html"]


@needs("mlflow")
def test_an_mlflow_server_that_is_gone_is_one_line(run, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(ConfigError, match=r"^mlflow can't be started"):
        open_trackers(["mlflow"], run, {})
    assert list(run.iterdir()) == []


@needs("wandb")
def test_wandb_keeps_an_offline_run(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    with open_trackers(["wandb"], run, {"seed": 0}) as trackers:
        trackers.log({"head/train_loss": 0.5}, 1)
    assert list((tmp_path / "wandb").glob("offline-run-*"))
