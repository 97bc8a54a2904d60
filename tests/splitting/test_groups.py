"""Perceptual hashes of packed posters, and the groups that a split must not divide."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from posters.catalogue import Catalogue, Poster
from posters.config import PreprocessConfig
from posters.errors import ArraysError
from posters.images.look_codes import CODE_SIZE
from posters.images.perceptual_hash import NEAR, near_groups
from posters.splitting.groups import group_posters, perceptual_hashes
from posters.store.packed_posters import PosterArrays, pack
from tests.images.hashes import distance, groups_of, joined

SIZE = PreprocessConfig()


# Hashes of pictures


def scene(seed, size=(240, 360)):
    """A picture with large shapes, as posters have."""
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def packed_pictures(folder, pictures):
    folder.mkdir(exist_ok=True)
    for name, picture, options in pictures:
        picture.save(folder / name, **options)
    names = [name for name, _, _ in pictures]
    catalogue = Catalogue(tuple(Poster(name, name, ("Drama",)) for name in names), ("Drama",), folder)
    return pack(catalogue, folder / "packed", SIZE)


@pytest.mark.slow
def test_copies_of_a_picture_are_near_and_other_pictures_are_not(tmp_path):
    one = scene(0)
    copies = [
        ("original.png", one, {}),
        ("encoded.jpg", one, {"quality": 40}),
        ("smaller.jpg", one.resize((120, 180)), {"quality": 80}),
        ("stretched.webp", one.resize((300, 400)), {}),
        ("brighter.png", ImageEnhance.Brightness(one).enhance(0.9), {}),
    ]
    others: list[tuple[str, Image.Image, dict[str, Any]]] = [
        (f"other{seed}.png", scene(seed), {}) for seed in range(1, 12)
    ]
    hashes = perceptual_hashes(packed_pictures(tmp_path, copies + others), tmp_path)
    assert groups_of(near_groups(hashes, NEAR)) == {frozenset(range(5))} | {frozenset([row]) for row in range(5, 16)}


def test_hashes_are_computed_once_and_kept(tmp_path, monkeypatch):
    arrays = packed_pictures(tmp_path, [(f"{seed}.png", scene(seed), {}) for seed in range(3)])
    hashes = perceptual_hashes(arrays, tmp_path)
    assert hashes.dtype == np.uint64
    assert hashes.shape == (3,)
    nothing = replace(arrays, posters=None)
    assert (perceptual_hashes(nothing, tmp_path) == hashes).all()
    swapped = packed_pictures(tmp_path, [(f"{seed}.png", scene(seed), {}) for seed in (2, 0, 1)])
    assert (perceptual_hashes(swapped, tmp_path) == hashes[[2, 0, 1]]).all()


def test_several_processes_may_hash_the_same_posters_at_once(tmp_path):
    """Threads stand for them here: each has its own open file, and would write over the other's."""
    posters = np.stack([np.asarray(scene(seed, (32, 48))) for seed in range(100)])
    arrays = PosterArrays(posters, np.ones((100, 1), np.uint8), tuple(map(str, range(100))), ("Drama",), SIZE, "abc")
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: perceptual_hashes(arrays, tmp_path), range(4)))
    assert all((hashes == found[0]).all() for hashes in found)
    assert len(np.unique(found[0])) > 90


def test_kept_hashes_of_other_posters_are_refused(tmp_path):
    arrays = packed_pictures(tmp_path, [(f"{seed}.png", scene(seed), {}) for seed in range(3)])
    path = tmp_path / f"phash-{arrays.fingerprint}.npy"
    for foreign in (np.zeros(2, np.uint64), np.zeros(3, np.uint8), np.zeros((3, 2), np.uint64)):
        np.save(path, foreign)
        with pytest.raises(ArraysError, match="remove it, and it will be made again"):
            perceptual_hashes(arrays, tmp_path)
    path.write_bytes(b"broken")
    with pytest.raises(ArraysError, match="remove it, and it will be made again"):
        perceptual_hashes(arrays, tmp_path)


