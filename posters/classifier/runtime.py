"""Run a network with LiteRT or ONNX Runtime, one poster at a time: on a CPU, a batch is no faster."""

import ctypes
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posters._base.brief import brief_repr
from posters._base.log import stderr_held_back
from posters._base.optional_imports import require
from posters._base.threads import check_threads
from posters.errors import ClassifierError

# The names of the outputs in the file's signature. A file without a signature has the probabilities alone.
PROBABILITIES, FEATURES, MAPS, NOVELTY = "probabilities", "features", "maps", "novelty"

_DONTNEED = 4  # what Linux calls MADV_DONTNEED


@dataclass(frozen=True, eq=False)
class Outputs:
    """All outputs of a network for one poster.

    Attributes:
        probabilities: float32 (G,), from 0 to 1, uncalibrated.
        features: float32 (F,), the pooled features that the head reads; None if the network has no such output.
        maps: float32 (h, w, G), the class activation map of each genre: what each place adds to the genre's logit, to
            first order; None if the network has no such output.
        novelty: float32 (1,), as `Novelty.of` computes it; None unless the network is an exported one that tells it.

    Examples:
        >>> Outputs(np.array([0.2, 0.9], np.float32), None, None).probabilities.shape
        (2,)
    """

    __repr__ = brief_repr

    probabilities: np.ndarray
    features: np.ndarray | None
    maps: np.ndarray | None
    novelty: np.ndarray | None = None


class Network:
    """A network from uint8 posters to probabilities, and perhaps features, maps or novelty. Not thread-safe.

    Attributes:
        output_names: "probabilities", and perhaps "features", "maps" and "novelty".

    Examples:
        >>> issubclass(LiteNetwork, Network)
        True
    """

    output_names: frozenset[str]

    def __init__(self, path: Path, n_genres: int) -> None:
        self._path = path
        self._n_genres = n_genres

    def __call__(self, poster: np.ndarray) -> np.ndarray:
        """Return the uncalibrated probabilities, float32 (G,), of one poster, uint8 (H, W, 3).

        Raises:
            ClassifierError: the network fails, or what it gives are no probabilities.
        """
        self._run(poster)
        return self._probabilities()

    def outputs(self, poster: np.ndarray) -> Outputs:
        """Return all outputs for one poster, uint8 (H, W, 3).

        Raises:
            ClassifierError: as for the probabilities alone; or another output is not finite.
        """
        self._run(poster)
        others = {name: self._value(name) for name in (FEATURES, MAPS, NOVELTY) if name in self.output_names}
        for name, value in others.items():
            if not np.isfinite(value).all():
                raise self._no_figures(name)
        return Outputs(self._probabilities(), others.get(FEATURES), others.get(MAPS), others.get(NOVELTY))

    def _run(self, poster: np.ndarray) -> None:
        raise NotImplementedError

    def _value(self, name: str) -> np.ndarray:
        raise NotImplementedError

    def _probabilities(self) -> np.ndarray:
        value = self._value(PROBABILITIES)
        # Written so that NaN fails as well. On every call: which posters a damaged network fails for, nobody knows.
        if not (value.shape == (self._n_genres,) and (value >= 0).all() and (value <= 1).all()):
            raise self._no_figures(PROBABILITIES)
        return value

    def _no_figures(self, name: str) -> ClassifierError:
        return ClassifierError(
            f"{self._path} gives {name} that can't be: the network is damaged; copy or train the classifier again"
        )

    def _failure(self, error: Exception) -> ClassifierError:
        # Of the runtime's words the first line: one message is one line.
        reason = str(error).strip().partition("\n")[0]
        failure = ClassifierError(f"{self._path} can't be run ({reason}): copy or train the classifier again")
        failure.__cause__ = error
        return failure

    def _check_shapes(self, pixels: str, shapes: dict[str, tuple[Any, ...]]) -> None:
        n_genres = self._n_genres
        if pixels != "uint8" or shapes.get(PROBABILITIES) != (1, n_genres):
            raise ClassifierError(
                f"{self._path} does not map uint8 posters to {n_genres} probabilities: train the classifier again"
            )
        features, maps = shapes.get(FEATURES, (1, 0)), shapes.get(MAPS, (1, 0, 0, n_genres))
        fit = len(features) == 2 and len(maps) == 4 and maps[3] == n_genres
        if not fit or shapes.get(NOVELTY, (1, 1)) != (1, 1):
            raise ClassifierError(
                f"{self._path} has features, maps or a novelty of an unknown shape: train the classifier again"
            )


