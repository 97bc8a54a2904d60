"""Cells that no spreadsheet runs, and the way back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from posters._base.text import plain_cell, safe_cell

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


@given(st.text() | st.builds(str.__add__, st.sampled_from(["'", *DANGEROUS]), st.text()))
@example("=1+1")
@example("'=1+1")
@example("''")
@example("'")
def test_the_way_back_is_exact_and_no_cell_begins_a_formula(text):
    assert plain_cell(safe_cell(text)) == text
    assert not safe_cell(text).startswith(DANGEROUS)


@pytest.mark.parametrize("text", ["Alien", "12 Monkeys", "'Allo 'Allo", "", "Drama|Comedy", "2+2=5"])
def test_text_typed_by_a_person_stays(text):
    assert plain_cell(text) == text
