"""A researcher's day: two recipes by the same folds, compared, and figures and tables for a paper."""

import csv
import json
import re

import pytest

pytestmark = pytest.mark.slow

RECIPE = ["--epochs", 0, "--height", 96, "--width", 64, "--folds"]


def test_two_recipes_become_a_table_and_figures(posters, folder):
    posters("sample", "drawn", "--count", 200)

    # A recipe by five folds, and another by the same ones; a kill costs what was not finished.
    posters("cross-validate", "drawn/posters.csv", "--run", "cv", *RECIPE, 5)
    again = posters("cross-validate", "drawn/posters.csv", "--run", "cv", *RECIPE, 5, "--resume")
    by = ["--backbone", "small_cnn", "--weights", "none"]
    posters("cross-validate", "drawn/posters.csv", "--run", "small", *RECIPE, "cv/folds.csv", *by)
    compared = posters("compare", "cv", "small").stdout
    # Fewer than were drawn: posters of rare genres alone are left out.
    count = int(re.search(r"out-of-fold: (\d+) posters that all runs have", compared)[1])
    assert 100 < count <= 200

    # The same figure wherever it stands.
    evaluation = json.loads((folder / "cv" / "report" / "evaluation.json").read_text())
    model = next(row for row in evaluation["predictors"] if row["predictor"] == "model")
    value = f"{model['figures']['macro_map']['value']:.3f}"
    tables = {path.suffix: path.read_text() for path in (folder / "cv" / "report").iterdir() if path.suffix != ".html"}
    assert value in again.stdout
    assert value in tables[".md"]
    assert any(value in text for suffix, text in tables.items() if suffix == ".tex")

    # Each poster once, by the fold that never saw it.
    with (folder / "cv" / "folds.csv").open(newline="") as file:
        folds = list(csv.DictReader(file))
    assert len(folds) == count == evaluation["posters"] == len({row["id"] for row in folds})

    # Figures and tables for the paper.
    posters("figures", "cv/report", "--format", "pdf", "--output", "paper")
    pictures = sorted((folder / "paper").glob("*.pdf"))
    assert len(pictures) >= 3
    assert all(path.read_bytes().startswith(b"%PDF") for path in pictures)
    for path in (folder / "paper").glob("*.tex"):
        text = path.read_text()
        assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") >= 1
        assert not re.search(r"(?<!\\)[%&_#](?![^\n]*\\\\)", text.split("tabular")[0])
