"""Folds: every poster is tested once, no film is cut, each fold gets its share; what is written can be read."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posters.catalogue import Catalogue, Poster
from posters.errors import SplitError
from posters.folds import Folds, draw_folds, read_folds, write_folds


def catalogue_of(count, seed=0):
    """Drama for half of them, Comedy for a third, Horror for a tenth."""
    draws = np.random.default_rng(seed).random((count, 3)) < (0.33, 0.5, 0.1)
    names = np.array(["Comedy", "Drama", "Horror"])
    posters = tuple(Poster(f"tt{row:04}", f"{row}.jpg", tuple(names[own])) for row, own in enumerate(draws))
    return Catalogue(posters, tuple(names.tolist()), Path("images"))


@given(count=st.integers(2, 6), films=st.integers(12, 60), seed=st.integers(0, 5))
@settings(deadline=None, max_examples=30)
def test_every_poster_is_tested_once_and_no_film_stands_on_two_sides(count, films, seed):
    catalogue = catalogue_of(90, seed)
    groups = np.random.default_rng(seed).integers(0, films, 90)
    folds = draw_folds(catalogue, groups, count, seed)
    tested = []
    for fold in range(count):
        sides = folds.sides(fold, catalogue, groups)
        assert set(sides) == set(catalogue.ids)
        tested += [id for id, side in sides.items() if side == "test"]
        by_film = {}
        for id, group in zip(catalogue.ids, groups, strict=True):
            by_film.setdefault(group, set()).add(sides[id])
        assert all(len(own) == 1 for own in by_film.values())
    assert sorted(tested) == sorted(catalogue.ids)


def test_each_fold_gets_its_share_of_each_genre_and_of_the_posters():
    catalogue = catalogue_of(1000)
    folds = draw_folds(catalogue, np.arange(1000))
    of = np.array([folds.of[id] for id in catalogue.ids])
    for fold in range(5):
        assert abs((of == fold).sum() - 200) <= 2
        np.testing.assert_allclose(
            catalogue.multi_hot()[of == fold].sum(axis=0), catalogue.multi_hot().sum(axis=0) / 5, atol=1
        )
    sides = list(folds.sides(0, catalogue, np.arange(1000)).values())
    assert [sides.count(side) for side in ("train", "validation", "test")] == [700, 100, 200]


def test_the_same_seed_draws_the_same_folds_and_another_seed_others():
    catalogue, groups = catalogue_of(200), np.arange(200)
    assert draw_folds(catalogue, groups, seed=3) == draw_folds(catalogue, groups, seed=3)
    assert draw_folds(catalogue, groups, seed=3) != draw_folds(catalogue, groups, seed=4)


def test_a_poster_that_no_fold_names_stands_on_no_side():
    catalogue = catalogue_of(50)
    folds = Folds({id: row % 5 for row, id in enumerate(catalogue.ids[:49])}, 5)
    assert catalogue.ids[49] not in folds.sides(0, catalogue, np.arange(50))


@pytest.mark.parametrize("count", [0, 1, 11])
def test_folds_that_can_not_be_drawn_are_refused(count):
    with pytest.raises(SplitError, match="at least 2, and no more than there are films"):
        draw_folds(catalogue_of(20), np.arange(20) // 2, count)


def test_a_fold_that_is_not_there_is_refused():
    catalogue = catalogue_of(50)
    with pytest.raises(SplitError, match="one of 0 to 4, but got 5"):
        draw_folds(catalogue, np.arange(50)).sides(5, catalogue, np.arange(50))


@given(
    ids=st.lists(
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",)), min_size=1),
        unique=True,
        min_size=3,
    )
)
@settings(deadline=None, max_examples=50)
def test_folds_can_be_written_and_read(tmp_path_factory, ids):
    path = tmp_path_factory.mktemp("folds") / "folds.csv"
    folds = Folds({id: row % 3 for row, id in enumerate(ids)}, 3)
    write_folds(folds, path)
    assert read_folds(path) == folds


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "columns id and fold"),
        ("id,side\na,0\n", "columns id and fold"),
        ("id,fold\na,0\nb\n", "row 3: a line is an id"),
        ("id,fold\na,0\nb,-1\n", "row 3: a line is an id"),
        ("id,fold\na,0\nb,x\n", "row 3: a line is an id"),
        ("id,fold\na,0\na,1\n", "row 3: the poster 'a' stands in the folds twice"),
        ("id,fold\na,0\nb,2\n", "without a gap"),
        ("id,fold\na,0\n", "at least two"),
    ],
)
def test_a_file_that_holds_no_folds_is_refused(tmp_path, text, reason):
    (tmp_path / "folds.csv").write_text(text)
    with pytest.raises(SplitError, match=reason):
        read_folds(tmp_path / "folds.csv")
    with pytest.raises(SplitError, match="can't be read"):
        read_folds(tmp_path / "none.csv")
