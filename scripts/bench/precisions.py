"""Measure the network of a run in fewer bits: what it gains in speed and what it costs in macro mAP.

The macro mAP is that of the run's test posters, which chose nothing of it. The steps of the 8 bits come from validation
posters.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from posters.catalogue import Catalogue
from posters.classifier import Manifest, read_manifest
from posters.metrics import METRICS
from posters.runs import Run
from posters.store.packed_posters import pack
from posters.tasks.scoring import split_catalogue
from scripts.bench.bench import Bench
from scripts.bench.contest import Contest, column, in_turn
from scripts.bench.networks import uncalibrated
from scripts.bench.warm import hold_to, latencies

_STEPS = 100


def contests(bench: Bench) -> Iterator[Contest]:
    """Yield what is timed, each beside its peer."""
    if bench.run is None:
        raise SystemExit("this section judges a trained network: name one by --run")
    hold_to(1)
    run = Run(bench.run)
    manifest = uncalibrated(read_manifest(run.classifier))
    validation, test = (split_catalogue(run, split, bench.images) for split in ("validation", "test"))
    files = _written(run, manifest, _pixels(bench, validation, manifest)[:_STEPS], bench.made("precisions"))
    posters = _pixels(bench, test, manifest)
    from posters.network.export.litert import open_litert

    networks = {name: partial(_probabilities, open_litert(path, manifest)) for name, path in files.items()}
    chance = METRICS["macro_map"](test.multi_hot(), np.tile(manifest.prior, (len(test), 1)))
    maps = {
        name: [METRICS["macro_map"](test.multi_hot(), run_network(posters))] for name, run_network in networks.items()
    }
    note = f"{len(test):,} test posters, each genre's share in training scores {chance:.3f}."
    yield Contest("Macro mAP on test posters", "macro mAP", True, maps, note=note)
    contenders: dict[str, Callable[[], tuple[float, ...]]] = {
        name: latencies(network, posters[:32]) for name, network in networks.items()
    }
    figures = in_turn(contenders, bench.turns, "fewer bits")
    note = "8 bits are slower where the processor has no instructions for them (VNNI), and smaller everywhere."
    yield Contest("One poster at a time, one core: median", "ms", False, column(figures), note=note)
    sizes = {name: [path.stat().st_size / 1e6] for name, path in files.items()}
    yield Contest("Size of the file", "MB", False, sizes)


def _probabilities(network: Callable[[np.ndarray], dict[str, np.ndarray]], posters: np.ndarray) -> np.ndarray:
    return network(posters)["probabilities"]


def _pixels(bench: Bench, catalogue: Catalogue, manifest: Manifest) -> np.ndarray:
    directory = bench.work / f"packed-{catalogue.fingerprint()}"
    return np.asarray(pack(catalogue, directory, manifest.preprocess).posters)


def _written(run: Run, manifest: Manifest, steps: np.ndarray, folder: Path) -> dict[str, Path]:
    from posters.network.export.graph import calibrated_graph
    from posters.network.export.litert import converted, converter_of, write_litert, write_litert_int8
    from posters.network.tensorflow import tf
    from posters.network.weights import keras_network

    model = keras_network(run.classifier, read_manifest(run.classifier))
    files = {name: folder / f"{name}.tflite" for name in ("float32", "float16", "int8")}
    write_litert(model, manifest, files["float32"])
    converter = converter_of(calibrated_graph(model, manifest.calibration))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    files["float16"].write_bytes(converted(converter))
    write_litert_int8(model, manifest, files["int8"], steps)
    return files
