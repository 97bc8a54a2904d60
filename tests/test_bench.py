"""The benchmark: its arithmetic, its turns, and that the page says what was measured."""

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from posters.catalogue import read_catalogue
from scripts.bench.__main__ import DATA, PAGE, keep
from scripts.bench.against import TOLERANCE, ratios, worse
from scripts.bench.contest import Contest, Spread, column, in_turn
from scripts.bench.growth import drawn, films_table, slope
from scripts.bench.networks import check_equal
from scripts.bench.page import page
from scripts.bench.processes import finished
from scripts.bench.sections import SECTIONS

REPOSITORY = Path(__file__).parents[1]
MEASURED = json.loads((REPOSITORY / "docs" / DATA).read_text(encoding="utf-8"))
CONTESTS = [(section["name"], contest) for section in MEASURED["sections"] for contest in section["contests"]]


def contest(more_is_better: bool) -> Contest:
    return Contest("speed", "posters/s", more_is_better, {"ours": [10.0, 40.0, 20.0], "theirs": [5.0, 10.0, 10.0]})


def test_a_ratio_is_taken_turn_by_turn_and_is_how_many_times_better_ours_is():
    assert contest(more_is_better=True).ratio("theirs") == Spread(2.0, 2.0, 4.0)
    assert contest(more_is_better=False).ratio("theirs") == Spread(0.5, 0.25, 0.5)


def test_contenders_take_turns_after_one_that_is_not_counted():
    order = []

    def contender(name):
        def work():
            order.append(name)
            return len(order), -1.0

        return work

    figures = in_turn({"a": contender("a"), "b": contender("b")}, 2, "turns")
    assert order == ["b", "a", "a", "b", "b", "a"]
    assert column(figures) == {"a": [3, 6], "b": [4, 5]}
    assert column(figures, 1) == {"a": [-1.0, -1.0], "b": [-1.0, -1.0]}


def test_other_probabilities_are_no_contest():
    posters = np.zeros((2, 4, 4, 3), np.uint8)
    with pytest.raises(SystemExit, match=r"theirs gives other probabilities, by up to 0\.1"):
        check_equal({"ours": lambda x: np.zeros((len(x), 3)), "theirs": lambda x: np.full((len(x), 3), 0.1)}, posters)
    with pytest.raises(SystemExit):
        check_equal(
            {"ours": lambda x: np.zeros((len(x), 3)), "theirs": lambda x: np.full((len(x), 3), np.nan)}, posters
        )


@pytest.mark.slow
def test_a_process_is_timed_and_weighed_by_itself():
    ballast = np.ones(200 << 20, np.uint8)  # of this process, which must not count
    seconds, mebibytes = finished(["sh", "-c", "sleep 0.2"])
    assert 0.2 <= seconds < 5
    assert 0 < mebibytes < 100
    assert ballast.all()


def test_a_process_that_fails_is_no_figure():
    with pytest.raises(SystemExit, match=r"nothing-here"):
        finished(["sh", "-c", "nothing-here"])


def section(name: str, figure: float, processor: str = "P") -> dict[str, Any]:
    plain = Contest("work", "s", False, {"ours": [1.0], "peer": [figure]}, {"peer": 2.0}, "A note.").to_dict()
    machine = {"processor": processor, "cores": 2, "memory_gb": 24, "python": "3.11", "packages": {"numpy": "2"}}
    about = {"title": f"About {name}", "introduction": "Why.", "day": "2026-01-01", "posters": "drawn posters"}
    return {"name": name, **about, "machine": machine, "contests": [plain]}


def test_a_section_takes_the_place_of_its_earlier_self(tmp_path):
    for name, figure in (("server", 3.0), ("cold", 3.0), ("server", 1.5)):
        keep(tmp_path, section(name, figure, f"P{figure}"))
    text = (tmp_path / PAGE).read_text(encoding="utf-8")
    assert text.index("## About cold") < text.index("## About server")
    assert text.count("## About server") == 1
    assert "| peer | 3 | 3 | 2: reached |" in text
    assert "| peer | 1.5 | 1.5 | 2: **missed** |" in text


def test_a_section_keeps_the_run_before_and_a_goal_is_reached_if_both_reach_it(tmp_path):
    def row(*figures):
        for figure in figures:
            keep(tmp_path, section("server", figure))
        lines = (tmp_path / PAGE).read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith("| peer"))

    assert row(3.0, 2.5) == "| peer | 2.5 | 2.5 | 3 | 2: reached |"
    assert row(1.5) == "| peer | 1.5 | 1.5 | 2.5 | 2: **reached once** |"
    assert row(1.0) == "| peer | 1 | 1 | 1.5 | 2: **missed** |"
    (kept,) = json.loads((tmp_path / DATA).read_text(encoding="utf-8"))["sections"]
    assert "before" not in kept["before"]


