"""What was measured, as the page docs/benchmarks.md: the JSON is all that it is made of."""

from collections.abc import Mapping, Sequence
from typing import Any

from scripts.bench.contest import Contest, Spread

_HEAD = """# Benchmarks

Written by `scripts/benchmark` from what it measured; the figures themselves are in [benchmarks.json](benchmarks.json).

```bash
scripts/benchmark --table posters.csv --images images --run runs/first
```

Every contender does the same work in the same run, in turn. A figure is the median over the turns, with the smallest
and the largest. **A ratio says how many times better ours is** (above 1: ours is ahead), turn by turn, since neighbours
in time share the machine's mood: on a shared machine, trust the ratios more than the seconds. A goal is the least ratio
that we are out for. What a second run does not show again is chance: where the same machine has run a section before,
that ratio stands beside the last one, and a goal is reached if both reach it. Without `--table` the posters are drawn
ones; without `--run` fewer bits are not measured.

`--against docs/benchmarks.json` compares a run with this one: it names each ratio that got worse beyond its spread, and
exits with 1 if any did, or with 0 by `--report-only`, as continuous integration does with `--only short`. What each
part of a command costs is in [where the time goes](profiles.md).
"""
_TAIL = """## Growth of a catalogue

![CPU time and memory of posters catalogue over the number of rows, with slopes](growth.svg)

`posters catalogue` of a table of three columns, an image for each row, as a whole process. Both scales are in powers
of ten, so that a slope of 1 is ten times as much for ten times the rows. `python -m scripts.bench.growth --rows 1000
10000 100000 1000000` measures it and draws it from [growth.json](growth.json), 2026-11-28, on a busy machine.
"""


def page(measured: Mapping[str, Any]) -> str:
    """The page of `{"sections": [...]}`, as `scripts.bench.__main__` writes it."""
    parts = [_HEAD, _machines(measured["sections"])]
    parts += [_section(section) for section in measured["sections"]]
    return "\n".join([*parts, _TAIL])


def _machines(sections: Sequence[Mapping[str, Any]]) -> str:
    machine = sections[0]["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    return (
        f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, virtual and shared; "
        f"Python {machine['python']}, {versions}.\n"
    )


def _section(section: Mapping[str, Any]) -> str:
    lines = [f"## {section['title']}", "", section["introduction"], ""]
    before = section.get("before", {"contests": []})
    earlier = {plain["title"]: Contest(**plain) for plain in before["contests"]}
    for plain in section["contests"]:
        lines += [*_table(Contest(**plain), earlier.get(plain["title"])), ""]
    days = " and ".join(dict.fromkeys((*([before["day"]] if earlier else []), section["day"])))
    lines.append(f"`scripts/benchmark --only {section['name']}`, {days}, {section['posters']}.")
    return "\n".join(lines) + "\n"


def _table(contest: Contest, before: Contest | None) -> list[str]:
    compared = len(contest.figures) > 1
    head = [contest.title, contest.unit]
    if compared:
        head += ["ratio", *(["run before"] if before else []), "goal"]
    lines = [f"| {' | '.join(head)} |", f"| --- | {' | '.join(['---:'] * (len(head) - 1))} |"]
    for name, figures in contest.figures.items():
        cells = [_bold(name, name == contest.ours), _spread(Spread.of(figures))]
        if compared:
            ratios = [each.ratio(name) for each in (contest, before) if each and name in each.figures]
            cells += _ratios(contest, name, ratios, bool(before))
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, "", contest.note] if contest.note else lines


def _ratios(contest: Contest, name: str, ratios: Sequence[Spread], with_before: bool) -> list[str]:
    """The cells behind a contender's figure: the ratio of each run, the last one's first, and the goal."""
    columns = 1 + with_before
    if name == contest.ours:
        return [""] * (columns + 1)
    shown = [_spread(ratio) for ratio in ratios]
    return [*shown, *[""] * (columns - len(shown)), _verdict(contest.goals.get(name), ratios)]


def _verdict(goal: float | None, ratios: Sequence[Spread]) -> str:
    if goal is None:
        return ""
    reached = sum(ratio.median >= goal for ratio in ratios)
    return f"{goal:g}: {'reached' if reached == len(ratios) else '**reached once**' if reached else '**missed**'}"


def _bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text


def _spread(spread: Spread) -> str:
    if spread.low == spread.high:
        return _figure(spread.median)
    return f"{_figure(spread.median)} ({_figure(spread.low)} to {_figure(spread.high)})"


def _figure(value: float) -> str:
    """Three digits, and none of them behind a comma from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
