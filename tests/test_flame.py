"""Flame graphs: waiting is left out, callers hold what they call, and the pictures in docs are small and whole."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from scripts.bench.flame import drawn, stacks

FLAMES = sorted((Path(__file__).parents[1] / "docs" / "flame").glob("*.svg"))
LINES = [
    "main (a.py:1);read (a.py:5) 6",
    "main (a.py:2);write <x> (a.py:9) 4",
    "main (a.py:1);Condition.wait (t.py:3) 90",
]


def test_a_function_counts_with_all_it_called_and_without_waiting():
    root = stacks(LINES)
    assert root.samples == 10
    (main,) = root.called.values()
    assert {name: frame.samples for name, frame in main.called.items()} == {"read (a.py)": 6, "write <x> (a.py)": 4}


def test_a_box_is_as_wide_as_its_share_and_says_so():
    picture = ElementTree.fromstring(drawn(stacks(LINES), "a & b"))
    titles = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == ["main (a.py): 100.0%", "read (a.py): 60.0%", "write <x> (a.py): 40.0%"]
    widths = [each.get("width") for each in picture.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert widths == ["1200.0", "720.0", "480.0"]


@pytest.mark.parametrize("path", FLAMES, ids=lambda path: path.stem)
def test_the_pictures_of_the_page_are_small_and_whole(path):
    assert path.stat().st_size < 200_000
    assert ElementTree.parse(path).getroot().tag.endswith("svg")
    assert f"flame/{path.name}" in (path.parents[1] / "profiles.md").read_text(encoding="utf-8")


def test_there_are_pictures():
    assert len(FLAMES) >= 6
