"""Run an exported network: LiteRT, one poster at a time, which on a CPU is the fastest way."""

from pathlib import Path

import numpy as np

from posters.errors import ClassifierError
from posters.log import stderr_held_back


class LiteNetwork:
    """A LiteRT network from uint8 posters to probabilities.

    Args:
        path: the .tflite file.
        shape: (height, width, 3) of one poster.
        n_genres: G, the number of outputs.
        threads: that compute one poster.

    Raises:
        ClassifierError: the file is no network, or takes or gives other shapes.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int], n_genres: int, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter  # Here, so that --help need not wait for it.

        try:
            with stderr_held_back():  # The runtime announces its own acceleration there.
                self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
                self._input = self._interpreter.get_input_details()[0]
                self._interpreter.resize_tensor_input(self._input["index"], [1, *shape])
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ClassifierError(f"{path} can't be run ({error}): copy or train the classifier again") from error
        self._output = self._interpreter.get_output_details()[0]
        if self._input["dtype"] != np.uint8 or tuple(self._output["shape"]) != (1, n_genres):
            raise ClassifierError(
                f"{path} does not take uint8 posters and give {n_genres} probabilities: train it again"
            )

    def __call__(self, poster: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (G,), of one poster, uint8 (H, W, 3)."""
        self._interpreter.set_tensor(self._input["index"], poster[None])
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output["index"])[0]