class LiteNetwork(Network):
    """A network that LiteRT runs.

    Args:
        path: the .tflite file.
        shape: (height, width, 3) of one poster.
        n_genres: G, the number of probabilities.
        threads: the number of threads that compute one poster.

    Raises:
        ConfigError: threads is below 1, or not a whole number.
        ClassifierError: the file is not a network, or its inputs or outputs have other shapes.

    Examples:
        >>> from posters.models import CLASSIFIER
        >>> network = LiteNetwork(CLASSIFIER / "network.tflite", (288, 192, 3), n_genres=22)
        >>> network(np.zeros((288, 192, 3), np.uint8)).shape
        (22,)
    """

    def __init__(self, path: Path, shape: tuple[int, int, int], n_genres: int, threads: int = 1) -> None:
        check_threads(threads)
        super().__init__(path, n_genres)
        self._interpreter = self._open(shape, threads)
        self._input = self._interpreter.get_input_details()[0]
        self._outputs = self._outputs_by_name()
        shapes = {name: tuple(details["shape"]) for name, details in self._outputs.items()}
        self._check_shapes(np.dtype(self._input["dtype"]).name, shapes)
        self.output_names = frozenset(self._outputs)

    def _open(self, shape: tuple[int, int, int], threads: int) -> Any:
        # Here, so that --help does not wait for it.
        from ai_edge_litert.interpreter import Interpreter

        failure = None
        # The runtime announces its own acceleration there.
        with stderr_held_back():
            try:
                interpreter = Interpreter(model_path=str(self._path), num_threads=threads)
                place = interpreter.get_input_details()[0]["index"]
                interpreter.resize_tensor_input(place, [1, *shape], strict=True)
                interpreter.allocate_tensors()
            except (ValueError, RuntimeError) as error:
                failure = self._failure(error)
        # Outside the block, which would show the runtime's own lines above this one.
        if failure:
            raise failure
        # The runtime has rearranged the weights in memory of its own, and hardly looks into the file again.
        give_back_pages(self._path)
        return interpreter

    def _outputs_by_name(self) -> dict[str, dict[str, Any]]:
        # By name, never by shape: there may be as many features as genres.
        signatures = list(self._interpreter.get_signature_list())
        if len(signatures) == 1:
            return dict(self._interpreter.get_signature_runner(signatures[0]).get_output_details())
        only, *others = self._interpreter.get_output_details()
        return {} if others else {PROBABILITIES: only}

    def _run(self, poster: np.ndarray) -> None:
        self._interpreter.set_tensor(self._input["index"], poster[None])
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise self._failure(error) from error

    def _value(self, name: str) -> np.ndarray:
        value: np.ndarray = self._interpreter.get_tensor(self._outputs[name]["index"])[0]
        return value


def give_back_pages(path: Path) -> None:
    """Have Linux take the pages of a mapped file back from this process; one that is read again comes back by itself.

    The memory of a process counts them as its own, though the system has them for all processes. Elsewhere than on
    Linux, and for a file that is not mapped for reading alone, nothing happens.

    Args:
        path: of the file.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.save(Path(folder) / "rows.npy", np.arange(3))
        ...     rows = np.load(Path(folder) / "rows.npy", mmap_mode="r")
        ...     give_back_pages(Path(folder) / "rows.npy")
        ...     rows.tolist()
        [0, 1, 2]
    """
    real = os.path.realpath(path)
    with suppress(OSError):
        maps = Path("/proc/self/maps").read_text(errors="surrogateescape") if sys.platform == "linux" else ""
        for place, access, *_, name in (line.split(maxsplit=5) for line in maps.splitlines()):
            # What may be written to might be lost.
            if name == real and access.startswith("r--"):
                start, end = (int(address, 16) for address in place.split("-"))
                ctypes.CDLL(None).madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _DONTNEED)


class OnnxNetwork(Network):
    """A network that ONNX Runtime runs, on the processor.

    Args:
        path: the .onnx file.
        shape: (height, width, 3) of one poster.
        n_genres: G, the number of probabilities.
        threads: the number of threads that compute one poster.

    Raises:
        ConfigError: threads is below 1, or not a whole number.
        ClassifierError: the file is not a network, or its inputs or outputs have other shapes.
        MissingExtraError: ONNX Runtime is not installed.

    Examples:
        >>> try:
        ...     OnnxNetwork(Path("none.onnx"), (288, 192, 3), n_genres=22)
        ... except ClassifierError as error:
        ...     print(str(error)[:24])
        none.onnx can't be run (
    """

    def __init__(self, path: Path, shape: tuple[int, int, int], n_genres: int, threads: int = 1) -> None:
        check_threads(threads)
        super().__init__(path, n_genres)
        runtime = require("onnxruntime", "onnxruntime")
        options = runtime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = threads, 4  # What goes wrong is raised as well.
        try:
            self._session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # The runtime has classes of its own for whatever is wrong with a file.
            raise self._failure(error) from error
        self._input, *others = self._session.get_inputs()
        shapes = {value.name: (1, *value.shape[1:]) for value in self._session.get_outputs()}  # (N, ...) of any N
        fits = not others and list(self._input.shape[1:]) == list(shape)
        self._check_shapes("uint8" if fits and self._input.type == "tensor(uint8)" else "", shapes)
        self.output_names = frozenset(shapes) & {PROBABILITIES, FEATURES, MAPS, NOVELTY}

    def _run(self, poster: np.ndarray) -> None:
        names = sorted(self.output_names)
        try:
            values = self._session.run(names, {self._input.name: poster[None]})
        except Exception as error:  # As above.
            raise self._failure(error) from error
        self._given = dict(zip(names, values, strict=True))

    def _value(self, name: str) -> np.ndarray:
        value: np.ndarray = self._given[name][0]
        return value


def network_of(path: Path, shape: tuple[int, int, int], n_genres: int, threads: int = 1) -> Network:
    """Open a network by the runtime of its kind: ONNX Runtime for .onnx, and LiteRT for any other.

    Args:
        path: of the file.
        shape: (height, width, 3) of one poster.
        n_genres: G, the number of probabilities.
        threads: the number of threads that compute one poster.

    Raises:
        ClassifierError: as in `LiteNetwork` and `OnnxNetwork`.

    Examples:
        >>> from posters.models import CLASSIFIER
        >>> type(network_of(CLASSIFIER / "network.tflite", (288, 192, 3), 22)).__name__
        'LiteNetwork'
    """
    kind = OnnxNetwork if path.suffix.lower() == ".onnx" else LiteNetwork
    return kind(path, shape, n_genres, threads)
