"""Embeddings on disk: computed once, resumed, and made again where they are damaged."""

import json
import os
import shutil
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from posters import build_index, load_classifier
from posters.classifier import Classifier
from posters.errors import ArraysError
from tests.similar.conftest import CLASSIFIER, N, count_embedded, files, names, rows_by_name


class TestKept:
    def test_nothing_is_embedded_twice(self, scans, classifier, embedded):
        first = build_index(files(scans), classifier)
        assert len(embedded) == N
        again = build_index(files(scans), load_classifier(CLASSIFIER))
        assert len(embedded) == N
        assert np.array_equal(first.embeddings, again.embeddings)
        assert isinstance(again.embeddings, np.memmap)
        assert first.names == again.names

    def test_only_changed_files_are_embedded(self, scans, classifier, embedded):
        build_index(files(scans), classifier)
        before = len(embedded)
        shutil.copy("scans/01.png", "scans/05.png")
        os.utime("scans/06.png", ns=(1, 1))
        Path("scans/09.png").unlink()
        shutil.copy("scans/02.png", "scans/00new.png")
        index = build_index(files(scans), classifier)
        assert embedded[before:] == [Path("scans/00new.png").read_bytes(), Path("scans/05.png").read_bytes()]
        assert len(index) == N
        assert "09.png" not in names(index.nearest("scans/01.png", N))
        assert names(index.nearest("scans/01.png", 1)) == ["05.png"]
        assert names(index.nearest("scans/02.png", 1)) == ["00new.png"]
        assert rows_by_name(index) == rows_by_name(build_index(files(scans), classifier, "fresh"))

    @pytest.mark.parametrize("torn", [0, 1, 30])
    def test_an_interrupted_run_is_resumed(self, scans, classifier, monkeypatch, torn):
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
        embedded = count_embedded(monkeypatch)
        index = build_index(files(scans), classifier, "index")
        assert len(embedded) == N - (31 if torn else 32)  # Sixteen at a time are written.
        assert rows_by_name(index) == rows_by_name(build_index(files(scans), classifier, "fresh"))
        assert not list(Path("index").glob("*.partial"))

    def test_damaged_rows_are_made_again(self, scans, classifier, embedded):
        build_index(files(scans), classifier, "index")
        (rows,) = Path("index").glob("features-*.npy")
        damaged = np.load(rows, mmap_mode="r+")
        damaged[3] = 0
        damaged.flush()
        embedded.clear()
        Path("scans/49.png").unlink()
        index = build_index(files(scans), classifier, "index")
        assert len(embedded) == 1
        assert rows_by_name(index) == rows_by_name(build_index(files(scans), classifier, "fresh"))

    @pytest.mark.parametrize("row", [0, N // 2, N - 1])
    def test_one_wrong_byte_in_any_row_is_found(self, scans, classifier, embedded, row):
        before = rows_by_name(build_index(files(scans), classifier, "kept"))
        (path,) = Path("kept").glob("features-*.npy")
        rows = np.lib.format.open_memmap(path, mode="r+")
        rows[row, 3] += 0.5
        rows.flush()
        del rows
        count = len(embedded)
        assert rows_by_name(build_index(files(scans), classifier, "kept")) == before
        assert len(embedded) == count + 1

    def test_an_index_that_is_not_an_array_is_refused_in_one_line(self, scans, classifier):
        build_index(files(scans), classifier, "index")
        (rows,) = Path("index").glob("features-*.npy")
        rows.write_text("no array")
        with pytest.raises(ArraysError, match="remove it, and it will be made again"):
            build_index(files(scans), classifier, "index")

    def test_two_networks_live_side_by_side(self, scans, classifier, embedded, tmp_path):
        copy = Path(shutil.copytree(CLASSIFIER, tmp_path / "other"))
        manifest = json.loads((copy / "classifier.json").read_text())
        manifest["preprocess"]["aspect"] = "pad"
        (copy / "classifier.json").write_text(json.dumps(manifest))
        other = load_classifier(copy)
        for _ in range(2):
            for each in (classifier, other):
                build_index(files(scans), each, "index")
        assert len(embedded) == 2 * N
        assert len(list(Path("index").glob("features-*.npy"))) == 2

    def test_a_folder_that_cannot_be_made_is_an_error_of_one_line(self, scans, classifier):
        with pytest.raises(ArraysError, match=r"the index in scans/00\.png can't be written"):
            build_index(files(scans), classifier, "scans/00.png")

    @pytest.mark.slow
    def test_two_processes_at_once_make_one_index(self, scans):
        command = [sys.executable, "-m", "posters", "similar", "scans/01.png", "--in", "scans", "--format", "json"]
        command += ["--classifier", str(CLASSIFIER), "--index", "index"]
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
        outputs = [process.communicate(timeout=120) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert outputs[0][0] == outputs[1][0]
        assert sorted(b"indexing" in err for _, err in outputs) == [False, True]
