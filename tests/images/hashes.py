"""Hashes made by hand, and groups of them by brute force."""

from itertools import combinations

import numpy as np


def distance(one, other):
    return (int(one) ^ int(other)).bit_count()


def joined(pairs, count):
    """The groups that pairs make, as sets of rows: by hand, without scipy."""
    groups = [{row} for row in range(count)]
    for left, right in pairs:
        one = next(group for group in groups if left in group)
        other = next(group for group in groups if right in group)
        if one is not other:
            groups.remove(other)
            one |= other
    return {frozenset(group) for group in groups}


def groups_of(numbers):
    return {frozenset(np.flatnonzero(numbers == number).tolist()) for number in set(numbers.tolist())}


def flipped(chance, phash, bits):
    places = chance.choice(64, bits, replace=False)
    return int(phash) ^ sum(1 << int(place) for place in places)


def brute_force(hashes, limit):
    near = [(i, j) for i, j in combinations(range(len(hashes)), 2) if distance(hashes[i], hashes[j]) <= limit]
    return joined(near, len(hashes))
