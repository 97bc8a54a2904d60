"""Write a classifier for another runtime, checked against Keras before anyone gets to see the file."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import numpy as np

from posters._base.atomic_files import replacing, replacing_directory
from posters._base.brief import brief_repr
from posters._base.log import logger
from posters._base.optional_imports import check_installed
from posters.catalogue import Catalogue
from posters.classifier import Classifier, Manifest, load_classifier, read_manifest
from posters.classifier.loading import PosterSource
from posters.classifier.manifest import WEB_NETWORK
from posters.classifier.novelty import NOVELTY, Novelty
from posters.errors import ClassifierError, ConfigError
from posters.metrics import METRICS
from posters.models import classifier_directory
from posters.runs import Run
from posters.tasks.export_posters import NO_POSTERS, CheckPosters, posters_of_catalogue, posters_of_run, sample_posters
from posters.tasks.web_page import check_ready, write_page

# Row and pixels of each poster.
Decoded: TypeAlias = Iterable[tuple[int, np.ndarray]]
# Outputs of a network by name: "probabilities" (n, G), and "novelty" (n, 1) if it has one.
Outputs: TypeAlias = dict[str, np.ndarray]

# How far a probability may be from Keras's: as far as that of the light network that every classifier has.
TOLERANCE = 1e-3
# The same with weights in float16.
HALF_TOLERANCE = 5e-3
# How far a novelty may be from Keras's, as a share of it if it is above 1; in 8 bits it comes as near as it comes.
NOVELTY_TOLERANCE = 0.01
# What rounding to 8 bits may cost in macro mAP; where labels are missing, how far it may move probabilities on average.
WORST_LOSS = 0.005
WORST_MEAN = 0.05
# Versions of ONNX's operators: from the one that is written by default to the last that tf2onnx 1.17 is tested with.
OPSETS = range(13, 19)
_BATCH = 16


@dataclass(frozen=True)
class ExportTarget:
    """One format of export; `posters.network.export.FORMATS` writes it.

    Attributes:
        name: what `--to` calls it.
        suffix: of its name, after that of the classifier.
        rounded: whether it computes in 8 bits, which changes probabilities, and needs posters to choose its steps by.
        halved: whether its weights are float16.
        modules: those that it needs beside TensorFlow, from the extra `onnx`.
        is_folder: whether it is written as a folder.
        version: the folder in it that is written; "" for itself.

    Examples:
        >>> TARGETS["saved_model"].is_folder, TARGETS["litert-int8"].rounded
        (True, True)
    """

    name: str
    suffix: str
    rounded: bool = False
    halved: bool = False
    modules: tuple[str, ...] = ()
    is_folder: bool = False
    version: str = ""


_ONNX = ("onnx", "tf2onnx", "onnxruntime")

TARGETS = {
    target.name: target
    for target in (
        ExportTarget("litert", ".tflite"),
        ExportTarget("litert-int8", "-int8.tflite", rounded=True),
        ExportTarget("onnx", ".onnx", modules=_ONNX),
        # TensorFlow Serving looks for numbered versions, and takes the highest.
        ExportTarget("saved_model", "", is_folder=True, version="1"),
        ExportTarget("web", "-web", halved=True, modules=_ONNX, is_folder=True),
    )
}


@dataclass(frozen=True)
class Export:
    """What was written, and how near it comes to Keras.

    Attributes:
        path: the file, or the folder of the version.
        size: in bytes.
        checked_on: posters, in words.
        largest: largest absolute difference in a calibrated probability.
        mean: mean absolute difference.
        macro_map: Keras's and the file's, if there were labels and the file may change it.
        novelty: largest difference in a novelty, as a share of it if it is above 1; None unless both have one.

    Examples:
        >>> Export(Path("first.tflite"), 9_000_000, "32 posters", 1e-6, 1e-7, None).path.name
        'first.tflite'
    """

    __repr__ = brief_repr

    path: Path
    size: int
    checked_on: str
    largest: float
    mean: float
    macro_map: tuple[float, float] | None
    novelty: float | None = None


def export(
    classifier: str | Path,
    to: str,
    *,
    output: str | Path | None = None,
    posters: Catalogue | Sequence[PosterSource] | None = None,
    images: str | Path | None = None,
    force: bool = False,
    opset: int | None = None,
    progress: Callable[[Decoded, int], Decoded] = lambda decoded, total: decoded,
) -> Export:
    """Write a classifier for another runtime: uint8 pixels in, calibrated probabilities out, names and rules inside.

    Args:
        classifier: a run, a classifier directory, or "posters" for the one that comes with the package.
        to: one of `TARGETS`: "litert", "litert-int8", "onnx", "saved_model" or "web".
        output: the file; for saved_model the folder that gets a version 1, for web the folder of the page; by default
            named after the classifier, in the working directory.
        posters: real ones to check it on; in 8 bits others of them choose the steps. By default the validation posters
            of a run, else six drawn ones that come with the package, which are not enough for 8 bits.
        images: where a run's images are now, if they were moved.
        force: overwrite what is there.
        opset: one of `OPSETS`, the version of ONNX's operators: a newer one for a runtime that asks for it. By default
            13, which the oldest runtimes read.
        progress: wraps the posters and their number in a progress bar.

    Returns:
        What was written, and how near it comes to Keras.

    Raises:
        ConfigError: there is no such format or opset, something is in the way, there is no poster to check it on, or
            npm can't fetch what a page needs.
        MissingExtraError: the format needs a package that is not installed.
        ClassifierError: there is no classifier with a Keras network, it is of another version, or the file would
            differ from it too much: nothing is written then.

    Examples:
        >>> export("posters", "litert", opset=13)
        Traceback (most recent call last):
        posters.errors.ConfigError: there is no opset 13 of litert: onnx alone has opsets, 13 to 18
    """
    if to not in TARGETS:
        raise ConfigError(f"there is no export format {to!r}; there are {', '.join(TARGETS)}")
    if opset is not None and (to != "onnx" or opset not in OPSETS):
        raise ConfigError(f"there is no opset {opset} of {to}: onnx alone has opsets, {OPSETS[0]} to {OPSETS[-1]}")
    target = TARGETS[to]
    check_installed("tensorflow", "keras")
    check_installed(*target.modules, extra="onnx")
    directory = classifier_directory(classifier)
    manifest = read_manifest(directory)
    place = _choose_place(target, directory, Path(output) if output else None, force)
    if to == "web":
        check_ready(place)
    checked, steps = _choose_posters(target, directory, manifest, posters, images)
    # Imported here, since TensorFlow takes seconds to load, and an error above should not wait for it.
    from posters.network.export import FORMATS
    from posters.network.export.graph import keras_outputs
    from posters.network.weights import keras_network

    model = keras_network(directory, manifest)
    novelty = Novelty.read(directory / NOVELTY) if NOVELTY in manifest.files else None
    with _written_whole(target, place) as path:
        to_round = [np.stack([pixels for _, pixels in steps.decoded(manifest.preprocess)])] if target.rounded else []
        chosen = {} if opset is None else {"opset": opset}
        FORMATS[to].write(model, manifest, path, *to_round, novelty=novelty, **chosen)
        if to == "web":
            write_page(path, load_classifier(directory))
        run_file = FORMATS[to].open(path, manifest)
        decoded = progress(checked.decoded(manifest.preprocess), len(checked))
        by_keras = keras_outputs(model, manifest.calibration, novelty)
        rows, expected, given = _predict_by_both(decoded, by_keras, run_file)
        size = sum(file.stat().st_size for file in (path, *path.rglob("*")) if file.is_file())
        result = _compare(target, place, size, checked.take(rows), expected, given)
        # Raised in here, before the file takes its place.
        if reason := too_far(to, result):
            raise ClassifierError(
                f"as {to} the classifier would differ from Keras {reason}, on {result.checked_on}: nothing was "
                f"written; {'try other posters, or litert' if target.rounded else 'please report it'}"
            )
    return result


def check_export(
    classifier: str | Path,
    to: str,
    *,
    output: str | Path | None = None,
    posters: Catalogue | Sequence[PosterSource] | None = None,
    images: str | Path | None = None,
    progress: Callable[[Decoded, int], Decoded] = lambda decoded, total: decoded,
) -> Export:
    """Compare what `export` has written, run by its own runtime, with the classifier it was written from.

    Only a SavedModel needs TensorFlow for that.

    Args:
        classifier: as in `export`.
        to: as in `export`.
        output: the file or folder, as `export` was given it.
        posters: as in `export`.
        images: as in `export`.
        progress: as in `export`.

    Returns:
        How near the two are; `too_far` judges it.

    Raises:
        ConfigError: there is no such format, nothing at that place, or no poster to check it on.
        MissingExtraError: the format's runtime is not installed.
        ClassifierError: one of the two can't be opened, or they have different genres.

    Examples:
        >>> check_export("posters", "onnx", output="none.onnx")
        Traceback (most recent call last):
        posters.errors.ConfigError: there is no none.onnx to check: write it first, or name its place
    """
    if to not in TARGETS:
        raise ConfigError(f"there is no export format {to!r}; there are {', '.join(TARGETS)}")
    target, directory = TARGETS[to], classifier_directory(classifier)
    manifest = read_manifest(directory)
    place = _choose_place(target, directory, Path(output) if output else None, force=True)
    if not place.exists():
        raise ConfigError(f"there is no {place} to check: write it first, or name its place")
    run_file = _opened(to, place, manifest)
    checked, _ = _choose_posters(target, directory, manifest, posters, images)
    decoded = progress(checked.decoded(manifest.preprocess), len(checked))
    rows, expected, given = _predict_by_both(decoded, _outputs_of(load_classifier(directory)), run_file)
    size = sum(file.stat().st_size for file in (place, *place.rglob("*")) if file.is_file())
    return _compare(target, place, size, checked.take(rows), expected, given)


def _opened(to: str, place: Path, manifest: Manifest) -> Callable[[np.ndarray], Outputs]:
    if to == "saved_model":
        check_installed("tensorflow")
        from posters.network.export import FORMATS

        return FORMATS[to].open(place, manifest)
    opened = load_classifier(place / WEB_NETWORK if to == "web" else place)
    if opened.genre_names != manifest.genre_names or opened.manifest.preprocess != manifest.preprocess:
        raise ClassifierError(f"{place} has other genres or another input than the classifier: it is of another one")
    return _outputs_of(opened)


def _outputs_of(classifier: Classifier) -> Callable[[np.ndarray], Outputs]:
    def run(pixels: np.ndarray) -> Outputs:
        found = list(classifier.predict_many(pixels))
        for failed in filter(None, (each.error for each in found)):
            raise failed
        novelties = [[each.novelty] for each in found if each.novelty is not None]
        given = {"probabilities": np.array([[*each.probabilities.values()] for each in found])}
        return {**given, "novelty": np.array(novelties)} if novelties else given

    return run


def _choose_place(target: ExportTarget, classifier: Path, output: Path | None, force: bool) -> Path:
    """Return the file to write, or the folder to fill; refuse one that is taken or of another kind."""
    directory = classifier.resolve()
    # A run keeps its classifier in a folder of that name, which does not tell one run from another.
    name = directory.parent.name if directory.name == "classifier" else directory.name
    chosen = Path(name + target.suffix) if output is None else Path(output)
    if not target.is_folder and chosen.is_dir():
        chosen = chosen / (name + target.suffix)
    place = chosen / target.version
    if target.is_folder and chosen.exists() and not chosen.is_dir():
        raise ConfigError(f"{chosen} is a file, and {target.name} is a folder: choose another --output")
    if not target.is_folder and place.is_dir():
        raise ConfigError(f"{place} is a folder, and {target.name} is a file: choose another --output")
    if place.exists() and not force and (place.is_file() or any(place.iterdir())):
        raise ConfigError(f"{place} exists already: choose another --output, or overwrite it with --force")
    return place


def _choose_posters(
    target: ExportTarget,
    directory: Path,
    manifest: Manifest,
    posters: Catalogue | Sequence[PosterSource] | None,
    images: str | Path | None,
) -> tuple[CheckPosters, CheckPosters]:
    """Return the posters to check on, and others to choose the steps of 8 bits by."""
    run = Run(directory.parent)
    if posters is None and run.started and run.classifier == directory:
        checked, steps = posters_of_run(run, manifest.genre_names, Path(images) if images else None)
    elif posters is None and not target.rounded:
        logger.warning("without --posters, this is checked on six drawn posters, not on real ones")
        checked, steps = sample_posters(), NO_POSTERS
    elif posters is None:
        raise ConfigError(
            f"{target.name} needs posters like those that it will see, since its 8 bits are spread over the network's "
            "activations on them: name some by --posters, best a table, whose labels show what rounding costs"
        )
    else:
        if isinstance(posters, Catalogue):
            given = posters_of_catalogue(posters, manifest.genre_names)
        else:
            given = CheckPosters(tuple(posters), "posters")
        checked, steps = given.split_off_steps() if target.rounded else (given, NO_POSTERS)
    # Rounding is judged by all posters; any mistake of a conversion shows on a few.
    return (checked if target.rounded else checked.few()), steps


def _predict_by_both(
    decoded: Decoded, one: Callable[[np.ndarray], Outputs], other: Callable[[np.ndarray], Outputs]
) -> tuple[list[int], Outputs, Outputs]:
    """Return the rows that could be read, and what two networks predict of them; a few at a time."""
    rows: list[int] = []
    predicted: list[tuple[Outputs, Outputs]] = []
    remaining = iter(decoded)
    while batch := list(islice(remaining, _BATCH)):
        pixels = np.stack([poster for _, poster in batch])
        rows += [row for row, _ in batch]
        predicted.append((one(pixels), other(pixels)))
    first, second = (
        {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        for parts in zip(*predicted, strict=True)
    )
    return rows, first, second


def _compare(
    target: ExportTarget, place: Path, size: int, checked: CheckPosters, expected: Outputs, given: Outputs
) -> Export:
    differences = {name: np.abs(given[name] - expected[name]) for name in expected.keys() & given.keys()}
    macro_maps = None
    if target.rounded and checked.y_true is not None and (checked.y_true == 1).any():
        macro_map = METRICS["macro_map"]
        first, second = (macro_map(checked.y_true, each["probabilities"]) for each in (expected, given))
        macro_maps = (first, second)
    # Of 30, a hundredth is no more than of 1: both are far beyond the threshold.
    novelty = (
        float((differences["novelty"] / np.maximum(expected["novelty"], 1)).max()) if "novelty" in differences else None
    )
    of_each = differences["probabilities"]
    return Export(place, size, str(checked), float(of_each.max()), float(of_each.mean()), macro_maps, novelty)


def too_far(to: str, result: Export) -> str:
    """Return by how much an export differs too much from its classifier, in words; "" if it is near enough.

    Args:
        to: its format.
        result: how near it comes.

    Examples:
        >>> too_far("onnx", Export(Path("first.onnx"), 9_000_000, "32 posters", 0.25, 1e-7, None))
        'by up to 0.25, and 0.001 is allowed'
    """
    target = TARGETS[to]
    # Each written so that NaN fails as well.
    if not target.rounded:
        allowed = HALF_TOLERANCE if target.halved else TOLERANCE
        fits, reason = result.largest <= allowed, f"by up to {result.largest:.2g}, and {allowed:g} is allowed"
        if fits and result.novelty is not None:
            fits = result.novelty <= NOVELTY_TOLERANCE
            reason = f"by up to {result.novelty:.2g} of the novelty, and {NOVELTY_TOLERANCE:g} is allowed"
    elif result.macro_map is not None:
        loss = result.macro_map[0] - result.macro_map[1]
        fits, reason = loss <= WORST_LOSS, f"by {loss:.4f} of macro mAP, and {WORST_LOSS:g} is allowed"
    else:
        fits, reason = result.mean <= WORST_MEAN, f"by {result.mean:.2g} on average, and {WORST_MEAN:g} is allowed"
    return "" if fits else reason


@contextmanager
def _written_whole(target: ExportTarget, place: Path) -> Iterator[Path]:
    """Yield a path that takes its place if the block succeeds; else leave nothing, and no new folder around it."""
    missing = not place.parent.exists()
    try:
        with (replacing_directory if target.is_folder else replacing)(place) as path:
            yield path
    except BaseException:
        if missing and place.parent.exists() and not any(place.parent.iterdir()):
            place.parent.rmdir()
        raise
