"""Draw the stacks that a sampling profiler wrote as a flame graph: a small SVG without scripts.

    py-spy record --format raw --output stacks.txt -- posters catalogue posters.csv
    python -m scripts.bench.flame stacks.txt docs/flame/catalogue.svg

The wider a bar, the more samples it and what it called were in. Boxes stand on their callers. Waiting is left out, and
so is what is too narrow to be read: a flame graph is read for its wide bars (Gregg 2016, "The flame graph").
"""

import argparse
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

_WIDTH, _ROW, _LETTER = 1200, 16, 6.4
_NARROWEST = 0.004  # of the width
# Leaves in which a thread waits for another: the profiler counts them as running on a busy machine.
_WAITING = re.compile(
    r"(Condition|Event)\.wait |TMonitor\.run |InterpreterPool\._computed |EpollSelector\.select |^_work(er)? "
)
_LINE = re.compile(r":\d+\)")


@dataclass
class Frame:
    """A function in the place that it was called from."""

    samples: int = 0
    called: dict[str, "Frame"] = field(default_factory=dict)


def stacks(lines: Iterable[str]) -> Frame:
    """Return all samples as one tree; its root has the samples in which the process worked.

    Args:
        lines: each a stack, its functions separated by ";", a space and a number of samples.
    """
    root = Frame()
    for line in lines:
        stack, _, samples = line.rstrip().rpartition(" ")
        names = [_LINE.sub(")", name) for name in stack.split(";")]
        if _WAITING.search(f"{names[-1]} "):
            continue
        frame = root
        frame.samples += int(samples)
        for name in names:
            frame = frame.called.setdefault(name, Frame())
            frame.samples += int(samples)
    return root


def drawn(root: Frame, title: str) -> str:
    """Return the SVG of a tree, with a title."""
    boxes = list(_boxes(root, 0.0, 0, root.samples))
    height = _ROW * (max((depth for depth, _ in boxes), default=0) + 3)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="monospace" '
        f'font-size="11"><rect width="100%" height="100%" fill="#fff"/><text x="4" y="12">{escape(title)}: '
        f"{root.samples:,} samples</text>"
    ]
    return "\n".join([*lines, *(box for _, box in boxes), "</svg>"]) + "\n"


def _boxes(frame: Frame, left: float, depth: int, whole: int) -> Iterator[tuple[int, str]]:
    for name, each in frame.called.items():
        share = each.samples / whole
        if share >= _NARROWEST:
            x, y, width = left * _WIDTH, (depth + 1) * _ROW + 4, share * _WIDTH
            colour = f"hsl({15 + sum(map(ord, name)) % 40} 85% 68%)"
            shown = escape(name[: int(width / _LETTER)]) if width > 4 * _LETTER else ""
            text = f'<text x="{x + 2:.1f}" y="{y + 12}">{shown}</text>' if shown else ""
            tip = f"<title>{escape(name)}: {share:.1%}</title>"
            shape = f'x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_ROW - 1}" fill="{colour}"'
            yield depth, f"<g>{tip}<rect {shape}/>{text}</g>"
            yield from _boxes(each, left, depth + 1, whole)
        left += share


def main() -> None:
    """Draw one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stacks", type=Path, help="what py-spy wrote")
    parser.add_argument("svg", type=Path, help="the picture to write")
    options = parser.parse_args()
    root = stacks(options.stacks.read_text(encoding="utf-8").splitlines())
    options.svg.write_text(drawn(root, options.svg.stem), encoding="utf-8")


if __name__ == "__main__":
    main()
