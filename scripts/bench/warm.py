"""Measure the network alone, loaded and warm, on decoded posters.

Every runtime must give the same probabilities to 0.001, which is checked before anything is timed. The process is held
to one core, and then to two.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from posters.images.decoding import decode
from scripts.bench.bench import Bench
from scripts.bench.contest import Contest, column, in_turn
from scripts.bench.networks import (
    Predicting,
    by_onnx_runtime,
    by_openvino,
    by_predict,
    by_tf_function,
    check_equal,
    keras_file,
    lite,
    onnx_file,
    openvino_model,
    shipped,
)

_OURS, _PREDICT, _FUNCTION, _ONNX, _OPENVINO, _ASYNCHRONOUS = (
    "ours (LiteRT)",
    "Keras `model.predict`",
    "`tf.function` call",
    "ONNX Runtime",
    "OpenVINO",
    "OpenVINO, asynchronous",
)
_ONE_BY_ONE = 60
_BATCH, _BATCHES = 32, 3


def contests_on_one_core(bench: Bench) -> Iterator[Contest]:
    """Yield what is timed on one core, each beside its peers."""
    return _contests(bench, 1)


def contests_on_two_cores(bench: Bench) -> Iterator[Contest]:
    """Yield what is timed on two cores, each beside its peers."""
    return _contests(bench, 2)


def _contests(bench: Bench, cores: int) -> Iterator[Contest]:
    hold_to(cores)
    pixels = np.stack([decode(path, shipped().preprocess) for path in bench.posters(_BATCH)])
    network, model = onnx_file(bench.made("networks")), _keras(bench)
    yield from _single(bench, pixels, network, model, cores)
    yield _batches(bench, pixels, network, model, cores)


def hold_to(cores: int) -> None:
    """Keep this process, and TensorFlow's threads, to so many cores."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    from posters.network.tensorflow import tf

    tf.config.threading.set_intra_op_parallelism_threads(cores)
    tf.config.threading.set_inter_op_parallelism_threads(cores)


def _keras(bench: Bench) -> Any:
    from posters.network.tensorflow import keras

    return keras.models.load_model(keras_file(bench.made("networks")), compile=False)


def _single(bench: Bench, pixels: np.ndarray, network: Path, model: Any, cores: int) -> Iterator[Contest]:
    ours = lite(cores)
    runtimes: dict[str, Predicting] = {
        _OURS: lambda posters: ours(posters[0])[None],
        _PREDICT: by_predict(model),
        _FUNCTION: by_tf_function(model),
        _ONNX: by_onnx_runtime(network, cores),
        _OPENVINO: by_openvino(network, cores),
    }
    check_equal(runtimes, pixels[:1])
    contenders = {name: latencies(predict, pixels) for name, predict in runtimes.items()}
    figures = in_turn(contenders, bench.turns, f"one by one, {cores} cores")
    note = f"{_ONE_BY_ONE} posters one after the other in each turn."
    goals = {_PREDICT: 4.0, _FUNCTION: 1.0, _ONNX: 1.0, _OPENVINO: 1.0}
    yield Contest(f"One poster at a time, {_cores(cores)}: median", "ms", False, column(figures, 0), goals, note)
    yield Contest(f"One poster at a time, {_cores(cores)}: 99th percentile", "ms", False, column(figures, 1))


def latencies(predict: Predicting, pixels: np.ndarray) -> Callable[[], tuple[float, ...]]:
    """Return what times each poster by itself, in seconds."""

    def measure() -> tuple[float, ...]:
        taken = []
        for number in range(_ONE_BY_ONE):
            poster = pixels[number % len(pixels)][None]
            began = time.perf_counter()
            predict(poster)
            taken.append(1000 * (time.perf_counter() - began))
        return float(np.median(taken)), float(np.percentile(taken, 99))

    return measure


def _batches(bench: Bench, pixels: np.ndarray, network: Path, model: Any, cores: int) -> Contest:
    runtimes: dict[str, Predicting] = {
        _OURS: _interpreters(cores),
        _PREDICT: by_predict(model),
        _FUNCTION: by_tf_function(model),
        _ONNX: by_onnx_runtime(network, cores),
        _OPENVINO: by_openvino(network, cores),
        _ASYNCHRONOUS: _asynchronous(network, cores),
    }
    check_equal(runtimes, pixels)
    contenders = {name: _rate(predict, pixels) for name, predict in runtimes.items()}
    rates = column(in_turn(contenders, bench.turns, f"many, {cores} cores"))
    note = (
        f"{_BATCH} posters at once; ours one by one on {cores} interpreter{'s' * (cores > 1)} of one thread. "
        "`model.predict` waits for [the end of its dataset](results.md#the-end-of-an-epoch), for up to as long as it "
        "computes; the `tf.function` call is the same arithmetic without the wait. Our goal of 4 times `model.predict` "
        "comes from 224x224 pixels; at 384x256 arithmetic is nearly all of the work."
    )
    goals = {_PREDICT: 4.0, _FUNCTION: 1.0, _ONNX: 1.0, _OPENVINO: 1.0, _ASYNCHRONOUS: 1.0}
    return Contest(f"Many posters, {_cores(cores)}", "posters/s", True, rates, goals, note)


def _interpreters(count: int) -> Predicting:
    """One interpreter a thread, each with every count-th poster, as `posters serve` has them."""
    networks = [lite(1) for _ in range(count)]
    threads = ThreadPoolExecutor(count)

    def predict(posters: np.ndarray) -> np.ndarray:
        said: list[Any] = [None] * len(posters)

        def some(first: int) -> None:
            for row in range(first, len(posters), count):
                said[row] = networks[first](posters[row])

        list(threads.map(some, range(count)))
        return np.stack(said)

    return predict


def _asynchronous(network: Path, threads: int) -> Predicting:
    """OpenVINO's own way to the highest throughput."""
    import openvino

    queue = openvino.AsyncInferQueue(openvino_model(network, threads, "THROUGHPUT"))

    def predict(posters: np.ndarray) -> np.ndarray:
        said: list[Any] = [None] * len(posters)
        queue.set_callback(lambda request, row: said.__setitem__(row, request.get_output_tensor(0).data[0].copy()))
        for row, poster in enumerate(posters):
            queue.start_async({0: poster[None]}, row)
        queue.wait_all()
        return np.stack(said)

    return predict


def _rate(predict: Predicting, pixels: np.ndarray) -> Callable[[], tuple[float, ...]]:
    def measure() -> tuple[float, ...]:
        began = time.perf_counter()
        for _ in range(_BATCHES):
            predict(pixels)
        return (_BATCHES * len(pixels) / (time.perf_counter() - began),)

    return measure


def _cores(cores: int) -> str:
    return "one core" if cores == 1 else f"{cores} cores"
