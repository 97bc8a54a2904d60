"""Posters that are the same picture: perceptual hashes, and the groups that may not stand on two sides of a split."""

from collections.abc import Hashable, Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from posters.arrays import PosterArrays
from posters.catalogue import Catalogue
from posters.errors import ArraysError
from posters.extras import require
from posters.rows import GrowingRows, open_rows

# On the 5,762 posters of the IMDb set, the pairs at a Hamming distance of 0 to 8 of 64 are the same picture, and those
# from 10 on are not.
NEAR = 8
_BITS = 64
_BLOCK = 1024  # hashes compared with a bucket at a time: bounds the memory


def perceptual_hashes(arrays: PosterArrays, directory: Path) -> np.ndarray:
    """The perceptual hash of each poster, kept in `directory` so that it is computed once.

    It is pHash: the signs of the lowest 8 x 8 frequencies of the grey picture, against their median (Zauner 2010,
    "Implementation and Benchmarking of Perceptual Image Hash Functions").

    Returns:
        uint64 (N,); near duplicates differ in few bits.
    """
    path = Path(directory) / f"phash-{arrays.fingerprint}.npy"
    # Two processes at once would write into one file.
    with require("filelock").FileLock(path.with_name(".lock")):
        if not path.exists():
            _hash_all(arrays, path)
    hashes = open_rows(path)
    if hashes.shape != (len(arrays),) or hashes.dtype != np.uint64:
        raise ArraysError(f"{path} belongs to other posters: remove it, and it will be made again")
    return np.asarray(hashes)


def _hash_all(arrays: PosterArrays, path: Path) -> None:
    phash = require("imagehash").phash
    with GrowingRows(path, (), np.uint64) as rows:
        for poster in tqdm(arrays.posters, desc="hashing", unit="poster", leave=False):
            bits = np.packbits(phash(Image.fromarray(poster)).hash)
            rows.append(bits.view(np.uint64))
        rows.finish()


def near_pairs(hashes: np.ndarray, distance: int = NEAR) -> np.ndarray:
    """Pairs of different rows whose hashes differ in at most `distance` bits.

    Cut in `distance` + 1 bands, two such hashes agree in one band at least (the pigeonhole principle), so that only
    hashes with a band in common are compared.

    Args:
        hashes: uint64 (N,).

    Returns:
        int64 (P, 2), in each pair the lower row first. Of rows with equal hashes, each is paired with the first.
    """
    distinct, first, twin_of = np.unique(hashes, return_index=True, return_inverse=True)
    rows = np.arange(len(hashes))
    equal = np.stack([first[twin_of], rows], axis=1)[first[twin_of] != rows]
    near = np.unique(np.concatenate([*_banded_pairs(distinct, distance), np.empty((0, 2), np.int64)]), axis=0)
    return np.sort(np.concatenate([equal, first[near]]), axis=1).astype(np.int64)


def _banded_pairs(hashes: np.ndarray, distance: int) -> Iterable[np.ndarray]:
    edges = np.linspace(0, _BITS, distance + 2).astype(int)
    for low, high in pairwise(edges):
        band = (hashes >> np.uint64(low)) & np.uint64((1 << int(high - low)) - 1)
        order = np.argsort(band, kind="stable")
        for bucket in np.split(order, np.flatnonzero(np.diff(band[order])) + 1):
            yield from _close_in(bucket, hashes, distance)


def _close_in(bucket: np.ndarray, hashes: np.ndarray, distance: int) -> Iterable[np.ndarray]:
    for start in range(0, len(bucket), _BLOCK):
        block = bucket[start : start + _BLOCK]
        close = np.bitwise_count(hashes[block, None] ^ hashes[None, bucket]) <= distance
        left, right = block[np.nonzero(close)[0]], bucket[np.nonzero(close)[1]]
        yield np.stack([left, right], axis=1)[left < right]


def group_posters(catalogue: Catalogue, hashes: np.ndarray | None = None) -> np.ndarray:
    """Group the posters that must stand on one side of a split.

    Two posters share a group when their table gives them the same group, when they have the same title and year, or
    when they look the same; and whenever a chain of such pairs joins them.

    Args:
        catalogue: N posters.
        hashes: their perceptual hashes, uint64 (N,), if looks are to count.

    Returns:
        int64 (N,): the number of each poster's group.
    """
    films = [(poster.title.casefold(), poster.year) if poster.title and poster.year else None for poster in catalogue]
    pairs = [*_equal_pairs([poster.group for poster in catalogue]), *_equal_pairs(films)]
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    if hashes is not None:
        near = near_pairs(hashes)
        left, right = np.concatenate([left, near[:, 0]]), np.concatenate([right, near[:, 1]])
    links = require("scipy.sparse").coo_array((np.ones(len(left)), (left, right)), shape=(len(catalogue),) * 2)
    return require("scipy.sparse.csgraph").connected_components(links, directed=False)[1].astype(np.int64)


def _equal_pairs(keys: Iterable[Hashable]) -> list[tuple[int, int]]:
    """Each row with the first row that has the same key; None is a key that nobody shares."""
    first: dict[Hashable, int] = {}
    return [(first.setdefault(key, row), row) for row, key in enumerate(keys) if key is not None]
