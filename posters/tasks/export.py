"""A classifier as one file for another runtime, checked against Keras before anyone gets to see it."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from posters.catalogue import Catalogue
from posters.classifier import Manifest, read_manifest
from posters.classifier.pixels import PosterSource
from posters.errors import ClassifierError, ConfigError
from posters.files import replacing, replacing_directory
from posters.log import logger
from posters.metrics import METRICS
from posters.models import classifier_directory
from posters.runs import Run
from posters.tasks.export_posters import NO_POSTERS, Posters, drawn_posters, of_catalogue, sides_of
from posters.tasks.export_target import Target, find_target, place_of

if TYPE_CHECKING:
    from posters.network.exports import Runtime

# Row and pixels of each poster.
_Decoded: TypeAlias = Iterable[tuple[int, np.ndarray]]
Progress = Callable[[_Decoded, int], _Decoded]

# How far a probability may be from Keras's: as far as that of the light network that every classifier has.
TOLERANCE = 1e-3
# What rounding to 8 bits may cost in macro mAP; where labels are missing, how far it may move probabilities on average.
WORST_LOSS = 0.005
WORST_MEAN = 0.05
_BATCH = 16


@dataclass(frozen=True)
class Export:
    """What was written, and how near it comes to Keras.

    Attributes:
        path: the file, or the folder of the version.
        size: in bytes.
        checked_on: posters, in words.
        largest: difference in a calibrated probability.
        mean: absolute difference.
        macro_map: Keras's and the file's, if labels were there and the file may change it.
    """

    path: Path
    size: int
    checked_on: str
    largest: float
    mean: float
    macro_map: tuple[float, float] | None


def export(
    classifier: str | Path,
    to: str,
    *,
    output: str | Path | None = None,
    posters: Catalogue | Sequence[PosterSource] | None = None,
    images: str | Path | None = None,
    force: bool = False,
    progress: Progress = lambda decoded, total: decoded,
) -> Export:
    """Write a classifier for another runtime: uint8 pixels in, calibrated probabilities out, names and rules inside.

    Args:
        classifier: a run, a classifier directory, or "posters" for the one that comes with the package.
        to: one of `TARGETS`: "litert", "litert-int8", "onnx" or "saved_model".
        output: the file, or for saved_model the folder that gets a version 1; by default named after the classifier,
            in the working directory.
        posters: to check it on, real ones; in 8 bits also to choose steps by, for which others of them are kept. By
            default the validation posters of a run, and else drawn ones, which 8 bits can't do with.
        images: where a run's images lie now, if they were moved.
        force: write over what lies there.
        progress: wraps the posters and their number in a progress bar.

    Raises:
        ConfigError: no such format, something is in the way, or no poster to check it on.
        MissingExtraError: the format needs a package that is not installed.
        ClassifierError: there is no classifier with a Keras network, it is of another version, or what would be
            written differs from it too much: nothing is written then.
    """
    target = find_target(to)
    directory = classifier_directory(classifier)
    manifest = read_manifest(directory)
    place = place_of(target, directory, Path(output) if output else None, force)
    with tempfile.TemporaryDirectory() as drawn:
        checked, steps = _posters(target, directory, manifest, posters, images, Path(drawn))
        from posters.network.opened import keras_network  # Only here, since TensorFlow takes seconds to load.

        model = keras_network(directory, manifest)
        with _written_whole(target, place) as path:
            light = _write(target, model, manifest, path, steps)
            decoded = progress(checked.decoded(manifest.preprocess), len(checked))
            rows, keras_says, given = _both(decoded, lambda pixels: np.asarray(model(pixels, training=False)), light)
            expected = manifest.calibration.apply(keras_says)
            result = _result(target, place, _size(path), checked.take(rows), expected, given)
            _refuse(target, result)
    return result


def _posters(
    target: Target,
    directory: Path,
    manifest: Manifest,
    posters: Catalogue | Sequence[PosterSource] | None,
    images: str | Path | None,
    drawn: Path,
) -> tuple[Posters, Posters]:
    """Posters to check on, and others to choose steps by."""
    run = _run_of(directory)
    if posters is None and run is not None:
        checked, steps = sides_of(run, manifest.genre_names, Path(images) if images else None)
    elif posters is None and not target.rounded:
        logger.warning("without --posters, this is checked on drawn posters, not on real ones")
        checked, steps = drawn_posters(drawn), NO_POSTERS
    else:
        given = _given(target, manifest, posters)
        checked, steps = given.parted() if target.rounded else (given, NO_POSTERS)
    return (checked if target.rounded else checked.few()), steps


def _run_of(classifier: Path) -> Path | None:
    run = Run(classifier.parent)
    return run.path if run.started and run.classifier == classifier else None


def _given(target: Target, manifest: Manifest, posters: Catalogue | Sequence[PosterSource] | None) -> Posters:
    if isinstance(posters, Catalogue):
        return of_catalogue(posters, manifest.genre_names)
    if posters is not None:
        return Posters(tuple(posters), "posters")
    raise ConfigError(
        f"{target.name} needs posters such as it will see, for its 8 bits are spread over what these make of the "
        "network: name some by --posters, a table best, whose labels show what rounding costs"
    )


def _write(target: Target, model: Any, manifest: Manifest, path: Path, steps: Posters) -> "Runtime":
    """Write the file; what runs it."""
    from posters.network.exports import FORMATS

    form = FORMATS[target.name]
    if target.rounded:
        form.write(model, manifest, path, np.stack([pixels for _, pixels in steps.decoded(manifest.preprocess)]))
    else:
        form.write(model, manifest, path)
    return form.open(path, manifest)


def _both(
    decoded: _Decoded, one: Callable[[np.ndarray], np.ndarray], other: Callable[[np.ndarray], np.ndarray]
) -> tuple[list[int], np.ndarray, np.ndarray]:
    """The rows that could be read, and what two networks say of them, (n, G) each; a few posters at a time."""
    rows: list[int] = []
    said: list[tuple[np.ndarray, np.ndarray]] = []
    remaining = iter(decoded)
    while batch := list(islice(remaining, _BATCH)):
        pixels = np.stack([poster for _, poster in batch])
        rows += [row for row, _ in batch]
        said.append((one(pixels), other(pixels)))
    first, second = (np.concatenate(parts) for parts in zip(*said, strict=True))
    return rows, first, second


def _result(
    target: Target, place: Path, size: int, checked: Posters, expected: np.ndarray, given: np.ndarray
) -> Export:
    differences = np.abs(given - expected)
    macro_maps = None
    if target.rounded and checked.y_true is not None and checked.y_true.any():
        macro_map = METRICS["macro_map"]
        macro_maps = (macro_map(checked.y_true, expected), macro_map(checked.y_true, given))
    return Export(place, size, str(checked), float(differences.max()), float(differences.mean()), macro_maps)


def _refuse(target: Target, result: Export) -> None:
    # Each written so that NaN fails as well.
    if not target.rounded:
        fits, reason = result.largest <= TOLERANCE, f"by up to {result.largest:.2g}, and {TOLERANCE:g} is allowed"
    elif result.macro_map is not None:
        loss = result.macro_map[0] - result.macro_map[1]
        fits, reason = loss <= WORST_LOSS, f"by {loss:.4f} of macro mAP, and {WORST_LOSS:g} is allowed"
    else:
        fits, reason = result.mean <= WORST_MEAN, f"by {result.mean:.2g} on average, and {WORST_MEAN:g} is allowed"
    if not fits:
        raise ClassifierError(
            f"as {target.name} the classifier would differ from Keras {reason}, on {result.checked_on}: nothing was "
            f"written; {'try other posters, or litert' if target.rounded else 'please report it'}"
        )


@contextmanager
def _written_whole(target: Target, place: Path) -> Iterator[Path]:
    """A path that takes its place when the block ends well; else nothing is left, and no new folder around it."""
    missing = not place.parent.exists()
    try:
        with (replacing_directory if target.is_folder else replacing)(place) as path:
            yield path
    except BaseException:
        if missing and place.parent.exists() and not any(place.parent.iterdir()):
            place.parent.rmdir()
        raise


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file())
