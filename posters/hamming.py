"""Hashes that differ in few bits, found without comparing each with each."""

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np

from posters.extras import require

_BITS = 64
_BLOCK = 1 << 20  # pairs compared at a time: bounds the memory


def near_groups(hashes: np.ndarray, distance: int) -> np.ndarray:
    """The groups that hashes make which differ in at most `distance` bits, and chains of such pairs.

    It is multi-index hashing (Norouzi, Punjani and Fleet 2012, "Fast Search in Hamming Space with Multi-Index
    Hashing"). Of two hashes cut in m bands, one band at least differs in no more than distance / m bits (the pigeonhole
    principle), so that only hashes are compared that have nearly the same value in a band. With bands of about log2(N)
    bits that takes less than quadratic time for hashes spread evenly.

    Args:
        hashes: uint64 (N,).
        distance: from 0 to 64.

    Returns:
        int64 (N,): the number of each hash's group, from 0 up.
    """
    distinct, twin_of = np.unique(hashes, return_inverse=True)
    groups = np.arange(len(distinct))
    bands = max(1, _BITS // max(1, len(distinct).bit_length()))
    for low, high in pairwise(np.linspace(0, _BITS, bands + 1).astype(int).tolist()):
        band = _Band(distinct, low, high)
        for mask in _masks(high - low, distance // bands):
            for left, right in band.candidates(mask, groups):
                near = np.bitwise_count(distinct[left] ^ distinct[right]) <= distance
                groups = _joined(groups, left[near], right[near])
    return np.unique(groups[twin_of], return_inverse=True)[1].astype(np.int64)


def _masks(bits: int, radius: int) -> Iterator[int]:
    """All numbers of `bits` bits with at most `radius` bits set, 0 first."""
    for count in range(min(radius, bits) + 1):
        yield from (sum(1 << place for place in places) for places in combinations(range(bits), count))


class _Band:
    """The hashes in buckets of equal values in some of their bits."""

    def __init__(self, hashes: np.ndarray, low: int, high: int) -> None:
        values = (hashes >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        self.rows = np.argsort(values, kind="stable")
        self.values, self.starts, self.sizes = np.unique(values[self.rows], return_index=True, return_counts=True)

    def candidates(self, mask: int, groups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Pairs of rows, in blocks, whose values differ by `mask`; not those in buckets that are one group already."""
        one, other = self._unsettled(*self._bucket_pairs(mask), groups[self.rows])
        members = _ranges(self.starts[one], self.sizes[one])
        starts, sizes = (np.repeat(of_bucket[other], self.sizes[one]) for of_bucket in (self.starts, self.sizes))
        for block in _blocks(sizes):
            left = np.repeat(members[block], sizes[block])
            yield self.rows[left], self.rows[_ranges(starts[block], sizes[block])]

    def _bucket_pairs(self, mask: int) -> tuple[np.ndarray, np.ndarray]:
        wanted = self.values ^ np.uint64(mask)
        place = np.searchsorted(self.values, wanted)
        found = np.flatnonzero(self.values <= wanted)  # Each pair of buckets once.
        found = found[place[found] < len(self.values)]
        found = found[self.values[place[found]] == wanted[found]]
        return found, place[found]

    def _unsettled(self, one: np.ndarray, other: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        lowest, highest = (of.reduceat(groups, self.starts) for of in (np.minimum, np.maximum))
        several = np.minimum(lowest[one], lowest[other]) != np.maximum(highest[one], highest[other])
        return one[several], other[several]


def _ranges(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The numbers from each start on, as many as its size, one range behind the other."""
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(sizes.sum())


def _blocks(sizes: np.ndarray) -> Iterator[slice]:
    """Slices of `sizes` that sum up to about `_BLOCK` each."""
    ends = np.searchsorted(np.cumsum(sizes), np.arange(_BLOCK, sizes.sum() + _BLOCK, _BLOCK)) + 1
    yield from (slice(start, end) for start, end in pairwise([0, *ends.tolist()]))


def _joined(groups: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The groups once those of each left row and right row are one."""
    left, right = groups[left], groups[right]
    new = left != right
    if not new.any():
        return groups
    links = require("scipy.sparse").coo_array((new[new], (left[new], right[new])), shape=(len(groups),) * 2)
    return require("scipy.sparse.csgraph").connected_components(links, directed=False)[1][groups]
