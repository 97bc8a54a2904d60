"""Measure whether training ever waits for posters.

Keras's `fit` on our pipeline, shuffled from packed posters on disk, against the same `fit` on one batch that stays in
memory. Both augment, or neither does: augmenting is work of the processor, not of the feed. Neither is tuned by
tf.data: its thread can delay the end of an epoch by as long as the epoch took, up to a minute.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from posters.config import TrainConfig, with_options
from posters.network.data import Batches, augment, untuned
from posters.network.model import build_network
from posters.network.tensorflow import keras, tf
from posters.store.packed_posters import pack
from scripts.bench.bench import Bench
from scripts.bench.contest import Contest, column, in_turn

_OURS, _LIMIT = "our pipeline", "one constant batch (the limit)"
_BATCH = 32


def contests(bench: Bench) -> Iterator[Contest]:
    """Yield what is timed, each beside its peer."""
    for options, steps, augmented in (
        ({"backbone": "mobilenet_v2", "weights": "posters", "height": 288, "width": 192}, 8, True),
        ({"backbone": "small_cnn", "weights": "none", "height": 144, "width": 96}, 30, True),
        ({"backbone": "small_cnn", "weights": "none", "height": 144, "width": 96}, 30, False),
    ):
        yield _contest(bench, with_options(TrainConfig(), **options, train_scale=1.0), steps, augmented)


def _contest(bench: Bench, config: TrainConfig, steps: int, augmented: bool) -> Contest:
    size = f"{config.backbone} {config.preprocess.height}x{config.preprocess.width}"
    arrays = pack(bench.catalogue, bench.work / f"packed-{config.preprocess.height}", config.preprocess)
    rows = np.arange(len(arrays))
    batches = Batches(arrays.posters, arrays.genres, rows, _BATCH, seed=0, augmented=augmented)
    constant = next(iter(Batches(arrays.posters, arrays.genres, rows, _BATCH, seed=0).from_epoch(0)))
    model = build_network(config, len(arrays.genre_names)).whole
    model.compile(optimizer=keras.optimizers.AdamW(1e-5), loss="binary_crossentropy")
    epochs = iter(range(1_000_000))
    contenders: dict[str, Callable[[], tuple[float, ...]]] = {
        _OURS: lambda: _fitted(model, batches.from_epoch(next(epochs)).take(steps), steps),
        _LIMIT: lambda: _fitted(model, _repeated(constant, steps, augmented), steps),
    }
    what = "augmented" if augmented else "not augmented"
    rates = column(in_turn(contenders, bench.turns, f"feed, {size}, {what}"))
    note = f"{steps} steps of {_BATCH} posters in each turn."
    return Contest(f"`fit`, {size}, {what}", "posters/s", True, rates, {_LIMIT: 0.97}, note)


def _repeated(batch: tuple[Any, Any], steps: int, augmented: bool) -> Any:
    dataset = untuned(tf.data.Dataset.from_tensors(batch).repeat(steps))
    return dataset.map(lambda x, y: (augment(x, tf.constant([0, 0])), y)).prefetch(2) if augmented else dataset


def _fitted(model: Any, dataset: Any, steps: int) -> tuple[float, ...]:
    began = time.perf_counter()
    model.fit(dataset, epochs=1, verbose=0)
    return (steps * _BATCH / (time.perf_counter() - began),)
