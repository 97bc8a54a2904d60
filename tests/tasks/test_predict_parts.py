"""Predictions in a folder of parts: complete, resumed after a kill, and never mixed with others."""

import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from posters import predict_parts
from posters.classifier import load_classifier
from posters.errors import ArraysError, ConfigError
from tests.cli.running import calling, start


@pytest.fixture(scope="module")
def classifier(golden):
    return load_classifier(golden / "classifier", threads=1)


@pytest.fixture
def images(golden) -> list[Path]:
    return sorted((golden / "posters").iterdir())


@pytest.fixture
def predict(capsys, golden):
    run = calling(capsys)
    return lambda *arguments: run("predict", "--classifier", golden / "classifier", *arguments)


@pytest.fixture
def table(golden, tmp_path) -> Path:
    """A table of 300 rows, of which every hundredth names no file."""
    names = sorted(path.name for path in (golden / "posters").iterdir())
    shutil.copytree(golden / "posters", tmp_path / "images")
    rows = [f"{n},{'gone.png' if n % 100 == 7 else names[n % 3]}\n" for n in range(300)]
    path = tmp_path / "table.csv"
    path.write_text("id,image\n" + "".join(rows))
    return path


def rows_of(folder: Path) -> list[dict[str, Any]]:
    paths = sorted(folder.glob("part-*"))
    if all(path.suffix == ".parquet" for path in paths):
        return [row for path in paths for row in pyarrow.parquet.read_table(path).to_pylist()]
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_the_parts_together_are_what_one_file_holds(predict, images, tmp_path, form):
    words = [*images, tmp_path / "none.png"]
    whole = predict(*words, "--output", tmp_path / f"whole.{form}")
    parts = predict(*words, "--output", f"{tmp_path}/out/", "--format", form, "--part-size", 3)
    assert parts == whole
    assert parts.code == 1
    (tmp_path / "one").mkdir()
    (tmp_path / f"whole.{form}").rename(tmp_path / "one" / f"part-0.{form}")
    assert rows_of(tmp_path / "out") == rows_of(tmp_path / "one")
    assert [path.name for path in sorted((tmp_path / "out").glob("part*"))] == [f"part-0000{n}.{form}" for n in (0, 1)]


def test_a_folder_of_parquet_is_one_data_set(predict, images, tmp_path):
    predict(*images, "--output", f"{tmp_path}/out/", "--part-size", 1, "--all")
    read = pyarrow.parquet.read_table(tmp_path / "out")
    assert read["poster"].to_pylist() == [str(path) for path in images]


def test_a_killed_prediction_goes_on_from_its_parts(golden, predict, table, tmp_path):
    out = tmp_path / "out"
    words = (table, "--output", f"{out}/", "--part-size", 5, "--threads", 1)
    process = start("predict", "--classifier", golden / "classifier", *words)
    until = time.monotonic() + 60
    while len(list(out.glob("part-*"))) < 3 and time.monotonic() < until:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = {path: path.stat().st_mtime_ns for path in out.glob("part-*")}
    assert len(before) >= 3
    assert predict(*words).code == 1
    assert [row["poster"] for row in rows_of(out)] == [str(n) for n in range(300)]
    assert [row["poster"] for row in rows_of(out) if row["error"]] == ["7", "107", "207"]
    assert before.items() <= {path: path.stat().st_mtime_ns for path in out.glob("part-*")}.items()


def test_a_part_that_was_removed_is_made_again_and_no_other(images, classifier, tmp_path):
    made = predict_parts(images, tmp_path / "out", classifier, part_size=1)
    bytes_of = [path.read_bytes() for path in made.paths]
    stamps = [path.stat().st_mtime_ns for path in made.paths]
    made.paths[1].unlink()
    assert predict_parts(images, tmp_path / "out", classifier, part_size=1) == made
    assert [path.read_bytes() for path in made.paths] == bytes_of
    assert [made.paths[n].stat().st_mtime_ns for n in (0, 2)] == [stamps[0], stamps[2]]


