"""How long classifiers and their exports take on this machine, cold and warm, and whether they agree."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from posters._base.brief import brief_repr
from posters.classifier import Classifier, Prediction, load_classifier
from posters.classifier.loading import load_pixels
from posters.errors import ClassifierError, ConfigError
from posters.models import CLASSIFIER

# What a program does that needs one prediction: start Python, open the classifier, read and predict a poster.
_COLD = "import sys, posters; posters.load_classifier(sys.argv[1], threads=1).predict(sys.argv[2])"
_SECONDS = 300  # for one such program


@dataclass(frozen=True)
class Timing:
    """What one classifier took.

    Attributes:
        name: as it was given.
        megabytes: of the network's file.
        cold: seconds of each program that starts, opens the classifier and predicts one poster.
        warm: milliseconds of each prediction on one thread by an open classifier, of a decoded poster.
        largest: largest absolute difference in a probability from the first classifier.
        same: share of the posters for which its default rule predicts the same genres as the first classifier's.

    Examples:
        >>> Timing("first.onnx", 9.1, (0.4, 0.5, 0.9), (19.0, 20.0, 24.0), 0.0004, 1.0).quartiles
        (19.5, 20.0, 22.0)
    """

    __repr__ = brief_repr

    name: str
    megabytes: float
    cold: tuple[float, ...]
    warm: tuple[float, ...]
    largest: float
    same: float

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """The quartiles of `warm`."""
        low, middle, high = np.quantile(self.warm, (0.25, 0.5, 0.75)).tolist()
        return low, middle, high


def benchmark(
    classifiers: Sequence[str | Path],
    posters: Sequence[str | Path],
    *,
    rounds: int = 10,
    starts: int = 3,
    progress: Callable[[Iterable[Any], int], Iterable[Any]] = lambda steps, total: steps,
) -> list[Timing]:
    """Measure classifiers side by side.

    They take turns, at each poster and each start, so that whatever else the machine does slows all of them alike.

    Args:
        classifiers: as for `load_classifier`; the others are compared with the first.
        posters: image files, which are decoded once.
        rounds: predictions of each poster by each classifier.
        starts: programs that are started with each classifier.
        progress: wraps the steps and their number in a progress bar.

    Raises:
        ConfigError: there is no classifier or poster, or rounds or starts is below 1.
        ClassifierError: a classifier can't be opened, or has other genres than the first.
        ImageError: a poster can't be read.

    Examples:
        >>> benchmark([], ["alien.jpg"])
        Traceback (most recent call last):
        posters.errors.ConfigError: a benchmark needs a classifier, posters, and 1 or more rounds and starts
    """
    if not classifiers or not posters or min(rounds, starts) < 1:
        raise ConfigError("a benchmark needs a classifier, posters, and 1 or more rounds and starts")
    opened = [load_classifier(each, threads=1) for each in classifiers]
    if strange := [each for each in opened if each.genre_names != opened[0].genre_names]:
        raise ClassifierError(f"{strange[0].directory} has other genres than {classifiers[0]}: measure it by itself")
    decoded = [[load_pixels(poster, each.manifest.preprocess) for poster in posters] for each in opened]
    # Before any is measured, too: the first prediction of an open classifier is slower, and belongs to its start.
    predicted = [[each.predict(pixels) for pixels in own] for each, own in zip(opened, decoded, strict=True)]
    cold: list[list[float]] = [[] for _ in opened]
    warm: list[list[float]] = [[] for _ in opened]
    turns = range(starts + rounds * len(posters))
    for turn in progress(turns, len(turns)):
        for number, each in enumerate(opened):
            if turn < starts:
                cold[number].append(_seconds(partial(_start, classifiers[number], posters[0])))
            else:
                warm[number].append(1000 * _seconds(partial(each.predict, decoded[number][turn % len(posters)])))
    return [
        _timing(str(classifiers[number]), each, (cold[number], warm[number]), predicted[number], predicted[0])
        for number, each in enumerate(opened)
    ]


def _seconds(call: Callable[[], object]) -> float:
    begin = perf_counter()
    call()
    return perf_counter() - begin


def _start(classifier: str | Path, poster: str | Path) -> None:
    # This package, wherever this process found it.
    paths = [str(CLASSIFIER.parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [sys.executable, "-P", "-c", _COLD, str(classifier), str(poster)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    try:
        # The words are a program of this package and two names that its caller gave; no shell reads them.
        subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True, env=environment)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise ClassifierError(f"{classifier} can't be started in a program of its own ({error}): try again") from error


def _timing(
    name: str,
    classifier: Classifier,
    taken: tuple[list[float], list[float]],
    predicted: Sequence[Prediction],
    first: Sequence[Prediction],
) -> Timing:
    scores, others = (np.array([[*each.probabilities.values()] for each in given]) for given in (predicted, first))
    same = [set(each.genres) == set(other.genres) for each, other in zip(predicted, first, strict=True)]
    megabytes, (cold, warm) = classifier.network_file.stat().st_size / 1e6, taken
    return Timing(name, megabytes, tuple(cold), tuple(warm), float(np.abs(scores - others).max()), float(np.mean(same)))
