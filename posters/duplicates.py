"""Posters that are the same picture: perceptual hashes, and the groups that may not stand on two sides of a split."""

from collections.abc import Hashable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from posters.arrays import PosterArrays
from posters.catalogue import Catalogue, Poster
from posters.errors import ArraysError
from posters.extras import require
from posters.hamming import near_groups
from posters.rows import GrowingRows, open_rows

# On the 5,762 posters of the IMDb set three pairs are at most that far apart: one file twice (0 of 64 bits), one design
# for two years (4), and two dark posters that have nothing in common (8). The next eight, at 10, are other pictures.
# A false pair costs a split nothing: its two posters only stay together.
NEAR = 8


def perceptual_hashes(arrays: PosterArrays, directory: Path) -> np.ndarray:
    """The perceptual hash of each poster, kept in `directory` so that it is computed once.

    Returns:
        uint64 (N,), as `perceptual_hash` gives them; near duplicates differ in few bits.
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
    with GrowingRows(path, (), np.uint64) as rows:
        for poster in tqdm(arrays.posters, desc="hashing", unit="poster", leave=False):
            rows.append(np.array([perceptual_hash(poster)], np.uint64))
        rows.finish()


def perceptual_hash(pixels: np.ndarray) -> int:
    """The 64 bits of pHash: whether each of the lowest 8 x 8 frequencies of the grey picture is above their median.

    Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions".

    Args:
        pixels: uint8 (H, W, 3), RGB.
    """
    bits = np.packbits(require("imagehash").phash(Image.fromarray(pixels)).hash)
    return int(bits.view(np.uint64)[0])


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
    pairs = [*_equal_pairs(poster.group for poster in catalogue), *_equal_pairs(map(film_of, catalogue))]
    if hashes is not None:
        pairs += _equal_pairs(near_groups(hashes, NEAR).tolist())
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    links = require("scipy.sparse").coo_array((np.ones(len(left)), (left, right)), shape=(len(catalogue),) * 2)
    return require("scipy.sparse.csgraph").connected_components(links, directed=False)[1].astype(np.int64)


def film_of(poster: Poster) -> tuple[str, int] | None:
    """What posters of one film have in common, title and year; None if the table does not say both."""
    return (poster.title.casefold(), poster.year) if poster.title and poster.year else None


def _equal_pairs(keys: Iterable[Hashable]) -> list[tuple[int, int]]:
    """Each row with the first row that has the same key; None is a key that nobody shares."""
    first: dict[Hashable, int] = {}
    return [(first.setdefault(key, row), row) for row, key in enumerate(keys) if key is not None]
