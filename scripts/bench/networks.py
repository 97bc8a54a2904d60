"""The shipped network as every runtime takes it, without calibration, so that all give the same numbers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from posters.calibration import no_calibration
from posters.classifier import Manifest, read_manifest
from posters.classifier.manifest import LIGHT_NETWORK
from posters.classifier.runtime import LiteNetwork
from posters.models import CLASSIFIER

# (N, H, W, 3) uint8 to (N, G).
Predicting = Callable[[np.ndarray], np.ndarray]


def shipped() -> Manifest:
    """Of the classifier that comes with the package."""
    return read_manifest(CLASSIFIER)


def uncalibrated(manifest: Manifest) -> Manifest:
    """Return a manifest whose probabilities are the network's own."""
    return replace(manifest, calibration=no_calibration(manifest.genre_names))


def lite(threads: int, path: Path = CLASSIFIER / LIGHT_NETWORK) -> LiteNetwork:
    """Ours: one poster at a time."""
    manifest = shipped()
    return LiteNetwork(path, manifest.preprocess.shape, len(manifest.genre_names), threads)


def keras_file(folder: Path) -> Path:
    """The network as one .keras file, as whoever works with Keras alone would have it."""
    path = folder / "network.keras"
    if not path.exists():
        from posters.network.weights import keras_network

        keras_network(CLASSIFIER, shipped()).save(path)
    return path


def onnx_file(folder: Path) -> Path:
    """Export the shipped classifier to ONNX, once a folder."""
    path = folder / "network.onnx"
    if not path.exists():
        from posters.network.export.onnx_files import write_onnx
        from posters.network.weights import keras_network

        manifest = shipped()
        write_onnx(keras_network(CLASSIFIER, manifest), uncalibrated(manifest), path)
    return path


def onnx_session(path: Path, threads: int) -> Any:
    """Open an ONNX file with a number of threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def by_onnx_runtime(path: Path, threads: int) -> Predicting:
    """Return a function that predicts by ONNX Runtime."""
    session = onnx_session(path, threads)
    return lambda posters: session.run(None, {"poster": posters})[0]


def openvino_model(path: Path, threads: int, hint: str) -> Any:
    """Compile an ONNX file by OpenVINO for a number of threads."""
    import openvino

    # In float32, as all others; on some processors it would choose shorter numbers by itself.
    options = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": "f32"}
    return openvino.Core().compile_model(path, "CPU", options)


def by_openvino(path: Path, threads: int) -> Predicting:
    """Return a function that predicts by OpenVINO."""
    model = openvino_model(path, threads, "LATENCY")
    return lambda posters: model(posters)[0]


def by_predict(model: Any) -> Predicting:
    """Return a function that predicts by Keras's `predict`."""
    return lambda posters: model.predict(posters, batch_size=32, verbose=0)


def by_tf_function(model: Any) -> Predicting:
    """Return a function that predicts by a compiled `tf.function`."""
    from posters.network.tensorflow import tf

    @tf.function(reduce_retracing=True)
    def compiled(posters: Any) -> Any:
        return model(posters, training=False)

    return lambda posters: compiled(tf.constant(posters)).numpy()


def check_equal(contenders: dict[str, Predicting], posters: np.ndarray) -> None:
    """All of them must say what the first says: speed at other outputs is no speed."""
    expected: np.ndarray | None = None
    for name, predict in contenders.items():
        said = predict(posters)
        expected = said if expected is None else expected
        if not np.abs(said - expected).max() <= 1e-3:
            raise SystemExit(f"{name} gives other probabilities, by up to {np.abs(said - expected).max():.2g}")
