"""Open a classifier directory and predict with it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from posters._base.optional_imports import check_installed
from posters._base.text import counted, did_you_mean
from posters._base.threads import threads_or_cores
from posters.classifier.batch import check_genres, collect_scores, compute_each
from posters.classifier.explanation import Explanation, explain_map
from posters.classifier.exported import SAVED_MODEL, exported_network, read_export
from posters.classifier.interpreters import InterpreterPool
from posters.classifier.isolated import IsolatedNetwork, isolated_if_possible, saved_model
from posters.classifier.loading import LoadedPoster, PosterSource, load_pixels, load_poster
from posters.classifier.manifest import LIGHT_NETWORK, MANIFEST, Manifest, read_manifest
from posters.classifier.novelty import NOVELTY, Novelty
from posters.classifier.predictions import Decide, Features, Prediction, Predictions, choose_rule, predicted_genres
from posters.classifier.runtime import FEATURES, MAPS, Network, Outputs, network_of
from posters.classifier.trial import check_network, is_foreign
from posters.config import PreprocessConfig
from posters.errors import ClassifierError, ConfigError, ImageError
from posters.models import POSTERS, classifier_directory
from posters.scores import Scores
from posters.thresholds import Rule

if TYPE_CHECKING:
    from posters.catalogue import Catalogue

ResultT = TypeVar("ResultT")
LoadedT = TypeVar("LoadedT")


class Classifier:
    """A trained network with everything needed to use it. Opened by `load_classifier`; safe to share among threads.

    Pickled, for other processes of this machine, it is its directory, which they open anew.

    Attributes:
        directory: the classifier directory, or the exported file or folder.
        manifest: genre names, preprocessing, thresholds, figures and provenance.
        opened_with: the options that `load_classifier` was given.

    Examples:
        >>> classifier = load_classifier()
        >>> len(classifier.genre_names)
        22
    """

    def __init__(self, directory: Path, manifest: Manifest, networks: InterpreterPool, **opened_with: Any) -> None:
        self.directory = directory
        self.manifest = manifest
        self.opened_with = opened_with
        self._networks = networks

    def __repr__(self) -> str:
        return f"Classifier({str(self.directory)!r}, {counted(len(self.genre_names), 'genre')})"

    def __reduce__(self) -> tuple[Callable[[Path], "Classifier"], tuple[Path]]:
        # Interpreters can't be copied to another process: it opens the directory anew, and checks it as any other.
        return partial(load_classifier, **self.opened_with), (self.directory.resolve(),)

    @property
    def name(self) -> str:
        """The name of the directory or exported file; of the run, for a classifier inside a run."""
        # A run keeps its classifier in a folder called "classifier", a name that identifies nothing.
        directory = self.directory.resolve()
        if directory.is_file():
            return directory.stem
        # So does a SavedModel with its versions.
        return directory.parent.name if directory.name == "classifier" or directory.name.isdecimal() else directory.name

    @property
    def identity_file(self) -> Path:
        """The file that differs between any two classifiers."""
        return exported_network(self.directory) or self.directory / MANIFEST

    @property
    def network_file(self) -> Path:
        """The file of the network that predicts."""
        return exported_network(self.directory) or self.directory / LIGHT_NETWORK

    @property
    def genre_names(self) -> tuple[str, ...]:
        """The genres that the classifier knows, in the order of its probabilities."""
        return self.manifest.genre_names

    @property
    def interpreters(self) -> int:
        """The number of posters that are computed at a time."""
        return self._networks.size

    @cached_property
    def _novelty(self) -> Novelty | None:
        if NOVELTY not in self.manifest.files or FEATURES not in self._networks.outputs:
            return None
        return Novelty.read(self.directory / NOVELTY)

    @property
    def explains(self) -> bool:
        """Whether `explain` works; old classifiers and networks without average pooling have no maps."""
        return MAPS in self._networks.outputs

    def predict(
        self,
        poster: PosterSource,
        rule: str | Rule | None = None,
        *,
        top: int | None = None,
        threshold: float | None = None,
    ) -> Prediction:
        """Predict the genres of one poster.

        Args:
            poster: a path, a URL (http, https or data), an image file's bytes, a file open for reading bytes, a PIL
                image, or a uint8 array (H, W, 3) of RGB, not OpenCV's BGR, (H, W, 1) or (H, W). `posters.decode` makes
                of a path the array with the very same prediction; an array of the whole image is resized alike, but a
                large JPEG is read at a reduced scale, upright, which for small networks moves probabilities by 0.02.
            rule: the rule that decides, or its name in `manifest.rules`; by default the first.
            top: predict this many genres instead, the likeliest, whatever their probabilities.
            threshold: predict every genre of at least this probability instead, from 0 to 1.

        Raises:
            ImageError: the poster can't be downloaded, read or decoded.
            ConfigError: there is no such rule, top or threshold is out of range, or more than one of them is given.

        Examples:
            >>> white = np.full((600, 400, 3), 255, np.uint8)
            >>> len(load_classifier().predict(white, top=2).genres)
            2
        """
        decide = choose_rule(self.manifest, rule, top, threshold)
        pixels = load_pixels(poster, self.manifest.preprocess)
        outputs = self._networks.for_one(lambda network: network.outputs(pixels))
        return self._prediction(poster, outputs, decide)

    async def predict_async(
        self,
        poster: PosterSource,
        rule: str | Rule | None = None,
        *,
        top: int | None = None,
        threshold: float | None = None,
    ) -> Prediction:
        """Predict the genres of one poster in a thread, so that an event loop goes on meanwhile.

        As many are computed at a time as `load_classifier(interpreters=N)` or `threads` allows; the others wait.

        Args:
            poster: as in `predict`.
            rule: as in `predict`.
            top: as in `predict`.
            threshold: as in `predict`.

        Raises:
            ImageError: as in `predict`.
            ConfigError: as in `predict`.

        Examples:
            >>> import asyncio
            >>> white = np.full((600, 400, 3), 255, np.uint8)
            >>> len(asyncio.run(load_classifier().predict_async(white, top=2)).genres)
            2
        """
        # Here, since whoever predicts without an event loop need not load one.
        from asyncio import to_thread

        return await to_thread(self.predict, poster, rule, top=top, threshold=threshold)

    def predict_many(
        self,
        posters: Iterable[PosterSource],
        rule: str | Rule | None = None,
        *,
        top: int | None = None,
        threshold: float | None = None,
    ) -> Predictions:
        """Predict the genres of many posters, in their order, while threads download and decode the next ones.

        A poster that can't be read does not stop the others: its prediction has an `error`. Memory does not grow with
        the number of posters, because only a few dozen are taken ahead.

        Args:
            posters: any mix of what `predict` takes. An ImageError among them counts as a poster that can't be read.
            rule: as in `predict`.
            top: as in `predict`.
            threshold: as in `predict`.

        Raises:
            ConfigError: as in `predict`, before the first poster is taken.

        Examples:
            >>> [prediction.error is None for prediction in load_classifier().predict_many(["missing.jpg"])]
            [False]
        """
        # Not a generator itself, so that a wrong option is refused right away.
        decide = choose_rule(self.manifest, rule, top, threshold)
        results = self._compute_each(posters, load_pixels, Network.outputs)
        return Predictions(
            _unreadable(poster, result) if isinstance(result, ImageError) else self._prediction(poster, result, decide)
            for poster, result in results
        )

    def explain(self, poster: PosterSource, genre: str | None = None) -> Explanation:
        """Explain where on a poster the probability of a genre comes from, whether or not the genre is predicted.

        Args:
            poster: as in `predict`.
            genre: one of `genre_names`; by default the likeliest predicted one, or the likeliest of all.

        Raises:
            ImageError: as in `predict`.
            ConfigError: the classifier does not know the genre.
            ClassifierError: the classifier can't explain.

        Examples:
            >>> load_classifier().explain(np.zeros((600, 400, 3), np.uint8), "Horror").size
            (400, 600)
        """
        self._check_output(MAPS)
        if genre not in (None, *self.genre_names):
            meant = did_you_mean(str(genre), self.genre_names, ", but {}")
            raise ConfigError(f"the classifier has no genre {genre!r}{meant}")
        loaded = load_poster(poster, self.manifest.preprocess)
        outputs = self._networks.for_one(lambda network: network.outputs(loaded.pixels))
        prediction = self._prediction(poster, outputs, choose_rule(self.manifest))
        if genre is None:
            probabilities = prediction.probabilities
            genre = prediction.genres[0] if prediction.genres else max(probabilities, key=probabilities.__getitem__)
        return self._explanation(genre, prediction, outputs, loaded.size)

    def explain_many(
        self,
        posters: Iterable[PosterSource],
        rule: str | Rule | None = None,
        *,
        top: int | None = None,
        threshold: float | None = None,
    ) -> Iterator[Prediction]:
        """Predict as `predict_many` does, and explain every predicted genre.

        Args:
            posters: as in `predict_many`.
            rule: as in `predict`.
            top: as in `predict`.
            threshold: as in `predict`.

        Raises:
            ConfigError: as in `predict_many`.
            ClassifierError: the classifier can't explain; before the first poster is taken.

        Examples:
            >>> black = np.zeros((600, 400, 3), np.uint8)
            >>> [len(found.explanations) for found in load_classifier().explain_many([black], top=2)]
            [2]
        """
        decide = choose_rule(self.manifest, rule, top, threshold)
        self._check_output(MAPS)

        def compute(network: Network, loaded: LoadedPoster) -> Prediction:
            outputs = network.outputs(loaded.pixels)
            prediction = self._prediction(None, outputs, decide)
            explanations = [self._explanation(genre, prediction, outputs, loaded.size) for genre in prediction.genres]
            return replace(prediction, explanations=tuple(explanations), source=loaded.source)

        results = self._compute_each(posters, load_poster, compute)
        return (
            _unreadable(poster, result) if isinstance(result, ImageError) else replace(result, poster=poster)
            for poster, result in results
        )

    def features(self, poster: PosterSource) -> np.ndarray:
        """Return the pooled features that the network's head reads: posters that look alike have similar features.

        Args:
            poster: as in `predict`.

        Returns:
            float32 (F,).

        Raises:
            ImageError: as in `predict`.
            ClassifierError: the network has no such output.

        Examples:
            >>> load_classifier().features(np.zeros((600, 400, 3), np.uint8)).ndim
            1
        """
        self._check_output(FEATURES)
        pixels = load_pixels(poster, self.manifest.preprocess)
        return self._networks.for_one(lambda network: self._features(network, pixels))

    def features_of_many(self, posters: Iterable[PosterSource]) -> Iterator[Features]:
        """Return the features of many posters, prefetched and with errors as values, as in `predict_many`.

        Args:
            posters: as in `predict_many`.

        Raises:
            ClassifierError: as in `features`, before the first poster is taken.

        Examples:
            >>> black = np.zeros((600, 400, 3), np.uint8)
            >>> [found.features.dtype.name for found in load_classifier().features_of_many([black])]
            ['float32']
        """
        self._check_output(FEATURES)
        results = self._compute_each(posters, load_pixels, self._features)
        return (
            Features(poster, error=result) if isinstance(result, ImageError) else Features(poster, result)
            for poster, result in results
        )

    def observe_many(self, posters: Iterable[PosterSource]) -> Iterator[tuple[np.ndarray, np.ndarray] | ImageError]:
        """Return features, float32 (F,), and calibrated probabilities, float64 (G,), of many posters, computed once.

        Args:
            posters: as in `predict_many`.

        Raises:
            ClassifierError: as in `features`, before the first poster is taken.

        Examples:
            >>> black = np.zeros((600, 400, 3), np.uint8)
            >>> [probabilities.shape for _, probabilities in load_classifier().observe_many([black])]
            [(22,)]
        """
        self._check_output(FEATURES)

        def compute(network: Network, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            outputs = network.outputs(pixels)
            return self._features_of(outputs), self.manifest.calibration.apply(outputs.probabilities[None])[0]

        return (result for _, result in self._compute_each(posters, load_pixels, compute))

    def decide(self, y_score: np.ndarray, rule: str | Rule | None = None) -> np.ndarray:
        """Return the decisions of a rule.

        Args:
            y_score: calibrated probabilities (N, G).
            rule: as in `predict`; by default a softmax head is decided by its argmax.

        Returns:
            uint8 (N, G).

        Raises:
            ConfigError: there is no such rule.

        Examples:
            >>> load_classifier().decide(np.zeros((1, 22)), "f1").sum().item()
            0
        """
        return choose_rule(self.manifest, rule)(y_score)

    def calibrate(self, uncalibrated: Scores) -> Scores:
        """Return the network's own scores as calibrated probabilities.

        Args:
            uncalibrated: as from `score_uncalibrated`.

        Examples:
            >>> classifier = load_classifier()
            >>> scores = Scores(("1",), classifier.genre_names, np.full((1, 22), 0.5))
            >>> classifier.calibrate(scores).y_score.shape
            (1, 22)
        """
        return self.manifest.calibration.of(uncalibrated)

    def score(self, catalogue: "Catalogue", progress: "Callable[[Catalogue], Catalogue]" = lambda rows: rows) -> Scores:
        """Return the calibrated scores of the readable posters of a catalogue; see `score_uncalibrated`."""
        return self.calibrate(self.score_uncalibrated(catalogue, progress))

    def score_uncalibrated(
        self, catalogue: "Catalogue", progress: "Callable[[Catalogue], Catalogue]" = lambda rows: rows
    ) -> Scores:
        """Return the network's own scores of the readable posters of a catalogue; log and leave out the others.

        Args:
            catalogue: must have no genre that the classifier does not know. Genres that it lacks have no positives.
            progress: wraps the rows in a progress bar, as `tqdm` does.

        Raises:
            ScoresError: the catalogue has an unknown genre, or no readable poster.
        """
        check_genres(catalogue, self.genre_names, self.directory)
        rows, preprocess = progress(catalogue), self.manifest.preprocess
        results = compute_each(rows, catalogue.image_path, load_pixels, Network.__call__, self._networks, preprocess)
        return collect_scores(results, catalogue, self.genre_names)

    def _compute_each(
        self,
        posters: Iterable[PosterSource],
        load: Callable[[PosterSource, PreprocessConfig], LoadedT],
        compute: Callable[[Network, LoadedT], ResultT],
    ) -> Iterator[tuple[PosterSource, ResultT | ImageError]]:
        return compute_each(posters, lambda poster: poster, load, compute, self._networks, self.manifest.preprocess)

    def _prediction(self, poster: "PosterSource | None", outputs: Outputs, decide: Decide) -> Prediction:
        """Calibrate and decide on the network's probabilities."""
        y_score = self.manifest.calibration.apply(outputs.probabilities[None])[0]
        return Prediction(
            genres=predicted_genres(y_score, self.genre_names, decide),
            probabilities=dict(zip(self.genre_names, y_score.tolist(), strict=True)),
            poster=poster,
            novelty=self._novelty_of(outputs),
        )

    def _novelty_of(self, outputs: Outputs) -> float | None:
        found = outputs.novelty  # of an exported network, which computes it itself
        if found is None and self._novelty is not None and outputs.features is not None:
            found = self._novelty.of(outputs.features[None])
        return None if found is None else round(float(found[0]), 3)

    def _explanation(self, genre: str, prediction: Prediction, outputs: Outputs, size: tuple[int, int]) -> Explanation:
        if outputs.maps is None:
            raise _lacks(MAPS, self.directory)
        heat = np.ascontiguousarray(outputs.maps[..., self.genre_names.index(genre)])
        return explain_map(genre, prediction.probabilities[genre], heat, size, self.manifest.preprocess)

    def _features(self, network: Network, pixels: np.ndarray) -> np.ndarray:
        return self._features_of(network.outputs(pixels))

    def _features_of(self, outputs: Outputs) -> np.ndarray:
        if outputs.features is None:
            raise _lacks(FEATURES, self.directory)
        return outputs.features

    def _check_output(self, name: str) -> None:
        if name not in self._networks.outputs:
            raise _lacks(name, self.directory)


