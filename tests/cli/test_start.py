"""`posters start`: a folder of a newcomer, with a table, without one, with several."""

import pytest

from posters.cli import start as module
from tests.cli.running import TABLE


@pytest.fixture
def asked_for(monkeypatch):
    """The commands that are run, none of which is."""
    commands = []
    monkeypatch.setattr("posters.cli.main", lambda words: commands.append(words) or 0)
    return commands


def shelf(golden, folder):
    (folder / "images").mkdir(parents=True)
    for file in (golden / "posters").glob("*.png"):
        (folder / "images" / file.name).write_bytes(file.read_bytes())
    (folder / "notes.json").write_text("{}")
    (folder / "films.csv").write_text(TABLE)
    return folder


def test_it_tells_what_is_there_and_proposes_commands_that_work(posters, golden, tmp_path, monkeypatch):
    folder = shelf(golden, tmp_path / "my films")
    monkeypatch.chdir(tmp_path)
    done = posters("start", "my films", "--min-posters", 1)
    assert done.code == 0
    assert "3 posters with 4 genres" in done.out
    assert "Doubts: " in done.out
    lines = [line.strip() for line in done.out.splitlines() if line.startswith("  posters ")]
    assert lines == [
        "posters audit 'my films/films.csv' --min-posters 1",
        "posters train 'my films/films.csv' --run 'runs/my films' --epochs 0 --min-posters 1",
        "posters evaluate 'runs/my films'",
    ]
    # Nobody could answer: nothing was begun.
    assert not (tmp_path / "runs").exists()
    assert folder.is_dir()


def test_with_yes_it_runs_what_it_proposes(posters, golden, tmp_path, asked_for):
    folder = shelf(golden, tmp_path / "films")
    run = tmp_path / "run"
    done = posters("start", folder, "--run", run, "--yes", "--min-posters", 1)
    assert done.code == 0
    train, evaluate = asked_for
    assert train == ["train", str(folder / "films.csv"), "--run", str(run), "--epochs", "0", "--min-posters", "1"]
    assert evaluate == ["evaluate", str(run)]
    assert f"The report is {run / 'report' / 'index.html'}" in done.out


@pytest.mark.parametrize(("answer", "began"), [("y", True), ("Yes ", True), ("", False), ("no", False)])
def test_somebody_at_a_terminal_is_asked(posters, golden, tmp_path, asked_for, monkeypatch, answer, began):
    opened = []
    monkeypatch.setattr(module, "sys", Terminal)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    monkeypatch.setattr("webbrowser.open", opened.append)
    folder = shelf(golden, tmp_path / "films")
    assert posters("start", folder, "--run", tmp_path / "run", "--min-posters", 1).code == 0
    assert (len(asked_for), len(opened)) == ((2, 1) if began else (0, 0))


class Terminal:
    class stdin:  # noqa: N801
        isatty = staticmethod(lambda: True)

    stdout = stdin


def test_a_training_that_fails_ends_it(posters, golden, tmp_path, monkeypatch):
    monkeypatch.setattr("posters.cli.main", lambda words: 2)
    assert posters("start", shelf(golden, tmp_path / "films"), "--yes", "--min-posters", 1).code == 2


def test_images_alone_can_be_predicted(posters, golden, tmp_path):
    folder = shelf(golden, tmp_path / "scans")
    (folder / "films.csv").unlink()
    (folder / "notes.json").unlink()
    done = posters("start", folder)
    assert done.code == 0
    assert "3 images, and no table with genres." in done.out
    assert f"posters predict {folder} --recursive" in done.out


def test_several_tables_are_named(posters, golden, tmp_path):
    folder = shelf(golden, tmp_path / "films")
    (folder / "more.tsv").write_text(TABLE)
    assert "holds 2 tables (films.csv, more.tsv): name one" in posters("start", folder).refusal


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_nothing_to_start_with_is_one_line(posters, tmp_path, name):
    (tmp_path / "empty").mkdir()
    assert posters("start", tmp_path / name).refusal


def test_a_damaged_table_is_its_own_error(posters, golden, tmp_path):
    folder = shelf(golden, tmp_path / "films")
    (folder / "films.csv").write_text("id,genres\n")
    assert "films.csv" in posters("start", folder).refusal
