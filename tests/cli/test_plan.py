"""`posters plan`: the sheet, its formulas, and what is refused."""

import pytest

from posters.cli.plan import Plan
from tests.cli.running import Outcome


def simulated(parts: list[float], cores: int) -> float:
    """The hours that cores take when each takes the next part as soon as it is free."""
    free = [0.0] * cores
    for hours in parts:
        free[free.index(min(free))] += hours
    return max(free)


@pytest.mark.parametrize(("posters", "cores"), [(10_000_000, 64), (5_000, 64), (64_001, 64), (1_500, 1), (3_000, 2)])
def test_the_hours_are_those_of_a_simulation(posters, cores):
    plan = Plan(posters, cores, 25.0, part_size=1_000, overhead=0.2)
    sizes = [min(1_000, posters - start) for start in range(0, posters, 1_000)]
    hours = simulated([size * 0.025 * 1.2 / 3600 for size in sizes], cores)
    # The sheet counts the last part as a whole one.
    assert hours <= plan.hours + 1e-9
    assert plan.hours <= hours + 0.025 * 1.2 * 1_000 / 3600
    assert plan.core_hours == pytest.approx(sum(sizes) * 0.025 * 1.2 / 3600)


def test_the_sheet(posters):
    outcome = posters("plan", "--posters", "10_000_000", "--cores", 64, "--milliseconds", 25, "--price", 0.04)
    assert outcome == Outcome(
        0,
        "        69.4 core-hours  = 10,000,000 posters x 25.0 ms x 1.00\n"
        "        1.09 hours       = 1,000 x 25.0 ms x 1.00 x parts / 64 cores, rounded up\n"
        "      10,000 parts       = 10,000,000 / 1,000, rounded up\n"
        "        0.60 GB          = 10,000,000 x 60 bytes: Parquet without --all\n"
        "          25 seconds     of one core are lost at most by a kill of one worker = 1,000 x 25.0 ms x 1.00\n"
        "        2.78 to pay      = core-hours x 0.04\n",
        "",
    )


def test_the_time_of_a_poster_is_measured(posters, golden):
    words = ("--classifier", golden / "classifier", "--posters", 1_000_000, "--cores", 2)
    outcome = posters("plan", golden / "posters", *words)
    assert outcome.code == 0
    hours = float(outcome.out.split()[0].replace(",", ""))
    assert 0 < hours < 1000


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "name some posters to measure the time of one, or give it as --milliseconds: one of them"),
        (("--milliseconds", 0), "--milliseconds must be more than 0, but got 0"),
        (("--milliseconds", "nan"), "--milliseconds must be more than 0, but got nan"),
        (("--milliseconds", 1, "--part-size", 0), "--part-size must be 1 or more, but got 0"),
        (("--milliseconds", 1, "--price", "nan"), "--price must be 0 or more, but got nan"),
        (("none.png",), "none of the posters to measure can be read: name others, or give --milliseconds"),
    ],
)
def test_what_is_refused(posters, golden, words, line):
    outcome = posters("plan", *words, "--posters", 5, "--cores", 1, "--classifier", golden / "classifier")
    assert outcome.err.splitlines()[-1] == f"posters: {line}"
    assert (outcome.code, outcome.out) == (2, "")
