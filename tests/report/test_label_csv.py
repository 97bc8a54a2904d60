"""The CSV of labels that may be wrong: safe to open, and what a person corrects in it comes back."""

import base64
import csv
import io

from posters._base.text import plain_cell
from posters.report import write_report
from posters.report.html import Thumbnails, page
from posters.report.tables import label_csv
from tests.report.conftest import NASTY, evaluated


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_its_cells_are_safe_and_tell_what_to_change():
    issues = evaluated(NASTY).label_issues
    for row, issue in zip(rows_of(label_csv(issues)), issues, strict=True):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
        for column in ("id", "title", "image", "genre"):
            assert plain_cell(row[column]) == getattr(issue, column)
        assert (row["change"], row["accept"]) == ({"missing": "add", "false": "remove"}[issue.kind], "")
        assert (float(row["probability"]), float(row["confidence"])) == (0.9, 0.8)
        assert plain_cell(row["labels"]) == "|".join(issue.labels)
    assert any(row["title"].startswith("'=HYPERLINK") for row in rows_of(label_csv(issues)))


def test_its_columns_are_those_that_corrections_read():
    assert label_csv(()) == "\ufeffid,title,image,genre,kind,change,accept,probability,confidence,labels\r\n"


def test_the_page_offers_the_file_that_lies_beside_it(tmp_path):
    evaluation = evaluated(NASTY)
    *_, path = write_report(evaluation, tmp_path)
    assert path.name == "label_issues.csv"
    offered = page(evaluation, Thumbnails({}, [])).partition("data:text/csv;charset=utf-8;base64,")[2].partition('"')[0]
    assert base64.b64decode(offered) == path.read_bytes() == label_csv(evaluation.label_issues).encode()


def test_an_earlier_reports_label_issues_do_not_stay(tmp_path):
    write_report(evaluated(NASTY), tmp_path)
    assert (tmp_path / "label_issues.csv").exists()
    write_report(evaluated(NASTY, bare=True), tmp_path)
    assert not (tmp_path / "label_issues.csv").exists()
