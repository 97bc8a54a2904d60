"""CITATION.cff is in form, and lists each paper that code and documents name."""

import re
from pathlib import Path

import pytest

import posters

REPOSITORY = Path(__file__).parent.parent
TEXT = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")
HEAD, _, REFERENCES = TEXT.partition("\nreferences:\n")
ENTRIES = [f"  - {entry}" for entry in REFERENCES[4:].split("\n  - ")]

# "Lin et al. 2017", "Davison and Hinkley (1997", "Holm's (1979", "Norouzi, Punjani and Fleet 2012".
CITED = re.compile(r"\b([A-Z]\w+)(?:'s)?(?:(?:, [A-Z]\w+)* and [A-Z]\w+| et al\.)?,? \(?((?:19|20)\d\d)\b")
# A film with its year, a format of images and a version look the same.
NO_AUTHORS = {"Alien", "Heat", "JPEG", "OpenVINO"}


def value(name, text):
    """What stands behind a key that has one line."""
    (found,) = re.findall(rf'^[ -]*{name}: "?(.*?)"?$', text, flags=re.MULTILINE)
    return found


def cited():
    """First author and year of each paper that is named, and where."""
    found = {}
    sources = [*(REPOSITORY / "posters").rglob("*.py"), *(REPOSITORY / "docs").glob("*.md")]
    for path in sorted(sources):
        words = " ".join(path.read_text(encoding="utf-8").replace("#", " ").split())
        found |= {match.groups(): path.name for match in CITED.finditer(words) if match[1] not in NO_AUTHORS}
    return found


def listed():
    return {(re.findall(r'family-names: "(.*)"', entry)[0], value("year", entry)) for entry in ENTRIES}


def test_it_is_of_version_1_2_0_and_describes_this_version_of_the_package():
    assert value("cff-version", HEAD) == "1.2.0"
    assert value("type", HEAD) == "software"
    assert value("version", HEAD) == posters.__version__
    assert value("license", HEAD) == "MIT"
    assert value("message", HEAD)
    assert value("title", HEAD)
    assert re.search(r"^authors:\n  - name: .+", HEAD, flags=re.MULTILINE)


def test_every_line_is_plain_yaml():
    """Keys of known names, strings in double quotes: no reader can take a title for something else."""
    plain = r'( *(- )?[a-z-]+:( (\d+|[a-z-]+|MIT|1\.2\.0|"[^"\\]+"))?)|( +- "[^"\\]+")|#.*'
    assert [line for line in TEXT.splitlines() if not re.fullmatch(plain, line)] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: value("title", entry)[:40])
def test_a_reference_has_what_it_must(entry):
    assert value("type", entry) in ("article", "blog", "book", "conference-paper", "thesis")
    assert entry.count("family-names: ") == entry.count("given-names: ") > 0
    assert 1900 < int(value("year", entry)) < 2100


def test_the_authors_of_the_posters_and_of_the_tutorial_are_listed():
    assert {("Chu", "2017"), ("Sterbak", "2017")} <= listed()


def test_every_paper_that_is_named_is_listed():
    missing = {paper: path for paper, path in cited().items() if paper not in listed()}
    assert missing == {}, "add them to CITATION.cff"
    assert len(cited()) > 20
