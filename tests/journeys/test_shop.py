"""A shop's day: a folder of 400 posters and a table with mistakes becomes a corrected, tagged workbook."""

import csv

import numpy as np
import pytest
from openpyxl import load_workbook

import posters as package

pytestmark = pytest.mark.slow

COUNT = 400
WRONG = 16


def spoil(path, rng):
    """Give posters a genre that they don't have; return these pairs."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    genres = sorted({genre for row in rows for genre in row["genres"].split("|")})
    wrong = set()
    for number in rng.choice(len(rows), WRONG, replace=False):
        row = rows[number]
        genre = str(rng.choice([each for each in genres if each not in row["genres"].split("|")]))
        row["genres"] += f"|{genre}"
        wrong.add((row["id"], genre))
    write(path, rows)
    return wrong


def write(path, rows):
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_a_folder_becomes_a_corrected_and_tagged_workbook(posters, folder):
    posters("sample", "shop", "--count", COUNT)
    wrong = spoil(folder / "shop" / "posters.csv", np.random.default_rng(0))

    # What is in it, and what is wrong with it?
    assert f"posters of {COUNT} rows" in posters("catalogue", "shop/posters.csv").stderr
    audit = posters("audit", "shop/posters.csv", "--labels", "doubts.csv")
    assert "to be false, the surest first, in doubts.csv" in audit.stderr

    # A person looks at the surest hundred, and knows which are wrong.
    with (folder / "doubts.csv").open(encoding="utf-8-sig", newline="") as file:
        doubts = list(csv.DictReader(file))
    false = [row for row in doubts if row["kind"] == "false"][:100]
    accepted = [row for row in false if (row["id"], row["genre"]) in wrong]
    assert len(accepted) >= WRONG // 2, "of the planted labels, fewer than half are among the first hundred doubts"
    write(folder / "doubts.csv", [row | {"accept": "yes" if row in accepted else ""} for row in doubts])

    # A head on the network that comes with the package, in seconds.
    size = ["--height", 192, "--width", 128]
    trained = posters("train", "shop/posters.csv", "--corrections", "doubts.csv", "--run", "run", "--epochs", 0, *size)
    assert f"{len(accepted)} labels: removed by doubts.csv" in trained.stderr
    posters("evaluate", "run")
    report = (folder / "run" / "report" / "index.html").read_text()
    assert "<title>" in report
    figures = package.evaluate_run(folder / "run").of("model").figures
    prior = package.evaluate_run(folder / "run").of("prior").figures
    assert figures["macro_map"].value > prior["macro_map"].value + 0.1

    # The new ones, tagged in a workbook; not a cell of the table is lost.
    posters("sample", "new", "--count", 40, "--seed", 7)
    posters("predict", "new/posters.csv", "--classifier", "run", "--into", "tagged.xlsx")
    with (folder / "new" / "posters.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    header, *rows = load_workbook(folder / "tagged.xlsx").active.iter_rows(values_only=True)
    assert len(rows) == 40
    added = [name for name in header if name not in table[0]]
    assert added
    for row, before in zip(rows, table, strict=True):
        cells = dict(zip(header, row, strict=True))
        assert {name: str(cells[name]) for name in before} == before
        assert cells[added[0]]
