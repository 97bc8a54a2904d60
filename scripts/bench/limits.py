"""Measure each job beside the work that it can't leave out, in CPU time, which neighbours change less than seconds.

Figures are CPU time of the whole process, all of its threads. A goal in seconds or in memory stands in its own row, so
that a ratio of 1 or more has reached it. What remains between a row and its limit is in [where the time
goes](profiles.md).
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image

from posters.audit.inspection import PREPROCESS, inspect_images
from posters.classifier import load_classifier
from posters.config import PreprocessConfig, TrainConfig, with_options
from posters.store.packed_posters import pack
from scripts.bench.bench import Bench
from scripts.bench.contest import Contest, column, in_turn
from scripts.bench.evaluating import drawn_scores, report
from scripts.bench.networks import lite, shipped
from scripts.bench.processes import POSTERS, finished
from scripts.bench.server import clients, running

_PACKED, _POSTERS, _SCORED, _SECONDS, _STEPS = 600, 200, 60, 8, 8
_SIZE = PreprocessConfig(height=288, width=192)
_RESIZED = "Pillow decode and resize (the limit)"
_SCORING = "decode, resize and network (the limit)"
_PROBED, _FEATURES, _GENRES = 5754, 1280, 22

Work = Callable[[], object]


def contests(bench: Bench) -> Iterator[Contest]:
    """Yield what is measured, each beside its limit or its goal."""
    many = bench.posters(_PACKED)
    files = many[:_POSTERS]
    yield _each("Packing", len(many), bench, ours=_packing(bench), limit=(_RESIZED, _resizing(many, _SIZE)), goal=0.9)
    audit, size = _auditing(bench), PREPROCESS
    yield _each("The first audit, without looks", len(files), bench, audit, (_RESIZED, _resizing(files, size)), 0.8)
    some = files[:_SCORED]
    yield _each("Scoring a folder", len(some), bench, _scoring(some), (_SCORING, _bare(some)), 0.92)
    yield from _serving(bench, some)
    yield _training(bench)
    scores = drawn_scores()
    yield _beside_goal("The report of 6,000 posters", bench, lambda: report(scores, bench.work / "report"), 5)
    yield _beside_goal("Head and linear probe of 5,754 posters", bench, _head_and_probe(), 6)
    poster = files[0]
    memory = in_turn({"`posters predict`": lambda: finished([POSTERS, "predict", poster])}, bench.turns, "cold")
    figures = column(memory, 1) | {"the goal": [80.0] * bench.turns}
    yield Contest("One poster, new process, memory at most", "MiB", False, figures, {"the goal": 1})


def _cpu(work: Work, count: int = 1) -> Callable[[], tuple[float, ...]]:
    def measure() -> tuple[float, ...]:
        began = time.process_time()
        work()
        return ((time.process_time() - began) / count,)

    return measure


def _each(title: str, count: int, bench: Bench, ours: Work, limit: tuple[str, Work], goal: float) -> Contest:
    """Milliseconds of a poster, beside those of the work that is left if all else takes nothing."""
    name, least = limit
    contenders = {"ours": _cpu(ours, count), name: _cpu(least, count)}
    figures = column(in_turn(contenders, bench.turns, title))
    milliseconds = {each: [1000 * turn for turn in turns] for each, turns in figures.items()}
    return Contest(
        f"{title}, CPU time of a poster", "ms", False, milliseconds, {name: goal}, f"{count} posters a turn."
    )


def _beside_goal(title: str, bench: Bench, work: Work, seconds: float) -> Contest:
    figures = column(in_turn({"ours": _cpu(work)}, bench.turns, title))
    return Contest(f"{title}, CPU time", "s", False, figures | {"the goal": [seconds] * bench.turns}, {"the goal": 1})


def _packing(bench: Bench) -> Work:
    catalogue = bench.catalogue.take(range(_PACKED))

    def work() -> None:
        with tempfile.TemporaryDirectory(dir=bench.work) as folder:
            pack(catalogue, Path(folder) / "packed", _SIZE, threads=1)

    return work


def _auditing(bench: Bench) -> Work:
    catalogue = bench.catalogue.take(range(_POSTERS))

    def work() -> None:
        with tempfile.TemporaryDirectory(dir=bench.work) as folder:
            inspect_images(catalogue, Path(folder), threads=1)

    return work


def _resizing(files: list[Path], size: PreprocessConfig) -> Work:
    def work() -> None:
        for path in files:
            _resized(path, size)

    return work


def _resized(path: Path, size: PreprocessConfig) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB").resize((size.width, size.height), Image.Resampling.BILINEAR)


def _scoring(files: list[Path]) -> Work:
    classifier = load_classifier(threads=1)
    return lambda: list(classifier.predict_many(files))


def _bare(files: list[Path]) -> Work:
    network, size = lite(1), shipped().preprocess

    def work() -> None:
        for path in files:
            network(np.asarray(_resized(path, size)))

    return work


def _serving(bench: Bench, files: list[Path]) -> Iterator[Contest]:
    """Beside the same work in this process; the share of a request's slowest hundredth needs a calm machine."""
    bodies, bare = [path.read_bytes() for path in files], _bare(files)
    slowest: list[float] = []
    medians: list[float] = []
    with running([POSTERS, "serve", "--port", "0"]) as (process, port):

        def ours() -> tuple[float, ...]:
            before = psutil.Process(process.pid).cpu_times()
            taken = asyncio.run(clients(port, "/api/predict", bodies, time.perf_counter() + _SECONDS))
            after = psutil.Process(process.pid).cpu_times()
            slowest.append(1000 * float(np.percentile(taken, 99)))
            medians.append(1000 * float(np.median(taken)))
            return ((after.user + after.system - before.user - before.system) / len(taken),)

        figures = column(in_turn({"ours": ours, _SCORING: _cpu(bare, len(files))}, bench.turns, "server"))
    cpu = {name: [1000 * turn for turn in turns] for name, turns in figures.items()}
    yield Contest("The server, 32 clients, CPU time of a poster", "ms", False, cpu, {_SCORING: 0.88})
    latency = {"99th percentile": slowest[1:], "the median": medians[1:]}
    note = "The goal is a 99th percentile of at most three times the median."
    yield Contest("The server, 32 clients, a request", "ms", False, latency, {"the median": 1 / 3}, note)


