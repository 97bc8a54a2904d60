"""Import TensorFlow and Keras once: quietly, quickly, and with memory that is kept between training steps."""

import atexit
import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from posters._base.log import stderr_held_back
from posters._base.optional_imports import require

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# TensorFlow takes oneDNN's kernels by itself on some CPUs alone; on one with AVX2 they halved a step of training.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# Parameters of glibc's mallopt(3).
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_LARGEST_MMAP_THRESHOLD = 32 << 20  # larger ones are refused


def _keep_freed_memory() -> None:
    """Have glibc keep what TensorFlow frees, which the next step asks for again.

    By default it goes back to the operating system and returns page by page: a third of a training step on a CPU.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # Other C libraries of Linux lack it.
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


@contextmanager
def _kept_for_good() -> Iterator[None]:
    """Have Python's garbage collector skip what the block makes, now and later.

    It would search the 700,000 objects of TensorFlow again and again: for a fifth of the import, and for another
    second when the process ends. None of them is garbage.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
    atexit.register(gc.freeze)  # For what a training makes.


def _imported() -> tuple[Any, Any]:
    """Import both, holding back the dozen lines that they print when they find no GPU."""
    with stderr_held_back(), _kept_for_good():
        tensorflow, keras = require("tensorflow"), require("keras")
        tensorflow.config.list_physical_devices()  # Looks for GPUs, and complains of each that it can't find.
    tensorflow.get_logger().setLevel("ERROR")
    return tensorflow, keras


def make_deterministic(seed: int) -> None:
    """Seed every random generator and choose kernels that repeat their results bit for bit.

    Args:
        seed: of Python, NumPy and TensorFlow.

    Examples:
        >>> make_deterministic(0)
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()


_keep_freed_memory()
tf, keras = _imported()
