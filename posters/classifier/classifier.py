"""Open a classifier directory and predict with it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posters.catalogue import Catalogue, Poster
from posters.classifier.manifest import LIGHT_NETWORK, Manifest, read_manifest
from posters.classifier.runtime import LiteNetwork
from posters.errors import ImageError, ScoresError
from posters.images import ImageSource, decode
from posters.log import logger
from posters.scores import Scores
from posters.thresholds import argmax_decisions


@dataclass(frozen=True)
class Prediction:
    """What a classifier says of one poster.

    Attributes:
        genres: those that it says, the surest first.
        probabilities: of every genre that it knows, calibrated, from 0 to 1, in its own order.
    """

    genres: tuple[str, ...]
    probabilities: dict[str, float]


class Classifier:
    """A trained network with all that is needed to use it. Made by `load_classifier`.

    Attributes:
        directory: where it lies.
        manifest: genre names, preprocessing, thresholds, figures and provenance.
    """

    def __init__(self, directory: Path, manifest: Manifest, network: LiteNetwork) -> None:
        self.directory = directory
        self.manifest = manifest
        self._network = network

    def __repr__(self) -> str:
        return f"Classifier({str(self.directory)!r}, {len(self.genre_names)} genres)"

    @property
    def genre_names(self) -> tuple[str, ...]:
        return self.manifest.genre_names

    def predict(self, poster: ImageSource, rule: str | None = None) -> Prediction:
        """Predict one poster.

        Args:
            poster: a path, an image file's bytes, a PIL image, or a uint8 array (H, W, 3), (H, W, 1) or (H, W).
            rule: which thresholds decide; those of `manifest.rules`, by name.

        Raises:
            ImageError: it can't be read or decoded.
            ConfigError: there is no such rule.
        """
        network_says = self._network(decode(poster, self.manifest.preprocess))
        y_score = self.manifest.calibration.apply(network_says[None])[0]
        said = np.flatnonzero(self.decide(y_score[None], rule)[0])
        surest_first = said[np.argsort(-y_score[said], kind="stable")]
        return Prediction(
            genres=tuple(self.genre_names[genre] for genre in surest_first),
            probabilities=dict(zip(self.genre_names, y_score.tolist(), strict=True)),
        )

    def decide(self, y_score: np.ndarray, rule: str | None = None) -> np.ndarray:
        """Calibrated probabilities (N, G) to decisions, uint8 (N, G), by a rule of the manifest.

        A softmax head is read by its argmax unless a rule is named.
        """
        if self.manifest.head == "softmax" and rule is None:
            return argmax_decisions(y_score)
        return self.manifest.rule(rule).apply(y_score)

    def calibrate(self, uncalibrated: Scores) -> Scores:
        """What the network said, as what the classifier says."""
        return self.manifest.calibration.of(uncalibrated)

    def score(self, catalogue: Catalogue, progress: Callable[[Catalogue], "Catalogue"] = lambda rows: rows) -> Scores:
        """Calibrated scores of every readable poster of a catalogue; as `score_uncalibrated`."""
        return self.calibrate(self.score_uncalibrated(catalogue, progress))

    def score_uncalibrated(
        self, catalogue: Catalogue, progress: Callable[[Catalogue], "Catalogue"] = lambda rows: rows
    ) -> Scores:
        """Score every readable poster of a catalogue; each unreadable one is named on stderr and left out.

        Args:
            catalogue: its genres must be known to the classifier; those that it lacks have no positives.
            progress: wraps the rows in a progress bar, as `tqdm` does.

        Raises:
            ScoresError: the catalogue has a genre that the classifier does not know, or no readable poster.
        """
        self._check_genres(catalogue)
        scored: list[tuple[Poster, np.ndarray]] = []
        for poster in progress(catalogue):
            try:
                pixels = decode(catalogue.image_path(poster), self.manifest.preprocess)
            except ImageError as error:
                logger.warning(f"{poster.id} is left out: {error}")
                continue
            scored.append((poster, self._network(pixels)))
        if not scored:
            raise ScoresError(f"none of the {len(catalogue):,} posters of {catalogue.name} can be read")
        genres = Catalogue(tuple(poster for poster, _ in scored), self.genre_names, catalogue.image_root)
        return Scores(
            ids=genres.ids,
            genre_names=self.genre_names,
            y_score=np.array([probabilities for _, probabilities in scored], float),
            y_true=genres.multi_hot(),
        )

    def _check_genres(self, catalogue: Catalogue) -> None:
        strange = [name for name in catalogue.genre_names if name not in self.genre_names]
        if strange:
            raise ScoresError(
                f"{catalogue.name} has genres that the classifier in {self.directory} does not know: "
                f"{', '.join(strange)}; it knows {', '.join(self.genre_names)}: call them by these names (--alias), or "
                "leave them out (--ignore-unknown-genres)"
            )


def load_classifier(directory: str | Path, threads: int = 1) -> Classifier:
    """Open a classifier.

    Args:
        directory: a classifier directory, or a run that holds one.
        threads: that compute one poster.

    Raises:
        ClassifierError: it is no classifier, a file is missing or changed, its format is unknown, or its network can't
            be run.
        ConfigError: threads is below 1.
    """
    directory = Path(directory)
    inside = directory / "classifier"
    if inside.is_dir():
        directory = inside
    manifest = read_manifest(directory)
    network = LiteNetwork(directory / LIGHT_NETWORK, manifest.preprocess.shape, len(manifest.genre_names), threads)
    return Classifier(directory, manifest, network)
