"""Which posters belong together: perceptual hashes of a catalogue, and the groups that a split must not divide."""

from collections.abc import Hashable, Iterable
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from posters._base.optional_imports import require
from posters._base.progress import tqdm
from posters.catalogue import Catalogue, Poster
from posters.images.look_codes import look_groups
from posters.images.perceptual_hash import NEAR, near_groups, perceptual_hash
from posters.store.packed_posters import PosterArrays
from posters.store.resumable import RowFile, cached_rows


def perceptual_hashes(arrays: PosterArrays, directory: Path) -> np.ndarray:
    """Return the perceptual hash of each poster, computed once and kept in `directory`.

    Args:
        arrays: N packed posters.
        directory: where the hashes are kept, under a name that depends on the pixels.

    Returns:
        uint64 (N,), as `perceptual_hash` gives them; those kept with the pixels, if there are any. The hashes of near
        duplicates differ in few bits.

    Raises:
        ArraysError: the file of hashes is damaged.

    Examples:
        >>> import tempfile
        >>> from posters.config import PreprocessConfig
        >>> posters = np.zeros((2, 32, 32, 3), np.uint8)
        >>> arrays = PosterArrays(posters, np.ones((2, 1)), ("a", "b"), ("Drama",), PreprocessConfig(), "0123")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     hashes = perceptual_hashes(arrays, Path(folder))
        >>> hashes.dtype, hashes[0] == hashes[1]
        (dtype('uint64'), np.True_)
    """
    if arrays.hashes is not None:
        return arrays.hashes
    hashes = RowFile(Path(directory) / f"phash-{arrays.fingerprint}.npy", (), np.uint64)

    # One row at a time, since a hash takes much longer than a write.
    def compute(start: int) -> Iterable[np.ndarray]:
        return (np.array([perceptual_hash(poster)], np.uint64) for poster in islice(arrays.posters, start, None))

    bar = partial(tqdm, desc="hashing", unit="poster", leave=False)
    return np.asarray(cached_rows(hashes, len(arrays), compute, bar))


def group_posters(
    catalogue: Catalogue, hashes: np.ndarray | None = None, codes: np.ndarray | None = None
) -> np.ndarray:
    """Group the posters that must be in one split.

    Two posters are in one group if their table gives them the same group, if they have the same title and year, if
    they look alike, or if a chain of such pairs joins them.

    Args:
        catalogue: N posters.
        hashes: their perceptual hashes, uint64 (N,).
        codes: their look codes, int8 (N, CODE_SIZE), as `posters.classifier.looks.looks_of` gives them. Posters look
            alike by their hashes or by their codes; without both, looks don't count.

    Returns:
        int64 (N,): the number of each poster's group.

    Examples:
        >>> film = {"title": "Heat", "year": 1995}
        >>> posters = (Poster("a", "a.jpg", (), **film), Poster("b", "b.jpg", ()), Poster("c", "c.jpg", (), **film))
        >>> group_posters(Catalogue(posters, ("Drama",), Path())).tolist()
        [0, 1, 0]
    """
    pairs = [*_equal_pairs(poster.group for poster in catalogue), *_equal_pairs(map(film_of, catalogue))]
    if hashes is not None:
        pairs += _equal_pairs(near_groups(hashes, NEAR).tolist())
    if codes is not None:
        pairs += _equal_pairs(look_groups(codes).tolist())
    # Connected components make groups of chains: of a film's two posters, one may look like a third one.
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T
    links = require("scipy.sparse").coo_array((np.ones(len(left)), (left, right)), shape=(len(catalogue),) * 2)
    _, groups = require("scipy.sparse.csgraph").connected_components(links, directed=False)
    return np.asarray(groups, np.int64)


def film_of(poster: Poster) -> tuple[str, int] | None:
    """Return what the posters of one film have in common, title and year; None if the table lacks either.

    Examples:
        >>> film_of(Poster("a", "a.jpg", (), title="Heat", year=1995))
        ('heat', 1995)
    """
    # Not the title alone: remakes share it.
    return (poster.title.casefold(), poster.year) if poster.title and poster.year else None


def _equal_pairs(keys: Iterable[Hashable]) -> list[tuple[int, int]]:
    """Pair each row with the first row of the same key. Rows whose key is None equal no other row."""
    first: dict[Hashable, int] = {}
    return [(first.setdefault(key, row), row) for row, key in enumerate(keys) if key is not None]