def test_an_error_while_a_part_is_written_leaves_none(images, classifier, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("posters.tasks.prediction_parts.write_parquet", full)
    with pytest.raises(OSError, match="No space left"):
        predict_parts(images, tmp_path / "out", classifier, part_size=1)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["_predictions.json"]


@pytest.mark.parametrize(
    ("changed", "meaning"),
    [
        (("--part-size", 2), "with another --part-size"),
        (("--format", "jsonl"), "with another --format"),
        (("--all",), "with another choice of --all"),
        (("--top", 2), "with another choice of --rule, --top or --threshold"),
        (("--from-file", "more.txt"), "of other posters"),
    ],
)
def test_other_predictions_are_refused(predict, images, tmp_path, monkeypatch, changed, meaning):
    monkeypatch.chdir(tmp_path)
    Path("more.txt").write_text("none.png\n")
    assert predict(*images, "--output", f"{tmp_path}/out/").code == 0
    line = predict(*images, "--output", tmp_path / "out", *changed).refusal
    advice = "name another folder as --output, or remove this one"
    assert line == f"{tmp_path}/out holds predictions {meaning}: {advice}"


def test_another_classifier_is_refused(images, classifier, tiny_classifier, tmp_path):
    predict_parts(images, tmp_path / "out", classifier)
    manifest = tiny_classifier / "classifier.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text())))
    with pytest.raises(ConfigError, match="by another classifier: name another folder as output"):
        predict_parts(images, tmp_path / "out", load_classifier(tiny_classifier))


def test_the_same_posters_from_another_folder_are_the_same(images, classifier, tmp_path, monkeypatch):
    named = {path.name: path for path in images}
    made = predict_parts(named, tmp_path / "out", classifier)
    monkeypatch.chdir(images[0].parent)
    assert predict_parts({name: name for name in named}, tmp_path / "out", classifier) == made


def test_a_folder_of_other_files_is_refused(predict, images, tmp_path):
    (tmp_path / "notes.txt").touch()
    line = predict(*images, "--output", f"{tmp_path}/").refusal
    assert line == f"{tmp_path} holds other files: name a new folder as --output"


def test_damaged_settings_and_damaged_parts_are_named(images, classifier, tmp_path):
    made = predict_parts(images, tmp_path / "out", classifier)
    made.paths[0].write_bytes(b"PAR1 and then nothing")
    with pytest.raises(ArraysError, match=r"part-00000.parquet is damaged"):
        predict_parts(images, tmp_path / "out", classifier)
    for text in ("{", "7", "[" * 5000):
        (tmp_path / "out" / "_predictions.json").write_text(text)
        with pytest.raises(ConfigError, match=r"_predictions.json is damaged"):
            predict_parts(images, tmp_path / "out", classifier)


@pytest.mark.parametrize("line", ["null", "7", "[" * 5000, "{", '"error"', "\udcff"])
def test_a_part_with_a_line_that_is_no_prediction_is_named(images, classifier, tmp_path, line):
    made = predict_parts(images, tmp_path / "out", classifier, form="jsonl")
    lines = made.paths[0].read_text().splitlines()
    made.paths[0].write_bytes("\n".join([line, *lines[1:]]).encode("utf-8", "surrogateescape"))
    with pytest.raises(ArraysError, match=r"part-00000.jsonl is damaged"):
        predict_parts(images, tmp_path / "out", classifier)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_a_part_that_lacks_a_poster_is_named(images, classifier, tmp_path, form):
    made = predict_parts(images, tmp_path / "out", classifier, form=form)
    if form == "jsonl":
        made.paths[0].write_text(made.paths[0].read_text().partition("\n")[2])
    else:
        table = pyarrow.parquet.read_table(made.paths[0])
        pyarrow.parquet.write_table(table.slice(1), made.paths[0])
    with pytest.raises(ArraysError, match=rf"part-00000.{form} is damaged \(it has 2 rows, and not 3\)"):
        predict_parts(images, tmp_path / "out", classifier)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--engine", "ray"), "--engine is for results in parts: name a folder for them, as --output FOLDER/"),
        (("--part-size", 5), "--part-size is for results in parts: name a folder for them, as --output FOLDER/"),
        (
            ("--output", "out/", "--format", "csv"),
            "a folder gets parts in parquet or jsonl, not csv: choose another --format",
        ),
        (("--output", "out/", "--part-size", 0), "--part-size must be 1 or more, but got 0"),
        (("--output", "out/", "--address", "host:1"), "--address is that of a Ray cluster: add --engine ray"),
        (("--output", "out/", "--explain", "d"), "--explain goes with a file or stdout alone: name a file as --output"),
    ],
)
def test_what_a_folder_can_not_have(predict, images, tmp_path, monkeypatch, words, line):
    monkeypatch.chdir(tmp_path)
    assert predict(*images, *words).refusal == line
    assert not Path("out").exists()


def test_a_poster_named_twice_has_one_row(predict, images, tmp_path):
    assert predict(images[0], *images, "--output", f"{tmp_path}/out/").code == 0
    assert [row["poster"] for row in rows_of(tmp_path / "out")] == [str(path) for path in images]


def test_two_posters_of_one_name_are_refused(predict, images, tmp_path):
    for name, image in zip("ab", images, strict=False):
        (tmp_path / f"{name}.csv").write_text(f"id,image\n1,{image}\n")
    line = predict(
        tmp_path / "a.csv", tmp_path / "b.csv", "--images", images[0].parent, "--output", f"{tmp_path}/o/"
    ).refusal
    assert line == "two posters are called 1: predict their tables into folders of their own"
