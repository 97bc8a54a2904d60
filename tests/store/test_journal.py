"""Journals: what was written is read, and nothing that damage made of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.store.journal import ImageRecord, JournalWriter, read_journal

RECORDS = [
    ImageRecord(f"{n}.jpg", 10 * n, 5, f"{n:064x}", n, "" if n else "it is Ünreadable, [1, 2]") for n in range(4)
]


def write(path, records=RECORDS):
    with JournalWriter(path, "a rule", records):
        pass
    return path


def read(path):
    return list(read_journal(path, "a rule", ImageRecord))


@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_changed_byte_ends_the_records_and_changes_none(tmp_path_factory, place, byte):
    path = write(tmp_path_factory.mktemp("journal") / "index.jsonl")
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] = byte
    path.write_bytes(content)
    found = read(path)
    assert found == RECORDS[: len(found)]


def test_a_journal_of_before_checksums_is_read(tmp_path):
    path = tmp_path / "index.jsonl"
    path.write_text('"a rule"\n["a.jpg", 12, 5, "", 7, ""]\n')
    assert read(path) == [ImageRecord("a.jpg", 12, 5, checksum=7)]


def test_records_that_are_taken_over_outlast_a_kill_in_that_moment(tmp_path):
    path = write(tmp_path / "index.jsonl.partial")

    def killed():
        yield RECORDS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        JournalWriter(path, "a rule", killed())
    assert read(path) == RECORDS
