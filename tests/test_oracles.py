"""scripts/oracles.py: every library in short form, and the table that the long form wrote."""

import json

import numpy as np
import pytest

from scripts.oracle_cases import Comparison
from scripts.oracles import BEGIN, DOCS, Outcome, comparisons, main, measure, table, written
from scripts.torch_oracles import torch_comparisons


@pytest.mark.parametrize("comparison", comparisons(), ids=lambda each: f"{each.library}: {each.subject}")
def test_ours_is_what_the_library_gives(comparison):
    outcome = measure(comparison, cases=4, seed=1)
    assert outcome.largest is not None, f"{comparison.library} isn't installed: install the extra `test`"
    assert outcome.largest <= comparison.allowed


@pytest.mark.slow
@pytest.mark.parametrize("comparison", torch_comparisons(), ids=lambda each: f"{each.library}: {each.subject}")
def test_ours_is_what_a_large_library_gives(comparison):
    outcome = measure(comparison, cases=2, seed=1)
    if outcome.largest is None:
        pytest.skip(
            f"{comparison.library} isn't installed: the extra `oracles-torch`; docs/oracles.json has its figures"
        )
    assert outcome.largest <= comparison.allowed


def test_what_is_not_installed_is_named():
    outcome = measure(Comparison("no-such-library", "figures", "figure", 0, lambda rng: 0.0), cases=1, seed=0)
    assert "| no-such-library |  | figures |  | **not compared**: not installed |" in table([outcome])


def test_a_difference_that_is_not_a_number_or_too_large_fails(monkeypatch, capsys):
    for wrong in (np.nan, 1.0):
        case = Comparison("numpy", "figures", "figure", 1e-9, lambda rng, wrong=wrong: wrong)
        monkeypatch.setattr("scripts.oracles.comparisons", lambda case=case: [case])
        monkeypatch.setattr("scripts.oracles.torch_comparisons", list)
        monkeypatch.setattr("sys.argv", ["oracles.py", "--show", "--cases", "2"])
        assert main() == 1
        assert "numpy, figures" in capsys.readouterr().err


def test_the_page_shows_what_was_measured():
    page = (DOCS / "reliability.md").read_text(encoding="utf-8")
    measured = json.loads((DOCS / "oracles.json").read_text(encoding="utf-8"))
    assert BEGIN in page
    assert written(page, measured) == page
    outcomes = [Outcome(**row) for row in measured["rows"]]
    everything = [*comparisons(), *torch_comparisons()]
    assert {(each.library, each.subject) for each in outcomes} == {(each.library, each.subject) for each in everything}
    assert all(each.largest is not None and each.largest <= each.allowed for each in outcomes)
