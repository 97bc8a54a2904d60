"""Nearest neighbours among embeddings: exact in blocks, and through a graph."""

import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from posters import build_index
from posters.similar.nearest import nearest_rows, open_graph
from tests.similar.conftest import files


@pytest.mark.parametrize("block", [1, 7, 64, 4096])
@pytest.mark.parametrize("count", [1, 5, 200])
def test_blocks_change_nothing_and_the_earlier_of_equal_rows_comes_first(monkeypatch, block, count):
    monkeypatch.setattr("posters.similar.nearest.BLOCK", block)
    rng = np.random.default_rng(1)
    rows = rng.integers(-3, 4, (100, 4)).astype(np.float32)
    queries = rng.integers(-3, 4, (6, 4)).astype(np.float32)
    places, products = nearest_rows(rows, queries, count)
    everything = queries @ rows.T
    assert places.shape == products.shape == (6, min(count, 100))
    assert np.array_equal(products, -np.sort(-everything, axis=1)[:, :count])
    assert np.array_equal(np.take_along_axis(everything, places, 1), products)
    for row, near in zip(places, products, strict=True):
        assert np.array_equal(np.lexsort((row, -near)), np.arange(len(row)))


@pytest.mark.slow
class TestGraph:
    @pytest.fixture(autouse=True)
    def usearch(self):
        pytest.importorskip("usearch")

    @pytest.fixture
    def cloud(self):
        """Directions of 64 dimensions, in clouds, as posters are; some twice."""
        rng = np.random.default_rng(8)
        rows = rng.normal(size=(30, 1, 64)) + 0.7 * rng.normal(size=(30, 100, 64))
        rows = rows.reshape(-1, 64).astype(np.float32)
        rows[1::50] = rows[::50]
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    @staticmethod
    def keys(rows):
        return np.array([int(sha256(row.tobytes()).hexdigest()[:16], 16) for row in rows], np.uint64)

    def recall(self, graph, rows, queries) -> float:
        exact, _ = nearest_rows(rows, queries, 10)
        found, products = graph.nearest_rows(queries, 10)
        for query, places, near in zip(queries, found, products, strict=True):
            assert near == pytest.approx(rows[places] @ query, abs=1e-6)
            assert np.array_equal(near, -np.sort(-near))
        return float(np.mean([len({*a} & {*b}) / 10 for a, b in zip(exact.tolist(), map(list, found), strict=True)]))

    def test_it_misses_hardly_any(self, cloud, tmp_path):
        graph = open_graph(tmp_path / "graph", self.keys(cloud), cloud)
        assert self.recall(graph, cloud, cloud[:200]) > 0.97

    def test_the_same_rows_make_the_same_graph(self, cloud, tmp_path):
        for name in ("first", "second"):
            open_graph(tmp_path / name, self.keys(cloud[:2000]), cloud[:2000])
            open_graph(tmp_path / name, self.keys(cloud), cloud)
        assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()

    def test_it_adds_new_posters_and_forgets_removed_ones(self, cloud, tmp_path):
        path = tmp_path / "graph"
        open_graph(path, self.keys(cloud[:2000]), cloud[:2000])
        small = path.stat().st_size
        for rows in (cloud[100:], cloud[::-1], cloud[2000:]):
            graph = open_graph(path, self.keys(rows), rows)
            assert self.recall(graph, rows, rows[:200]) > 0.97
        assert path.stat().st_size < small  # Most had gone, so that it was made anew.
        before = path.stat().st_mtime_ns
        open_graph(path, self.keys(rows), rows)
        assert path.stat().st_mtime_ns == before

    def test_a_graph_that_was_damaged_is_made_again(self, cloud, tmp_path):
        path = tmp_path / "graph"
        path.write_text("no graph")
        assert self.recall(open_graph(path, self.keys(cloud), cloud), cloud, cloud[:20]) > 0.9

    @pytest.mark.parametrize("place", [0.3, 0.6, 0.9])
    def test_no_damaged_link_is_followed(self, cloud, tmp_path, place):
        """A link that leads out of the graph ends the process natively."""
        path = tmp_path / "graph"
        open_graph(path, self.keys(cloud), cloud)
        content = bytearray(path.read_bytes())
        start = int(place * len(content))
        content[start : start + 4000] = b"\xff" * 4000
        path.write_bytes(content)
        assert self.recall(open_graph(path, self.keys(cloud), cloud), cloud, cloud[:20]) > 0.9

    @staticmethod
    def comparable(found):
        """Without the order of equal ones, for the last digit depends on where a row stands."""
        return sorted((-round(near.similarity, 5), near.name, near.same_picture) for near in found)

    def test_an_index_with_a_graph_finds_the_same_as_one_without(self, scans, classifier):
        shutil.copy("scans/07.png", "scans/copy.png")
        exact = build_index(files(scans), classifier)
        assert exact.exact
        for gone in ("scans/08.png", "scans/09.png"):
            graph = build_index(files(scans), classifier, exact_up_to=10)
            assert not graph.exact
            for query in files(scans):
                assert self.comparable(graph.nearest(query)) == self.comparable(exact.nearest(query))
            Path(gone).unlink()
            exact = build_index(files(scans), classifier)
