"""Nearest neighbours among embeddings: exact by comparing all, or fast through a graph."""

from pathlib import Path
from typing import Any

import numpy as np

from posters._base.atomic_files import is_intact, replacing, vouch_for
from posters._base.optional_imports import require
from posters._base.progress import tqdm
from posters.images.look_codes import EXPANSION_SEARCH, empty_graph

BLOCK = 4096  # embeddings compared at a time: bounds the memory, however many there are

_CANDIDATES = 64  # the fewest that the graph proposes per query

_ADDED = 4096  # embeddings added to a graph at a time

_STALE = 0.1  # a graph is made again once more than this share of its posters is gone


def nearest_rows(rows: np.ndarray, queries: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the rows whose product with each query is largest, the largest first; among equal ones the earlier first.

    Args:
        rows: float32 (N, F), possibly mapped from disk.
        queries: float32 (Q, F).
        count: how many rows per query.

    Returns:
        row numbers, int64 (Q, n), and products, float32 (Q, n), with n = min(count, N).

    Examples:
        >>> nearest_rows(np.eye(3, dtype=np.float32), np.array([[0.0, 1.0, 0.5]], np.float32), 2)[0].tolist()
        [[1, 2]]
    """
    found = np.empty((len(queries), 0), np.int64)
    products = np.empty((len(queries), 0), np.float32)
    for start in range(0, len(rows), BLOCK):
        block = queries @ rows[start : start + BLOCK].T
        here = np.broadcast_to(np.arange(start, start + block.shape[1]), block.shape)
        found, products = _largest(np.hstack([found, here]), np.hstack([products, block]), count)
    return found, products


def _largest(rows: np.ndarray, products: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Select at most `count` of the row numbers (Q, M) with the largest products (Q, M), in order."""
    if products.shape[1] > count:
        chosen = np.argpartition(-products, count - 1, axis=1)[:, :count]
        rows, products = (np.take_along_axis(values, chosen, 1) for values in (rows, products))
    order = np.lexsort((rows, -products), axis=1)
    return np.take_along_axis(rows, order, 1), np.take_along_axis(products, order, 1)


class Graph:
    """An HNSW graph that proposes candidates, whose exact similarities are then computed. Made by `open_graph`.

    Args:
        index: of usearch, with a vector for each key.
        keys: uint64 (N,), equal for rows of equal bytes.
        rows: float32 (N, F), embeddings.

    Examples:
        >>> import tempfile
        >>> rows = np.eye(3, dtype=np.float32)
        >>> graph = open_graph(Path(tempfile.mkdtemp()) / "graph.usearch", np.arange(3, dtype=np.uint64), rows)
        >>> graph.nearest_rows(rows[1:2], count=1)[0][0].tolist()
        [1]
    """

    def __init__(self, index: Any, keys: np.ndarray, rows: np.ndarray) -> None:
        self._index = index
        self._rows = rows
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def nearest_rows(self, queries: np.ndarray, count: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Find the nearest rows like `posters.similar.nearest.nearest_rows`, but now and then miss one.

        Args:
            queries: float32 (Q, F).
            count: how many rows per query.

        Returns:
            for each query, row numbers (n,) and products (n,), the largest first.
        """
        self._index.expansion_search = max(EXPANSION_SEARCH, 4 * count)
        found, products = [], []
        for query in queries:
            proposed = self._index.search(query, max(_CANDIDATES, 2 * count)).keys
            rows = self._rows_of(np.asarray(proposed, np.uint64))
            # The graph stores 16 bits a value; similarities come from the embeddings themselves.
            best, similarities = _largest(rows[None], (self._rows[rows] @ query)[None], count)
            found.append(best[0])
            products.append(similarities[0])
        return found, products

    def _rows_of(self, keys: np.ndarray) -> np.ndarray:
        """Return the rows of keys: several for copies of a file, none for a poster that is gone."""
        starts = np.searchsorted(self._keys, keys, "left")
        ends = np.searchsorted(self._keys, keys, "right")
        ranges = [self._order[start:end] for start, end in zip(starts, ends, strict=True)]
        return np.concatenate([np.empty(0, np.int64), *ranges])


def open_graph(path: Path, keys: np.ndarray, rows: np.ndarray) -> Graph:
    """Open the graph at `path`, after making it or adding what it lacks. Not for two processes at once.

    Args:
        path: file of the graph.
        keys: uint64 (N,), equal for rows of equal bytes.
        rows: float32 (N, F), embeddings.

    Raises:
        MissingExtraError: usearch is not installed.

    Examples:
        >>> import tempfile
        >>> path, rows = Path(tempfile.mkdtemp()) / "graph.usearch", np.eye(3, dtype=np.float32)
        >>> _ = open_graph(path, np.arange(3, dtype=np.uint64), rows)
        >>> path.is_file()
        True
    """
    index = _restored(path, view=True)
    stored = np.empty(0, np.uint64) if index is None else np.asarray(index.keys[:], np.uint64)
    # Keys can't be removed without making the graph worse, so posters that are gone stay until there are too many.
    if np.isin(stored, keys, invert=True).sum() > _STALE * len(stored):
        path.unlink()
        stored = np.empty(0, np.uint64)
    distinct, first = np.unique(keys, return_index=True)
    missing = first[~np.isin(distinct, stored)]
    if len(missing):
        _add(path, keys[missing], rows, missing)
        index = _restored(path, view=True)
    return Graph(index, keys, rows)


def _restored(path: Path, view: bool) -> Any:
    """Return the usearch index at `path`; None if it is missing or damaged, or nothing vouches for it."""
    # usearch follows the links in a graph unchecked: a damaged one ends the process, or has other neighbours.
    if not is_intact(path):
        return None
    return require("usearch.index", "similar").Index.restore(str(path), view=view)


def _add(path: Path, keys: np.ndarray, rows: np.ndarray, missing: np.ndarray) -> None:
    """Add the embeddings of the rows `missing` (n,) under their `keys` (n,)."""
    index = _restored(path, view=False)
    if not index:
        index = empty_graph(rows.shape[1])
    with tqdm(total=len(missing), desc="linking", unit="poster") as bar:
        for start in range(0, len(missing), _ADDED):
            some = slice(start, start + _ADDED)
            # On one thread: rows added at the same time may become unreachable (unum-cloud/USearch, issue 735).
            index.add(keys[some], rows[missing[some]], threads=1)
            bar.update(len(missing[some]))
    with replacing(path) as temporary:
        index.save(str(temporary))
    vouch_for(path)
