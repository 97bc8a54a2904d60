"""One stage of training: an explicit step over a compiled Keras model, with averaging, early stopping and exact resume.

Keras's own `fit` restores neither patience nor best score nor the order of the data after a kill, so the loop is ours.
The model stays an ordinary compiled Keras model, which anyone may `fit`.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from posters.errors import TrainingError
from posters.network.checkpoint import read_checkpoint, write_checkpoint
from posters.network.ema import MovingAverage
from posters.network.pipeline import Batches
from posters.network.tensorflow import tf


@dataclass(frozen=True)
class Stage:
    """What one stage trains.

    Attributes:
        name: "head" or "network", for the bar, the history and the checkpoint.
        model: compiled; its loss and optimizer are used.
        batches: the training data.
        validate: the score of the model's present weights, larger is better; called once an epoch.
        epochs: most epochs.
        patience: epochs without a better score before the stage stops.
        ema: decay of the weights' moving average; the averages are what is validated and kept.
    """

    name: str
    model: Any
    batches: Batches
    validate: Callable[[], float]
    epochs: int
    patience: int
    ema: float


@dataclass
class Progress:
    """How far a stage has come; everything in it is plain data, and a checkpoint holds it.

    Attributes:
        epoch: the epoch that is running, from 0.
        step: its next step.
        loss: mean training loss of the running epoch's steps so far.
        best_score: highest validation score.
        best_epoch: the epoch that reached it, or -1.
        history: a row for each finished epoch.
    """

    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    best_score: float = float("-inf")
    best_epoch: int = -1
    history: list[dict[str, Any]] = field(default_factory=list)


class StageTraining:
    """Trains a stage from where its checkpoint left off, or from the start.

    Args:
        stage: what to train.
        checkpoint: the file that holds the state.
        score: what the model's present weights score already; they are kept if no epoch beats it.
        on_epoch: called with each finished epoch's row of the history.
        checkpoint_seconds: least time between two checkpoints; one more is written at the end.
    """

    def __init__(
        self,
        stage: Stage,
        checkpoint: Path,
        score: float = float("-inf"),
        on_epoch: Callable[[dict[str, Any]], None] = lambda row: None,
        checkpoint_seconds: float = 60.0,
    ) -> None:
        self.stage = stage
        self.checkpoint = checkpoint
        self.on_epoch = on_epoch
        self.checkpoint_seconds = checkpoint_seconds
        self.progress = Progress(best_score=score)
        self.model = stage.model
        self.optimizer = stage.model.optimizer
        self.optimizer.build(self.model.trainable_variables)
        self.average = MovingAverage(self.model.variables, stage.ema)
        self.best = self._weights()
        self._train_step = _make_train_step(self.model, stage.batches.size, self.average)
        self._written = time.monotonic()

    def run(self) -> Progress:
        """Train to the end, and leave the best weights in the model."""
        if self.checkpoint.exists():
            self._restore()
        total = self.stage.epochs * self.stage.batches.steps
        done = self.progress.epoch * self.stage.batches.steps + self.progress.step
        batches = iter(self.stage.batches.from_epoch(self.progress.epoch, self.progress.step))
        with tqdm(total=total, initial=done, desc=self.stage.name, unit="step") as bar:
            while not self._done():
                self._epoch(batches, bar)
        self._write_checkpoint()
        _assign(self.average.variables, self.best)
        return self.progress

    def _done(self) -> bool:
        waited = self.progress.epoch - 1 - self.progress.best_epoch
        return self.progress.epoch >= self.stage.epochs or waited >= self.stage.patience

    def _epoch(self, batches: Iterator[tuple[Any, Any]], bar: tqdm) -> None:
        progress, started = self.progress, time.monotonic()
        bar.set_description(f"{self.stage.name}, epoch {progress.epoch + 1} of {self.stage.epochs}", refresh=False)
        for x, y in islice(batches, self.stage.batches.steps - progress.step):
            self._count(float(self._train_step(x, y)))
            bar.set_postfix(loss=f"{progress.loss:.4f}", best_map=f"{progress.best_score:.4f}", refresh=False)
            bar.update()
            if time.monotonic() - self._written > self.checkpoint_seconds:
                self._write_checkpoint()
        self._finish_epoch(time.monotonic() - started)

    def _count(self, loss: float) -> None:
        progress = self.progress
        if not np.isfinite(loss):
            raise TrainingError(
                f"the loss became {loss} in step {progress.step + 1} of epoch {progress.epoch + 1} of the "
                f"{self.stage.name}: lower the learning rate"
            )
        progress.step += 1
        progress.loss += (loss - progress.loss) / progress.step

    def _finish_epoch(self, seconds: float) -> None:
        progress = self.progress
        with self.average.in_place():
            score = self.stage.validate()
            if score > progress.best_score:
                progress.best_score, progress.best_epoch = score, progress.epoch
                self.best = self._weights()
        row = {
            "stage": self.stage.name,
            "epoch": progress.epoch + 1,
            "train_loss": round(progress.loss, 6),
            "validation_macro_map": round(score, 6),
            "learning_rate": float(f"{float(self.optimizer.learning_rate):.4g}"),
            "seconds": round(seconds, 2),
        }
        progress.history.append(row)
        progress.epoch, progress.step, progress.loss = progress.epoch + 1, 0, 0.0
        self.on_epoch(row)

    def _weights(self) -> list[np.ndarray]:
        return [np.array(variable.value.numpy()) for variable in self.average.variables]

    def _state(self) -> dict[str, list[Any]]:
        return {
            "model": self.model.variables,
            "optimizer": self.optimizer.variables,
            "average": self.average.state,
        }

    def _write_checkpoint(self) -> None:
        arrays = {name: [v.numpy() for v in variables] for name, variables in self._state().items()}
        write_checkpoint(self.checkpoint, {**arrays, "best": self.best}, asdict(self.progress))
        self._written = time.monotonic()

    def _restore(self) -> None:
        arrays, progress = read_checkpoint(self.checkpoint)
        for name, variables in self._state().items():
            _assign(variables, arrays.get(name, []))
        self.best = arrays.get("best", [])
        self.progress = Progress(**progress)


def _assign(variables: list[Any], values: list[np.ndarray]) -> None:
    if [tuple(variable.shape) for variable in variables] != [value.shape for value in values]:
        raise TrainingError(
            "the checkpoint belongs to another network: remove the run, or resume it with its own config"
        )
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _make_train_step(model: Any, batch_size: int, average: MovingAverage) -> Callable[[Any, Any], Any]:
    """The one training step: (x, y) -> the mean loss of the batch, over one device or many."""
    strategy = tf.distribute.get_strategy()

    def on_replica(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            per_poster = model.loss.call(y, model(x, training=True))
            loss = tf.nn.compute_average_loss(per_poster, global_batch_size=batch_size)
            scaled = model.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, model.trainable_variables)
        model.optimizer.apply(gradients, model.trainable_variables)
        return loss

    @tf.function
    def train_step(x: Any, y: Any) -> Any:
        loss = strategy.reduce("SUM", strategy.run(on_replica, args=(x, y)), axis=None)
        average.update()
        return loss

    return train_step
