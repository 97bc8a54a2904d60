"""The nearest rows by a graph on disk, for catalogues too large to look at every row.

It is HNSW (Malkov and Yashunin 2018, "Efficient and Robust Approximate Nearest Neighbor Search Using Hierarchical
Navigable Small World Graphs"), by usearch. The graph holds half-precision copies of the rows, by what the files' bytes
are and not by where a row stands, so that it only has to learn new posters when the catalogue changes. It proposes, and
the rows themselves decide.
"""

from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from posters.extras import require
from posters.files import replacing
from posters.similar.exact import largest

_LINKS, _WHILE_ADDING, _WHILE_SEARCHING = 16, 128, 256  # M, efConstruction and efSearch of the paper
_PROPOSED = 64  # candidates a query at least
_ADDED = 4096  # rows added at a time
_STALE = 0.1  # share of a graph's posters that may have gone before it is made anew


class Graph:
    """A graph over rows.

    Args:
        index: of usearch; holds a vector for every key.
        keys: uint64 (N,), equal for rows of equal bytes.
        rows: float32 (N, F), directions.
    """

    def __init__(self, index: Any, keys: np.ndarray, rows: np.ndarray) -> None:
        self._index = index
        self._rows = rows
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def nearest_rows(self, queries: np.ndarray, count: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """As `posters.similar.exact.nearest_rows`, but that now and then one is overlooked."""
        self._index.expansion_search = max(_WHILE_SEARCHING, 4 * count)
        found = [self._nearest(query, count) for query in queries]
        return [places for places, _ in found], [products for _, products in found]

    def _nearest(self, query: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        proposed = self._index.search(query, max(_PROPOSED, 2 * count)).keys
        places = self._places(np.asarray(proposed, np.uint64))
        best, products = largest(places[None], (self._rows[places] @ query)[None], count)
        return best[0], products[0]

    def _places(self, keys: np.ndarray) -> np.ndarray:
        """The rows of keys; a key whose poster has gone has none."""
        starts = np.searchsorted(self._keys, keys, "left")
        ends = np.searchsorted(self._keys, keys, "right")
        ranges = [self._order[start:end] for start, end in zip(starts, ends, strict=True)]
        return np.concatenate([np.empty(0, np.int64), *ranges])


def open_graph(path: Path, keys: np.ndarray, rows: np.ndarray) -> Graph:
    """The graph at `path`, made or grown so that it holds all `keys`. Not for two processes at once.

    Raises:
        MissingExtraError: usearch is not installed.
    """
    held = _keys_of(_opened(path, view=True))
    if np.isin(held, keys, invert=True).sum() > _STALE * len(held):
        path.unlink()
        held = np.empty(0, np.uint64)
    distinct, first = np.unique(keys, return_index=True)
    missing = first[~np.isin(distinct, held)]
    if len(missing):
        _grow(path, keys, rows, missing)
    return Graph(_opened(path, view=True), keys, rows)


def _opened(path: Path, view: bool) -> Any:
    """None if there is no graph, or none that can be used."""
    if not path.exists():
        return None
    try:
        return require("usearch.index", "similar").Index.restore(str(path), view=view)
    except (RuntimeError, ValueError):
        return None


def _keys_of(index: Any) -> np.ndarray:
    return np.empty(0, np.uint64) if index is None else np.asarray(index.keys[:], np.uint64)


def _new(n_features: int) -> Any:
    return require("usearch.index", "similar").Index(
        ndim=n_features, metric="ip", dtype="f16", connectivity=_LINKS, expansion_add=_WHILE_ADDING
    )


def _grow(path: Path, keys: np.ndarray, rows: np.ndarray, missing: np.ndarray) -> None:
    index = _opened(path, view=False) or _new(rows.shape[1])
    with tqdm(total=len(missing), desc="linking", unit="poster") as bar:
        for start in range(0, len(missing), _ADDED):
            some = missing[start : start + _ADDED]
            # On one thread: rows added at the same time may become unreachable (unum-cloud/USearch, issue 735).
            index.add(keys[some], rows[some], threads=1)
            bar.update(len(some))
    with replacing(path) as temporary:
        index.save(str(temporary))
