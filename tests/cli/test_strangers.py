"""Commands that open a classifier from elsewhere: a poster on which its network crashes is one refused poster."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from posters.catalogue import read_catalogue
from posters.classifier import load_classifier
from posters.cli import main


@pytest.fixture(scope="module")
def tried(golden, tmp_path_factory):
    """A cache in which the golden network has passed its trial: for this installation, it comes from elsewhere."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSTERS_CACHE", str(cache))
        load_classifier(golden, isolate=False)
    return cache


@pytest.fixture
def folder(golden, tried, on_white, tmp_path, monkeypatch):
    """A folder of posters, of which the white one crashes the network, and a table of them."""
    monkeypatch.setenv("POSTERS_CACHE", str(tried))
    monkeypatch.chdir(tmp_path)
    on_white("os.abort()")
    shutil.copytree(golden / "posters", "posters")
    Image.new("RGB", (40, 60), "white").save("posters/hollow.png")
    rows = [f"{path.stem},{path.name},Horror" for path in sorted(Path("posters").iterdir())]
    Path("posters.csv").write_text("\n".join(["id,image,genres", *rows]))
    return tmp_path


def test_predict_refuses_that_poster_and_predicts_the_others(folder, golden, capsys):
    words = ["predict", "posters", "--classifier", str(golden), "--threads", "1", "--format", "jsonl"]
    assert main(words) == 1
    out, err = capsys.readouterr()
    rows = {Path(row["poster"]).stem: row for row in map(json.loads, out.splitlines())}
    reason = "the classifier's network failed on this poster, twice: "
    assert rows.pop("hollow")["error"].startswith(f"posters/hollow.png: {reason}")
    assert sorted(rows) == ["dusk", "ghost", "night"]
    assert all(row["genres"] for row in rows.values())
    once, twice, together = err.splitlines()
    assert once.endswith("(it is opened again)")
    assert twice.startswith(f"posters/hollow.png: {reason}")
    assert "its process ended with -6" in twice
    assert together == "1 of 4 posters could not be read"


def test_parts_name_the_reason_and_are_not_computed_again(folder, golden, capsys):
    words = [
        "predict",
        "posters",
        "--classifier",
        str(golden),
        "--threads",
        "1",
        "--format",
        "jsonl",
        "--output",
        "parts/",
    ]
    assert main(words) == 1
    errors = [json.loads(line).get("error", "") for line in Path("parts/part-00000.jsonl").read_text().splitlines()]
    assert ["failed on this poster" in error for error in errors] == [False, False, True, False]
    assert "(it is opened again)" in capsys.readouterr().err
    assert main(words) == 1
    assert "(it is opened again)" not in capsys.readouterr().err


def test_scores_leave_it_out(folder, golden, messages):
    classifier = load_classifier(golden, threads=1)
    assert len(classifier.score(read_catalogue("posters.csv", "posters", min_posters=1, report=False))) == 3
    assert any(
        message.startswith("hollow is left out: posters/hollow.png: the classifier's network") for message in messages
    )
