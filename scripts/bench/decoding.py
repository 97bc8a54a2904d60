"""Measure the way from image files to pixels in memory or on disk.

Ours packs: it reads, hashes, decodes and resizes with antialiasing, and writes an array with checksums that can be
resumed after a kill. The limit is Pillow decoding and resizing the same files in as many threads.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from posters._base.threads import cores
from posters.config import PreprocessConfig
from posters.store.packed_posters import pack
from scripts.bench.bench import Bench
from scripts.bench.contest import Contest, column, in_turn

_POSTERS = 2000
_SIZE = PreprocessConfig(height=288, width=192)
_OURS, _LOOP, _TENSORFLOW, _LIMIT = (
    "ours (`pack`)",
    "`load_img` loop of the tutorials",
    "`tf.io.decode_jpeg` and antialiased resize, `tf.data`",
    "bare Pillow decode",
)
_RESIZED = "Pillow decode and resize (the limit of this work)"


def contests(bench: Bench) -> Iterator[Contest]:
    """Yield what is timed, each beside its peer."""
    files = bench.posters(_POSTERS)
    contenders: dict[str, Callable[[], tuple[float, ...]]] = {
        _OURS: lambda: _timed(lambda: _packed(bench), len(files)),
        _LOOP: lambda: _timed(lambda: _loop(files), len(files)),
        _TENSORFLOW: lambda: _timed(lambda: _tensorflow(files), len(files)),
        _LIMIT: lambda: _timed(lambda: _bare(files, None), len(files)),
        _RESIZED: lambda: _timed(lambda: _bare(files, (_SIZE.width, _SIZE.height)), len(files)),
    }
    rates = column(in_turn(contenders, bench.turns, "decoding"))
    note = (
        f"{len(files):,} files to {_SIZE.height}x{_SIZE.width}. The loop and `tf.data` leave an array in memory and "
        "nothing on disk. `load_img` does not antialias unless told to, so its pixels are worse. Resizing with "
        "antialiasing takes longer than decoding, 1.2 ms against 0.8 ms on one calm core, so that 0.6 of the bare "
        "decode is out of reach with Pillow; what packing adds to both is in the last row."
    )
    yield Contest("Decoding on all cores", "posters/s", True, rates, {_LOOP: 2.0, _TENSORFLOW: 1.0, _LIMIT: 0.6}, note)


def _timed(work: Callable[[], None], count: int) -> tuple[float, ...]:
    began = time.perf_counter()
    work()
    return (count / (time.perf_counter() - began),)


def _packed(bench: Bench) -> None:
    directory = bench.work / "packed"
    shutil.rmtree(directory, ignore_errors=True)
    pack(bench.catalogue.take(range(min(_POSTERS, len(bench.catalogue)))), directory, _SIZE)


def _loop(files: list[Path]) -> None:
    from posters.network.tensorflow import keras

    posters = []
    for path in files:
        image = keras.utils.load_img(path, target_size=(_SIZE.height, _SIZE.width), interpolation="bilinear")
        posters.append(keras.utils.img_to_array(image) / 255)
    np.array(posters)


def _tensorflow(files: list[Path]) -> None:
    from posters.network.data import untuned
    from posters.network.tensorflow import tf

    def decoded(path: object) -> object:
        pixels = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        return tf.cast(tf.image.resize(pixels, (_SIZE.height, _SIZE.width), antialias=True), tf.uint8)

    posters = np.empty((len(files), *_SIZE.shape), np.uint8)
    dataset = tf.data.Dataset.from_tensor_slices([str(path) for path in files])
    # As fast as with AUTOTUNE, whose thread can hold up the end.
    for row, pixels in enumerate(untuned(dataset.map(decoded, num_parallel_calls=2 * cores()).prefetch(32))):
        posters[row] = pixels


def _bare(files: list[Path], size: tuple[int, int] | None) -> None:
    chunks = [files[start : start + 16] for start in range(0, len(files), 16)]
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(partial(_decoded, size), chunks))


def _decoded(size: tuple[int, int] | None, files: list[Path]) -> None:
    for path in files:
        with Image.open(path) as image:
            pixels = image.convert("RGB")
        if size:
            pixels.resize(size, Image.Resampling.BILINEAR)
