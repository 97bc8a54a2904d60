"""Genre names to vectors of zeros and ones, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.catalogue import Catalogue, Poster, from_multi_hot, multi_hot, multi_hot_matrix
from posters.errors import CatalogueError

CLASSES = st.lists(st.text() | st.integers(), unique=True, max_size=8)


def test_the_worked_example():
    assert multi_hot([3, 5], classes=[1, 2, 3, 4, 5]).tolist() == [0, 0, 1, 0, 1]
    assert from_multi_hot([0, 0, 1, 0, 1], classes=[1, 2, 3, 4, 5]) == (3, 5)


@given(CLASSES.flatmap(lambda classes: st.tuples(st.just(classes), st.sets(st.sampled_from(classes or [0])))))
def test_back_and_forth(drawn):
    classes, chosen = drawn
    chosen &= set(classes)
    vector = multi_hot(chosen, classes)
    assert vector.dtype == np.int8
    assert vector.sum() == len(chosen)
    assert from_multi_hot(vector, classes) == tuple(name for name in classes if name in chosen)


@given(
    CLASSES.flatmap(lambda classes: st.tuples(st.just(classes), st.lists(st.integers(0, 1), min_size=8, max_size=8)))
)
def test_forth_and_back(drawn):
    classes, bits = drawn
    vector = bits[: len(classes)]
    assert multi_hot(from_multi_hot(vector, classes), classes).tolist() == vector


@given(st.lists(st.sampled_from([-1, 0, 1]), max_size=8))
def test_unknown_cells_back_and_forth(cells):
    classes, vector = list(range(len(cells))), np.array(cells, np.int8)
    labels, unknown = from_multi_hot(vector, classes), from_multi_hot(vector == -1, classes)
    assert multi_hot(labels, classes, unknown).tolist() == cells
    assert labels == tuple(place for place, cell in enumerate(cells) if cell == 1)


def test_matrix():
    matrix = multi_hot_matrix([["War"], [], ["War", "Drama", "War"]], ["Drama", "War"])
    assert matrix.tolist() == [[0, 1], [0, 0], [1, 1]]
    assert multi_hot_matrix([], ["Drama", "War"]).shape == (0, 2)


def test_a_catalogue_gives_its_own(tmp_path):
    posters = (Poster("1", "a.jpg", ("War",)), Poster("2", "b.jpg", ("Drama", "War")))
    assert Catalogue(posters, ("Drama", "War"), tmp_path).multi_hot().tolist() == [[0, 1], [1, 1]]


def test_a_catalogue_gives_minus_one_where_a_genre_is_unknown(tmp_path):
    posters = (Poster("1", "a.jpg", ("War",), unknown=("Drama",)), Poster("2", "b.jpg", ("Drama", "War")))
    catalogue = Catalogue(posters, ("Drama", "War"), tmp_path)
    assert catalogue.multi_hot().tolist() == [[-1, 1], [1, 1]]
    assert (catalogue.genre_counts(), catalogue.known_counts()) == ({"Drama": 1, "War": 2}, {"Drama": 1, "War": 2})
    assert catalogue.partly_known
    assert not catalogue.take([1]).partly_known


def test_a_catalogue_refuses_unknown_genres_that_contradict_it(tmp_path):
    with pytest.raises(CatalogueError, match="poster '1' has the genre 'Noir', which is not among"):
        Catalogue((Poster("1", "a.jpg", ("War",), unknown=("Noir",)),), ("Drama", "War"), tmp_path)
    with pytest.raises(CatalogueError, match="poster '1' can't have 'War' and have it unknown"):
        Catalogue((Poster("1", "a.jpg", ("War",), unknown=("War",)),), ("Drama", "War"), tmp_path)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: multi_hot(["Anime"], ["Drama"]), "'Anime'"),
        (lambda: multi_hot([], ["Drama", "Drama"]), "once each"),
        (lambda: multi_hot(["Drama"], ["Drama"], unknown=["Anime"]), "'Anime'"),
        (lambda: multi_hot(["Drama"], ["Drama"], unknown=["Drama"]), "unknown at once"),
        (lambda: from_multi_hot([0, 1, 0], ["Drama"]), r"shape \(1,\)"),
        (lambda: from_multi_hot(np.array([0.5]), ["Drama"]), "0 and 1"),
        (lambda: from_multi_hot(np.array([[1]]), ["Drama"]), "shape"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(CatalogueError, match=words):
        call()
