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
that we are out for. Without `--table` the posters are drawn ones; without `--run` nothing is said of fewer bits.
"""


def page(measured: Mapping[str, Any]) -> str:
    """The page of `{"sections": [...]}`, as `scripts.bench.__main__` writes it."""
    parts = [_HEAD, _machines(measured["sections"])]
    parts += [_section(section) for section in measured["sections"]]
    return "\n".join(parts)


def _machines(sections: Sequence[Mapping[str, Any]]) -> str:
    machine = sections[0]["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    return (
        f"Machine: {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, virtual and shared; "
        f"Python {machine['python']}, {versions}.\n"
    )


def _section(section: Mapping[str, Any]) -> str:
    lines = [f"## {section['title']}", "", section["introduction"], ""]
    for plain in section["contests"]:
        lines += [*_table(Contest(**plain)), ""]
    lines.append(f"`scripts/benchmark --only {section['name']}`, {section['day']}, {section['posters']}.")
    return "\n".join(lines) + "\n"


def _table(contest: Contest) -> list[str]:
    peers = [name for name in contest.figures if name != contest.ours]
    head = [contest.title, contest.unit, *(["ratio", "goal"] if peers else [])]
    lines = [f"| {' | '.join(head)} |", f"| --- | {' | '.join(['---:'] * (len(head) - 1))} |"]
    for name, figures in contest.figures.items():
        cells = [_bold(name, name == contest.ours), _spread(Spread.of(figures))]
        if peers:
            ratio = None if name == contest.ours else contest.ratio(name)
            cells += ["" if ratio is None else _spread(ratio), _verdict(contest, name, ratio)]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, "", contest.note] if contest.note else lines


def _verdict(contest: Contest, peer: str, ratio: Spread | None) -> str:
    if ratio is None or peer not in contest.goals:
        return ""
    goal = contest.goals[peer]
    return f"{goal:g}: {'reached' if ratio.median >= goal else '**missed**'}"


def _bold(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text


def _spread(spread: Spread) -> str:
    if spread.low == spread.high:
        return _figure(spread.median)
    return f"{_figure(spread.median)} ({_figure(spread.low)} to {_figure(spread.high)})"


def _figure(value: float) -> str:
    """Three digits, and none of them behind a comma from 100 on."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
