"""A catalogue in Python: its posters by place and by id, and what a notebook shows of it."""

from pathlib import Path

import pytest

from posters import draw_splits
from posters.catalogue import Catalogue, Poster
from posters.errors import CatalogueError


def catalogue_of(count, genres=3):
    names = tuple(f"genre {number:02}" for number in range(genres))
    posters = tuple(Poster(str(row), f"{row}.jpg", (names[row % genres],)) for row in range(count))
    return Catalogue(posters, names, Path("images"), Path("films.csv"), "plain")


def test_posters_by_place_and_by_id():
    catalogue = catalogue_of(5)
    assert catalogue[0] is catalogue["0"] is catalogue.posters[0]
    assert catalogue[-1] is catalogue["4"]
    with pytest.raises(IndexError):
        catalogue[5]
    with pytest.raises(CatalogueError, match=r"no poster of films\.csv has the id '5'"):
        catalogue["5"]


@pytest.mark.parametrize("count", [0, 1, 3, 5000])
@pytest.mark.parametrize("genres", [1, 6, 40])
def test_its_repr_is_short_and_has_counts(count, genres):
    shown = repr(catalogue_of(count, genres))
    assert len(shown) < 300
    assert shown.count("\n") < 5
    assert f"{count:,} poster" in shown
    assert f"{genres} genre" in shown
    assert ("more" in shown) == (genres > 6)


def test_the_repr_of_splits_is_short():
    splits = draw_splits(catalogue_of(1000))
    assert repr(splits) == "<Splits: 700 train, 150 validation, 150 test, seed 0>"