def test_another_machine_is_no_run_before(tmp_path):
    keep(tmp_path, section("server", 3.0, "another"))
    keep(tmp_path, section("server", 2.5))
    assert "| peer | 2.5 | 2.5 | 2: reached |" in (tmp_path / PAGE).read_text(encoding="utf-8")


def test_the_page_is_that_of_the_figures():
    text = (REPOSITORY / "docs" / PAGE).read_text(encoding="utf-8")
    assert text == page(MEASURED), f"docs/{PAGE} is not what docs/{DATA} says: run scripts/benchmark"


def test_every_section_was_measured():
    assert [each["name"] for each in MEASURED["sections"]] == list(SECTIONS)


@pytest.mark.parametrize(
    ("name", "plain"), CONTESTS, ids=lambda value: value if isinstance(value, str) else value["title"]
)
def test_what_was_measured_is_whole(name, plain):
    turns = {len(figures) for figures in plain["figures"].values()}
    assert len(turns) == 1, name
    assert all(np.isfinite(figures).all() for figures in plain["figures"].values())
    assert plain["goals"].keys() <= plain["figures"].keys()


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_introduces_itself_on_the_page(name):
    """Without importing it: some load TensorFlow."""
    source = (REPOSITORY / "scripts" / "bench" / f"{SECTIONS[name][1]}.py").read_text(encoding="utf-8")
    introduction = next(each["introduction"] for each in MEASURED["sections"] if each["name"] == name)
    assert introduction == ast.get_docstring(ast.parse(source)), "the introduction changed: run this section again"


def runs(*peer: float) -> dict[str, Any]:
    """One section of one contest, in which ours takes a second and a peer takes these."""
    plain = Contest("work", "s", False, {"ours": [1.0] * len(peer), "peer": list(peer)}).to_dict()
    return {"sections": [{"name": "cold", "contests": [plain]}]}


def test_what_got_worse_beyond_its_spread_is_named_with_both_figures():
    (line,) = worse(runs(1.4, 1.5, 1.6), runs(2.0, 2.1, 2.4))
    assert line == "cold: work, beside peer: 1.5 (1.4 to 1.6), was 2.1 (2 to 2.4)"


@pytest.mark.parametrize("now", [(1.0, 1.9), (1.72, 1.72), (2.0, 2.1), (9.0, 9.0)], ids=str)
def test_what_is_within_its_spread_or_better_is_not_named(now):
    assert not list(worse(runs(*now), runs(2.0, 2.4)))


def test_other_sections_are_not_compared():
    assert not list(worse(runs(0.1, 0.1), {"sections": []}))
    assert not list(worse({"sections": []}, runs(2.0, 2.0)))


def test_seconds_are_not_compared():
    """A machine that is three times as slow for ours and for its peer has got no worse."""
    slow = Contest("work", "s", False, {"ours": [3.0], "peer": [6.0]}).to_dict()
    assert not list(worse({"sections": [{"name": "cold", "contests": [slow]}]}, runs(2.0, 2.0)))


def test_the_run_before_would_not_have_failed():
    """The tolerance beside noise that was measured: of equal code, a second run names nothing but what is known."""
    before = [
        section | {"contests": section["before"]["contests"]} for section in MEASURED["sections"] if "before" in section
    ]
    compared = ratios({"sections": before}).keys() & ratios(MEASURED).keys()
    assert len(compared) > 20
    assert 0 < TOLERANCE < 0.5
    named = list(worse(MEASURED, {"sections": before}))
    assert len(named) <= len(compared) // 10, named


def test_the_picture_of_growth_is_that_of_its_figures():
    measured = json.loads((REPOSITORY / "docs" / "growth.json").read_text(encoding="utf-8"))
    picture = drawn(measured)
    assert picture == (REPOSITORY / "docs" / "growth.svg").read_text(encoding="utf-8")
    assert all(f">{rows:,}<" in picture for rows in measured["rows"])


def test_a_slope_is_the_power_of_the_rows():
    assert slope((10, 3.0), (1000, 300.0)) == pytest.approx(1)
    assert slope((10, 3.0), (1000, 30_000.0)) == pytest.approx(2)


def test_a_drawn_table_has_an_image_for_each_film(tmp_path):
    table = films_table(tmp_path / "films", 30)
    assert len(read_catalogue(table, min_posters=1, report=False)) == 30
