"""Run an exported network: LiteRT, one poster at a time, which on a CPU is the fastest way."""

from pathlib import Path
from typing import Any

import numpy as np

from posters.errors import ClassifierError, ConfigError
from posters.log import stderr_held_back


class LiteNetwork:
    """A LiteRT network from uint8 posters to probabilities.

    Args:
        path: the .tflite file.
        shape: (height, width, 3) of one poster.
        n_genres: G, the number of outputs.
        threads: that compute one poster.

    Raises:
        ConfigError: threads is below 1, or no whole number.
        ClassifierError: the file is no network, or takes or gives other shapes.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int], n_genres: int, threads: int = 1) -> None:
        if type(threads) is not int or threads < 1:
            raise ConfigError(f"threads must be a whole number from 1 up, but got {threads!r}")
        self._path = path
        self._interpreter = self._opened(shape, threads)
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        if self._input["dtype"] != np.uint8 or tuple(self._output["shape"]) != (1, n_genres):
            raise ClassifierError(
                f"{path} does not take uint8 posters and give {n_genres} probabilities: train it again"
            )

    def _opened(self, shape: tuple[int, int, int], threads: int) -> Any:
        """The interpreter, ready for posters of this shape and no other."""
        from ai_edge_litert.interpreter import Interpreter  # Here, so that --help need not wait for it.

        with stderr_held_back():  # The runtime announces its own acceleration there.
            try:
                interpreter = Interpreter(model_path=str(self._path), num_threads=threads)
                place = interpreter.get_input_details()[0]["index"]
                interpreter.resize_tensor_input(place, [1, *shape], strict=True)
                interpreter.allocate_tensors()
                return interpreter
            except (ValueError, RuntimeError) as error:
                failure = self._failure(error)
        raise failure  # Out here, so that what was held back stays so: this one line says enough.

    def _failure(self, error: Exception) -> ClassifierError:
        failure = ClassifierError(f"{self._path} can't be run ({error}): copy or train the classifier again")
        failure.__cause__ = error
        return failure

    def __call__(self, poster: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (G,), of one poster, uint8 (H, W, 3)."""
        self._interpreter.set_tensor(self._input["index"], poster[None])
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise self._failure(error) from error
        return self._interpreter.get_tensor(self._output["index"])[0]
