"""Perceptual hashes of images, and the groups of hashes that differ in few bits."""

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
from PIL import Image

from posters._base.optional_imports import require
from posters._base.ray_cluster import Spread

# Of the 5,762 posters of the IMDb set, three pairs differ in at most so many bits: one file that is there twice (0 of
# 64 bits), one design for two years (4), and two dark posters that have nothing in common (8). The next eight pairs, at
# 10, are different pictures. A false pair costs a split nothing: its two posters only stay together.
NEAR = 8

_BITS = 64

BLOCK = 1 << 20  # pairs compared at a time: bounds the memory


def perceptual_hash(pixels: np.ndarray) -> int:
    """Return the 64 bits of pHash: is each of the lowest 8 x 8 frequencies of the grey picture above their median?

    Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions".

    Args:
        pixels: uint8 (H, W, 3), RGB.

    Examples:
        >>> halves = np.zeros((64, 64, 3), np.uint8)
        >>> halves[:, :32] = 255
        >>> (perceptual_hash(halves) ^ perceptual_hash(halves[::2, ::2])).bit_count() <= NEAR
        True
    """
    bits = np.packbits(require("imagehash").phash(Image.fromarray(pixels)).hash)
    return int(bits.view(np.uint64)[0])


def near_groups(hashes: np.ndarray, distance: int, spread: Spread | None = None) -> np.ndarray:
    """Group hashes that differ in at most `distance` bits, or that a chain of such pairs joins.

    This is multi-index hashing (Norouzi, Punjani and Fleet 2012, "Fast Search in Hamming Space with Multi-Index
    Hashing"). If two hashes are cut into m bands, they differ in at most distance / m bits in at least one of them (the
    pigeonhole principle), so only hashes with nearly the same value in a band are compared. With bands of about log2(N)
    bits, that takes less than quadratic time for evenly spread hashes.

    Args:
        hashes: uint64 (N,).
        distance: 0 to 64.
        spread: what joins the bands on many machines; None for this process alone. Gives the same groups.

    Returns:
        int64 (N,): the number of each hash's group, from 0 up.

    Examples:
        >>> near_groups(np.array([0b0000, 2**40, 0b0111], np.uint64), distance=3)
        array([0, 0, 0])
        >>> near_groups(np.array([0, 2**40 - 1, 1], np.uint64), distance=3)
        array([0, 1, 0])
    """
    distinct, twin_of = np.unique(hashes, return_inverse=True)
    # Rounded: a band too many costs little, but with one too few there are 41,449 masks for two million hashes.
    bands = max(1, round(_BITS / max(1, len(distinct).bit_length())))
    edges = list(pairwise(np.linspace(0, _BITS, bands + 1).astype(int).tolist()))
    looked_up = [(low, high, mask) for low, high in edges for mask in _masks(high - low, distance // bands)]
    rounds = [[each] for each in looked_up]
    if spread:
        # Equal values first: crowded buckets are then one group, and the other masks leave them out.
        rounds = [[each for each in looked_up if not each[2]], [each for each in looked_up if each[2]]]
    join = BandJoin(distinct, distance)
    for part in rounds:
        pairs = [np.empty((2, 0), np.int64), *(spread(join, part) if spread else map(join, part))]
        join.groups = joined_groups(join.groups, *np.concatenate(pairs, axis=1))
    return np.unique(join.groups[twin_of], return_inverse=True)[1].astype(np.int64)


class BandJoin:
    """Joins hashes whose values in a band of bits differ by a mask: what a worker does of `near_groups`.

    Args:
        hashes: uint64 (N,), each once.
        distance: as in `near_groups`.

    Attributes:
        groups: int64 (N,), what is known of the hashes' groups; no pair within one is looked for.

    Examples:
        >>> BandJoin(np.array([0b0000, 0b0111, 2**40], np.uint64), distance=3)((32, 64, 0)).tolist()
        [[0, 1], [1, 0]]
    """

    def __init__(self, hashes: np.ndarray, distance: int) -> None:
        self.hashes = hashes
        self.distance = distance
        self.groups = np.arange(len(hashes))
        self._band: _Band | None = None

    def __call__(self, band: tuple[int, int, int]) -> np.ndarray:
        """Return pairs of rows, int64 (2, M), that join what a band's lowest bit, end and mask show to be near."""
        low, high, mask = band
        values, groups = self._in_buckets(low, high), self.groups
        found, waiting = [np.empty((2, 0), np.int64)], 0
        for left, right in values.candidates(mask, groups):
            near = np.bitwise_count(self.hashes[left] ^ self.hashes[right]) <= self.distance
            near &= groups[left] != groups[right]
            found.append(np.stack([left[near], right[near]]))
            waiting += found[-1].shape[1]
            # Joining takes as long as there are hashes, and so is done for many pairs at a time.
            if waiting > BLOCK // 4:
                groups = joined_groups(groups, *np.concatenate(found, axis=1))
                found, waiting = [_as_few_pairs(groups, np.concatenate(found, axis=1))], 0
        return np.concatenate(found, axis=1)

    def _in_buckets(self, low: int, high: int) -> "_Band":
        # Kept, since sorting takes as long as some masks. Another thread may sort the same band: neither is wrong.
        band = self._band
        if band is None or (band.low, band.high) != (low, high):
            band = self._band = _Band(self.hashes, low, high)
        return band


def _as_few_pairs(groups: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return pairs that join the same rows, each with the first one of its group: a crowd has one for each row."""
    rows = np.unique(pairs)
    _, first, group = np.unique(groups[rows], return_index=True, return_inverse=True)
    return np.stack([rows, rows[first][group]])


def _masks(bits: int, radius: int) -> Iterator[int]:
    """Yield every number of `bits` bits with at most `radius` of them set, 0 first."""
    for count in range(min(radius, bits) + 1):
        yield from (sum(1 << place for place in places) for places in combinations(range(bits), count))


class _Band:
    """The hashes in buckets of equal value in some of their bits."""

    def __init__(self, hashes: np.ndarray, low: int, high: int) -> None:
        self.low, self.high = low, high
        values = (hashes >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        self.rows = np.argsort(values, kind="stable")
        self.values, self.starts, self.sizes = np.unique(values[self.rows], return_index=True, return_counts=True)

    def candidates(self, mask: int, groups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield pairs of rows whose values differ by `mask`, in blocks; buckets that are one group are left out."""
        one, other = self._bucket_pairs(mask)
        lowest, highest = (extreme.reduceat(groups[self.rows], self.starts) for extreme in (np.minimum, np.maximum))
        # Crowded buckets are soon one group, and would otherwise give quadratically many pairs.
        several = np.minimum(lowest[one], lowest[other]) != np.maximum(highest[one], highest[other])
        one, other = one[several], other[several]
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


def _ranges(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the numbers start, start + 1, ... of each range, one range after the other."""
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(sizes.sum())


def _blocks(sizes: np.ndarray) -> Iterator[slice]:
    """Yield slices of `sizes` that sum up to about `BLOCK` each."""
    ends = np.searchsorted(np.cumsum(sizes), np.arange(BLOCK, sizes.sum() + BLOCK, BLOCK)) + 1
    yield from (slice(start, end) for start, end in pairwise([0, *ends.tolist()]))


def joined_groups(groups: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the groups after joining those of each left row and right row.

    Args:
        groups: int (N,): the number of each row's group.
        left: row numbers (M,).
        right: row numbers (M,).

    Examples:
        >>> joined_groups(np.arange(4), np.array([0]), np.array([3])).tolist()
        [0, 1, 2, 0]
    """
    left, right = groups[left], groups[right]
    new = left != right
    if not new.any():
        return groups
    links = require("scipy.sparse").coo_array((new[new], (left[new], right[new])), shape=(len(groups),) * 2)
    _, joined = require("scipy.sparse.csgraph").connected_components(links, directed=False)
    return np.asarray(joined[groups])
