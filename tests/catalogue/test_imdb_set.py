"""The real set of 5,762 posters, with its quirks."""

import pytest

from posters.catalogue import read_catalogue


@pytest.fixture(scope="module")
def catalogue(shared):
    return read_catalogue(shared / "imdb-posters" / "posters.csv")


def test_what_it_holds(catalogue, shared):
    assert catalogue.dialect == "imdb"
    assert catalogue.image_root == shared / "imdb-posters" / "images"
    assert len(catalogue) == 5_754
    assert len(catalogue.genre_names) == 22
    assert not {"N/A", "News", "Reality-TV"} & set(catalogue.genre_names)
    assert catalogue.genre_counts()["Short"] == 37


def test_what_was_lost(catalogue):
    assert {(problem.kind, problem.reason): problem.count for problem in catalogue.problems} == {
        ("genre", "not the name of a genre"): 1,
        ("row", "repeats an earlier row, merged"): 10,
        ("genre", "fewer than 20 posters, left out"): 2,
        ("row", "no genre is named"): 7,
        ("row", "no genre is left"): 1,
    }
    examples = [problem.examples for problem in catalogue.problems if problem.kind == "genre"]
    assert examples == [("N/A on 8 rows",), ("News with 17", "Reality-TV with 2")]


def test_the_list_alone_says_the_same(catalogue, shared):
    plain = read_catalogue(catalogue.table, dialect="plain", report=False)
    assert plain.posters == catalogue.posters
    assert plain.fingerprint() == catalogue.fingerprint()
