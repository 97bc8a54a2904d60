"""Import TensorFlow and Keras once, without the dozen lines that they print when they find no GPU."""

import os
from typing import Any

from posters.extras import require
from posters.log import stderr_held_back

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


def _imported() -> tuple[Any, Any]:
    with stderr_held_back():
        tensorflow, keras = require("tensorflow"), require("keras")
        tensorflow.config.list_physical_devices()  # Looks for GPUs, and complains of each that it can't find.
    tensorflow.get_logger().setLevel("ERROR")
    return tensorflow, keras


tf, keras = _imported()
