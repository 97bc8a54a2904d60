"""Read tensors from a file that PyTorch saved, without PyTorch and without running what a pickle may hide."""

import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from posters.errors import TrainingError

# PyTorch's storages by name, and what NumPy calls their numbers.
_FLOATS = {"HalfStorage": "<f2", "FloatStorage": "<f4", "DoubleStorage": "<f8"}
_DTYPES = {**_FLOATS, "IntStorage": "<i4", "LongStorage": "<i8"}
_MAGIC = 0x1950A86A20F9469CFC6C  # of files that PyTorch saved before version 1.6


class _View(NamedTuple):
    """A tensor as a view of a storage, whose numbers come later in the file."""

    key: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_torch_weights(path: Path) -> dict[str, np.ndarray]:
    """Return the tensors of a state dict by name.

    Only the format of PyTorch before 1.6 is read, in which the EfficientNet-Lite weights are published. The unpickler
    knows tensors and ordered dicts alone, so that no other code can be named in the file.

    Args:
        path: of the file.

    Returns:
        arrays in PyTorch's order of axes.

    Raises:
        TrainingError: the file is not such a state dict.

    Examples:
        >>> read_torch_weights(Path("setup.py"))
        Traceback (most recent call last):
        posters.errors.TrainingError: setup.py: can't be read as PyTorch weights (No such file or directory)
    """
    try:
        with path.open("rb") as file:
            return _read(file)
    except OSError as error:
        raise TrainingError(f"{path}: can't be read as PyTorch weights ({error.strerror})") from error
    # A damaged pickle raises nearly anything.
    except Exception as error:
        raise TrainingError(f"{path}: can't be read as PyTorch weights ({error})") from error


def _read(file: IO[bytes]) -> dict[str, np.ndarray]:
    storages: dict[str, str] = {}
    if _Unpickler(file, storages).load() != _MAGIC:
        raise ValueError("not the format of PyTorch before 1.6")
    _Unpickler(file, storages).load()  # the version of the format
    _Unpickler(file, storages).load()  # sizes of numbers on the machine that saved it
    state = _Unpickler(file, storages).load()
    keys = _Unpickler(file, storages).load()
    if not isinstance(state, Mapping):
        raise TypeError("no state dict")
    numbers = {key: _storage(file, np.dtype(storages[key])) for key in keys}
    return {name: _tensor(view, numbers[view.key]) for name, view in state.items() if isinstance(view, _View)}


def _storage(file: IO[bytes], dtype: np.dtype[Any]) -> np.ndarray:
    count = int.from_bytes(file.read(8), "little", signed=True)
    data = file.read(max(0, count) * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        raise EOFError("the file ends in the middle of a tensor")
    return np.frombuffer(data, dtype)


def _tensor(view: _View, numbers: np.ndarray) -> np.ndarray:
    # Checked by hand: as_strided would look beyond the storage without a word, and a stride of 0 repeats without end.
    last = view.offset + sum((size - 1) * stride for size, stride in zip(view.shape, view.strides, strict=True))
    outside = min((0, view.offset, *view.strides, *view.shape)) < 0 or (0 not in view.shape and last >= len(numbers))
    if outside or prod(view.shape) > len(numbers):
        raise ValueError("a tensor is larger than its storage")
    strides = tuple(stride * numbers.itemsize for stride in view.strides)
    return np.lib.stride_tricks.as_strided(numbers[view.offset :], view.shape, strides, writeable=False).copy()


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], storages: dict[str, str]) -> None:
        super().__init__(file)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Callable[..., Any] | str:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda key, offset, shape, strides, *_: _View(key, offset, tuple(shape), tuple(strides))
        if module == "torch" and name in _DTYPES:
            return _DTYPES[name]
        raise pickle.UnpicklingError(f"it names {module}.{name}, which is no tensor")

    def persistent_load(self, identity: tuple[Any, ...]) -> str:
        _, dtype, key, *_ = identity
        self._storages[key] = dtype
        return str(key)
