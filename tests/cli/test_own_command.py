"""A command of one's own: an installed package adds it under an entry-point group, and this package stays as it is."""

import importlib.metadata
import sys

import pytest

from posters.cli import main

COMMAND = """
def add_parser(commands):
    parser = commands.add_parser("shout", help="print a word in capitals")
    parser.add_argument("word")
    parser.set_defaults(run=run)


def run(options):
    print(options.word.upper())
    return 1
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Installs a package as pip would: a module, and the metadata that names it."""
    metadata = tmp_path / "shouting-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[posters.commands]\nshout = shouting\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / "shouting.py"
    sys.modules.pop("shouting", None)


def test_it_runs_and_its_exit_code_is_that_of_the_program(installed, capsys):
    installed.write_text(COMMAND)
    assert main(["shout", "drama"]) == 1
    assert capsys.readouterr().out == "DRAMA\n"


def test_the_help_lists_it(installed, capsys):
    installed.write_text(COMMAND)
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "print a word in capitals" in capsys.readouterr().out


def test_the_samples_command_tells_how_to_get_it_where_it_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: ())
    assert main(["sample", "films"]) == 2
    assert capsys.readouterr().err == (
        "posters: posters sample needs the package posters-sample; in a clone of the repository: pip install ./sample\n"
    )


def test_one_that_can_not_be_imported_is_named_and_the_built_in_ones_work(installed, capsys):
    installed.write_text("import nothing_like_this\n")
    assert main(["shout", "drama"]) == 2
    assert "the command shout (shouting) can't be added: No module named 'nothing_like_this'" in capsys.readouterr().err
    assert main(["catalogue", "--dialects"]) == 0
