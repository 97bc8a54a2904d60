"""Open a classifier directory and predict with it."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from posters.classifier.choosing import Choice, choice
from posters.classifier.explanation import Explanation, explanation
from posters.classifier.manifest import LIGHT_NETWORK, Manifest, read_manifest
from posters.classifier.many import each
from posters.classifier.networks import Networks
from posters.classifier.pixels import AtHand, PosterSource, brought, pixels_of
from posters.classifier.results import Features, Prediction, Result
from posters.classifier.runtime import FEATURES, MAPS, LiteNetwork, Outputs
from posters.config import PreprocessConfig
from posters.errors import ClassifierError, ConfigError, ImageError
from posters.images import ImageSource
from posters.models import POSTERS, classifier_directory
from posters.scores import Scores

if TYPE_CHECKING:
    from posters.catalogue import Catalogue

_R = TypeVar("_R")
_Read = TypeVar("_Read")


class Classifier:
    """A trained network with all that is needed to use it. Made by `load_classifier`.

    Attributes:
        directory: where it lies.
        manifest: genre names, preprocessing, thresholds, figures and provenance.
    """

    def __init__(self, directory: Path, manifest: Manifest, networks: Networks) -> None:
        self.directory = directory
        self.manifest = manifest
        self._networks = networks

    def __repr__(self) -> str:
        return f"Classifier({str(self.directory)!r}, {len(self.genre_names)} genres)"

    @property
    def genre_names(self) -> tuple[str, ...]:
        """The genres that it knows, in the order of its probabilities."""
        return self.manifest.genre_names

    def predict(
        self,
        poster: PosterSource,
        rule: str | None = None,
        *,
        top: int | None = None,
        threshold: float | None = None,
    ) -> Prediction:
        """Predict one poster.

        Args:
            poster: a path, a URL (http or https), an image file's bytes, a PIL image, or a uint8 array (H, W, 3),
                (H, W, 1) or (H, W).
            rule: which thresholds decide; those of `manifest.rules`, by name.
            top: say this many genres instead, the likeliest, whatever their probabilities.
            threshold: say every genre of this probability or more instead, from 0 to 1.

        Raises:
            ImageError: it can't be fetched, read or decoded.
            ConfigError: there is no such rule, top or threshold, or more than one of them is given.
        """
        chosen = choice(self.manifest, rule, top, threshold)
        pixels = pixels_of(poster, self.manifest.preprocess)
        with self._networks.for_one() as network:
            return self._prediction(network(pixels), chosen)

    def predict_many(
        self,
        posters: Iterable[PosterSource],
        rule: str | None = None,
        *,
        top: int | None = None,
        threshold: float | None = None,
    ) -> Iterator[Result]:
        """Predict posters, as many at a time as the classifier was opened for, while threads fetch and decode others.

        A poster that can't be read ends nothing: its result has an `error`. Memory doesn't grow with their number, for
        posters are taken from their iterator only a few dozen before their results are given back.

        Args:
            posters: any mix of what `predict` takes. An ImageError among them counts as a poster that can't be read.
            rule: as in `predict`; so are top and threshold.
            top: as in `predict`.
            threshold: as in `predict`.

        Returns:
            a result for each poster, in their order.

        Raises:
            ConfigError: as in `predict`, before the first poster is taken.
        """
        return self._results(posters, choice(self.manifest, rule, top, threshold))

    def _results(self, posters: Iterable[PosterSource], chosen: Choice) -> Iterator[Result]:
        def predicted(network: LiteNetwork, pixels: np.ndarray) -> Prediction:
            return self._prediction(network(pixels), chosen)

        for poster, found in self._each(posters, pixels_of, predicted):
            yield Result(poster, error=found) if isinstance(found, ImageError) else Result(poster, found)

    @property
    def explains(self) -> bool:
        """Whether `explain` and `explain_many` can be used: classifiers of older versions, and of networks that don't
        pool by average, can't."""
        return MAPS in self._networks.gives

    def explain(self, poster: PosterSource, genre: str) -> Explanation:
        """Where on a poster the probability of a genre comes from, whether or not the genre is said.

        Args:
            poster: as in `predict`.
            genre: one of `genre_names`.

        Raises:
            ImageError: as in `predict`.
            ConfigError: it knows no such genre.
            ClassifierError: it doesn't explain.
        """
        self._check_gives(MAPS)
        if genre not in self.genre_names:
            raise ConfigError(f"the classifier has no genre {genre!r}, but {', '.join(self.genre_names)}")
        found = brought(poster, self.manifest.preprocess)
        with self._networks.for_one() as network:
            outputs = network.outputs(found.pixels)
        y_score = self._calibrated(outputs.probabilities)
        return self._explanation(genre, float(y_score[self.genre_names.index(genre)]), outputs, found.size)

    def explain_many(
        self,
        posters: Iterable[PosterSource],
        rule: str | None = None,
        *,
        top: int | None = None,
        threshold: float | None = None,
    ) -> Iterator[Result]:
        """As `predict_many`, with an explanation of every genre that is said.

        Raises:
            ConfigError: as in `predict`, before the first poster is taken.
            ClassifierError: it doesn't explain; before the first poster is taken, too.
        """
        chosen = choice(self.manifest, rule, top, threshold)
        self._check_gives(MAPS)
        return self._explained_results(posters, chosen)

    def _explained_results(self, posters: Iterable[PosterSource], chosen: Choice) -> Iterator[Result]:
        def explained(network: LiteNetwork, poster: AtHand) -> tuple[Prediction, tuple[Explanation, ...], ImageSource]:
            outputs = network.outputs(poster.pixels)
            prediction = self._prediction(outputs.probabilities, chosen)
            explanations = [
                self._explanation(genre, prediction.probabilities[genre], outputs, poster.size)
                for genre in prediction.genres
            ]
            return prediction, tuple(explanations), poster.source

        for poster, found in self._each(posters, brought, explained):
            if isinstance(found, ImageError):
                yield Result(poster, error=found)
            else:
                prediction, explanations, source = found
                yield Result(poster, prediction, explanations=explanations, source=source)

    def _explanation(self, genre: str, probability: float, outputs: Outputs, size: tuple[int, int]) -> Explanation:
        assert outputs.maps is not None
        map = np.ascontiguousarray(outputs.maps[..., self.genre_names.index(genre)])
        return explanation(genre, probability, map, size, self.manifest.preprocess)

    def features(self, poster: PosterSource) -> np.ndarray:
        """The pooled features that the network's head reads, float32 (F,): posters that look alike have similar ones.

        Args:
            poster: as in `predict`.

        Raises:
            ImageError: as in `predict`.
            ClassifierError: the classifier gives none.
        """
        self._check_gives(FEATURES)
        pixels = pixels_of(poster, self.manifest.preprocess)
        with self._networks.for_one() as network:
            return _features(network, pixels)

    def features_of_many(self, posters: Iterable[PosterSource]) -> Iterator[Features]:
        """Features of posters one after the other, read ahead and with errors as values, as in `predict_many`.

        Raises:
            ClassifierError: the classifier gives none; before the first poster is taken.
        """
        self._check_gives(FEATURES)
        return self._features_results(posters)

    def _features_results(self, posters: Iterable[PosterSource]) -> Iterator[Features]:
        for poster, found in self._each(posters, pixels_of, _features):
            yield Features(poster, error=found) if isinstance(found, ImageError) else Features(poster, found)

    def _check_gives(self, name: str) -> None:
        if name not in self._networks.gives:
            raise ClassifierError(
                f"the classifier in {self.directory} gives no {name}: train it again with this version"
            )

    def _each(
        self,
        posters: Iterable[PosterSource],
        read: Callable[[PosterSource, PreprocessConfig], _Read],
        compute: Callable[[LiteNetwork, _Read], _R],
    ) -> Iterator[tuple[PosterSource, _R | ImageError]]:
        return each(posters, lambda poster: poster, read, compute, self._networks, self._preprocess)

    @property
    def _preprocess(self) -> PreprocessConfig:
        return self.manifest.preprocess

    def _prediction(self, probabilities: np.ndarray, chosen: Choice) -> Prediction:
        """What is said, of the network's own probabilities (G,)."""
        y_score = self._calibrated(probabilities)
        said = np.flatnonzero(chosen(y_score[None])[0])
        surest_first = said[np.argsort(-y_score[said], kind="stable")]
        return Prediction(
            genres=tuple(self.genre_names[genre] for genre in surest_first),
            probabilities=dict(zip(self.genre_names, y_score.tolist(), strict=True)),
        )

    def _calibrated(self, probabilities: np.ndarray) -> np.ndarray:
        return self.manifest.calibration.apply(probabilities[None])[0]

    def decide(self, y_score: np.ndarray, rule: str | None = None) -> np.ndarray:
        """Calibrated probabilities (N, G) to decisions, uint8 (N, G), by a rule of the manifest.

        A softmax head is read by its argmax unless a rule is named.
        """
        return choice(self.manifest, rule, None, None)(y_score)

    def calibrate(self, uncalibrated: Scores) -> Scores:
        """What the network said, as what the classifier says."""
        return self.manifest.calibration.of(uncalibrated)

    def score(self, catalogue: "Catalogue", progress: "Callable[[Catalogue], Catalogue]" = lambda rows: rows) -> Scores:
        """Calibrated scores of every readable poster of a catalogue; as `score_uncalibrated`."""
        return self.calibrate(self.score_uncalibrated(catalogue, progress))

    def score_uncalibrated(
        self, catalogue: "Catalogue", progress: "Callable[[Catalogue], Catalogue]" = lambda rows: rows
    ) -> Scores:
        """Score every readable poster of a catalogue; each unreadable one is named on stderr and left out.

        Args:
            catalogue: its genres must be known to the classifier; those that it lacks have no positives.
            progress: wraps the rows in a progress bar, as `tqdm` does.

        Raises:
            ScoresError: the catalogue has a genre that the classifier does not know, or no readable poster.
        """
        # Here, so that a poster need not wait for the readers of tables.
        from posters.classifier.scoring import check_genres, scores_of

        check_genres(catalogue, self.genre_names, self.directory)
        rows = progress(catalogue)
        found = each(rows, catalogue.image_path, pixels_of, _probabilities, self._networks, self._preprocess)
        return scores_of(found, catalogue, self.genre_names)


def _probabilities(network: LiteNetwork, pixels: np.ndarray) -> np.ndarray:
    return network(pixels)


def _features(network: LiteNetwork, pixels: np.ndarray) -> np.ndarray:
    features = network.outputs(pixels).features
    assert features is not None
    return features


def load_classifier(directory: str | Path = POSTERS, threads: int | None = None) -> Classifier:
    """Open a classifier.

    Args:
        directory: a classifier directory, or a run that holds one; "posters" is the one that comes with the package.
        threads: that compute: one poster alone together, and of many a poster each. By default one for one poster, and
            the cores for many. Any number gives the same probabilities.

    Returns:
        A classifier that any number of threads may use at once; no more of them compute at a time than `threads` says.

    Raises:
        ClassifierError: it is no classifier, a file is missing or changed, its format is unknown, or its network can't
            be run.
        ConfigError: threads is below 1.
    """
    directory = classifier_directory(directory)
    manifest = read_manifest(directory)
    shape, n_genres = manifest.preprocess.shape, len(manifest.genre_names)
    networks = Networks(lambda count: LiteNetwork(directory / LIGHT_NETWORK, shape, n_genres, count), threads)
    return Classifier(directory, manifest, networks)
