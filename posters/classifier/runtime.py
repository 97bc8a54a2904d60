"""Run an exported network: LiteRT, one poster at a time, which on a CPU is the fastest way."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posters.cores import check_threads
from posters.errors import ClassifierError
from posters.log import stderr_held_back

# The outputs by the names that the file's signature gives them. A file without a signature has the first one alone.
PROBABILITIES, FEATURES, MAPS = "probabilities", "features", "maps"


@dataclass(frozen=True, eq=False)
class Outputs:
    """All that a network gives of one poster.

    Attributes:
        probabilities: float32 (G,), from 0 to 1, uncalibrated.
        features: float32 (F,), the pooled features that its head reads; None if it gives none.
        maps: float32 (h, w, G), the class activation map of each genre: what each place adds to the genre's logit, to
            first order; None if it gives none.
    """

    probabilities: np.ndarray
    features: np.ndarray | None
    maps: np.ndarray | None


class LiteNetwork:
    """A LiteRT network from uint8 posters to probabilities, and perhaps more.

    Args:
        path: the .tflite file.
        shape: (height, width, 3) of one poster.
        n_genres: G, the number of probabilities.
        threads: that compute one poster.

    Attributes:
        gives: the names of its outputs: "probabilities", and perhaps "features" and "maps".

    Raises:
        ConfigError: threads is below 1, or no whole number.
        ClassifierError: the file is no network, or takes or gives other shapes.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int], n_genres: int, threads: int = 1) -> None:
        check_threads(threads)
        self._path = path
        self._interpreter = self._opened(shape, threads)
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = self._named_outputs()
        self._check(n_genres)
        self.gives = frozenset(self._outputs)

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

    def _named_outputs(self) -> dict[str, dict[str, Any]]:
        """Each output's details by its name. Never told by shape: features may be as many as genres."""
        signatures = list(self._interpreter.get_signature_list())
        if len(signatures) == 1:
            return dict(self._interpreter.get_signature_runner(signatures[0]).get_output_details())
        only, *others = self._interpreter.get_output_details()
        return {} if others else {PROBABILITIES: only}

    def _check(self, n_genres: int) -> None:
        shapes = {name: tuple(details["shape"]) for name, details in self._outputs.items()}
        if self._input["dtype"] != np.uint8 or shapes.get(PROBABILITIES) != (1, n_genres):
            raise ClassifierError(
                f"{self._path} does not take uint8 posters and give {n_genres} probabilities: train it again"
            )
        features, maps = shapes.get(FEATURES, (1, 0)), shapes.get(MAPS, (1, 0, 0, n_genres))
        if len(features) != 2 or len(maps) != 4 or maps[3] != n_genres:
            raise ClassifierError(f"{self._path} gives features or maps of another shape than is known: train it again")

    def __call__(self, poster: np.ndarray) -> np.ndarray:
        """Probabilities, float32 (G,), of one poster, uint8 (H, W, 3)."""
        self._invoke(poster)
        return self._value(PROBABILITIES)

    def outputs(self, poster: np.ndarray) -> Outputs:
        """All that it gives of one poster, uint8 (H, W, 3)."""
        self._invoke(poster)
        features, maps = (self._value(name) if name in self.gives else None for name in (FEATURES, MAPS))
        return Outputs(self._value(PROBABILITIES), features, maps)

    def _invoke(self, poster: np.ndarray) -> None:
        self._interpreter.set_tensor(self._input["index"], poster[None])
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise self._failure(error) from error

    def _value(self, name: str) -> np.ndarray:
        return self._interpreter.get_tensor(self._outputs[name]["index"])[0]