def _training(bench: Bench) -> Contest:
    """Our steps and Keras's, of two equal networks, epoch by epoch in turn; a first epoch traces, and isn't counted."""
    from posters.network.data import Batches
    from posters.network.fit import FitState, compile_model, fit
    from posters.network.model import build_network
    from posters.network.tensorflow import keras

    config = with_options(TrainConfig(), backbone="mobilenet_v2", height=288, width=192, train_scale=1.0)
    count = _STEPS * config.batch_size
    arrays = pack(bench.catalogue.take(range(count)), bench.work / "to-train", config.preprocess)
    batches = Batches(arrays.posters, arrays.genres, np.arange(count), config.batch_size, seed=0)
    models = [build_network(config, len(arrays.genre_names)).whole for _ in range(2)]
    compile_model(models[0], keras.losses.BinaryCrossentropy(), 1e-5, weight_decay=0.05)
    models[1].compile(optimizer=keras.optimizers.AdamW(1e-5, weight_decay=0.05), loss="binary_crossentropy")
    figures: dict[str, list[float]] = {"ours": [], "Keras `fit`": []}
    began = time.process_time()

    def after(state: FitState) -> None:
        nonlocal began
        ended = time.process_time()
        models[1].fit(batches.from_epoch(state.epoch).take(_STEPS), epochs=1, verbose=0)
        for name, seconds in zip(figures, (ended - began, time.process_time() - ended), strict=True):
            figures[name].append(seconds / _STEPS)
        began = time.process_time()

    checkpoint = bench.made("checkpoint") / "network.npz"
    options: dict[str, Any] = {"epochs": bench.turns + 1, "patience": bench.turns + 1, "checkpoint": checkpoint}
    fit(FitState("network", models[0], config.ema), batches, _never_better, on_epoch=after, **options)
    counted = {name: seconds[1:] for name, seconds in figures.items()}
    note = f"mobilenet_v2, 288x192, {config.batch_size} posters; ours with its moving average of the weights."
    return Contest("A training step, CPU time", "s", False, counted, {"Keras `fit`": 1}, note)


def _never_better() -> dict[str, float]:
    """Stand for a validation, which is no part of a step."""
    return {"macro_map": 0.0}


def _head_and_probe() -> Work:
    """Of drawn features and labels."""
    from posters.baselines.linear_probe import fit_probe, out_of_fold_scores
    from posters.network.data import Batches
    from posters.network.fit import FitState, compile_model, fit
    from posters.network.model import build_network, start_head
    from posters.network.schedules import make_schedule
    from posters.network.tensorflow import keras

    rng, config = np.random.default_rng(0), TrainConfig()
    x = (np.abs(rng.normal(size=(_PROBED, _FEATURES))) ** 2).astype(np.float32)
    logits = np.sqrt(x) @ rng.normal(size=(_FEATURES, _GENRES)) / 8 + 3 * rng.normal(size=(_PROBED, _GENRES))
    prior = np.geomspace(0.4, 0.02, _GENRES)
    least = [np.quantile(column, 1 - share) for column, share in zip(logits.T, prior, strict=True)]
    y = (logits > least).astype(np.int8)
    head = build_network(config, _GENRES).head
    train, validation = np.arange(4600), np.arange(4600, 5170)

    def work() -> None:
        probe = fit_probe(x, y, train, validation)
        out_of_fold_scores(x, y, np.arange(len(x)), strength=probe.strength)
        start_head(head, x, train, prior, config.head)
        batches = Batches(x, y, train, config.head_batch_size, 0)
        schedule = make_schedule(config.schedule, config.head_learning_rate, config.head_epochs * batches.steps)
        compile_model(head, keras.losses.BinaryCrossentropy(), schedule, config.head_weight_decay)
        with tempfile.TemporaryDirectory() as folder:
            epochs: dict[str, Any] = {"epochs": config.head_epochs, "patience": config.head_epochs}
            epochs["checkpoint"] = Path(folder) / "head.npz"
            fit(FitState("head", head, config.ema), batches, _never_better, **epochs)

    return work
