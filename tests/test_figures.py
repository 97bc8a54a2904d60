"""scripts/figures.py: one figure has one value, in docs/figures.json, and every document has it."""

import re

import pytest

from scripts.figures import (
    NUMBER,
    REPOSITORY,
    WORDS,
    differences,
    documents,
    figure,
    kept_figures,
    package_figures,
    places,
    rewritten,
    wanted,
)

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
OTHERS = [*(REPOSITORY / "posters").rglob("*.md"), *(REPOSITORY / "posters").rglob("*.py")]
# Whatever a sentence is like: the accuracy of predicting nothing, and how many dialects there are.
NOTHING = re.compile(
    r"(?:predict|say|nam)(?:s|ing|ed)?\s+(?:nothing|no\s+genre)\b[^.|]{0,80}?\b(0\.\d+|\d\d(?:\.\d+)?(?=%))"
)
DIALECTS = re.compile(rf"\b({NUMBER}|(?i:{'|'.join(WORDS)}))\s+dialects\b")


def read(document):
    return (REPOSITORY / document).read_text(encoding="utf-8")


def test_the_file_has_the_figures_of_the_package():
    """If another classifier ships, or benchmarks were run: python scripts/figures.py --write."""
    kept = kept_figures()
    for part, figures in package_figures().items():
        # Those of the benchmarks are the same numbers, read from one file.
        assert kept[part] == (figures if part in ("shipped", "speed") else pytest.approx(figures))


@pytest.mark.parametrize("document", documents())
def test_every_document_has_the_figures_of_the_file(document):
    assert [line for _, line in differences(kept_figures(), document, read(document))] == []


@pytest.mark.parametrize("document", documents())
def test_no_figure_can_change_unnoticed(document):
    text, figures = read(document), kept_figures()
    found = places(document, text)
    assert found
    for place in found:
        told = text[place.start : place.end]
        other = (
            f"{told[:-1]}{(int(told[-1]) + 1) % 10}" if told[-1].isdigit() else "Twelve" if told.istitle() else "six"
        )
        changed = text[: place.start] + other + text[place.end :]
        assert [each.name for each, _ in differences(figures, document, changed)] == [place.name]
        assert rewritten(figures, document, changed) == text


@pytest.mark.parametrize("name", ["protocol.head.macro_map", "shipped.low_20", "nothing.accuracy"])
def test_a_figure_that_changes_is_asked_of_a_document(name):
    figures = kept_figures()
    part = figure(figures, name.rpartition(".")[0])
    part[name.rpartition(".")[2]] = 0.777
    lines = [line for each in documents() for _, line in differences(figures, each, read(each))]
    assert lines
    assert all(f"but {name} is 0.7" in line or f"but {name} is 0.8" in line for line in lines)


def test_a_sentence_or_row_that_is_gone_and_a_figure_that_is_unknown_are_told():
    figures = kept_figures()
    gone = read("docs/design.md").replace("dialects", "layouts")
    assert ["no such sentence" in line for _, line in differences(figures, "docs/design.md", gone)] == [True]
    gone = read("README.md").replace("| the head on frozen", "| a head on frozen")
    assert ["sentence or row" in line for _, line in differences(figures, "README.md", gone)] == [True]
    del figures["shipped"]["micro_map"]
    lines = [line for _, line in differences(figures, "README.md", read("README.md"))]
    assert ["has no shipped.micro_map" in line for line in lines] == [True]


@pytest.mark.parametrize(
    ("found", "value", "right"),
    [
        ("0.89", 0.8942, "0.89"),
        ("0.894", 0.8942, "0.894"),
        ("5,754", 5755, "5,755"),
        ("Nine", 10, "Ten"),
        ("6", 9, "9"),
    ],
)
def test_a_document_keeps_its_way_of_writing_a_figure(found, value, right):
    text = f"{found} dialects are recognised"
    (place,) = places("docs/catalogues.md", text)
    assert wanted({"package": {"dialects": value}}, place, text) == right


@pytest.mark.parametrize("path", [*PAGES, *OTHERS], ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_nothing_and_dialects_have_one_value_wherever_they_are_told(path):
    """Also in sentences that nobody has listed."""
    text, figures = path.read_text(encoding="utf-8"), kept_figures()
    dialects = figures["package"]["dialects"]
    for told in NOTHING.findall(text):
        nothing = figures["nothing"]["accuracy" if told.startswith("0.") else "percent"]
        assert told == f"{nothing:.{len(told.partition('.')[2])}f}"
    # Of some of them, two or three, a sentence may tell too.
    for told in set(DIALECTS.findall(text)) - set(WORDS[:4]):
        assert told.lower() in (WORDS[dialects], str(dialects))
