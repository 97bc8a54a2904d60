"""Features in blocks: the same numbers as in one piece, and little memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posters.baselines import standardised
from posters.baselines.linear_probe import fit_probe, fit_whole, out_of_fold_scores
from posters.baselines.standardised import Standardised, root_moments, row_blocks, signed_root


@pytest.fixture
def in_blocks(monkeypatch):
    """Nothing fits into memory, and a block is 1,000 bytes."""
    monkeypatch.setattr(standardised, "MEMORY", 0)
    monkeypatch.setattr(standardised, "BLOCK", 1000)


@pytest.fixture
def mapped(tmp_path):
    """Where features lie: on disk."""
    np.save(tmp_path / "features.npy", np.random.default_rng(0).gamma(0.5, 2.0, (300, 10)))
    return np.load(tmp_path / "features.npy", mmap_mode="r")


@given(st.integers(0, 30), st.integers(0, 400), st.integers(0, 400), st.randoms(use_true_random=False))
def test_blocks_are_the_rows_in_their_order(count, memory, block, random):
    features = np.arange(90.0).reshape(30, 3)
    rows = np.array(random.sample(range(30), count), int)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standardised, "MEMORY", memory)
        patch.setattr(standardised, "BLOCK", block)
        found = np.full((count, 3), np.nan)
        for part, part_of in row_blocks(features, rows):
            assert part_of.nbytes <= max(memory, block, features[0].nbytes)
            found[part] = part_of
    np.testing.assert_array_equal(found, features[rows])


def test_moments_of_blocks_are_those_of_the_whole(in_blocks, mapped):
    rows = np.random.default_rng(1).permutation(300)[:251]
    root = signed_root(mapped[rows])
    mean, variance = root_moments(mapped, rows)
    np.testing.assert_allclose(mean, root.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(variance, root.var(axis=0), rtol=1e-12)
    x = Standardised(mapped, rows)
    whole = np.concatenate([block for _, block in x.blocks()])
    np.testing.assert_allclose([whole.mean(axis=0), whole.var(axis=0)], [[0.0] * 10, [1.0] * 10], atol=1e-5)
    np.testing.assert_allclose(x.gram, whole.T @ whole, rtol=1e-12)


def test_moments_of_many_rows_are_not_lost_in_rounding(in_blocks):
    """Added up in float32, row by row, the means of these are off by 3 in a million."""
    features = np.random.default_rng(0).normal(1e4, 200.0, (200_000, 2)).astype(np.float32)
    exact = signed_root(features.astype(np.float64))
    mean, variance = root_moments(features, np.arange(len(features)))
    np.testing.assert_allclose(mean, exact.mean(axis=0), rtol=1e-7)
    np.testing.assert_allclose(variance, exact.var(axis=0), rtol=1e-5)


def test_a_probe_of_blocks_is_that_of_the_whole(mapped, request):
    y = (mapped[:, :3] + mapped[:, 3:6] + np.random.default_rng(1).normal(size=(300, 3)) > 2.5).astype(np.int8)
    y[:40, 0] = -1
    train, validation = np.arange(0, 240), np.arange(240, 300)

    def figures():
        probe = fit_probe(mapped, y, train, validation)
        return [
            probe.score(mapped),
            probe.score(mapped, validation),
            fit_whole(mapped, y, 1e-2).score(mapped),
            out_of_fold_scores(mapped, y, np.arange(300) // 2),
        ]

    whole = figures()
    request.getfixturevalue("in_blocks")
    for found, expected in zip(figures(), whole, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_out_of_fold_scores_of_some_rows_are_those_of_their_features(mapped):
    rows = np.random.default_rng(1).permutation(300)[:100]
    y, groups = (mapped[rows, :1] > 1).astype(np.int8), np.arange(100)
    expected = out_of_fold_scores(mapped[rows], y, groups)
    np.testing.assert_array_equal(out_of_fold_scores(mapped, y, groups, rows=rows), expected)


def test_fitting_takes_memory_for_a_few_blocks_alone(monkeypatch, tmp_path):
    features = np.random.default_rng(0).normal(size=(20_000, 64)).astype(np.float32)
    y = (features[:, :1] > 0).astype(np.uint8)
    np.save(tmp_path / "features.npy", features)
    mapped, rows = np.load(tmp_path / "features.npy", mmap_mode="r"), np.arange(20_000)
    monkeypatch.setattr(standardised, "MEMORY", 0)
    monkeypatch.setattr(standardised, "BLOCK", 2**17)
    tracemalloc.start()
    fit_probe(mapped, y, rows[:16_000], rows[16_000:]).score(mapped)
    out_of_fold_scores(mapped, y, rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < features.nbytes / 2
