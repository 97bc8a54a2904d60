"""Work on a Ray cluster: what a worker does needs none; the rest runs where `pip install 'posters[ray]'` did.

That audits, indexes and packed posters are those of one machine is tested here too: they share one cluster, which takes
long to start.
"""

import os
import pickle
import signal
import threading
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from posters import __version__, build_index, load_classifier
from posters._base.ray_cluster import ItemWorker, map_on_ray, spread_by
from posters.audit import audit
from posters.catalogue import Catalogue, Poster
from posters.classifier.embed import Embedding, FileEmbedder, network_name
from posters.classifier.seen_posters import SEEN, SeenPosters
from posters.config import PreprocessConfig
from posters.errors import ClassifierError, ConfigError
from posters.images.decoding import to_rgb
from posters.images.perceptual_hash import NEAR, near_groups
from posters.models import CLASSIFIER
from posters.store.journal import stamped
from posters.store.packed_posters import pack

POSTERS = 300


def row(*items: object) -> dict[str, object]:
    return {"items": pickle.dumps(items)}


class TestWorker:
    def test_it_returns_the_results_in_order(self, tmp_path):
        answer = ItemWorker(str.upper, [tmp_path], tmp_path, __version__)(row("a", "b", "c"))
        assert (pickle.loads(answer["results"]), answer["refusal"]) == (["A", "B", "C"], "")

    def test_it_refuses_what_would_give_other_results(self, tmp_path):
        def refuse(_: str) -> None:
            raise ClassifierError("another network")

        for worker, kind, line in (
            (ItemWorker(str.upper, [], tmp_path, "0.0.1"), "ClassifierError", "this machine 0.0.1: install the same"),
            (ItemWorker(str.upper, [tmp_path / "a"], tmp_path, __version__), "ConfigError", "a worker does not see"),
            (ItemWorker(refuse, [], tmp_path, __version__), "ClassifierError", "another network"),
        ):
            answer = worker(row("a"))
            assert (answer["kind"], answer["results"]) == (kind, b"")
            assert line in str(answer["refusal"])

    def test_another_network_embeds_nothing(self, golden):
        embedder = FileEmbedder(str(golden / "classifier"), "0", Embedding("sums", (1,), float, sum, 1))
        with pytest.raises(ClassifierError, match="a worker has another classifier in"):
            embedder(stamped(Path(), str(golden / "posters" / "dusk.png")))

    def test_one_file_embedded_alone_is_the_row_of_the_index(self, golden, tmp_path):
        classifier = load_classifier("posters", threads=1)
        path = str(golden / "posters" / "dusk.png")
        embedding = Embedding("features", (1280,), float, lambda features: features, 1)
        _, found = FileEmbedder("posters.models:" + classifier.directory.name, network_name(classifier), embedding)(
            stamped(Path(), path)
        )
        assert found is not None
        assert (found == classifier.features(path)).all()


def test_engines_are_refused_in_one_line():
    with pytest.raises(ConfigError, match=r'^engine must be "local" or "ray", but got \'dask\'$'):
        spread_by("dask", None)
    with pytest.raises(ConfigError, match="is that of a Ray cluster"):
        spread_by("local", "10.0.0.1:6379")


@pytest.fixture(scope="module")
def cluster():
    """Two workers on loopback. What Ray leaves open when it shuts down is not ours."""
    ray = pytest.importorskip("ray")
    # Ray's workers give way to everything else, and on a busy machine would take minutes over this.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  # as Ray spells it
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield ray
    ray.shutdown()


@pytest.fixture
def catalogue(golden, tmp_path):
    """Posters of many sizes, of which three are no pictures, and one is missing."""
    images = tmp_path / "images"
    images.mkdir()
    pictures = [to_rgb(path) for path in sorted((golden / "posters").iterdir())]
    for number in range(POSTERS):
        picture = pictures[number % 3]
        picture.resize((picture.width + number, picture.height)).save(images / f"{number}.png", compress_level=1)
    for number in (5, 77, 299):
        (images / f"{number}.png").write_bytes(b"no picture")
    (images / "9.png").unlink()
    posters = tuple(Poster(str(number), f"{number}.png", ("Drama",)) for number in range(POSTERS))
    return Catalogue(posters, ("Drama",), images)


