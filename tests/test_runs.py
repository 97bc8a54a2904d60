"""Runs: everything that decides one is written down and read back; damaged files are errors of one line."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posters.catalogue import Catalogue, Poster, Problem
from posters.catalogue.catalogue import store_catalogue, stored_catalogue
from posters.config import PreprocessConfig, TrainConfig
from posters.errors import CatalogueError, ConfigError, RunError, SplitError
from posters.runs import Run, environment
from posters.splitting.splits import Splits

CONFIG = TrainConfig(epochs=2, seed=7, preprocess=PreprocessConfig(height=32, width=32))
SPLIT = Splits(("a", "d"), ("b",), ("c",), 7, "abc")


@pytest.fixture
def catalogue(tmp_path):
    posters = (
        Poster("a", "a.jpg", ("Drama", "Sci-Fi"), "Сталкер", 1979, "tarkovsky", "train"),
        Poster("b", "deep/b.jpg", ("Drama",)),
        Poster("c", "c.jpg", (), title='The "Quoted", One\n'),
        Poster("d", "d.jpg", ("Sci-Fi",), year=0),
    )
    problems = (Problem("row", "the image file is missing", 12, ("x in row 3", "y")),)
    return Catalogue(posters, ("Sci-Fi", "Drama", "Western"), tmp_path / "images", tmp_path / "t.csv", "imdb", problems)


@pytest.fixture
def started(tmp_path, catalogue):
    run = Run(tmp_path / "runs" / "first")
    run.start(CONFIG, SPLIT, catalogue)
    return run


def test_a_started_run_reads_back_what_decides_it(started, catalogue):
    assert started.config() == CONFIG
    assert started.splits() == SPLIT.by_id()
    assert started.catalogue() == catalogue
    assert started.catalogue().fingerprint() == catalogue.fingerprint()
    assert (started.started, started.finished) == (True, False)
    files = ["catalogue.jsonl", "checkpoints", "config.toml", "environment.json", "splits.csv"]
    assert sorted(path.name for path in started.path.iterdir()) == files
    assert json.loads((started.path / "environment.json").read_text()) == environment()


def test_the_environment_names_the_versions_that_decide_figures():
    assert {"python", "platform", "processor", "posters", "tensorflow", "keras", "numpy", "pillow"} <= set(
        environment()
    )


def test_images_that_were_moved_may_be_named(started, tmp_path):
    assert started.catalogue(tmp_path / "moved").image_root == tmp_path / "moved"


def test_looking_at_a_run_makes_nothing(tmp_path):
    run = Run(tmp_path / "none")
    run.refuse_if_taken()
    assert not run.started
    assert not run.finished
    assert not run.path.exists()


def test_a_run_that_stopped_while_it_started_has_not_started(tmp_path, catalogue, monkeypatch):
    """config.toml comes last, so that a run with it has everything else."""
    run = Run(tmp_path / "run")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("posters.runs.store_catalogue", stop)
    with pytest.raises(KeyboardInterrupt):
        run.start(CONFIG, SPLIT, catalogue)
    assert not run.started


@pytest.mark.parametrize("method", ["config", "splits", "catalogue"])
def test_a_folder_that_is_no_run_is_refused(tmp_path, method):
    with pytest.raises(RunError, match=r"is no run of posters train that can be used here: it has no \w+"):
        getattr(Run(tmp_path), method)()


def test_a_folder_with_something_in_it_is_taken(started, tmp_path):
    with pytest.raises(RunError, match="exists already: choose another directory, or resume it with resume=True"):
        started.refuse_if_taken()
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="exists already"):
        Run(tmp_path / "file").refuse_if_taken()
    (tmp_path / "empty").mkdir()
    Run(tmp_path / "empty").refuse_if_taken()


def test_a_run_that_cannot_be_written_is_refused(tmp_path, catalogue):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="can't be written"):
        Run(tmp_path / "file" / "run").start(CONFIG, SPLIT, catalogue)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\0\0", b"[]\n", b"{}\n", b"null", b'"', b"[" * 50_000, b"\0" * 99])
@pytest.mark.parametrize(
    ("name", "method", "error"),
    [
        ("config.toml", "config", ConfigError),
        ("splits.csv", "splits", SplitError),
        ("catalogue.jsonl", "catalogue", CatalogueError),
    ],
)
def test_damaged_files_are_errors_of_one_line(started, name, method, error, content):
    (started.path / name).write_bytes(content)
    if content == b"" and name == "config.toml":
        assert started.config() == TrainConfig(), "a TOML file may be empty"
        return
    with pytest.raises(error) as caught:
        getattr(started, method)()
    assert str(started.path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


HEAD = {"genre_names": ["Drama"], "image_root": "/i", "table": None, "dialect": "d", "problems": []}
LINE = {"id": "a", "image": "a.jpg", "genres": ["Drama"]}


@pytest.mark.parametrize(
    "lines",
    [
        [{**HEAD, "genre_names": 3}, LINE],
        [{**HEAD, "problems": [3]}, LINE],
        [{**HEAD, "problems": [{"kind": "row"}]}, LINE],
        [{**HEAD, "image_root": 3}, LINE],
        [{**HEAD, "problems": 3}, LINE],
        [HEAD, {**LINE, "genres": 3}],
        [HEAD, {**LINE, "genres": ["Western"]}],
        [HEAD, {**LINE, "genres": [["Drama"]]}],
        [HEAD, {**LINE, "colour": "red"}],
        [HEAD, {"id": "a"}],
        [HEAD, LINE, LINE],
        [HEAD, [LINE]],
        [HEAD, None],
    ],
)
def test_a_stored_catalogue_that_is_not_one_is_refused(tmp_path, lines):
    path = tmp_path / "catalogue.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(CatalogueError, match="name the table yourself") as caught:
        stored_catalogue(path)
    assert "\n" not in str(caught.value)


def test_a_missing_stored_catalogue_is_refused(tmp_path):
    with pytest.raises(CatalogueError, match="is no stored catalogue, or damaged"):
        stored_catalogue(tmp_path / "none.jsonl")


# Whatever a JSON table may hold, half a surrogate pair and all.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.just("\ud800"), min_size=1)


@st.composite
def catalogues(draw):
    names = draw(st.lists(TEXTS, min_size=1, max_size=5, unique=True))
    ids = draw(st.lists(TEXTS, min_size=1, max_size=6, unique=True))
    genres = st.lists(st.sampled_from(names), unique=True).map(lambda chosen: tuple(sorted(chosen)))
    optional = st.one_of(st.none(), TEXTS)
    posters = tuple(
        draw(
            st.builds(
                Poster,
                id=st.just(id),
                image=TEXTS,
                genres=genres,
                title=optional,
                year=st.one_of(st.none(), st.integers(-5, 9999)),
                group=optional,
                split=st.sampled_from([None, "train", "validation", "test"]),
            )
        )
        for id in ids
    )
    problems = draw(st.lists(st.builds(Problem, TEXTS, TEXTS, st.integers(1), st.lists(TEXTS).map(tuple)), max_size=2))
    return Catalogue(
        posters, tuple(names), Path("/images"), draw(st.sampled_from([None, Path("/t.csv")])), "d", tuple(problems)
    )


@given(catalogue=catalogues())
@settings(deadline=None)
def test_any_catalogue_round_trips(tmp_path_factory, catalogue):
    path = tmp_path_factory.mktemp("stored") / "catalogue.jsonl"
    store_catalogue(catalogue, path)
    assert stored_catalogue(path) == catalogue


def test_the_history_is_a_csv_file_with_a_line_for_each_epoch(started):
    started.write_history([])
    assert (started.path / "history.csv").read_text() == "\n"
    started.write_history([{"stage": "head", "problem": 0.5}, {"stage": "whole", "problem": 0.25}])
    assert (started.path / "history.csv").read_text() == "stage,problem\nhead,0.5\nwhole,0.25\n"


def test_what_a_failed_start_left_is_no_hindrance(tmp_path, catalogue, monkeypatch):
    """A full disk, or a kill, between two files: whether resumed or begun anew, the next try takes the directory."""
    run = Run(tmp_path / "run")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("posters.runs.store_catalogue", full)
    with pytest.raises(RunError, match="can't be written"):
        run.start(CONFIG, SPLIT, catalogue)
    monkeypatch.undo()
    run.refuse_if_taken()
    run.start(CONFIG, SPLIT, catalogue)
    assert run.started


def test_files_of_ones_own_are_never_taken_for_what_a_start_left(tmp_path):
    (tmp_path / "splits.csv").write_text("id,split\n")
    with pytest.raises(RunError, match="exists already"):
        Run(tmp_path).refuse_if_taken()


def test_an_untrained_run_behind_a_link_is_emptied(tmp_path, catalogue):
    (tmp_path / "disk").mkdir()
    (tmp_path / "run").symlink_to("disk")
    run = Run(tmp_path / "run")
    run.start(CONFIG, SPLIT, catalogue)
    run.remove_if_untrained()
    assert list((tmp_path / "disk").iterdir()) == []
    assert (tmp_path / "run").is_symlink()
