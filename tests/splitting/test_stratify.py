"""Stratification: every subset gets its share of each genre, and no group is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posters.catalogue import read_catalogue
from posters.splitting.stratify import stratify

SHARES = (0.7, 0.15, 0.15)


def deviation(y, splits, shares=SHARES):
    """Mean distance of the genres' shares in each split from what they should be."""
    of_genre = np.stack([y[splits == split].sum(axis=0) for split in range(len(shares))]) / y.sum(axis=0)
    return float(np.abs(of_genre - np.array(shares)[:, None]).mean())


@pytest.mark.slow
@given(
    y=hnp.arrays(np.uint8, st.tuples(st.integers(0, 40), st.integers(1, 6)), elements=st.integers(0, 1)),
    cuts=st.lists(st.floats(0.05, 1), min_size=1, max_size=4),
    seed=st.integers(0, 5),
    data=st.data(),
)
@settings(deadline=None)
def test_every_row_has_a_subset_and_no_group_is_cut(y, cuts, seed, data):
    groups = data.draw(hnp.arrays(np.int64, len(y), elements=st.integers(-3, 10)))
    splits = stratify(y, groups, np.array(cuts) / sum(cuts), seed)
    assert splits.shape == (len(y),)
    assert ((splits >= 0) & (splits < len(cuts))).all()
    for group in np.unique(groups):
        assert len(set(splits[groups == group].tolist())) == 1


@pytest.mark.parametrize("shares", [(0.7, 0.15, 0.15), (0.5, 0.5), (0.9, 0.05, 0.05), (0.98, 0.01, 0.01)])
@pytest.mark.parametrize("group_size", [1, 3])
def test_shares_are_kept_on_sizeable_data(shares, group_size):
    y = (np.random.default_rng(0).random((3000, 20)) < np.geomspace(0.01, 0.5, 20)).astype(np.uint8)
    splits = stratify(y, np.arange(3000) // group_size, shares, seed=0)
    assert np.abs(np.bincount(splits) / 3000 - shares).max() < 0.01
    assert deviation(y, splits, shares) < 0.01


@pytest.mark.slow
def test_genres_are_divided_much_better_than_by_chance_on_the_real_set(shared):
    catalogue = read_catalogue(shared / "imdb-posters" / "posters.csv", report=False)
    y = catalogue.multi_hot()
    splits = stratify(y, np.arange(len(y)), SHARES, seed=0)
    chance = np.random.default_rng(0)
    by_chance = [deviation(y, chance.choice(3, len(y), p=SHARES)) for _ in range(20)]
    assert deviation(y, splits) < min(by_chance) / 5
    assert np.abs(np.bincount(splits) / len(y) - SHARES).max() < 0.005


@pytest.mark.parametrize("positives", [3, 4, 5, 7])
@pytest.mark.parametrize("seed", range(5))
def test_a_rare_genre_is_in_every_subset_if_it_has_enough_posters(positives, seed):
    y = np.zeros((200, 2), np.uint8)
    y[:100, 0] = 1
    y[98 : 98 + positives, 1] = 1
    splits = stratify(y, np.arange(200), SHARES, seed)
    assert set(splits[y[:, 1] == 1].tolist()) == {0, 1, 2}
    assert np.abs(np.bincount(splits) / 200 - SHARES).max() <= 0.01


def test_two_posters_of_a_genre_go_to_two_subsets():
    y = np.zeros((200, 1), np.uint8)
    y[:2] = 1
    splits = sorted(stratify(y, np.arange(200), SHARES, seed=0)[:2].tolist())
    assert splits[0] == 0
    assert splits[1] in (1, 2)


def test_many_rare_genres_do_not_swell_a_small_subset():
    y = np.kron(np.eye(40, dtype=np.uint8), np.ones((3, 1), np.uint8))
    splits = stratify(y, np.arange(120), (0.9, 0.05, 0.05), seed=0)
    assert np.abs(np.bincount(splits) / 120 - (0.9, 0.05, 0.05)).max() < 0.02


def test_a_group_larger_than_a_subset_goes_where_there_is_most_room():
    groups = np.where(np.arange(100) < 60, 0, np.arange(100))
    splits = stratify(np.ones((100, 1), np.uint8), groups, SHARES, seed=0)
    assert set(splits[:60].tolist()) == {0}
    assert np.abs(np.bincount(splits) / 100 - SHARES).max() <= 0.02


def test_the_seed_decides():
    y = (np.random.default_rng(0).random((300, 5)) < 0.3).astype(np.uint8)
    groups = np.arange(300) // 2
    first = stratify(y, groups, SHARES, seed=1)
    assert (first == stratify(y, groups, SHARES, seed=1)).all()
    assert (first != stratify(y, groups, SHARES, seed=2)).any()
    assert (first == stratify(y, groups * 7 - 5, SHARES, seed=1)).all(), "numbers of groups are names"


def test_unknown_labels_change_no_subset():
    """Each subset gets its share of the posters that are known to have a genre."""
    rng = np.random.default_rng(0)
    y = (rng.random((600, 5)) < 0.3).astype(np.int8)
    hidden = np.where((y == 0) & (rng.random(y.shape) < 0.5), -1, y)
    subsets = stratify(hidden, np.arange(600), SHARES, seed=0)
    np.testing.assert_array_equal(subsets, stratify(y, np.arange(600), SHARES, seed=0))
    fewer = np.where(rng.random(y.shape) < 0.4, -1, y)
    subsets = stratify(fewer, np.arange(600), SHARES, seed=0)
    for subset, share in enumerate(SHARES):
        positives = (fewer[subsets == subset] == 1).sum(axis=0)
        np.testing.assert_allclose(positives, (fewer == 1).sum(axis=0) * share, atol=3)
