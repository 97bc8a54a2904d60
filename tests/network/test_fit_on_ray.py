"""One training by several workers: the weights of one worker, on Ray though one of them is killed.

Two processes share a training without Ray, too, so that this is tested where Ray is not installed:
`pip install 'posters[ray]'`.
"""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import posters
from posters import RayWorkers
from posters._base.ray_cluster import Board
from posters.catalogue import Catalogue, Poster
from posters.config import PreprocessConfig
from posters.errors import ClassifierError, ConfigError, TrainingError
from posters.metrics import METRICS
from posters.network import fit as fitting
from posters.network import keras
from posters.network.data import Batches
from posters.network.fit import FitState, compile_model, fit, read_checkpoint
from posters.network.fit_on_ray import FitJob, fit_on_ray
from posters.network.losses import make_loss
from posters.network.model import build_network
from posters.network.schedules import make_schedule
from posters.network.tensorflow import make_deterministic
from posters.runs import Run
from posters.store.rows import Rows
from posters.store.shards import pack_shards

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="RAY IS NOT INSTALLED: pip install 'posters[ray]'")

# One worker of two: its number, and the file of the job.
WORKER = "import pickle, sys; pickle.load(open(sys.argv[2], 'rb')).run(int(sys.argv[1]), 2, lambda state: None)"
# The same from shards; it writes down which rows it reads of each step.
READER = """
import json, pickle, sys
from posters.store.shards import ShardedPosters
reading, rows = ShardedPosters.__getitem__, []
ShardedPosters.__getitem__ = lambda self, chosen: rows.append(chosen.tolist()) or reading(self, chosen)
pickle.load(open(sys.argv[2], "rb")).run(int(sys.argv[1]), 2, lambda state: None)
json.dump(rows, open(sys.argv[2] + sys.argv[1], "w"))
"""


@pytest.fixture
def job(tmp_path, small) -> FitJob:
    """A few steps of the smallest network, with everything drawn that is drawn for a batch."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (50, 36, 24, 3), np.uint8), rng.integers(0, 2, (50, 3)).astype(np.int8)
    np.save(tmp_path / "posters.npy", x)
    config = replace(small, dropout=0.0, weight_decay=1e-3)
    make_deterministic(0)
    return FitJob(
        stage="network",
        config=config,
        preprocess=PreprocessConfig(height=36, width=24),
        precision="float32",
        weights=build_network(config, 3).whole.get_weights(),
        loss=make_loss("binary_crossentropy", y.mean(axis=0), known=1.0),
        schedule=make_schedule("cosine", 1e-3, 10, warmup=1),
        posters=tmp_path / "posters.npy",
        batches=Batches(x[:0], y, np.arange(40), 8, seed=0, augmented=True, mixup=0.4),
        validation_rows=np.arange(40, 50),
        y_validation=y[40:],
        best_score=float("-inf"),
        epochs=2,
        checkpoint=tmp_path / "network.npz",
    )


def of_one_process(job: FitJob) -> tuple[dict[str, list[np.ndarray]], list[dict[str, object]]]:
    """What is in the last checkpoint of `fit` alone."""
    network = build_network(job.config, 3).whole
    network.set_weights(job.weights)
    compile_model(network, job.loss, job.schedule, job.config.weight_decay)
    state, x = FitState("network", network, job.config.ema), posters_of(job)
    y_validation, rows = job.y_validation, job.validation_rows

    def validate() -> dict[str, float]:
        return {"macro_map": float(METRICS["macro_map"](y_validation, network(x[rows], training=False).numpy()))}

    path = job.checkpoint.with_name("alone.npz")
    fit(state, replace(job.batches, x=x), validate, epochs=job.epochs, patience=9, checkpoint=path)
    arrays, progress = read_checkpoint(path)
    return arrays, progress["history"]


def posters_of(job: FitJob) -> Rows:
    return np.load(job.posters) if isinstance(job.posters, Path) else job.posters


def check_equal(job: FitJob, atol: float) -> None:
    """That the job's last checkpoint is that of one process, up to rounding."""
    arrays, history = of_one_process(job)
    found, progress = read_checkpoint(job.checkpoint)
    assert found.keys() == arrays.keys()
    for name, values in arrays.items():
        for mine, other in zip(values, found[name], strict=True):
            np.testing.assert_allclose(other, mine, atol=atol, err_msg=name)
    for alone, shared in zip(history, progress["history"], strict=True):
        assert shared["train_loss"] == pytest.approx(alone["train_loss"], abs=1e-5)
        assert shared["validation_macro_map"] == pytest.approx(alone["validation_macro_map"], abs=1e-6)


def test_one_worker_fits_as_a_process_without_workers(job):
    told = []
    job.run(0, 1, lambda state: told.append((state.epoch, state.step)))
    assert told[-1] == (2, 0)
    check_equal(job, atol=1e-6)


@pytest.mark.slow
def test_two_workers_end_with_the_weights_of_one(job, tmp_path):
    run_two(WORKER, job, tmp_path)
    check_equal(job, atol=1e-5)


