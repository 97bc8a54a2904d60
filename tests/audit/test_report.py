"""An audit on the screen, as JSON and as CSV, whatever strangers call their posters."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posters._base.text import columns, plain_cell
from posters.audit import KINDS, Audit
from posters.report.audit import COLUMNS, audit_csv, audit_json, audit_summary, write_audit

STRANGE = ["=1+1", "+x", "-x", "@x", "\tx", "\rx", "\udce9.jpg", "映画" * 80, "x" * 300]
names = st.text(max_size=30) | st.sampled_from(STRANGE)
findings = st.builds(
    lambda kind, message, ids, images, genres: kind.finding(message, ids=ids, images=images, genres=genres),
    st.sampled_from(list(KINDS.values())),
    names,
    *[st.lists(names, max_size=3).map(tuple)] * 3,
)


@st.composite
def audits(draw):
    found = sorted(draw(st.lists(findings, max_size=8)), key=lambda finding: finding.order)
    return Audit(draw(names), draw(names), draw(st.integers(0, 10**7)), 3, draw(st.booleans()), tuple(found))


@given(audits())
@settings(deadline=None, max_examples=50)
def test_the_summary_fits_the_screen_and_can_do_nothing_to_it(audit):
    text = audit_summary(audit)
    assert all(columns(line) <= 100 for line in text.splitlines())
    assert all(letter == "\n" or letter.isprintable() for letter in text)
    for kind in {finding.kind for finding in audit.findings}:
        assert f": {kind}. " in text


@given(audits())
@settings(deadline=None, max_examples=50)
def test_json_holds_everything(audit):
    read = json.loads(audit_json(audit))
    assert read == audit.to_dict()
    assert [finding["ids"] for finding in read["findings"]] == [list(finding.ids) for finding in audit.findings]


@given(audits())
@settings(deadline=None, max_examples=50)
def test_csv_has_a_row_for_each_finding_and_no_formula(audit):
    header, *rows = csv.reader(io.StringIO(audit_csv(audit), newline=""))
    assert tuple(header) == COLUMNS
    assert len(rows) == len(audit.findings)
    for row, finding in zip(rows, audit.findings, strict=True):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row)
        plain = dict(zip(header, map(plain_cell, row), strict=True))
        assert (plain["kind"], plain["message"]) == (finding.kind, finding.message)
        assert plain["ids"] == "|".join(finding.ids)
        assert plain["images"] == "|".join(finding.images)
        assert plain["genres"] == "|".join(finding.genres)


def test_the_summary_of_a_clean_catalogue(shop):
    table = shop.folder / "posters.csv"
    lines = " ".join(audit_summary(shop.audit()).split())
    assert lines == (
        f"{table} (4 posters, 2 genres): nothing is wrong that an audit can see. "
        "Leaks were not checked: the table has no splits, and --splits names none."
    )


def test_the_summary_shows_three_examples_of_a_kind(shop):
    for number in range(5):
        shop.add(f"e{number}")
    shop.put("spare.png", b"")
    verdict, missing, unused = audit_summary(shop.audit(splits=dict.fromkeys("abcd", "train"))).split("\n\n")
    assert " ".join(verdict.split()).endswith("(4 posters, 2 genres): 5 errors, 1 note.")
    assert missing.splitlines() == [
        "5 errors: missing-image. The image file of a row is missing, so the row is dropped.",
        "  - e0.jpg in row 6: the image file is missing",
        "  - e1.jpg in row 7: the image file is missing",
        "  - e2.jpg in row 8: the image file is missing",
        "  - and 2 more",
        "  What to do: Download the file, fix its name in the row, or remove the row.",
    ]
    assert unused.startswith("1 note: unused-image. ")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_file_names_that_are_no_text_are_written_with_backslashes(tmp_path, encoding):
    path = tmp_path / "deep" / "audit.txt"
    write_audit('"\udce9 é"\n', path, encoding)
    assert path.read_bytes().decode(encoding) == '"\\udce9 é"\n'
    assert json.loads(path.read_text(encoding)) == "\udce9 é"
