"""A drift as text and as a page."""

import html
from dataclasses import replace

import pytest

from posters._base.text import WIDTH
from posters.drift.without_labels import LabelShift
from posters.report.drift import drift_page, drift_text, example_drift, genre_table


@pytest.fixture
def drift():
    return example_drift()


def test_names_of_strangers_are_text_on_the_page(drift):
    found = drift_page(replace(drift, new="<script>alert(1)</script>"))
    assert "<script" not in found
    assert html.escape("<script>alert(1)</script>") in found


def test_prevalence_stands_beside_its_genre(drift):
    labelled = replace(drift, labels=(LabelShift("War", 0.2, None, None, None),))
    assert genre_table(labelled).rows[0][-4:] == ("0.200", "n/a", "n/a", "n/a")
    assert "black-box shift" in drift_text(labelled)


def test_alarms_and_what_was_left_out_are_in_the_text(drift):
    text = drift_text(replace(drift, f1=(0.5, 0.4), f1_p_value=0.001, unreadable=(1, 2)))
    assert "expected macro F1 is lower by more than 0.05" in " ".join(text.split())
    assert "Left out as unreadable: 1 of the reference, 2 new." in text
    assert max(map(len, text.splitlines())) <= WIDTH
