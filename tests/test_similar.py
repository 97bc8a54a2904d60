"""Look-alikes: what is nearest, what is kept on disk, and what the command prints. All of it without TensorFlow."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.neighbors import NearestNeighbors

from posters import build_index, load_classifier
from posters.catalogue import Catalogue, Poster
from posters.classifier import Classifier
from posters.cli import main
from posters.errors import ArraysError, ClassifierError, ConfigError, ImageError
from posters.similar.exact import nearest_rows
from posters.similar.graph import open_graph

CLASSIFIER = Path(__file__).parent / "similar" / "classifier"
N = 50


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """A folder of posters, each of a few colours of its own."""
    folder = tmp_path_factory.mktemp("drawn") / "scans"
    folder.mkdir()
    rng = np.random.default_rng(4)
    for number in range(N):
        Image.fromarray(rng.integers(0, 256, (3, 2, 3), dtype=np.uint8)).resize((16, 24)).save(
            folder / f"{number:02}.png"
        )
    return folder


@pytest.fixture
def scans(drawn, tmp_path, monkeypatch) -> Path:
    """The same in a working folder of one's own, with a cache of one's own."""
    monkeypatch.setenv("POSTERS_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(drawn, tmp_path / "scans"))


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_classifier(CLASSIFIER)


def count_looks(monkeypatch) -> list[object]:
    """The posters that the network looks at from now on, of many."""
    looked: list[object] = []
    features_of_many = Classifier.features_of_many

    def counted(self, posters):
        for result in features_of_many(self, posters):
            looked.append(result.poster)
            yield result

    monkeypatch.setattr(Classifier, "features_of_many", counted)
    return looked


@pytest.fixture
def seen(monkeypatch) -> list[object]:
    return count_looks(monkeypatch)


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def names(found) -> list[str]:
    return [Path(near.name).name for near in found]


def oracle(classifier, paths, queries, top):
    """Distances and places by scikit-learn, in double precision, of features read one by one."""
    seen = [classifier.features(path).astype(float) for path in (*paths, *queries)]
    search = NearestNeighbors(n_neighbors=top, metric="cosine", algorithm="brute").fit(seen[: len(paths)])
    return search.kneighbors(seen[len(paths) :])


def rows_by_name(index) -> dict[str, list[float]]:
    return dict(zip(index.names, index.directions.tolist(), strict=True))


class TestNearest:
    def test_it_finds_what_scikit_learn_finds(self, scans, classifier, golden):
        queries = files(golden / "posters")
        index = build_index(files(scans), classifier)
        distances, places = oracle(classifier, files(scans), queries, 7)
        for query, away, expected in zip(queries, distances, places, strict=True):
            found = index.nearest(query, 7)
            assert names(found) == [f"{place:02}.png" for place in expected]
            assert [near.similarity for near in found] == pytest.approx((1 - away).tolist(), abs=1e-5)
            assert {near.same_picture for near in found} == {False}
            assert [near.path for near in found] == [scans / f"{place:02}.png" for place in expected]

    def test_many_at_once_find_what_each_finds_and_errors_keep_their_place(self, scans, classifier, monkeypatch):
        monkeypatch.setattr("posters.similar.index._TOGETHER", 8)
        index = build_index(files(scans), classifier)
        queries = [*files(scans)[:20], "none.png", files(scans)[3].read_bytes(), *files(scans)[20:]]
        found = list(index.nearest_many(iter(queries), 3))
        assert [each.poster for each in found] == queries
        assert [bool(each.error) for each in found] == [query == "none.png" for query in queries]
        assert str(found[20].error) == "none.png: there is no such file"
        assert found[20].neighbours == ()
        for each in found[:20] + found[21:]:
            alone = index.nearest(each.poster, 3)
            assert names(each.neighbours) == names(alone)
            assert [a.similarity for a in each.neighbours] == pytest.approx([a.similarity for a in alone], abs=1e-6)

    def test_a_poster_does_not_find_itself_but_its_copies(self, scans, classifier):
        shutil.copy("scans/07.png", "scans/copy.png")
        Path("link.png").symlink_to("scans/07.png")
        index = build_index(files(scans), classifier)
        for query in ("scans/07.png", scans / "07.png", "link.png"):
            first, second, *_ = index.nearest(query)
            assert (Path(first.name).name, first.same_picture, first.similarity) == ("copy.png", True, pytest.approx(1))
            assert not second.same_picture
            assert "07.png" not in names(index.nearest(query, 100))
        elsewhere = index.nearest(Path("scans/07.png").read_bytes(), 3)
        assert [near.same_picture for near in elsewhere] == [True, True, False]
        assert names(elsewhere[:2]) == ["07.png", "copy.png"]

    def test_there_are_no_more_than_there_are(self, scans, classifier):
        index = build_index(files(scans)[:3], classifier)
        assert len(index) == 3
        assert len(index.nearest("scans/09.png")) == 3
        assert len(index.nearest("scans/01.png")) == 2
        assert build_index(["scans/01.png"], classifier).nearest("scans/01.png") == ()

    def test_what_makes_no_sense_is_refused(self, scans, classifier):
        index = build_index(files(scans)[:3], classifier)
        for top in (0, -1, 1.5, True):
            with pytest.raises(ConfigError, match="top must be a whole number from 1 up"):
                index.nearest_many([], top)
        with pytest.raises(ImageError, match=r"none\.png: there is no such file"):
            index.nearest("none.png")

    @pytest.mark.parametrize("block", [1, 7, 64, 4096])
    @pytest.mark.parametrize("count", [1, 5, 200])
    def test_blocks_change_nothing_and_the_earlier_of_equal_rows_comes_first(self, monkeypatch, block, count):
        monkeypatch.setattr("posters.similar.exact._BLOCK", block)
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


class TestCatalogues:
    def test_names_are_those_of_the_catalogue(self, scans, classifier):
        two = (Poster("seven", "07.png", ("Drama",)), Poster("eight", "08.png", ("Drama",)))
        catalogue = Catalogue(two, ("Drama",), scans)
        assert names(build_index(catalogue, classifier).nearest("scans/07.png")) == ["eight"]
        named = {"a": "scans/07.png", "b": scans / "08.png", "again": "scans/08.png"}
        assert names(build_index(named, classifier).nearest("scans/07.png")) == ["b"]

    def test_what_can_not_be_read_is_named_and_left_out(self, scans, classifier, messages):
        Path("scans/bad.png").write_text("no image")
        missing = {"gone": "scans/gone.png", "web": "https://example.org/a.png", "row": ImageError("t.csv: row 3: no")}
        for _ in range(2):
            index = build_index({str(path): path for path in files(scans)} | missing, classifier)
            assert len(index) == N
            assert list(index.unreadable) == messages
            assert sorted(line.partition(" (")[0] for line in messages) == [
                f"{scans}/bad.png: this is no image that can be read",
                f"{scans}/gone.png: there is no such file",
                "t.csv: row 3: no",
                "web: the posters of an index must be files: save it as one",
            ]
            messages.clear()

    def test_a_catalogue_without_posters_is_refused(self, scans, classifier):
        with pytest.raises(ConfigError, match="names no poster"):
            build_index([], classifier)
        with pytest.raises(ArraysError, match=r"none of the 1 posters of the catalogue can be read: .*none\.png"):
            build_index(["none.png"], classifier)

    def test_a_classifier_without_features_is_refused(self, scans, golden):
        with pytest.raises(ClassifierError, match="gives no features"):
            build_index(files(scans), load_classifier(golden / "classifier"))


class TestKept:
    def test_nothing_is_looked_at_twice(self, scans, classifier, seen):
        first = build_index(files(scans), classifier)
        assert len(seen) == N
        again = build_index(files(scans), load_classifier(CLASSIFIER))
        assert len(seen) == N
        assert np.array_equal(first.directions, again.directions)
        assert isinstance(again.directions, np.memmap)
        assert first.names == again.names

    def test_only_what_changed_is_looked_at(self, scans, classifier, seen):
        build_index(files(scans), classifier)
        before = len(seen)
        shutil.copy("scans/01.png", "scans/05.png")
        os.utime("scans/06.png", ns=(1, 1))
        Path("scans/09.png").unlink()
        shutil.copy("scans/02.png", "scans/00new.png")
        index = build_index(files(scans), classifier)
        assert seen[before:] == [Path("scans/00new.png").read_bytes(), Path("scans/05.png").read_bytes()]
        assert len(index) == N
        assert "09.png" not in names(index.nearest("scans/01.png", N))
        assert names(index.nearest("scans/01.png", 1)) == ["05.png"]
        assert names(index.nearest("scans/02.png", 1)) == ["00new.png"]
        assert rows_by_name(index) == rows_by_name(build_index(files(scans), classifier, "fresh"))

    @pytest.mark.parametrize("torn", [0, 1, 30])
    def test_a_cut_run_is_gone_on_with(self, scans, classifier, monkeypatch, torn):
        features_of_many = Classifier.features_of_many

        def cut(self, posters):
            yield from islice(features_of_many(self, posters), 40)
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(Classifier, "features_of_many", cut)
            with pytest.raises(KeyboardInterrupt):
                build_index(files(scans), classifier, "index")
        (partial,) = Path("index").glob("features-*.partial")
        os.truncate(partial, partial.stat().st_size - torn)  # As a kill may leave it.
        looked = count_looks(monkeypatch)
        index = build_index(files(scans), classifier, "index")
        assert len(looked) == N - (31 if torn else 32)  # Sixteen at a time are written.
        assert rows_by_name(index) == rows_by_name(build_index(files(scans), classifier, "fresh"))
        assert not list(Path("index").glob("*.partial"))

    def test_rows_that_were_damaged_are_made_again(self, scans, classifier, seen):
        build_index(files(scans), classifier, "index")
        (rows,) = Path("index").glob("features-*.npy")
        damaged = np.load(rows, mmap_mode="r+")
        damaged[3] = 0
        damaged.flush()
        seen.clear()
        Path("scans/49.png").unlink()
        index = build_index(files(scans), classifier, "index")
        assert len(seen) == 1
        assert rows_by_name(index) == rows_by_name(build_index(files(scans), classifier, "fresh"))

    def test_an_index_that_is_no_array_is_refused_in_one_line(self, scans, classifier):
        build_index(files(scans), classifier, "index")
        (rows,) = Path("index").glob("features-*.npy")
        rows.write_text("no array")
        with pytest.raises(ArraysError, match="remove it, and it will be made again"):
            build_index(files(scans), classifier, "index")

    def test_two_networks_live_side_by_side(self, scans, classifier, seen, tmp_path):
        copy = Path(shutil.copytree(CLASSIFIER, tmp_path / "other"))
        manifest = json.loads((copy / "classifier.json").read_text())
        manifest["preprocess"]["aspect"] = "pad"
        (copy / "classifier.json").write_text(json.dumps(manifest))
        other = load_classifier(copy)
        for _ in range(2):
            for each in (classifier, other):
                build_index(files(scans), each, "index")
        assert len(seen) == 2 * N
        assert len(list(Path("index").glob("features-*.npy"))) == 2

    def test_a_folder_that_can_not_be_made_is_one_line(self, scans, classifier):
        with pytest.raises(ArraysError, match=r"the index in scans/00\.png can't be written"):
            build_index(files(scans), classifier, "scans/00.png")

    def test_two_processes_at_once_make_one_index(self, scans):
        command = [sys.executable, "-m", "posters", "similar", "scans/01.png", "--in", "scans", "--format", "json"]
        command += ["--classifier", str(CLASSIFIER), "--index", "index"]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
        outputs = [process.communicate(timeout=120) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert outputs[0][0] == outputs[1][0]
        assert sorted(b"indexing" in err for _, err in outputs) == [False, True]


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
        return np.mean([len({*a} & {*b}) / 10 for a, b in zip(exact.tolist(), map(list, found), strict=True)])

    def test_it_overlooks_hardly_any(self, cloud, tmp_path):
        graph = open_graph(tmp_path / "graph", self.keys(cloud), cloud)
        assert self.recall(graph, cloud, cloud[:200]) > 0.97

    def test_the_same_rows_make_the_same_graph(self, cloud, tmp_path):
        for name in ("first", "second"):
            open_graph(tmp_path / name, self.keys(cloud[:2000]), cloud[:2000])
            open_graph(tmp_path / name, self.keys(cloud), cloud)
        assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()

    def test_it_learns_what_is_new_and_forgets_what_has_gone(self, cloud, tmp_path):
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

    @staticmethod
    def told(found):
        """Without the order of equal ones, for the last digit depends on where a row stands."""
        return sorted((-round(near.similarity, 5), near.name, near.same_picture) for near in found)

    def test_an_index_with_a_graph_says_what_one_without_says(self, scans, classifier):
        shutil.copy("scans/07.png", "scans/copy.png")
        exact = build_index(files(scans), classifier)
        assert exact.exact
        for gone in ("scans/08.png", "scans/09.png"):
            graph = build_index(files(scans), classifier, exact_up_to=10)
            assert not graph.exact
            for query in files(scans):
                assert self.told(graph.nearest(query)) == self.told(exact.nearest(query))
            Path(gone).unlink()
            exact = build_index(files(scans), classifier)


def test_without_usearch_every_poster_is_looked_at(scans, classifier, monkeypatch, messages):
    monkeypatch.setattr("posters.extras.find_spec", lambda name: None)
    assert build_index(files(scans), classifier, exact_up_to=10).exact
    assert messages == [
        "each of 50 posters is looked at for every search, which takes a while: usearch is not installed, and this "
        "needs it: run `pip install 'posters[similar]'`"
    ]


@pytest.fixture
def similar(scans, capsys):
    """Runs the command; gives its exit code, stdout and the lines on stderr that are no progress bar."""

    def run(*arguments: object) -> tuple[int, str, list[str]]:
        code = main(["similar", "--classifier", str(CLASSIFIER), *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, [line for line in err.splitlines() if line and "poster/s]" not in line]

    return run


class TestCommand:
    @pytest.fixture
    def copied(self, scans):
        shutil.copy("scans/07.png", "scans/copy.png")

    def test_a_table_for_people(self, similar, copied):
        code, out, err = similar("scans/07.png", "scans/copy.png", "--in", "scans", "--top", 2)
        assert (code, err) == (0, [])
        first, copy, other, *second = out.splitlines()
        assert (first, copy) == ("scans/07.png:", "  1.000  scans/copy.png  (same picture)")
        assert other.startswith("  0.9")
        assert second == ["scans/copy.png:", "  1.000  scans/07.png  (same picture)", other]

    def test_json_and_its_lines_and_csv_agree(self, similar, copied):
        arguments = ("scans/07.png", "none.png", "scans/01.png", "--in", "scans", "--top", 3)
        code, out, err = similar(*arguments, "--format", "json")
        assert (code, err) == (1, ["none.png: there is no such file"])
        seven, none, one = json.loads(out)
        assert [near["same_picture"] for near in seven["similar"]] == [True, False, False]
        assert none == {"poster": "none.png", "error": "none.png: there is no such file"}
        assert list(map(json.loads, similar(*arguments, "--format", "jsonl")[1].splitlines())) == [seven, none, one]
        rows = list(csv.DictReader(io.StringIO(similar(*arguments, "--format", "csv")[1])))
        assert [row["poster"] for row in rows] == ["scans/07.png"] * 3 + ["none.png"] + ["scans/01.png"] * 3
        assert rows[3]["error"] == "none.png: there is no such file"
        plain = [(row["rank"], row["similar"], float(row["similarity"]), row["same_picture"]) for row in rows[:3]]
        assert plain == [
            (str(rank), near["poster"], near["similarity"], "yes" if near["same_picture"] else "no")
            for rank, near in enumerate(seven["similar"], 1)
        ]

    def test_a_file_gets_what_stdout_would(self, similar, copied):
        _, out, _ = similar("scans/07.png", "--in", "scans", "--format", "jsonl")
        assert similar("scans/07.png", "--in", "scans", "--output", "near.jsonl") == (0, "", [])
        assert Path("near.jsonl").read_text() == out

    def test_a_catalogue_is_a_folder_a_pattern_a_table_or_a_list(self, similar):
        Path("list.txt").write_text("scans/1*.png\nscans/07.png\n")
        Path("shop.csv").write_text("id,image\nseven,07.png\neight,08.png\n")
        found = {}
        options = ("--top", 99, "--images", "scans", "--format", "json")
        for catalogue in ("scans", "scans/1*.png", "list.txt", "shop.csv"):
            code, out, _ = similar("scans/07.png", "--in", catalogue, *options)
            assert code == 0
            found[catalogue] = [near["poster"] for near in json.loads(out)[0]["similar"]]
        assert {name: len(near) for name, near in found.items()} == {
            "scans": N - 1,
            "scans/1*.png": 10,
            "list.txt": 10,
            "shop.csv": 1,
        }
        assert found["shop.csv"] == ["eight"]

    def test_what_the_catalogue_lacks_is_said_each_time(self, similar):
        Path("scans/bad.png").write_text("no image")
        for _ in range(2):
            code, out, (line,) = similar("scans/07.png", "--in", "scans")
            assert (code, out.count("\n")) == (1, 11)
            assert line.startswith(f"{Path.cwd()}/scans/bad.png: this is no image that can be read")

    def test_the_index_lies_where_it_is_told_to(self, similar, seen):
        similar("scans/07.png", "--in", "scans", "--index", "kept")
        assert not Path("cache").exists()
        Path("elsewhere").mkdir()
        similar("scans/07.png", "--in", "scans")
        assert len(seen) == 2 * (N + 1)
        assert len(list(Path("cache").glob("similar-*/features-*.npy"))) == 1

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (["--in", "scans", "--top", "0"], "--top must be 1 or more, but got 0"),
            (["--in", "empty"], "none of the 1 posters of the catalogue can be read: empty: the folder holds"),
            (["--in", "none.txt"], "none.txt: the list of posters can't be read"),
            (["--in", "scans", "--output", "near.parquet"], "look-alikes are not written as parquet"),
            (["--in", "scans", "--output", "scans"], "scans is a folder: name a file for the results"),
        ],
    )
    def test_what_can_not_be_done_is_one_line(self, similar, arguments, reason):
        Path("empty").mkdir()
        code, out, err = similar("scans/07.png", *arguments)
        assert (code, out) == (2, "")
        assert err[-1].startswith(f"posters: {reason}")


def test_it_loads_neither_tensorflow_nor_pandas_nor_scikit_learn(scans):
    code = "import sys; from posters.cli import main; assert main(sys.argv[1:]) == 0; print(*sys.modules)"
    command = [sys.executable, "-c", code, "similar", "scans/07.png", "--in", "scans", "--classifier", CLASSIFIER]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "posters" in loaded
    assert not loaded & {"tensorflow", "keras", "pandas", "sklearn", "scipy", "joblib", "usearch", "matplotlib"}
