"""Parts of predictions on Ray: a local cluster of two workers on loopback, whole, with a worker killed, and resumed.

Ray is heavy, so the tests run where somebody installed it: `pip install 'posters[ray]'`.
"""

import logging
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from posters import __version__, predict_parts
from posters._base.atomic_files import sha256_of
from posters.classifier import load_classifier
from posters.errors import ArraysError, CatalogueError, ClassifierError, ConfigError, ImageError, MissingExtraError
from posters.tasks.prediction_parts import Part, PartSettings
from posters.tasks.ray_engine import PartWriter, PosterReader
from tests.tasks.test_predict_parts import rows_of

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="RAY IS NOT INSTALLED: pip install 'posters[ray]'")


@pytest.fixture(scope="module")
def classifier(golden):
    return load_classifier(golden / "classifier", threads=1)


@pytest.fixture
def posters(golden, tmp_path) -> dict[str, str]:
    """2,000 posters, of which 20 can't be read."""
    shutil.copytree(golden / "posters", tmp_path / "images")
    names = sorted(path.name for path in (tmp_path / "images").iterdir())
    (tmp_path / "images" / "bad.png").write_bytes(b"no picture")
    return {str(n): str(tmp_path / "images" / ("bad.png" if n % 100 == 7 else names[n % 3])) for n in range(2000)}


@pytest.fixture
def cluster():
    """Two workers on loopback. What Ray leaves open when it shuts down is not ours."""
    ray = pytest.importorskip("ray")
    # Ray's workers give way to everything else, and on a busy machine would take minutes over this.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  # as Ray spells it
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield ray
    ray.shutdown()


def workers() -> list[int]:
    """The processes of this cluster that hold a classifier: descendants of this one."""
    import psutil

    titles = {child.pid: child.cmdline() for child in psutil.Process().children(recursive=True)}
    return [pid for pid, words in titles.items() if words and words[0].startswith("ray::MapWorker")]


def test_without_ray_its_extra_is_named(golden, classifier, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"ray is not installed, .*posters\[ray\]"):
        predict_parts([golden / "posters" / "dusk.png"], tmp_path / "out", classifier, engine="ray")


def test_local_use_never_imports_ray(golden, tmp_path):
    code = (
        "import sys, posters; classifier = posters.load_classifier(sys.argv[1])\n"
        "posters.predict_parts([sys.argv[2]], sys.argv[3], classifier); print('ray' in sys.modules)"
    )
    words = (golden / "classifier", golden / "posters" / "dusk.png", tmp_path / "out")
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def settings_in(folder: Path, golden: Path) -> PartSettings:
    """Settings of parts in JSON lines, which are in the folder already."""
    digest = sha256_of(golden / "classifier" / "classifier.json")
    (folder / "_predictions.json").write_text("{}")
    return PartSettings("posters", digest, 2, "jsonl", every=False)


class TestWorker:
    """What a worker does needs no cluster."""

    @staticmethod
    def part(golden: Path) -> Part:
        return 3, [("1", str(golden / "posters" / "dusk.png")), ("2", "none.png")]

    def test_it_writes_its_part_and_tells_of_errors(self, golden, tmp_path):
        writer = PartWriter(settings_in(tmp_path, golden), tmp_path, str(golden / "classifier"))
        assert writer.write(self.part(golden)) == ["none.png: there is no such file"]
        assert [row["poster"] for row in rows_of(tmp_path)] == ["1", "2"]

    def test_it_refuses_another_classifier_and_another_folder(self, golden, tmp_path):
        settings = settings_in(tmp_path, golden)
        with pytest.raises(ClassifierError, match="a worker has another classifier in"):
            PartWriter(replace(settings, classifier="0"), tmp_path, str(golden / "classifier")).write(self.part(golden))
        with pytest.raises(ConfigError, match="a worker does not see"):
            PartWriter(settings, tmp_path / "elsewhere", str(golden / "classifier")).write(self.part(golden))
        assert not list(tmp_path.glob("part-*"))

    def test_a_full_disk_leaves_no_part(self, golden, tmp_path, monkeypatch):
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("posters.tasks.prediction_parts.as_json_lines", full)
        writer = PartWriter(settings_in(tmp_path, golden), tmp_path, str(golden / "classifier"))
        with pytest.raises(ArraysError, match=r"a worker can't write there \(No space left on device\)$"):
            writer.write(self.part(golden))
        assert [path.name for path in tmp_path.iterdir()] == ["_predictions.json"]


class TestReader:
    """What the process does that reads which posters there are needs no cluster, either."""

    @staticmethod
    def reader(read: Callable[[], dict[str, str]], version: str = __version__) -> PosterReader:
        return PosterReader(read, 2, Path.cwd(), {}, version)

    def test_it_hands_out_the_parts_of_the_posters_that_were_summed_up(self):
        posters = {str(n): f"{n}.png" for n in range(5)}
        reader = self.reader(lambda: posters)
        messages, refusal, digest, sizes = reader.summary()
        assert (messages, refusal, sizes) == ([], None, [2, 2, 1])
        parts = [pickle.loads(reader.part(number, digest)) for number in range(3)]
        assert parts == [[("0", "0.png"), ("1", "1.png")], [("2", "2.png"), ("3", "3.png")], [("4", "4.png")]]

    def test_one_that_reads_another_table_after_a_kill_hands_out_nothing(self):
        digest = self.reader(lambda: {"1": "1.png"}).summary()[2]
        again = self.reader(lambda: {"1": "other.png"})
        assert again.part(0, digest) == b""
        assert again.part(0, again.summary()[2])

    def test_messages_and_errors_of_ours_travel_as_text(self):
        def read() -> dict[str, str]:
            logging.getLogger("posters").warning("left out: 3 files")
            raise ConfigError("no such table")

        found = self.reader(read).summary()
        assert found == ([(logging.WARNING, "left out: 3 files")], ("ConfigError", "no such table"), "", [])

    def test_another_version_is_refused(self):
        kind, _ = self.reader(dict, version="0.0.1").summary()[1] or ("", "")
        assert kind == "ClassifierError"


