"""Look codes: they keep cosines, and groups are those of a search one by one."""

import hashlib
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.images.look_codes import CODE_SIZE, LOOK, look_codes, look_groups, looks_known, normalised
from tests.images.hashes import groups_of, joined


def features_of(count, seed=0, size=1280):
    """Features as of a network: none below 0, many small."""
    return np.random.default_rng(seed).gamma(0.7, 1, (count, size)).astype(np.float32)


def copies_of(codes, bits, seed):
    """Codes a little, or much, away from others."""
    noise = np.random.default_rng(seed).normal(0, 1, codes.shape) * np.array(bits)[:, None]
    return np.clip(np.rint(codes + noise), -127, 127).astype(np.int8)


def cosines(one, other):
    one, other = (normalised(codes.astype(np.float32)) for codes in (one, other))
    return one @ other.T


def test_codes_keep_cosines():
    features = features_of(40)
    # Pairs from the same poster to very different ones.
    other = features + np.linspace(0, 3, 40)[:, None] * features_of(40, 1)
    mean = features.mean(axis=0)
    found = np.diag(cosines(look_codes(features, mean), look_codes(other, mean)))
    exact = np.diag(cosines(features, other))
    assert np.abs(found - exact).max() < 4 * 0.5 / np.sqrt(CODE_SIZE)
    assert np.abs(found - exact)[exact > 0.95].max() < 0.03
    assert np.corrcoef(found, exact)[0, 1] > 0.95


def test_codes_are_the_same_on_every_machine_and_with_every_numpy():
    """Records of training posters are compared with codes that are computed years later."""
    features = np.eye(4, 1280, dtype=np.float32)
    codes = look_codes(features, features.sum(axis=0) + 1e-3)
    assert set(np.unique(codes)) == {-127, 127}  # of one direction each
    assert hashlib.sha256(codes.tobytes()).hexdigest()[:16] == "b88e96a7ebd3f6d3"


def test_the_length_of_features_does_not_matter():
    features = features_of(5)
    codes = look_codes(features, features.mean(axis=0))
    assert (look_codes(3 * features, features.mean(axis=0)) == codes).all()


def test_a_picture_that_is_unlike_any_poster_has_no_code():
    mean = np.zeros(1280, np.float32)
    mean[:100] = 1
    strange = np.zeros((2, 1280), np.float32)
    strange[0, 700:] = 1  # The second is all 0: nothing but black to the network.
    assert not look_codes(strange, mean).any()
    assert look_codes(mean[None], mean).any()


@given(
    seed=st.integers(0, 99),
    noise=st.lists(st.sampled_from([0, 5, 20, 28, 35, 60, 200]), max_size=14),
    empty=st.lists(st.integers(0, 13), max_size=3),
)
def test_groups_are_those_of_brute_force(seed, noise, empty):
    base = np.random.default_rng(seed).integers(-127, 128, (2, CODE_SIZE), dtype=np.int8)
    codes = copies_of(base[np.arange(len(noise)) % 2], noise, seed) if noise else np.zeros((0, CODE_SIZE), np.int8)
    codes[[row for row in empty if row < len(codes)]] = 0
    near = cosines(codes, codes) >= LOOK
    expected = joined([(i, j) for i, j in combinations(range(len(codes)), 2) if near[i, j]], len(codes))
    found = look_groups(codes)
    assert groups_of(found) == expected
    assert found.dtype == np.int64
    # Numbered in the order of the codes.
    assert [number for row, number in enumerate(found.tolist()) if number not in found[:row]] == list(
        range(len(expected))
    )


@pytest.mark.parametrize("block", [3, 1000])
def test_a_graph_finds_the_groups_too_and_so_do_small_blocks(monkeypatch, block):
    pytest.importorskip("usearch")
    monkeypatch.setattr("posters.images.look_codes._BLOCK", block)
    base = np.random.default_rng(0).integers(-127, 128, (100, CODE_SIZE), dtype=np.int8)
    codes = np.concatenate([base, copies_of(base[:40], [20] * 40, 1), np.zeros((3, CODE_SIZE), np.int8)])
    expected = {frozenset([row, 100 + row]) for row in range(40)} | {
        frozenset([row]) for row in (*range(40, 100), 140, 141, 142)
    }
    assert groups_of(look_groups(codes)) == groups_of(look_groups(codes, exact_up_to=0)) == expected


def test_a_crowd_of_copies_is_one_group_at_once():
    """One cover for very many films: their pairs alone would take 80 GB."""
    code = np.random.default_rng(0).integers(-127, 128, (1, CODE_SIZE), dtype=np.int8)
    assert not look_groups(np.repeat(code, 100_000, axis=0)).any()


def test_known_looks_are_found_and_codes_of_0_are_not():
    base = np.random.default_rng(0).integers(-127, 128, (6, CODE_SIZE), dtype=np.int8)
    nothing = np.zeros((1, CODE_SIZE), np.int8)
    judged = np.concatenate([copies_of(base[:2], [20, 200], 0), base[5:], nothing])
    assert looks_known(judged, np.concatenate([base[:5], nothing])).tolist() == [True, False, False, False]
    assert looks_known(judged, base[:0]).tolist() == [False] * 4
    assert looks_known(judged[:0], base).shape == (0,)
