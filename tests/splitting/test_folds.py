"""Folds: every poster is tested once, no film is cut, each fold gets its share; what is written can be read."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posters.catalogue import Catalogue, Poster
from posters.errors import SplitError
from posters.splitting.folds import Folds, draw_folds, read_folds, write_folds


def catalogue_of(count, seed=0):
    """Drama for half of them, Comedy for a third, Horror for a tenth."""
    draws = np.random.default_rng(seed).random((count, 3)) < (0.33, 0.5, 0.1)
    names = np.array(["Comedy", "Drama", "Horror"])
    posters = tuple(Poster(f"tt{row:04}", f"{row}.jpg", tuple(names[own])) for row, own in enumerate(draws))
    return Catalogue(posters, tuple(names.tolist()), Path("images"))


@given(count=st.integers(2, 6), films=st.integers(12, 60), seed=st.integers(0, 5))
@settings(deadline=None, max_examples=30)
def test_every_poster_is_tested_once_and_no_film_is_in_two_splits(count, films, seed):
    catalogue = catalogue_of(90, seed)
    groups = np.random.default_rng(seed).integers(0, films, 90)
    folds = draw_folds(catalogue, groups, count, seed)
    tested = []
    for fold in range(count):
        splits = folds.splits(fold, catalogue, groups)
        assert set(splits) == set(catalogue.ids)
        tested += [id for id, split in splits.items() if split == "test"]
        by_film: dict[int, set[str]] = {}
        for id, group in zip(catalogue.ids, groups, strict=True):
            by_film.setdefault(group, set()).add(splits[id])
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
    splits = list(folds.splits(0, catalogue, np.arange(1000)).values())
    assert [splits.count(split) for split in ("train", "validation", "test")] == [700, 100, 200]


def test_the_same_seed_draws_the_same_folds_and_another_seed_others():
    catalogue, groups = catalogue_of(200), np.arange(200)
    assert draw_folds(catalogue, groups, seed=3) == draw_folds(catalogue, groups, seed=3)
    assert draw_folds(catalogue, groups, seed=3) != draw_folds(catalogue, groups, seed=4)


@given(seed=st.integers(0, 50), count=st.integers(2, 6), films=st.integers(1, 40))
def test_undivided_folds_cut_no_group_and_move_nothing_else(seed, count, films):
    rng = np.random.default_rng(seed)
    ids = [f"tt{row:04}" for row in range(40)]
    groups = rng.integers(0, films, 40)
    folds = Folds({id: int(fold) for id, fold in zip(ids[:35], rng.integers(0, count, 35), strict=True)}, count)
    found = folds.undivided(ids, groups)
    assert list(found.of) == list(folds.of)
    for group in set(groups.tolist()):
        members = [id for id, own in zip(ids, groups.tolist(), strict=True) if own == group and id in folds.of]
        before, after = [folds.of[id] for id in members], {found.of[id] for id in members}
        assert len(after) <= 1
        # The fold that has most of the group keeps these posters, so that as few as possible move.
        assert all(before.count(fold) == max(map(before.count, before)) for fold in after)


def test_a_poster_in_no_fold_is_in_no_split():
    catalogue = catalogue_of(50)
    folds = Folds({id: row % 5 for row, id in enumerate(catalogue.ids[:49])}, 5)
    assert catalogue.ids[49] not in folds.splits(0, catalogue, np.arange(50))


@pytest.mark.parametrize("count", [0, 1, 11])
def test_impossible_folds_are_refused(count):
    with pytest.raises(SplitError, match="at least 2 folds, and no more than films"):
        draw_folds(catalogue_of(20), np.arange(20) // 2, count)


def test_a_fold_that_is_not_there_is_refused():
    catalogue = catalogue_of(50)
    with pytest.raises(SplitError, match="one of 0 to 4, but got 5"):
        draw_folds(catalogue, np.arange(50)).splits(5, catalogue, np.arange(50))


@given(
    ids=st.lists(
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1),
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
        ("id,split\na,0\n", "columns id and fold"),
        ("id,fold\na,0\nb\n", "row 3: must be an id"),
        ("id,fold\na,0\nb,-1\n", "row 3: must be an id"),
        ("id,fold\na,0\nb,x\n", "row 3: must be an id"),
        (f"id,fold\na,0\nb,{'9' * 5000}\n", "row 3: must be an id"),
        ("id,fold\na,0\nb,999999999\n", "without a gap"),
        ("id,fold\na,0\na,1\n", "row 3: the poster 'a' is listed twice"),
        ("id,fold\na,0\nb,2\n", "without a gap"),
        ("id,fold\na,0\n", "at least two folds"),
    ],
)
def test_a_file_without_folds_is_refused(tmp_path, text, reason):
    (tmp_path / "folds.csv").write_text(text)
    with pytest.raises(SplitError, match=reason):
        read_folds(tmp_path / "folds.csv")
    with pytest.raises(SplitError, match="can't be read"):
        read_folds(tmp_path / "none.csv")