@needs_ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
class TestCluster:
    def test_a_killed_worker_loses_nothing(self, cluster, posters, classifier, tmp_path):
        here = predict_parts(posters, tmp_path / "here", classifier, part_size=20)
        out = tmp_path / "there"
        killed: list[int] = []

        def kill() -> None:
            while not killed:
                time.sleep(0.01)
                if len(list(out.glob("part-*"))) >= 3 and (found := workers()):
                    killed.append(found[0])
                    os.kill(found[0], signal.SIGKILL)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        there = predict_parts(posters, out, classifier, part_size=20, engine="ray")
        killer.join(10)
        assert killed
        assert (there.posters, there.unreadable) == (here.posters, here.unreadable) == (2000, 20)
        assert rows_of(out) == rows_of(tmp_path / "here")
        assert [row["poster"] for row in rows_of(out)] == list(posters)

    def test_a_killed_job_resumes(self, posters, golden, tmp_path, classifier):
        out = tmp_path / "out"
        lines = tmp_path / "list.txt"
        lines.write_text("".join(f"{path}\n" for path in self.copies(posters, tmp_path)))
        words = ("predict", "--from-file", lines, "--classifier", golden / "classifier", "--output", f"{out}/")
        command = [sys.executable, "-m", "posters", *map(str, words), "--part-size", "5", "--engine", "ray"]
        job = subprocess.Popen(command, stderr=subprocess.PIPE)
        until = time.monotonic() + 300
        while len(list(out.glob("part-*"))) < 3 and time.monotonic() < until and job.poll() is None:
            time.sleep(0.005)
        job.kill()
        _, told = job.communicate()
        before = {path: path.stat().st_mtime_ns for path in out.glob("part-*")}
        assert 3 <= len(before) < 80, told[-2000:]
        # The parts are anyone's: this time this process goes on.
        predict_parts(lines.read_text().splitlines(), out, classifier, part_size=5)
        names = [row["poster"] for row in rows_of(out)]
        assert names == lines.read_text().splitlines()

    @staticmethod
    def copies(posters: dict[str, str], folder: Path) -> list[Path]:
        paths = [folder / "images" / f"{name}.png" for name in list(posters)[:400]]
        for path in paths:
            path.symlink_to(posters[path.stem])
        return paths

    def test_what_a_worker_refuses_is_one_line_here(self, cluster, golden, classifier, tmp_path, monkeypatch):
        monkeypatch.setattr("posters.tasks.predict_parts.sha256_of", lambda path: "0")
        with pytest.raises(
            ClassifierError, match=r"^a worker has another classifier in .*: copy this machine's there$"
        ):
            predict_parts({"1": "dusk.png"}, tmp_path / "out", classifier, engine="ray")
        assert not list(tmp_path.glob("out/part-*"))

    def test_a_table_is_read_as_here_and_what_is_wrong_with_it_is_told(
        self, cluster, golden, classifier, tmp_path, messages
    ):
        shutil.copytree(golden / "posters", tmp_path / "images")
        table = tmp_path / "posters.csv"
        table.write_text("id,image\n" + "".join(f"{n},{'dusk.png' if n % 5 else 'gone.png'}\n" for n in range(40)))
        told = {}
        for engine in ("local", "ray"):
            predict_parts(table, tmp_path / engine, classifier, part_size=7, engine=engine, form="jsonl")
            told[engine] = list(messages)
            messages.clear()
        assert rows_of(tmp_path / "ray") == rows_of(tmp_path / "local")
        assert told["ray"] == told["local"]
        assert len(told["ray"]) >= 8
        table.write_text("nothing\n")
        errors = {}
        for engine in ("local", "ray"):
            with pytest.raises(CatalogueError) as caught:
                predict_parts(table, tmp_path / "new", classifier, engine=engine)
            errors[engine] = str(caught.value)
        assert errors["ray"] == errors["local"]
        assert not (tmp_path / "new").exists()

    def test_posters_without_a_file_and_names_that_are_no_text(self, cluster, golden, classifier, tmp_path):
        named = {
            "caf\udce9": (golden / "posters" / "dusk.png").read_bytes(),
            "none": b"",
            "gone": ImageError("gone: why"),
        }
        for engine in ("local", "ray"):
            predict_parts(named, tmp_path / engine, classifier, part_size=2, engine=engine, form="jsonl")
        assert rows_of(tmp_path / "ray") == rows_of(tmp_path / "local")

    def test_no_cluster_at_the_address_is_one_line(self, posters, classifier, tmp_path):
        with pytest.raises(ConfigError, match=r"127.0.0.1:1: no Ray cluster answers there"):
            predict_parts(posters, tmp_path / "out", classifier, engine="ray", address="127.0.0.1:1")
        assert not (tmp_path / "out").exists()
