"""What is not installed is named in one line, with the command that installs it."""

import json
import subprocess
import sys
from typing import Any

import pytest

from posters._base.optional_imports import check_installed, require
from posters.errors import MissingExtraError

# Runs commands in a process where some packages can't be found; prints code and stderr of each.
WITHOUT = """
import contextlib, io, json, sys
blocked, commands = json.loads(sys.argv[1])

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
from posters.cli import main
outcomes = []
for arguments in commands:
    with contextlib.redirect_stderr(io.StringIO()) as err, contextlib.redirect_stdout(io.StringIO()) as out:
        outcomes.append([main(arguments), err.getvalue(), out.getvalue()])
print(json.dumps(outcomes))
"""


def run_without(packages: list[str], folder, *commands: list[str]) -> list[list[Any]]:
    """Exit code, stderr and stdout of commands where `packages` are not installed."""
    command = [sys.executable, "-c", WITHOUT, json.dumps([packages, commands])]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    outcomes: list[list[Any]] = json.loads(done.stdout)
    return outcomes


@pytest.fixture
def shop(golden, tmp_path):
    (tmp_path / "images").symlink_to(golden / "posters")
    (tmp_path / "classifier").symlink_to(golden / "classifier")
    (tmp_path / "table.csv").write_text("id,image,genres\n1,dusk.png,Western\n2,night.png,Drama\n3,ghost.png,Drama\n")
    return tmp_path


def test_the_base_install_predicts_and_names_the_extras_of_the_rest(shop):
    everything = ["tensorflow", "keras", "pandas", "sklearn", "scipy", "joblib", "imagehash", "filelock", "tomli_w"]
    predicted, read, evaluated, audited, trained = run_without(
        [*everything, "matplotlib"],
        shop,
        ["predict", "images/dusk.png", "--classifier", "classifier"],
        ["catalogue", "table.csv", "--min-posters", "1"],
        ["evaluate", "classifier", "table.csv"],
        ["audit", "table.csv"],
        ["train", "table.csv", "--run", "run", "--cache", "cache"],
    )
    assert predicted == [0, "", "images/dusk.png: Western 0.66\n"]
    needs = "posters: {} is not installed, and this needs it: run `pip install 'posters[{}]'`\n"
    assert read[0] == 0
    assert "3 posters of 3 rows" in read[1] + read[2]
    assert evaluated == [2, needs.format("scipy", "train"), ""]
    assert audited == [2, needs.format("filelock", "train"), ""]
    assert trained == [2, needs.format("tensorflow", "train"), ""]


def test_predicting_needs_an_extra_only_for_tables_and_parquet(shop):
    poster, rest = "images/dusk.png", ["--classifier", "classifier", "--output", "predicted.csv"]
    predicted, table, parquet = run_without(
        ["pandas", "pyarrow"],
        shop,
        ["predict", poster, "images", "images/*.png", *rest],
        ["predict", poster, "table.csv", *rest],
        ["predict", poster, "--format", "parquet", *rest],
    )
    assert predicted == [0, "", ""]
    needs = "posters: {} is not installed, and this needs it: run `pip install 'posters[{}]'`\n"
    assert table == [0, "", ""]
    assert parquet == [2, needs.format("pyarrow", "parquet"), ""]


@pytest.mark.parametrize("package", ["tensorflow", "keras", "tomli_w"])
def test_training_checks_its_packages_before_it_writes_anything(shop, package):
    before = sorted(shop.iterdir())
    train = ["train", "table.csv", "--run", "run", "--cache", "cache", "--min-posters", "1"]
    assert run_without([package], shop, train) == [
        [2, f"posters: {package} is not installed, and this needs it: run `pip install 'posters[train]'`\n", ""]
    ]
    assert sorted(shop.iterdir()) == before


class TestRequire:
    def test_it_returns_the_module(self):
        assert require("json") is json
        assert require("json.decoder").JSONDecoder is json.JSONDecoder
        check_installed("json", "posters")

    @pytest.mark.parametrize("find", [require, check_installed])
    def test_a_missing_package_names_its_extra(self, find):
        with pytest.raises(
            MissingExtraError,
            match=r"^no_such_package is not installed, and this needs it: run `pip install 'posters\[web\]'`$",
        ):
            find("no_such_package", extra="web")

    def test_a_module_of_a_missing_package_names_the_package(self):
        with pytest.raises(MissingExtraError, match=r"^no_such_package is not installed"):
            require("no_such_package.inner")

    def test_a_package_that_lacks_something_of_its_own_is_not_called_missing(self, tmp_path, monkeypatch):
        (tmp_path / "broken_package.py").write_text("import something_it_needs\n")
        monkeypatch.syspath_prepend(tmp_path)
        with pytest.raises(ModuleNotFoundError, match="something_it_needs") as raised:
            require("broken_package")
        assert not isinstance(raised.value, MissingExtraError)
