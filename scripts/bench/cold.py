"""Predict one poster from a new process, as a person at a terminal or a script of a pipeline does.

A run starts Python, loads the network, decodes the file and predicts. A folder of posters shows the rate once the start
hardly counts.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from posters.models import CLASSIFIER
from scripts.bench.bench import Bench
from scripts.bench.contest import Contest, column, in_turn
from scripts.bench.networks import keras_file, onnx_file
from scripts.bench.processes import POSTERS, by_python, finished

_OURS, _KERAS, _ONNX = "`posters predict`", "a Keras script, `model.predict`", "an ONNX Runtime script"
_FOLDER_OF = 500


def contests(bench: Bench) -> Iterator[Contest]:
    """Yield what is timed, each beside its peer."""
    folder = bench.made("networks")
    keras, onnx = keras_file(folder), onnx_file(folder)
    yield from _one(bench, keras, onnx)
    yield _many(bench, keras)


def _one(bench: Bench, keras: Path, onnx: Path) -> Iterator[Contest]:
    poster = bench.posters(1)[0]
    contenders: dict[str, Callable[[], tuple[float, ...]]] = {
        _OURS: lambda: finished([POSTERS, "predict", poster]),
        _KERAS: lambda: finished(by_python("keras_predict.py", keras, poster)),
        _ONNX: lambda: finished(by_python("onnx_predict.py", onnx, poster)),
        "decoding alone (Python, NumPy, Pillow)": lambda: finished(by_python("decode_alone.py", poster)),
    }
    figures = in_turn(contenders, bench.turns, "one poster, new process")
    seconds, memory = column(figures, 0), column(figures, 1)
    yield Contest("One poster, whole process", "s", False, seconds, {_KERAS: 20, _ONNX: 1})
    yield Contest("The same, memory at most", "MiB", False, memory)


def _many(bench: Bench, keras: Path) -> Contest:
    folder = _copied(bench.posters(_FOLDER_OF), bench.made("folder"))
    out = bench.work / "predicted.csv"
    contenders: dict[str, Callable[[], tuple[float, ...]]] = {
        _OURS: lambda: finished([POSTERS, "predict", folder, "--format", "csv", "--output", out]),
        "a Keras script, `image_dataset_from_directory`": lambda: finished(by_python("keras_folder.py", keras, folder)),
    }
    seconds = column(in_turn(contenders, bench.turns, "a folder, new process"))
    count = len(list(folder.iterdir()))
    rates = {name: [count / turn for turn in turns] for name, turns in seconds.items()}
    note = (
        f"{count:,} files to a table, start and decoding included; {CLASSIFIER.name}, as it comes with the package. "
        "Where a turn of the Keras script is slower by half, it waited for [the end of its "
        "dataset](results.md#the-end-of-an-epoch), as its users do."
    )
    return Contest("A folder, whole process", "posters/s", True, rates, note=note)


def _copied(posters: list[Path], folder: Path) -> Path:
    """A folder of these posters alone."""
    for poster in posters:
        # No links: `posters predict` follows none out of the folder that it is given.
        if not (folder / poster.name).exists():
            shutil.copyfile(poster, folder / poster.name)
    return folder
