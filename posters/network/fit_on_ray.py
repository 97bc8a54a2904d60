"""Fine-tune on a Ray cluster: Ray Train starts workers and replaces them, TensorFlow keeps their weights equal.

Each worker runs `fit` in the scope of a MultiWorkerMirroredStrategy: the step of one machine, with each batch shared.
The first worker alone writes, and only the checkpoint. From there the workers go on when Ray has replaced one of them,
and there the command finds the finished fit.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from posters import __version__, errors
from posters._base.optional_imports import require
from posters._base.progress import tqdm
from posters._base.ray_cluster import Board, check_worker, connected, gave_up
from posters.config import PreprocessConfig, RayWorkers, TrainConfig
from posters.metrics import METRICS
from posters.network import fit as fitting
from posters.network.data import Batches
from posters.network.features import network_scores
from posters.network.fit import FitState, compile_model, fit
from posters.network.model import build_network, precision_policy
from posters.network.tensorflow import make_deterministic, tf
from posters.store.shards import ShardedPosters

# Machines that come and go cost a restart each; workers that die by themselves, as for want of memory, end the work.
_RESTARTS = 20
_TOLD_SECONDS = 1.0  # least time between two reports of a worker


@dataclass(frozen=True)
class FitJob:
    """What a worker needs to fit a network as this process would. All of it can be pickled.

    Attributes:
        stage: name of the fit.
        config: of the run.
        preprocess: how the posters were packed.
        precision: a dtype policy of Keras.
        weights: of the network, to begin with.
        loss: a Keras loss.
        schedule: of the learning rate.
        posters: the .npy file of the packed posters, (N, H, W, 3), or posters in shards.
        batches: of the training; their `x` is read from `posters`.
        validation_rows: int (V,), of the posters.
        y_validation: their labels (V, G).
        best_score: what the weights score already.
        epochs: most epochs.
        checkpoint: the file that keeps the state.
        checkpoint_seconds: least time between two checkpoints.

    Examples:
        >>> FitJob.__dataclass_params__.frozen
        True
    """

    stage: str
    config: TrainConfig
    preprocess: PreprocessConfig
    precision: str
    weights: Sequence[np.ndarray]
    loss: Any
    schedule: Any
    posters: Path | ShardedPosters
    batches: Batches
    validation_rows: np.ndarray
    y_validation: np.ndarray
    best_score: float
    epochs: int
    checkpoint: Path
    checkpoint_seconds: float = field(default_factory=lambda: fitting.CHECKPOINT_SECONDS)

    def run(self, rank: int, workers: int, tell: Callable[[FitState], None]) -> None:
        """Fit the network together with the other workers, which run this at the same time, to the last checkpoint.

        Args:
            rank: of this worker, from 0; the first one writes the checkpoints.
            workers: how many there are.
            tell: called after each step and epoch.

        Raises:
            RunError: the checkpoint is damaged.
            TrainingError: the loss is not a finite number.
        """
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        make_deterministic(self.config.seed)
        # Validation reads on its own, lest it crowd out the shards of the window.
        x = np.load(self.posters, mmap_mode="r") if isinstance(self.posters, Path) else self.posters
        judged = x.keeping(1) if isinstance(x, ShardedPosters) else x
        own = np.array_split(np.arange(len(self.validation_rows)), workers)[rank]
        with strategy.scope():
            model = self._compiled()
            state = _SharedFitState(self.stage, model, self.config.ema, self.best_score, tell=tell, keeps=rank == 0)

            def validate() -> dict[str, float]:
                # Each worker scores its part, and the sum over all workers puts the parts together.
                y_score = np.zeros(self.y_validation.shape, np.float32)
                if len(own):
                    rows = self.validation_rows[own]
                    y_score[own] = network_scores(model, judged, rows, self.config.batch_size, "validating")
                whole = strategy.reduce("SUM", strategy.run(tf.identity, args=(tf.constant(y_score),)), axis=None)
                return {"macro_map": float(METRICS["macro_map"](self.y_validation, whole.numpy()))}

            fit(
                state,
                replace(self.batches, x=x),
                validate,
                epochs=self.epochs,
                patience=self.config.patience,
                checkpoint=self.checkpoint,
                on_epoch=tell,
                checkpoint_seconds=self.checkpoint_seconds,
            )

    def _compiled(self) -> Any:
        genres = self.y_validation.shape[1]
        with precision_policy(self.precision):
            model = build_network(self.config, genres, load_weights=False, preprocess=self.preprocess).whole
        model.set_weights(self.weights)
        compile_model(model, self.loss, self.schedule, self.config.weight_decay)
        return model


class _SharedFitState(FitState):
    """The state of one worker of several, which are all alike: one of them keeps it on disk."""

    def __init__(self, *arguments: Any, tell: Callable[[FitState], None], keeps: bool) -> None:
        super().__init__(*arguments)
        self._tell = tell
        self._keeps = keeps

    def add_step(self, loss: float) -> None:
        super().add_step(loss)
        self._tell(self)

    def save(self, path: Path) -> None:
        if self._keeps:
            super().save(path)


def fit_on_ray(state: FitState, job: FitJob, workers: RayWorkers, on_epoch: Callable[[FitState], None]) -> None:
    """Fit a network on the workers of a Ray cluster, to the last checkpoint, from which `fit` then takes the weights.

    A fit that is finished already needs no cluster.

    Args:
        state: of this process; it gets what a checkpoint holds, and the history of the epochs that follow.
        job: what is to be done; all workers must see its files.
        workers: how many, and of which cluster.
        on_epoch: called after each finished epoch.

    Raises:
        ConfigError: there is no cluster, or it is too small, a worker doesn't see a file, the batch can't be shared
            equally, or Ray gave up.
        ClassifierError: a worker has another version of this package.
        MissingExtraError: Ray is not installed.
        TrainingError: the loss is not a finite number.
    """
    if job.batches.size % workers.count:
        raise errors.ConfigError(
            f"{workers.count} workers can't share a batch of {job.batches.size} posters equally: "
            f"choose a --batch-size that is a multiple of {workers.count}"
        )
    if job.checkpoint.exists():
        state.restore(job.checkpoint)
    if state.is_finished(job.epochs, job.config.patience):
        return
    with connected(workers.address) as ray, TemporaryDirectory(prefix="posters-ray-") as storage:
        cores = int(ray.cluster_resources().get("CPU", 0))
        if workers.count > cores:
            raise errors.ConfigError(f"{workers.count} workers need a core each, and the cluster has {cores}")
        board = ray.remote(num_cpus=0)(Board).remote()
        job, sees = _anywhere(job)
        trainer = require("ray.train.tensorflow", "ray").TensorflowTrainer(
            _work,
            train_loop_config={"job": job, "board": board, "version": __version__, "sees": sees},
            scaling_config=ray.train.ScalingConfig(
                num_workers=workers.count, use_gpu=ray.cluster_resources().get("GPU", 0) >= workers.count
            ),
            run_config=ray.train.RunConfig(
                storage_path=storage, failure_config=ray.train.FailureConfig(max_failures=_RESTARTS)
            ),
        )
        steps = job.batches.steps
        bar = tqdm(total=job.epochs * steps, initial=state.epoch * steps + state.step, desc=job.stage, unit="step")
        with bar, _running(trainer.fit) as ended:
            while not ended.wait(_TOLD_SECONDS):
                _follow(ray, board, bar, state, on_epoch)
        _follow(ray, board, bar, state, on_epoch)
    if not job.checkpoint.exists():
        raise errors.ConfigError(f"{job.checkpoint} is on another machine alone: name a --run that all share")


def _anywhere(job: FitJob) -> tuple[FitJob, list[Path]]:
    """Return the job with paths that hold in any working directory, and what all workers must see."""
    checkpoint = job.checkpoint.absolute()
    posters = job.posters if isinstance(job.posters, ShardedPosters) else job.posters.absolute()
    place = posters.folder.place if isinstance(posters, ShardedPosters) else posters
    # A store is no path: a worker that can't read it ends the work with its own line.
    sees = [checkpoint.parent] if isinstance(place, str) else [place, checkpoint.parent]
    return replace(job, posters=posters, checkpoint=checkpoint), sees


def _follow(ray: Any, board: Any, bar: Any, state: FitState, on_epoch: Callable[[FitState], None]) -> None:
    """Show here, and write down, what the first worker has told."""
    steps, history, refusal = ray.get(board.read.remote())
    if refusal:
        raise getattr(errors, refusal[0], errors.PostersError)(refusal[1])
    bar.update(max(0, steps - bar.n))
    for row in history[len(state.history) :]:
        state.history.append(row)
        on_epoch(state)


@contextmanager
def _running(function: Callable[[], Any]) -> Iterator[threading.Event]:
    """Run Ray's `fit` in a thread and yield what tells that it ended; in the main one it would take over Ctrl-C.

    Raises:
        ConfigError: it failed.
    """
    ended, failed = threading.Event(), list[Exception]()

    def run() -> None:
        try:
            function()
        except Exception as error:  # Reported below, by the thread that waits for it.
            failed.append(error)
        finally:
            ended.set()

    threading.Thread(target=run, daemon=True).start()
    yield ended
    if failed:
        raise gave_up(failed[0]) from failed[0]


def _work(settings: dict[str, Any]) -> None:
    """Do the job in a worker, which Ray Train calls this in."""
    ray, context = require("ray", "ray"), require("ray.train", "ray").get_context()
    job, board, last = settings["job"], settings["board"], [0.0]

    def tell(state: FitState) -> None:
        at_end = state.step == 0
        if context.get_world_rank() == 0 and (at_end or time.monotonic() - last[0] > _TOLD_SECONDS):
            last[0] = time.monotonic()
            ray.get(board.tell.remote(state.epoch * job.batches.steps + state.step, state.history))

    if ray.get(board.read.remote())[2]:
        return  # A worker refused, and would again: there is nothing to start anew for.
    try:
        check_worker(settings["version"], settings["sees"])
        job.run(context.get_world_rank(), context.get_world_size(), tell)
    except errors.PostersError as error:
        ray.get(board.refuse.remote(type(error).__name__, str(error)))
        raise