def kill_a_worker_once(begun: Path) -> list[int]:
    """Kill one worker of this process's cluster as soon as a file has grown; return a list that gets its number."""
    import psutil

    killed: list[int] = []

    def kill() -> None:
        until = time.monotonic() + 300
        while not killed and time.monotonic() < until:
            time.sleep(0.01)
            children = psutil.Process().children(recursive=True) if begun.exists() and begun.stat().st_size > 99 else []
            for child in children:
                if not killed and "".join(child.cmdline()[:1]).startswith("ray::MapWorker"):
                    killed.append(child.pid)
                    os.kill(child.pid, signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    return killed


@pytest.mark.skipif(find_spec("ray") is None, reason="RAY IS NOT INSTALLED: pip install 'posters[ray]'")
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
class TestCluster:
    def test_each_result_is_there_once_and_in_order_though_a_worker_dies(self, cluster, tmp_path):
        flag = tmp_path / "died"

        def double(number: int) -> int:
            if number == 137 and not flag.exists():
                flag.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return 2 * number

        assert list(map_on_ray(double, range(300), chunk=5)) == list(range(0, 600, 2))
        assert flag.exists()

    def test_what_a_worker_refuses_is_one_line(self, cluster):
        def refuse(_: int) -> None:
            raise ClassifierError("another network")

        with pytest.raises(ClassifierError, match=r"^another network$"):
            list(map_on_ray(refuse, range(3)))

    def test_an_audit_is_that_of_one_machine(self, cluster, catalogue, tmp_path):
        here = audit(catalogue, cache=tmp_path / "here", min_posters=1)
        there = audit(catalogue, cache=tmp_path / "there", min_posters=1, engine="ray")
        assert there == here
        for file in (tmp_path / "here").rglob("*.*"):
            if file.suffix in (".jsonl", ".npy"):
                assert (tmp_path / "there" / file.relative_to(tmp_path / "here")).read_bytes() == file.read_bytes()

    def test_an_index_is_that_of_one_machine_to_the_bit_though_a_worker_dies(self, cluster, catalogue, tmp_path):
        classifier = load_classifier("posters", threads=1)
        journal = f"posters-{network_name(classifier)}.jsonl"
        here = build_index(catalogue, classifier, tmp_path / "here")
        killed = kill_a_worker_once(tmp_path / "there" / f"{journal}.partial")
        there = build_index(catalogue, classifier, tmp_path / "there", engine="ray")
        assert killed
        assert (there.names, there.unreadable) == (here.names, here.unreadable)
        assert (there.embeddings == here.embeddings).all()
        assert (tmp_path / "there" / journal).read_bytes() == (tmp_path / "here" / journal).read_bytes()

    def test_packed_posters_are_those_of_one_machine_to_the_bit(self, cluster, catalogue, tmp_path):
        size = PreprocessConfig(height=48, width=32)
        here = pack(catalogue, tmp_path / "here", size)
        # Some are there already, and some of these have changed since.
        pack(replace(catalogue, posters=catalogue.posters[20:60]), tmp_path / "there", size)
        (catalogue.image_root / "30.png").touch()
        there = pack(catalogue, tmp_path / "there", size, engine="ray")
        assert (there.ids, there.fingerprint, there.problems) == (here.ids, here.fingerprint, here.problems)
        assert (there.posters == here.posters).all()

    def test_near_duplicates_of_real_posters_are_those_of_one_machine(self, cluster):
        hashes = SeenPosters.read(CLASSIFIER / SEEN).rows["look"]
        assert len(hashes) > 20_000
        assert (near_groups(hashes, NEAR, map_on_ray) == near_groups(hashes, NEAR)).all()

    def test_a_job_that_is_killed_goes_on(self, cluster, catalogue, tmp_path):
        size = PreprocessConfig(height=48, width=32)
        here = pack(catalogue, tmp_path / "here", size)
        spread = spread_by("ray", None)
        assert spread
        # What a kill leaves behind: some rows and records, and no more.
        work = _Interrupted(150)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("posters.store.packed_posters.spread_by", lambda *_: work)
            with pytest.raises(KeyboardInterrupt):
                pack(catalogue, tmp_path / "there", size, engine="ray")
        there = pack(catalogue, tmp_path / "there", size, engine="ray")
        assert (there.posters == here.posters).all()
        assert there.fingerprint == here.fingerprint


class _Interrupted:
    """Stops after some items, as Ctrl-C does."""

    def __init__(self, after: int) -> None:
        self.after = after

    def __call__(self, function, items, sees=()):
        for number, result in enumerate(map_on_ray(function, items, sees)):
            if number == self.after:
                raise KeyboardInterrupt
            yield result
