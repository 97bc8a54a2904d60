"""Near duplicates, against brute force."""

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from posters.classifier.seen_posters import SEEN, SeenPosters
from posters.images.perceptual_hash import NEAR, near_groups
from posters.models import CLASSIFIER
from tests.images.hashes import brute_force, flipped, groups_of


@pytest.mark.parametrize("seed", range(3))
def test_planted_pairs_are_near_at_every_distance_up_to_the_limit(seed):
    chance = np.random.default_rng(seed)
    base = chance.integers(0, 2**64, 100, dtype=np.uint64)
    planted = [flipped(chance, phash, number % 13) for number, phash in enumerate(base[:52])]
    hashes = np.concatenate([base, np.array(planted, np.uint64)])
    found = groups_of(near_groups(hashes, NEAR))
    # Distances 0 to 8 are near, 9 to 12 are not.
    assert found == brute_force(hashes, NEAR)
    assert {group for group in found if len(group) > 1} == {
        frozenset([row, 100 + row]) for row in range(52) if row % 13 <= 8
    }


@pytest.mark.slow
@given(
    base=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4),
    changes=st.lists(st.tuples(st.integers(0, 3), st.sets(st.integers(0, 63), max_size=12)), max_size=12),
    limit=st.sampled_from([0, 1, 2, 7, 8, 9, 20, 31]),
)
@settings(deadline=None)
def test_near_groups_are_those_of_brute_force(base, changes, limit):
    hashes = base + [base[row % len(base)] ^ sum(1 << place for place in places) for row, places in changes]
    assert groups_of(near_groups(np.array(hashes, np.uint64), limit)) == brute_force(hashes, limit)
    assert groups_of(near_groups(np.array(hashes, np.uint64), limit, elsewhere)) == brute_force(hashes, limit)


def elsewhere(function, items, sees=()):
    """Stands for a cluster whose workers know nothing of each other."""
    return (pickle.loads(pickle.dumps(function))(item) for item in items)


def test_real_posters_have_the_same_groups_when_bands_are_joined_elsewhere():
    hashes = SeenPosters.read(CLASSIFIER / SEEN).rows["look"]
    groups = near_groups(hashes, NEAR)
    assert len(hashes) > 20_000
    assert len(set(groups)) < len(set(hashes)), "some are near duplicates"
    assert (near_groups(hashes, NEAR, elsewhere) == groups).all()


def test_bands_that_are_joined_elsewhere_are_few_however_many_hashes_there_are():
    """With bands of 32 bits, ten million hashes would take 82,898 rounds, and years."""
    given = []

    def counting(function, items, sees=()):
        given.extend(items)
        return [np.empty((2, 0), np.int64)]

    near_groups(np.arange(2**21, dtype=np.uint64), NEAR, counting)
    assert len(given) == len(set(given)) < 1000
    assert {(low, high) for low, high, _ in given} == {(0, 21), (21, 42), (42, 64)}


def test_a_crowd_of_hashes_is_grouped_as_by_brute_force():
    """A few thousand hashes around two centres, with chains between: buckets are crowded, and settle early."""
    chance = np.random.default_rng(5)
    centres = [0, 2**20 - 1]
    hashes = np.array([flipped(chance, centres[row % 2], chance.integers(0, 14)) for row in range(1500)], np.uint64)
    bits = np.bitwise_count(hashes[:, None] ^ hashes[None])
    expected = connected_components(coo_array(bits <= NEAR))[1]
    assert groups_of(near_groups(hashes, NEAR)) == groups_of(expected)
    assert (near_groups(hashes, NEAR, elsewhere) == near_groups(hashes, NEAR)).all()
    assert 1 < len(set(expected)) < 1500, "some are in the crowd, and some are not"


def test_no_hashes_make_no_groups():
    assert near_groups(np.array([], np.uint64), NEAR).shape == (0,)


def test_groups_are_numbered_from_0():
    groups = near_groups(np.array([2**64 - 1, 5, 2**40 - 1, 5], np.uint64), NEAR)
    assert groups.dtype == np.int64
    assert sorted(groups.tolist()) == [0, 0, 1, 2]


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_blocks_of_any_size_give_the_same_groups(monkeypatch, block):
    chance = np.random.default_rng(1)
    hashes = np.array([flipped(chance, 0, row % 11) for row in range(60)], np.uint64)
    monkeypatch.setattr("posters.images.perceptual_hash.BLOCK", block)
    for spread in (None, elsewhere):
        assert groups_of(near_groups(hashes, NEAR, spread)) == brute_force(hashes, NEAR)


@pytest.mark.slow
def test_100_000_hashes_of_any_kind_take_little_memory():
    """Each with each would be 5e9 pairs: all near one another in the worst case."""
    chance = np.random.default_rng(0)
    hashes = chance.integers(0, 2**64, 100_000, dtype=np.uint64)
    hashes[50_000:50_050] = [flipped(chance, phash, 8) for phash in hashes[:50]]
    hashes[60_000:80_000] = [flipped(chance, 0, 5) for _ in range(20_000)]
    tracemalloc.start()
    groups = near_groups(hashes, NEAR)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300e6
    assert (groups[50_000:50_050] == groups[:50]).all()
    assert len(set(groups[60_000:80_000])) == 1
