"""scripts/promises.py: its tables in docs/evaluation.md keep what is promised, and a command writes them."""

import logging
import sys

import pytest
from scipy import stats

from scripts import promises

PAGE = promises.PAGE.read_text(encoding="utf-8")


def rows(name):
    """The cells of a table's rows, by the first four; its head and its caption left out."""
    begin, end = (f"<!-- promises, {name}: {which} -->" for which in ("begin", "end"))
    lines = PAGE.split(begin)[1].split(end)[0].splitlines()
    cells = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return cells[2:]


def test_promises_over_genres_are_kept_in_the_table():
    """Of 200 splits, each with a share of broken promises that varies at most as a yes or no does."""
    found = [row for row in rows("genres") if "=0.8" in row[0]]
    films = {(row[0], int(row[1].replace(",", ""))) for row in found if row[2] == "1"}
    assert films == {(rule, number) for rule in ("precision=0.8", "recall=0.8") for number in promises.POSTERS}
    assert all(float(row[4]) * 200 <= stats.binom.ppf(0.999, 200, 0.1) for row in found)
    # Where copies are counted as films, promises are broken: the table could show it.
    assert max(float(row[7]) for row in found if row[7]) > 0.2
    misses = [row for row in rows("genres") if row[0].startswith("miss-rate")]
    assert all(float(row[4].removeprefix("mean ")) <= 0.1 for row in misses)


def test_intervals_cover_the_truth_in_the_table():
    found = {row[0]: [float(cell) for cell in row[1:] if cell] for row in rows("intervals")}
    covered = found["macro mAP: jackknife (ours)"]
    assert len(covered) == len(promises.SIZES)
    # Of 400 sets, 0.94 to 0.96, give or take chance in one of a thousand.
    low, high = stats.binom.ppf(0.001, 400, 0.94) / 400, stats.binom.ppf(0.999, 400, 0.96) / 400
    assert all(low <= share <= high for share in covered)


@pytest.fixture
def own_log_level():
    """The command silences the package's log, which other tests read."""
    logger = logging.getLogger("posters")
    level = logger.level
    yield
    logger.setLevel(level)


@pytest.mark.parametrize("name", promises.WRITTEN)
@pytest.mark.usefixtures("own_log_level")
def test_a_command_writes_a_table_and_leaves_the_rest(name, tmp_path, monkeypatch, capsys):
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr(promises, "PAGE", page)
    monkeypatch.setattr(promises, "POSTERS", (60,))
    monkeypatch.setattr(promises, "FILMS", ((30, 2),))
    monkeypatch.setattr(promises, "SIZES", ((60, 1), (30, 2)))
    monkeypatch.setattr(sys, "argv", ["promises.py", name, "--splits", "2", "--seed", "7", "--write"])
    assert promises.main() == 0
    printed, text = capsys.readouterr().out.strip(), page.read_text(encoding="utf-8")
    assert printed in text
    assert f"promises.py {name} --splits 2 --seed 7 --write`, with the card of " in text
    begin, end = (f"<!-- promises, {name}: {which} -->" for which in ("begin", "end"))
    for place, mark in ((0, begin), (-1, end)):
        assert text.split(mark)[place] == PAGE.split(mark)[place]
