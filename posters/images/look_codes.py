"""Look codes: what a network sees in a poster, in 256 bytes, and which posters look alike by them.

They find what perceptual hashes miss: mirrored, cropped and framed copies. See "Look-alikes" in docs/results.md.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from posters._base.log import logger
from posters._base.optional_imports import check_installed, require
from posters._base.progress import tqdm
from posters.errors import MissingExtraError
from posters.images.perceptual_hash import joined_groups

# Least cosine of look-alikes, for the features of the classifier that comes with the package. Measured by
# scripts/looks.py: of 16.6 million pairs of posters that are not alike, none reaches it; of mirrored copies, all do.
LOOK = 0.90

CODE_SIZE = 256  # values in a code; their cosines near 0.9 differ from those of the features by 0.010, one deviation

# Up to so many codes, each is compared with all others; above it, with those that a graph proposes.
EXACT_UP_TO = 200_000

# Least cosine between a poster's features and those of the mean poster. Noise, gradients and blobs of colour have at
# most 0.48, all look alike to a network that learned from photographs, and are left to their hashes.
_TYPICAL = 0.49

# M, efConstruction and efSearch of Malkov and Yashunin 2018, "Efficient and robust approximate nearest neighbor search
# using Hierarchical Navigable Small World graphs".
_LINKS, _EXPANSION_ADD, EXPANSION_SEARCH = 16, 128, 256

_NEIGHBOURS = 16  # that the graph proposes for each code: larger groups are joined by chains
_BLOCK = 2048  # codes compared at a time: bounds the memory
_TINY = 1e-12  # stands for the length of a feature that is all zero
_PATIENCE = 2.0  # seconds without a bar


def normalised(features: np.ndarray) -> np.ndarray:
    """Scale each feature to length 1, so that the product of two embeddings is the cosine of their angle.

    Neither the head's square root nor standardisation finds posters that share more genres: see docs/design.md.

    Args:
        features: float32 (N, F).

    Returns:
        float32 (N, F); a feature that is all zero stays so.

    Examples:
        >>> normalised(np.array([[3.0, 4.0]])).tolist()
        [[0.6000000238418579, 0.800000011920929]]
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(lengths, _TINY), np.float32)


