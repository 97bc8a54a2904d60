"""What `scripts/soak runs` kills: five jobs that take a while, and the hook by which one dies inside a write.

The hook wraps what Python itself writes, renames, syncs and removes with; the package knows nothing of it.
"""

import builtins
import io
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from posters.audit.inspection import inspect_images
from posters.catalogue import Catalogue, Poster
from posters.classifier import load_classifier
from posters.config import PreprocessConfig, TrainConfig
from posters.similar import build_index
from posters.store.packed_posters import pack

_GENRES = ("Comedy", "Drama", "Horror")
_COLOURS = ((230, 60, 40), (40, 200, 60), (50, 60, 220))
_POSTERS = 60
_EMBEDDING = Path(__file__).parents[2] / "tests" / "similar" / "classifier"
_CONFIG = TrainConfig(
    preprocess=PreprocessConfig(height=36, width=24),
    backbone="small_cnn",
    weights="none",
    epochs=2,
    learning_rate=3e-3,
    batch_size=8,
    train_scale=1.0,
    validation=0.2,
    test=0.2,
    look=False,
)


def draw_posters(folder: Path) -> None:
    """Draw the posters of all jobs, whose colour is their genre."""
    folder.mkdir(parents=True)
    for number in range(_POSTERS):
        noise = np.random.default_rng(number).integers(-60, 60, (90, 60, 3))
        pixels = np.clip(noise + _COLOURS[number % 3], 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def _catalogue(images: Path) -> Catalogue:
    posters = (Poster(str(number), f"{number}.png", (_GENRES[number % 3],)) for number in range(_POSTERS))
    return Catalogue(tuple(posters), _GENRES, images)


def _pack(images: Path, folder: Path) -> None:
    pack(_catalogue(images), folder / "packed", _CONFIG.preprocess)


def _features(images: Path, folder: Path) -> None:
    # Here, since TensorFlow takes seconds that the jobs without it need not wait.
    from posters.network.features import compute_features
    from posters.network.model import build_network
    from posters.network.tensorflow import keras

    arrays = pack(_catalogue(images), images.parent / "packed for features", _CONFIG.preprocess)
    keras.utils.set_random_seed(0)
    compute_features(build_network(_CONFIG, 3).features, arrays, folder / "features.npy")


def _audit(images: Path, folder: Path) -> None:
    inspect_images(_catalogue(images), folder)


def _similar(images: Path, folder: Path) -> None:
    paths = sorted(images.iterdir())
    build_index(paths, load_classifier(_EMBEDDING, isolate=False), folder / "index", exact_up_to=0)


def _train(images: Path, folder: Path) -> None:
    from posters.tasks.train import train

    train(_catalogue(images), folder / "run", _CONFIG, cache=folder / "cache", resume=True)


# By name: the job, and one of its files, which must be the same to the bit.
JOBS: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "pack": (_pack, "packed/posters.npy"),
    "features": (_features, "features.npy"),
    "audit": (_audit, "audit-*/inspections.jsonl"),
    "similar": (_similar, "index/features-*.npy"),
    "train": (_train, "run/classifier/network.tflite"),
}
OF_NETWORKS = ("features", "train")


class _Events:
    """Counts what happens to the files below a folder, and kills the process at one of these events.

    Args:
        folder: whose files count.
        last: the event at which the process dies; None for never.
    """

    def __init__(self, folder: Path, last: int | None) -> None:
        self._folder, self._last = str(folder), last
        self.seen = 0

    def is_last(self) -> bool:
        self.seen += 1
        return self.seen == self._last

    def concerns(self, path: Any) -> bool:
        return isinstance(path, (str, Path)) and str(path).startswith(self._folder)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _File(io.FileIO):
    """A file that may be half written when the process dies."""

    events: _Events

    def write(self, data: Any) -> int:
        if self.events.is_last():
            view = memoryview(data).cast("B")
            super().write(view[: len(view) // 2])
            _die()
        return super().write(data)


def _opener(events: _Events, plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return what stands in for `open`: it opens files to write below the folder as `_File`, and others as ever."""

    def opened(file: Any, mode: str = "r", buffering: int = -1, *words: Any, **options: Any) -> Any:
        if not set(mode) & set("wax+") or not events.concerns(file):
            return plain(file, mode, buffering, *words, **options)
        raw = _File(file, mode.replace("b", "").replace("t", ""))
        raw.events = events
        binary = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return binary if "b" in mode else io.TextIOWrapper(binary, *words, **options)

    return opened


def _watched(events: _Events, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    if isinstance(arguments[0], int) or events.concerns(arguments[0]):
        # Before it or after it: a file may be there and not yet renamed, or renamed and its folder not yet removed.
        if events.is_last():
            _die()
        result = call(*arguments, **options)
        if events.is_last():
            _die()
        return result
    return call(*arguments, **options)


def do(name: str, images: Path, folder: Path, last: int | None, notes: Path) -> None:
    """Do a job, or go on with it; in a process of its own.

    Args:
        name: one of `JOBS`.
        images: of the posters.
        folder: that all it makes lies in.
        last: the event at which the process kills itself; None for never.
        notes: where the number of events is written, and what the process has to say.
    """
    with notes.with_suffix(".err").open("wb") as words:
        os.dup2(words.fileno(), 2)
    folder.mkdir(parents=True, exist_ok=True)
    events = _Events(folder, last)
    io.open = builtins.open = _opener(events, open)
    for call in ("replace", "rename", "fsync", "unlink", "rmdir"):
        setattr(os, call, partial(_watched, events, getattr(os, call)))
    JOBS[name][0](images, folder)
    notes.write_text(str(events.seen))
