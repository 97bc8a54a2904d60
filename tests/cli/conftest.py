"""The command line to call, a table, a run: what the tests of several commands need."""

import shutil
from pathlib import Path

import pytest

from posters.catalogue import read_catalogue
from posters.classifier import load_classifier
from posters.config import TrainConfig
from posters.runs import Run
from posters.splitting.splits import Splits
from tests.cli.running import TABLE, calling


@pytest.fixture
def posters(capsys):
    """Runs the command line in this process."""
    return calling(capsys)


@pytest.fixture(scope="module")
def classifier(golden):
    return load_classifier(golden / "classifier")


@pytest.fixture
def table(golden, tmp_path) -> Path:
    """A catalogue of the golden posters: `shop/table.csv`, and `images` beside it."""
    shutil.copytree(golden / "posters", tmp_path / "shop" / "images")
    path = tmp_path / "shop" / "table.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def finished_run(table, golden, tmp_path) -> Path:
    """A run directory as training leaves it, with the golden classifier in it."""
    catalogue = read_catalogue(table, min_posters=1, report=False)
    run = Run(tmp_path / "run")
    run.start(TrainConfig(seed=7), Splits(("1",), ("2",), ("3",), 7, catalogue.fingerprint()), catalogue)
    shutil.copytree(golden / "classifier", run.classifier)
    return run.path
