"""The two stages of training: the head on frozen features, then the whole network with a low, scheduled rate."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posters.arrays import PosterArrays
from posters.config import TrainConfig
from posters.log import logger
from posters.metrics import METRICS
from posters.network.features import compute_features, features_path
from posters.network.loop import Progress, Stage, StageTraining
from posters.network.losses import make_loss
from posters.network.model import Network, start_biases, start_head
from posters.network.pipeline import Batches
from posters.network.scoring import network_scores
from posters.network.tensorboard import EpochWriter
from posters.network.tensorflow import keras
from posters.runs import Run


@dataclass(frozen=True)
class Sides:
    """Rows of the arrays that training may look at; of the test side it never learns."""

    train: np.ndarray
    validation: np.ndarray


class Stages:
    """The stages of one run, and the history that they share.

    Args:
        run: keeps history and checkpoints.
        arrays: the posters in the size that training learns from.
        sides: rows of the arrays.
        config: of the run.
        tensorboard: is told of every epoch.
    """

    def __init__(
        self, run: Run, arrays: PosterArrays, sides: Sides, config: TrainConfig, tensorboard: EpochWriter
    ) -> None:
        self.directory = run
        self.arrays = arrays
        self.sides = sides
        self.config = config
        self.tensorboard = tensorboard
        self.prevalence = arrays.genres[sides.train].mean(axis=0)
        self.history: list[dict[str, Any]] = []

    def train(self, network: Network, cache: Path, on_features: Callable[[Path], None]) -> np.ndarray:
        """Train `network` in place.

        Args:
            network: made by `build_network` from the same config.
            cache: where the frozen features are kept.
            on_features: called with their file once it is there; see `train_network`.

        Returns:
            The validation scores (n, G) of what it has become.
        """
        best = float("-inf")
        if self.config.from_scratch:
            start_biases(network.head, self.prevalence, self.config.head)
        else:
            best, y_score = self._train_head(network, cache, on_features)
        if self.config.epochs > 0:
            self._train_whole(network, best)
            y_score = self._predict(network.whole, "scoring validation")
        return y_score

    def _train_head(
        self, network: Network, cache: Path, on_features: Callable[[Path], None]
    ) -> tuple[float, np.ndarray]:
        config = self.config
        path = features_path(config, self.arrays, cache)
        features = compute_features(network.features, self.arrays, path)
        on_features(path)
        train, validation = (np.asarray(features[rows]) for rows in (self.sides.train, self.sides.validation))
        start_head(network.head, train, self.prevalence, config.head)
        batches = Batches(
            train, self.arrays.genres[self.sides.train], np.arange(len(train)), config.head_batch_size, config.seed
        )
        head = network.head
        self._compile(head, config.head_learning_rate, config.head_weight_decay, config.head_epochs * batches.steps)

        def validate() -> float:
            return self._macro_map(head(validation, training=False).numpy())

        # The cosine to zero is its own early stopping.
        stage = Stage("head", head, batches, validate, config.head_epochs, patience=config.head_epochs, ema=config.ema)
        best = self._train(stage, float("-inf"))
        return best, head(validation, training=False).numpy()

    def _train_whole(self, network: Network, best: float) -> None:
        config = self.config
        batches = Batches(
            self.arrays.posters,
            self.arrays.genres,
            self.sides.train,
            config.batch_size,
            config.seed,
            config.augment,
            config.mixup,
        )
        self._compile(
            network.whole, config.learning_rate, config.weight_decay, config.epochs * batches.steps, warm=True
        )

        def validate() -> float:
            return self._macro_map(self._predict(network.whole, "validating"))

        stage = Stage("network", network.whole, batches, validate, config.epochs, config.patience, config.ema)
        self._train(stage, best)

    def _compile(self, model: Any, learning_rate: float, weight_decay: float, steps: int, warm: bool = False) -> None:
        """AdamW (Loshchilov and Hutter 2019), its rate falling to zero along a cosine; `warm` lets it rise first."""
        warmup = steps // 10 if warm else 0
        schedule = keras.optimizers.schedules.CosineDecay(
            initial_learning_rate=0.0 if warmup else learning_rate,
            decay_steps=max(1, steps - warmup),
            warmup_target=learning_rate if warmup else None,
            warmup_steps=warmup,
        )
        optimizer = keras.optimizers.AdamW(schedule, weight_decay=weight_decay)
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
        model.compile(optimizer=optimizer, loss=make_loss(self.config.loss, self.prevalence))

    def _train(self, stage: Stage, best: float) -> float:
        def on_epoch(row: dict[str, Any]) -> None:
            self.tensorboard.write(row)
            self.directory.write_history([*self.history, *training.progress.history])

        training = StageTraining(stage, self.directory.checkpoints / f"{stage.name}.npz", best, on_epoch)
        progress = training.run()
        self.history += progress.history
        logger.info(_outcome(stage, progress, best))
        return progress.best_score

    def _predict(self, model: Any, label: str) -> np.ndarray:
        return network_scores(model, self.arrays.posters, self.sides.validation, self.config.batch_size, label)

    def _macro_map(self, y_score: np.ndarray) -> float:
        return float(METRICS["macro_map"](self.arrays.genres[self.sides.validation], y_score))


def _outcome(stage: Stage, progress: Progress, before: float) -> str:
    if progress.best_epoch < 0:
        return f"{stage.name}: no epoch of {progress.epoch} beat validation macro mAP {before:.4f}; nothing was changed"
    gained = f", from {before:.4f}" if np.isfinite(before) else ""
    return (
        f"{stage.name}: validation macro mAP {progress.best_score:.4f}{gained}, "
        f"in epoch {progress.best_epoch + 1} of {progress.epoch}"
    )
