"""The window of an epoch: every poster once, few shards at a time, and each worker its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.store.shuffling import pair_order, shards_at_once, windowed_order


def order(count=4_000, window=400, size=32, seed=0, of_shard=50):
    return windowed_order(
        np.arange(count), np.arange(count) // of_shard, window, size, np.random.default_rng([seed, 0])
    )


@given(st.integers(2, 300), st.integers(1, 299), st.integers(1, 64), st.integers(1, 40))
def test_every_row_comes_once_but_for_those_that_fill_no_batch(count, window, size, of_shard):
    size, window = min(size, count), min(window, count - 1)
    found = order(count, window, size, of_shard=of_shard)
    assert len(found) == count // size * size
    assert len(np.unique(found)) == len(found)


def test_it_depends_on_the_seed():
    assert order().tolist() == order().tolist()
    assert order().tolist() != order(seed=1).tolist()


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_a_worker_reads_its_own_shards_each_of_them_once(workers):
    """By a cache of as many shards as `shards_at_once` says."""
    count, window, size, of_shard = 20_000, 1_600, 32, 50
    batches = order(count, window, size, of_shard=of_shard).reshape(-1, size)
    room = shards_at_once(np.arange(count), np.arange(count) // of_shard, window, workers)
    share = size // workers
    loads = []
    for worker in range(workers):
        own = np.sort(pair_order(size)[worker * share : (worker + 1) * share])
        kept, read = [], 0
        for batch in batches[:, own] // of_shard:
            for shard in dict.fromkeys(batch.tolist()):
                if shard in kept:
                    kept.remove(shard)
                else:
                    read += 1
                kept = [*kept, shard][-room:]
        loads.append(read)
    shards = count // of_shard
    # Where one lane ends and the next begins, a shard is cut.
    assert shards <= sum(loads) <= shards + 8
    assert max(loads) - min(loads) <= 2
    assert room <= (window / of_shard + 16) / workers + 1


def test_pairs_that_are_blended_are_neighbours():
    places = pair_order(32).reshape(-1, 2)
    assert (places.sum(axis=1) == 31).all()
    assert sorted(places.ravel()) == list(range(32))


def test_batches_mix_what_lies_far_apart():
    """A batch of a sorted table has as many of each half as one of a full shuffle, up to chance."""
    of_first_half = (order(20_000, 1_600).reshape(-1, 32) < 10_000).mean(axis=1)
    shuffled = (np.random.default_rng(0).permutation(20_000).reshape(-1, 32) < 10_000).mean(axis=1)
    assert of_first_half.mean() == pytest.approx(0.5, abs=0.01)
    assert of_first_half.std() < 1.5 * shuffled.std()