@pytest.mark.slow
def test_the_known_pairs_among_the_real_posters(shared, tmp_path):
    """Among all 5,762 there are three pairs at 0, 4 and 8, the last of different pictures, as are eight more at 10.

    Packing and hashing all of them takes 25 s, so only these and every thirtieth are used here.
    """
    near = [("tt0402577", "tt0420286", 0), ("tt2546294", "tt2546300", 4), ("tt0087197", "tt1228987", 8)]
    far = (
        "tt0151804 tt0312841 tt0401855 tt1120985 tt0116320 tt0120601 tt0165773 tt0463998 tt2090580 tt0104006 tt3268030"
    )
    images = shared / "imdb-posters" / "images"
    some = sorted(path.stem for path in images.iterdir())[::30]
    names = sorted({*some, *far.split(), *(name for pair in near for name in pair[:2])})
    posters = tuple(Poster(name, f"{name}.jpg", ("Drama",)) for name in names)
    arrays = pack(Catalogue(posters, ("Drama",), images), tmp_path, SIZE, threads=1)
    hashes = perceptual_hashes(arrays, tmp_path)
    row_of = {id: row for row, id in enumerate(arrays.ids)}
    assert all(distance(hashes[row_of[i]], hashes[row_of[j]]) == bits for i, j, bits in near)
    found = {frozenset(arrays.ids[row] for row in group) for group in groups_of(near_groups(hashes, NEAR))}
    assert {group for group in found if len(group) > 1} == {frozenset(pair[:2]) for pair in near}


# Groups


def catalogue_of(*posters):
    rows = tuple(Poster(str(row), f"{row}.png", ("Drama",), **values) for row, values in enumerate(posters))
    return Catalogue(rows, ("Drama",), Path())


def test_posters_with_nothing_in_common_are_groups_of_one():
    catalogue = catalogue_of(
        {}, {}, {"title": "Heat"}, {"title": "Heat"}, {"year": 1995}, {"year": 1995}, {"group": "a"}
    )
    numbers = group_posters(catalogue)
    assert numbers.dtype == np.int64
    assert numbers.shape == (7,)
    assert groups_of(numbers) == {frozenset([row]) for row in range(7)}


def test_a_group_of_the_table_and_equal_titles_and_years_join():
    catalogue = catalogue_of(
        {"group": "a"},
        {"title": "Heat", "year": 1995},
        {"group": "a", "title": "Heat", "year": 1986},
        {"title": "HEAT", "year": 1995},
        {"group": "b", "title": "Heat", "year": 2000},
        {"group": "1995"},
    )
    assert groups_of(group_posters(catalogue)) == {frozenset(g) for g in ([0, 2], [1, 3], [4], [5])}


def test_look_alikes_join():
    hashes = np.array([0, 2**8 - 1, 2**16 - 1, 2**64 - 1, 2**9 - 1], np.uint64)
    alone: list[dict[str, Any]] = [{} for _ in hashes]
    assert groups_of(group_posters(catalogue_of(*alone), hashes)) == {frozenset([0, 1, 2, 4]), frozenset([3])}
    assert len(groups_of(group_posters(catalogue_of(*alone)))) == 5


def test_looks_by_code_join_what_hashes_do_not():
    one, other = np.random.default_rng(0).integers(-127, 128, (2, CODE_SIZE), dtype=np.int8)
    codes = np.stack([one, other, one // 2, np.zeros_like(one), np.zeros_like(one)])
    alone: list[dict[str, Any]] = [{} for _ in codes]
    assert groups_of(group_posters(catalogue_of(*alone), codes=codes)) == {
        frozenset([0, 2]),
        *(frozenset([row]) for row in (1, 3, 4)),
    }
    hashes = np.array([0, 2**40 - 1, 2**20 - 1, 2**41 - 1, 2**64 - 1], np.uint64)
    assert groups_of(group_posters(catalogue_of(*alone), hashes, codes)) == {
        frozenset([0, 2]),
        frozenset([1, 3]),
        frozenset([4]),
    }


def test_a_chain_of_different_reasons_joins():
    """0 and 1 have a group in common, 1 and 2 a film, 2 and 3 their looks."""
    film = {"title": "Heat", "year": 1995}
    catalogue = catalogue_of({"group": "a"}, {"group": "a", **film}, film, {}, {})
    hashes = np.array([0, 2**20 - 1, 2**40 - 1, 2**41 - 1, 2**64 - 1], np.uint64)
    assert groups_of(group_posters(catalogue, hashes)) == {frozenset([0, 1, 2, 3]), frozenset([4])}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, "a", "b"]),
            st.sampled_from([None, "x", "X", "y"]),
            st.sampled_from([None, 1990, 1991]),
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(deadline=None)
def test_groups_are_the_transitive_closure(keys):
    catalogue = catalogue_of(*[{"group": g, "title": t, "year": y} for g, t, y in keys])

    def same(one, other):
        film = one[1] and one[2] and other[1] and (one[1].casefold(), one[2]) == (other[1].casefold(), other[2])
        return bool(film) or (one[0] is not None and one[0] == other[0])

    pairs = [(i, j) for i, j in combinations(range(len(keys)), 2) if same(keys[i], keys[j])]
    assert groups_of(group_posters(catalogue)) == joined(pairs, len(keys))
