"""`DriftSample`, `Drift`: everything that two samples of posters tell of each other, as plain data."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from posters._base.brief import brief_repr
from posters._base.frames import frame_of
from posters.drift.two_samples import classifier_test, ks_test, mmd_test, outlier_test
from posters.drift.without_labels import LabelShift, expected_macro_f1, label_shift, lost_f1_p_value
from posters.errors import ScoresError
from posters.scores import Scores

if TYPE_CHECKING:
    import pandas

# Of each test: a watch that runs every night and alarms falsely once a month is soon switched off.
LEVEL = 0.01
LEAST_POSTERS = 20
LOST_F1 = 0.05
BINS = 20
ALARMS = ("features", "scores", "outliers", "f1")
# What the JSON calls the figures of a tuple.
_SAMPLES = ("reference", "new")
_F1 = (*_SAMPLES, "interval", "p_value")
FAIL_ON = ("any", *ALARMS, "never")


@dataclass(frozen=True, eq=False)
class DriftSample:
    """What a classifier computed from N posters.

    Attributes:
        name: of the sample.
        features: float32 (N, F).
        scores: calibrated probabilities (N, G), with labels if there are any.
        unreadable: posters that were left out, since they can't be read.

    Raises:
        ScoresError: there are fewer than `LEAST_POSTERS` posters, or not a row of features for each.

    Examples:
        >>> scores = Scores(("7",), ("War",), [[0.9]])
        >>> DriftSample("new", np.zeros((1, 8), np.float32), scores)
        Traceback (most recent call last):
        posters.errors.ScoresError: new needs at least 20 readable posters to be compared, but has 1
    """

    __repr__ = brief_repr

    name: str
    features: np.ndarray
    scores: Scores
    unreadable: int = 0

    def __post_init__(self) -> None:
        count = len(self.scores)
        if count < LEAST_POSTERS:
            raise ScoresError(
                f"{self.name} needs at least {LEAST_POSTERS} readable posters to be compared, but has {count}"
            )
        if len(self.features) != count:
            raise ScoresError(f"{self.name} has features of {len(self.features):,} posters and scores of {count:,}")


@dataclass(frozen=True)
class GenreDrift:
    """The scores of one genre in both samples.

    Attributes:
        name: of the genre.
        reference: mean probability in the reference.
        new: mean probability in the new posters.
        distance: Kolmogorov-Smirnov distance, from 0 to 1.
        p_value: of that distance, times the number of genres (Bonferroni), at most 1.
        histograms: counts of the reference and of the new posters in `BINS` equal bins from 0 to 1.

    Examples:
        >>> GenreDrift("War", 0.1, 0.2, 0.3, 0.5, ((1, 0), (0, 1))).distance
        0.3
    """

    __repr__ = brief_repr

    name: str
    reference: float
    new: float
    distance: float
    p_value: float
    histograms: tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Drift:
    """What `measure_drift` found.

    Attributes:
        reference: the name of the reference; as is `new`.
        posters: how many of both were compared.
        unreadable: how many of both can't be read.
        area: by which features tell the two apart (area under the ROC curve), with its p-value.
        mmd: squared maximum mean discrepancy of the features, with its p-value.
        genres: the scores of each genre.
        outliers: share of new posters unlike the reference, the share expected without drift, and the p-value.
        f1: expected macro F1 of the reference, and of the new posters.
        f1_interval: of the latter.
        f1_p_value: of so great a loss.
        labels: how common each genre is; empty if the reference has no labels.
        alarms: those of `ALARMS` that went off.

    Examples:
        >>> rng = np.random.default_rng(7)
        >>> scores = Scores(tuple(map(str, range(40))), ("War",), rng.random((40, 1)))
        >>> sample = DriftSample("a", rng.normal(size=(40, 4)), scores)
        >>> measure_drift(sample, sample, lambda y_score: y_score > 0.5).alarms
        ()
    """

    __repr__ = brief_repr

    reference: str
    new: str
    posters: tuple[int, int]
    unreadable: tuple[int, int]
    area: tuple[float, float]
    mmd: tuple[float, float]
    genres: tuple[GenreDrift, ...]
    outliers: tuple[float, float, float]
    f1: tuple[float, float]
    f1_interval: tuple[float, float]
    f1_p_value: float
    labels: tuple[LabelShift, ...] = ()
    alarms: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        off = (
            # The better of two tests gets half of the level.
            2 * min(self.area[1], self.mmd[1]) <= LEVEL,
            any(genre.p_value <= LEVEL for genre in self.genres),
            self.outliers[2] <= LEVEL,
            self.f1[0] - self.f1[1] > LOST_F1 and self.f1_p_value <= LEVEL,
        )
        object.__setattr__(self, "alarms", tuple(name for name, here in zip(ALARMS, off, strict=True) if here))

    def fails(self, on: str) -> bool:
        """Return whether an alarm went off: the one of `ALARMS`, "any" or "never"."""
        return bool(self.alarms) if on == "any" else on in self.alarms

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a DataFrame with a row for each genre: its scores in both samples, and how common it seems.

        Returns:
            by genre: reference and new (mean probability), distance, p_value; and, where the reference has labels,
            share_reference and share_new with low and high. What is not known is NaN.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        shifts = {
            each.name: {"share_reference": each.reference, "share_new": each.new, "low": each.low, "high": each.high}
            for each in self.labels
        }
        names = ("reference", "new", "distance", "p_value")
        rows = (
            {"genre": each.name, **{name: getattr(each, name) for name in names}, **shifts.get(each.name, {})}
            for each in self.genres
        )
        return frame_of(rows, ("genre", *names), index="genre")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        # By name: a list of two numbers would leave a reader guessing.
        named = {
            "posters": (_SAMPLES, self.posters),
            "unreadable": (_SAMPLES, self.unreadable),
            "classifier_test": (("area", "p_value"), self.area),
            "mmd": (("squared", "p_value"), self.mmd),
            "outliers": (("share", "expected", "p_value"), self.outliers),
            "expected_macro_f1": (_F1, (*self.f1, self.f1_interval, self.f1_p_value)),
        }
        plain = {name: getattr(self, name) for name in (*_SAMPLES, "alarms")}
        plain |= {name: dict(zip(keys, values, strict=True)) for name, (keys, values) in named.items()}
        return plain | {name: [asdict(genre) for genre in getattr(self, name)] for name in ("genres", "labels")}


def measure_drift(
    reference: DriftSample, new: DriftSample, decide: Callable[[np.ndarray], np.ndarray], *, seed: int = 7
) -> Drift:
    """Compare new posters with those of a reference.

    Args:
        reference: posters like those that the classifier was tested on; best not those that it was trained on.
        new: of the same classifier.
        decide: from calibrated probabilities (N, G) to decisions (N, G).
        seed: of halves, permutations and bootstraps; equal seeds give equal results.

    Raises:
        ScoresError: the samples are of different classifiers.

    Examples:
        >>> ids = tuple(map(str, range(20)))
        >>> scores = [Scores(ids, (name,), np.zeros((20, 1))) for name in ("War", "Drama")]
        >>> one, other = (DriftSample(each.genre_names[0], np.zeros((20, 2)), each) for each in scores)
        >>> measure_drift(one, other, lambda y_score: y_score > 0.5)
        Traceback (most recent call last):
        posters.errors.ScoresError: War and Drama are of different classifiers: compute both with one
    """
    names, width = reference.scores.genre_names, reference.features.shape[1]
    if new.scores.genre_names != names or new.features.shape[1] != width:
        raise ScoresError(f"{reference.name} and {new.name} are of different classifiers: compute both with one")
    rng = np.random.default_rng(seed)
    features, both = (reference.features, new.features), (reference.scores, new.scores)
    decisions = [decide(scores.y_score) for scores in both]
    samples = ((both[0].y_score, decisions[0]), (both[1].y_score, decisions[1]))
    f1, (new_f1, ends) = (expected_macro_f1(*sample, rng) for sample in samples)
    return Drift(
        reference.name,
        new.name,
        (len(both[0]), len(both[1])),
        (reference.unreadable, new.unreadable),
        classifier_test(*features, rng),
        mmd_test(*features, rng),
        _genres(*both),
        outlier_test(*features, rng),
        (f1[0], new_f1),
        ends,
        lost_f1_p_value(*samples, rng),
        _labels(both[0], decisions, rng),
    )


def _labels(reference: Scores, decisions: Sequence[np.ndarray], rng: np.random.Generator) -> tuple[LabelShift, ...]:
    if reference.y_true is None:
        return ()
    columns = zip(reference.genre_names, reference.y_true.T, decisions[0].T, decisions[1].T, strict=True)
    return tuple(label_shift(name, y_true, made, new_made, rng) for name, y_true, made, new_made in columns)


def _genres(reference: Scores, new: Scores) -> tuple[GenreDrift, ...]:
    found = []
    for name, *pair in zip(reference.genre_names, reference.y_score.T, new.y_score.T, strict=True):
        distance, p_value = ks_test(*pair)
        own, other = (tuple(np.histogram(sample, BINS, (0, 1))[0].tolist()) for sample in pair)
        means = (float(pair[0].mean()), float(pair[1].mean()))
        found.append(GenreDrift(name, *means, distance, min(1.0, p_value * len(reference.genre_names)), (own, other)))
    return tuple(found)
