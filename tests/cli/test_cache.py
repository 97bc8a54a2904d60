"""`posters cache`: lists, sizes and prunes what this package keeps, and nothing else."""

import os
import time
from pathlib import Path

import pytest


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """A cache with an old folder, a new file, and a file of somebody else."""
    folder = tmp_path / "cache"
    old = folder / "posters-0123456789abcdef"
    old.mkdir(parents=True)
    (old / "pixels.npy").write_bytes(b"x" * 3_000_000)
    (folder / "features-0123456789abcdef.npy").write_bytes(b"x" * 1_000_000)
    (folder / "features-0123456789abcdef.npy.lock").touch()
    (folder / "holiday.jpg").write_bytes(b"x")
    (folder / "posters-mine").mkdir()
    ago = time.time() - 3 * 24 * 3600
    for path in (old / "pixels.npy", old):
        os.utime(path, (ago, ago))
    monkeypatch.setenv("POSTERS_CACHE", str(folder))
    return folder


def test_it_lists_the_largest_first_with_sizes_and_days(posters, cache):
    outcome = posters("cache")
    assert (outcome.code, outcome.err) == (0, "")
    assert [line.split() for line in outcome.out.splitlines()] == [
        ["3.0", "MB", "3.0", "days", "posters-0123456789abcdef"],
        ["1.0", "MB", "0.0", "days", "features-0123456789abcdef.npy"],
        ["0.0", "MB", "0.0", "days", "features-0123456789abcdef.npy.lock"],
        ["3", "entries,", "4.0", "MB", "in", str(cache)],
    ]
    assert len(posters("cache", "features").out.splitlines()) == 3


def test_it_prunes_what_nobody_works_on(posters, cache):
    outcome = posters("cache", "--prune")
    assert outcome.out.splitlines()[0] == f"removed 1 entry, 3.0 MB from {cache}"
    assert "kept features-0123456789abcdef.npy: it was written to in the last ten minutes" in outcome.out
    left = ["features-0123456789abcdef.npy", "features-0123456789abcdef.npy.lock", "holiday.jpg", "posters-mine"]
    assert sorted(path.name for path in cache.iterdir()) == left


@pytest.mark.parametrize(("days", "left"), [(2, False), (4, True)])
def test_only_what_is_older_goes(posters, cache, days, left):
    assert posters("cache", "posters", "--prune", "--older-than", days).code == 0
    assert (cache / "posters-0123456789abcdef").exists() == left


def test_a_link_is_removed_and_not_what_it_leads_to(posters, cache, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "pixels.npy").touch()
    link = cache / "looks-0123456789abcdef"
    link.symlink_to(tmp_path / "disk")
    ago = time.time() - 3600
    os.utime(link, (ago, ago), follow_symlinks=False)
    assert posters("cache", "looks", "--prune").code == 0
    assert not link.is_symlink()
    assert (tmp_path / "disk" / "pixels.npy").exists()


def test_an_absent_folder_is_empty(posters, tmp_path):
    assert posters("cache", "--cache", tmp_path / "none").out == f"0 entries, 0.0 MB in {tmp_path / 'none'}\n"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["featurs"], "the cache has no kind 'featurs': did you mean features?"),
        (["--older-than=-1"], "--older-than must be 0 days or more, but got -1"),
        (["--older-than=nan"], "--older-than must be 0 days or more, but got nan"),
    ],
)
def test_what_makes_no_sense_is_refused(posters, words, reason):
    assert posters("cache", *words).refusal == reason