@pytest.mark.slow
def test_two_workers_read_shards_of_their_own_and_end_with_the_weights_of_one(job, tmp_path):
    pytest.importorskip("pyarrow")
    for number, pixels in enumerate(np.load(job.posters)):
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    listed = tuple(Poster(f"{number}", f"{number}.png", ("Red",)) for number in range(50))
    arrays = pack_shards(Catalogue(listed, ("Red",), tmp_path), tmp_path / "shards", job.preprocess)
    # A window of 16 posters, as if there were shards of five.
    batches = replace(job.batches, window=16, shards=np.arange(50) // 5)
    job = replace(job, posters=arrays.posters, batches=batches)
    run_two(READER, job, tmp_path)
    check_equal(job, atol=1e-5)
    steps = [
        [rows for rows in json.loads((tmp_path / f"job{worker}").read_text()) if len(rows) == 4 and max(rows) < 40]
        for worker in range(2)
    ]
    for epoch in range(2):
        one, other = (np.concatenate(rows[epoch * 5 : epoch * 5 + 5]) for rows in steps)
        assert sorted([*one, *other]) == list(range(40))
        assert not set(one // 5) & set(other // 5)


def run_two(script: str, job: FitJob, tmp_path: Path) -> None:
    """Run a script in two workers that know each other."""
    (tmp_path / "job").write_bytes(pickle.dumps(job))
    addresses = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            addresses.append(f"127.0.0.1:{free.getsockname()[1]}")
    running = []
    for index in range(2):
        cluster = json.dumps({"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}})
        command = [sys.executable, "-c", script, str(index), str(tmp_path / "job")]
        running.append(subprocess.Popen(command, env={**os.environ, "TF_CONFIG": cluster}, stderr=subprocess.PIPE))
    errors = [process.communicate()[1].decode()[-2000:] for process in running]
    assert [process.returncode for process in running] == [0, 0], errors


def test_the_board_keeps_the_first_refusal():
    board = Board()
    board.refuse("ConfigError", "no folder")
    board.refuse("ConfigError", "nor this one")
    assert board.read() == (0, [], ("ConfigError", "no folder"))


def test_a_batch_that_workers_cannot_share_is_refused(job):
    with pytest.raises(ConfigError, match=r"^3 workers can't share a batch of 8 posters equally: choose a batch_size"):
        fit_on_ray(FitState("network", keras_model(), 0.0), job, RayWorkers(3), lambda state: None)


def keras_model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def train_workers() -> list[int]:
    """The processes of this cluster that train: descendants of this one."""
    import psutil

    titles = {child.pid: child.cmdline() for child in psutil.Process().children(recursive=True)}
    return [pid for pid, words in titles.items() if words and words[0].startswith("ray::RayTrainWorker")]


@pytest.fixture(scope="module")
def cluster():
    """Two workers on loopback. What Ray leaves open when it shuts down is not ours."""
    ray = pytest.importorskip("ray")
    # Ray's workers give way to everything else, and on a busy machine would take minutes over this.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  # as Ray spells it
    options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    ray.init(address="local", num_cpus=2, object_store_memory=2 * 10**8, **options)
    yield ray
    ray.shutdown()


@needs_ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
class TestCluster:
    def test_a_training_of_two_workers_is_that_of_one_though_a_worker_dies(
        self, cluster, colours, small, tmp_path, monkeypatch
    ):
        config = replace(small, dropout=0.0, learning_rate=1e-3, epochs=4, augment=True, mixup=0.4)
        posters.train(colours, tmp_path / "here", config, cache=tmp_path / "cache")
        # A checkpoint after each step, and a worker that dies after the first.
        monkeypatch.setattr(fitting, "CHECKPOINT_SECONDS", 0.0)
        checkpoint, killed = Run(tmp_path / "there").checkpoints / "network.npz", []

        def kill() -> None:
            until = time.monotonic() + 500
            while not killed and time.monotonic() < until:
                time.sleep(0.01)
                if checkpoint.exists() and (found := train_workers()):
                    killed.append(found[-1])
                    os.kill(found[-1], signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()
        posters.train(colours, tmp_path / "there", config, cache=tmp_path / "cache", workers=RayWorkers(2))
        assert killed
        (here, losses), (there, others) = (
            (
                keras.models.load_model(tmp_path / name / "classifier" / "network.keras").get_weights(),
                [epoch.train_loss for epoch in Run(tmp_path / name).epochs()],
            )
            for name in ("here", "there")
        )
        assert others == pytest.approx(losses, abs=1e-4)
        for mine, other in zip(here, there, strict=True):
            np.testing.assert_allclose(other, mine, atol=1e-4)

    def test_what_a_worker_refuses_is_one_line(self, cluster, job, monkeypatch):
        state = FitState("network", keras_model(), 0.0)
        monkeypatch.setattr("posters.network.fit_on_ray.__version__", "0.0.1")
        with pytest.raises(
            ClassifierError, match=r"^a worker has posters .*, and this machine 0.0.1: install the same$"
        ):
            fit_on_ray(state, job, RayWorkers(2), lambda state: None)
        monkeypatch.undo()
        with pytest.raises(ConfigError, match=r"^a worker does not see .*none\.npy: name a folder"):
            fit_on_ray(state, replace(job, posters=job.posters.with_name("none.npy")), RayWorkers(2), print)
        with pytest.raises(TrainingError, match="the loss became nan in step 1"):
            fit_on_ray(state, replace(job, weights=[np.nan * each for each in job.weights]), RayWorkers(2), print)
        assert not job.checkpoint.exists()

    def test_a_cluster_that_is_too_small_is_one_line(self, cluster, job):
        with pytest.raises(ConfigError, match=r"^4 workers need a core each, and the cluster has 2$"):
            fit_on_ray(FitState("network", keras_model(), 0.0), job, RayWorkers(4), print)