def look_codes(features: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Project features on random directions, which nearly keeps their cosines (Johnson and Lindenstrauss 1984).

    The signs of the directions are fixed, as in Achlioptas 2003, "Database-friendly random projections".

    Args:
        features: float32 (N, F), of the network that LOOK was measured for.
        mean: (F,), the mean features of posters.

    Returns:
        int8 (N, CODE_SIZE). All 0 for a picture that is unlike any poster, which a code tells nothing of.

    Examples:
        >>> codes = look_codes(np.array([[1, 1, 0, 0.1], [0, 0, 1, 0]], np.float32), mean=np.array([1, 1, 0, 0]))
        >>> codes.shape, codes.any(axis=1).tolist()
        ((2, 256), [True, False])
    """
    rows = normalised(features)
    projected = rows @ _directions(rows.shape[1])
    scaled = np.rint(127 * projected / np.maximum(np.abs(projected).max(axis=1, keepdims=True), _TINY)).astype(np.int8)
    typical = rows @ normalised(mean[None])[0] >= _TYPICAL
    return np.where(typical[:, None], scaled, np.int8(0))


@cache
def _directions(size: int) -> np.ndarray:
    """Return the fixed random directions, float32 (size, CODE_SIZE) of 1 and -1."""
    # Raw bits, since these are the same in every version of NumPy.
    bits = np.random.PCG64(0).random_raw(size * CODE_SIZE // 64).astype("<u8").view(np.uint8)
    return np.unpackbits(bits, bitorder="little").reshape(size, CODE_SIZE) * np.float32(2) - 1


def look_groups(codes: np.ndarray, exact_up_to: int = EXACT_UP_TO) -> np.ndarray:
    """Group codes whose cosine is at least LOOK, or that a chain of such pairs joins.

    Args:
        codes: int8 (N, CODE_SIZE); those that are all 0 are like no other.
        exact_up_to: up to so many distinct codes, all pairs are compared; above it, those that a graph proposes, which
            misses a few. Without usearch (the extra `similar`), all pairs are compared.

    Returns:
        int64 (N,): the number of each code's group, from 0 up.

    Examples:
        >>> poster, other = np.random.default_rng(0).integers(-99, 99, (2, CODE_SIZE), dtype=np.int8)
        >>> look_groups(np.array([poster, other, poster // 2, np.zeros_like(poster), np.zeros_like(poster)])).tolist()
        [0, 1, 0, 2, 3]
    """
    # Copies of one file have one code; compared one by one, a crowd of them would give quadratically many pairs.
    known = np.flatnonzero(codes.any(axis=1))
    number_of: dict[bytes, int] = {}
    twin_of = np.array([number_of.setdefault(codes[row].tobytes(), len(number_of)) for row in known], np.int64)
    distinct = known[np.unique(twin_of, return_index=True)[1]]
    rows, groups = normalised(codes[distinct].astype(np.float32)), np.arange(len(distinct))
    compare = _all_pairs if len(rows) <= exact_up_to or not can_make_graph(len(rows)) else _proposed_pairs
    for left, right in compare(rows):
        groups = joined_groups(groups, left, right)
    found = len(distinct) + np.arange(len(codes))
    found[known] = groups[twin_of]
    # Numbered from 0 up in the order of the codes.
    _, first, number = np.unique(found, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[number], np.int64)


def _all_pairs(rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield all pairs whose cosine is at least LOOK, block by block."""
    starts = range(0, len(rows), _BLOCK)
    for start in tqdm(starts, desc="comparing looks", leave=False, delay=_PATIENCE):
        for other in starts[start // _BLOCK :]:
            left, right = np.nonzero(rows[start : start + _BLOCK] @ rows[other : other + _BLOCK].T >= LOOK)
            yield start + left, other + right


def _proposed_pairs(rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the pairs whose cosine is at least LOOK among each row's nearest ones in a graph."""
    graph, keys = empty_graph(rows.shape[1]), np.arange(len(rows), dtype=np.uint64)
    graph.expansion_search = EXPANSION_SEARCH
    for start in tqdm(range(0, len(rows), _BLOCK), desc="linking looks", leave=False, delay=_PATIENCE):
        # On one thread: rows added at the same time may become unreachable (unum-cloud/USearch, issue 735).
        graph.add(keys[start : start + _BLOCK], rows[start : start + _BLOCK], threads=1)
    for start in tqdm(range(0, len(rows), _BLOCK), desc="comparing looks", leave=False, delay=_PATIENCE):
        block = rows[start : start + _BLOCK]
        found = np.asarray(graph.search(block, _NEIGHBOURS).keys, np.int64)
        # The graph stores 16 bits a value; the cosines are those of the codes.
        left, place = np.nonzero(np.einsum("qf,qnf->qn", block, rows[found]) >= LOOK)
        yield start + left, found[left, place]


def empty_graph(size: int) -> Any:
    """Return an empty index of usearch, for vectors whose product is compared.

    Args:
        size: number of values in a vector.

    Raises:
        MissingExtraError: usearch is not installed.

    Examples:
        >>> len(empty_graph(3))
        0
    """
    return require("usearch.index", "similar").Index(
        ndim=size, metric="ip", dtype="f16", connectivity=_LINKS, expansion_add=_EXPANSION_ADD
    )


def looks_known(codes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return which codes have a cosine of at least LOOK with one of the known ones.

    Args:
        codes: int8 (N, CODE_SIZE).
        known: int8 (M, CODE_SIZE).

    Returns:
        bool (N,); False for codes that are all 0.

    Examples:
        >>> poster, other = np.random.default_rng(0).integers(-99, 99, (2, CODE_SIZE), dtype=np.int8)
        >>> looks_known(np.array([poster // 2, other]), known=poster[None]).tolist()
        [True, False]
    """
    rows, found = normalised(codes.astype(np.float32)), np.zeros(len(codes), bool)
    for start in tqdm(range(0, len(known), _BLOCK), desc="comparing looks", leave=False, delay=_PATIENCE):
        block = normalised(known[start : start + _BLOCK].astype(np.float32)).T
        for first in range(0, len(rows), _BLOCK):
            found[first : first + _BLOCK] |= (rows[first : first + _BLOCK] @ block >= LOOK).any(axis=1)
    return found


def can_make_graph(posters: int) -> bool:
    """Return whether usearch is installed; warn that comparing so many posters without it is slow.

    Examples:
        >>> can_make_graph(1_000_000) in (True, False)
        True
    """
    try:
        check_installed("usearch", extra="similar")
    except MissingExtraError as error:
        logger.warning(f"every search compares each of the {posters:,} posters, which is slow: {error}")
        return False
    return True