def _unreadable(poster: PosterSource, error: ImageError) -> Prediction:
    return Prediction((), {}, poster, error)


def _lacks(name: str, directory: Path) -> ClassifierError:
    if exported_network(directory):
        return ClassifierError(f"{directory} gives no {name}, as an exported network: use the classifier itself")
    return ClassifierError(f"the classifier in {directory} has no {name}: train it again with this version")


def load_classifier(
    directory: str | Path = POSTERS,
    threads: int | None = None,
    *,
    interpreters: int | None = None,
    isolate: bool | None = None,
) -> Classifier:
    """Open a classifier.

    Args:
        directory: a classifier directory, or a run that holds one; "posters" is the classifier of the package, and
            "hf://owner/name@revision" one of the Hugging Face Hub, which is downloaded once. Or what
            `posters export` wrote: .tflite, .onnx, which needs the extra `onnxruntime`, or the folder of a SavedModel,
            which needs the extra `train` and has TensorFlow in a process of its own.
        threads: the number of threads that compute, together on a single poster, or each on one of many. By default one
            for a single poster, and the cores for many. The probabilities do not depend on it.
        interpreters: for servers, instead of threads: open this many networks now, each of which computes one poster
            at a time on one thread.
        isolate: give each network a process of its own, which is replaced if the network crashes; None does so unless
            the classifier comes with the package or was written by this installation, or the system allows no process.

    Returns:
        A classifier that any number of threads may share. No more posters are computed at a time than `threads` or
        `interpreters` allows; other callers wait.

    Raises:
        ClassifierError: this is not a classifier, a file is missing or changed, its format is unknown, or its network
            can't be run; or an exported file tells too little of itself.
        ConfigError: threads or interpreters is below 1.
        MissingExtraError: ONNX Runtime or TensorFlow is not installed.

    Examples:
        >>> load_classifier("posters", threads=1).manifest.head
        'sigmoid'
    """
    directory = classifier_directory(directory)
    exported = exported_network(directory)
    network = exported or directory / LIGHT_NETWORK
    manifest = read_export(network) if exported else read_manifest(directory)
    for name, module, extra in ((".onnx", "onnxruntime", "onnxruntime"), (".pb", "tensorflow", "train")):
        if network.suffix.lower() == name:
            check_installed(module, extra=extra)
    shape, n_genres = manifest.preprocess.shape, len(manifest.genre_names)
    if network.name == SAVED_MODEL:  # In one process with all threads: each takes a gigabyte.
        all_threads = threads_or_cores(threads if interpreters is None else interpreters)
        networks = InterpreterPool(lambda _: saved_model(network, shape, n_genres, all_threads), interpreters=1)
    else:
        check_network(network, manifest)
        isolated = is_foreign(network, manifest) if isolate is None else isolate
        # A server insists: it has an option not to.
        insists = isolate or interpreters is not None
        kind: Callable[..., Network] = (
            network_of if not isolated else IsolatedNetwork if insists else isolated_if_possible
        )
        networks = InterpreterPool(lambda count: kind(network, shape, n_genres, count), threads, interpreters)
    return Classifier(directory, manifest, networks, threads=threads, interpreters=interpreters, isolate=isolate)
