"""What a review of a random sample tells: how often a tagger is right, how much it finds, and how far people agree."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from posters._base.brief import brief_repr
from posters._base.frames import frame_of
from posters._base.text import counted
from posters.errors import ReviewError
from posters.evaluation.bootstrap import Interval
from posters.review.decisions import Decision

if TYPE_CHECKING:
    import pandas

_LEVEL = 0.95


@dataclass(frozen=True)
class Share:
    """A share, such as a precision, with its interval.

    Attributes:
        value: from 0 to 1; NaN if it is undefined.
        interval: None if it is undefined.

    Examples:
        >>> str(Share(0.61, Interval(0.55, 0.67, 0.95))), str(Share(math.nan))
        ('0.61 (0.55 to 0.67)', 'n/a')
    """

    value: float
    interval: Interval | None = None

    def __str__(self) -> str:
        if self.interval is None:
            return "n/a"
        return f"{self.value:.2f} ({self.interval.low:.2f} to {self.interval.high:.2f})"


@dataclass(frozen=True)
class Measurement:
    """A classifier against people, on posters that chance chose.

    Attributes:
        classifier: its name, network and rule.
        posters: how many were decided.
        skipped: how many of the sample were skipped, and count for nothing.
        precision: of the predicted genres, the share that people see on the poster, too.
        recall: of the genres that people see, the share that is predicted.
        agreement: Krippendorff's alpha of the reviewers; NaN if no two of them decided about the same posters.
        judged_twice: the number of posters that several reviewers decided about.

    Examples:
        >>> share = Share(math.nan)
        >>> Measurement("posters", 0, 0, share, share, math.nan, 0).to_dict()["agreement"] is None
        True
    """

    __repr__ = brief_repr

    classifier: str
    posters: int
    skipped: int
    precision: Share
    recall: Share
    agreement: float
    judged_twice: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON; null for what is undefined."""
        plain = asdict(self)
        for share in (plain["precision"], plain["recall"]):
            share["value"] = None if math.isnan(share["value"]) else share["value"]
        return plain | {"agreement": None if math.isnan(self.agreement) else self.agreement}

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a DataFrame with a row for each figure: precision, recall and agreement.

        Returns:
            by figure: value, low and high (NaN where undefined), and posters, of how many.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        shares = (("precision", self.precision, self.posters), ("recall", self.recall, self.posters))
        agreement = ("agreement", Share(self.agreement), self.judged_twice)
        rows = (
            {
                "figure": name,
                "value": share.value,
                "low": share.interval and share.interval.low,
                "high": share.interval and share.interval.high,
                "posters": posters,
            }
            for name, share, posters in (*shares, agreement)
        )
        return frame_of(rows, index="figure")

    def __str__(self) -> str:
        lines = [
            f"Of the genres that {self.classifier} publishes, {self.precision} are right.",
            f"Of the genres that the posters show, it publishes {self.recall}.",
            f"From {counted(self.posters, 'poster')} drawn at random; 95% intervals; {self.skipped:,} skipped.",
        ]
        if not math.isnan(self.agreement):
            twice = f"{counted(self.judged_twice, 'poster')} that several reviewers decided about"
            lines.append(f"Reviewers agree with Krippendorff's alpha of {self.agreement:.2f}, on {twice}.")
        return "\n".join(lines)


def measure(decisions: Iterable[Decision]) -> Measurement:
    """Measure a classifier whose predictions were hidden while people decided about a random sample.

    A genre that a reviewer calls unknown counts for nothing. A poster that several reviewers decided about counts as
    one, by the mean of their counts. Genres of one poster depend on each other: see `clustered_share`.

    Args:
        decisions: those about the random sample that stand; those that were made beside another classifier than the
            last one are passed over.

    Raises:
        ReviewError: none of them was made on a random sample.

    Examples:
        >>> shown, answers = {"classifier": "posters", "predicted": ["War"]}, {"War": "yes", "Drama": "no"}
        >>> measure([Decision(1, "tt1", "ann", "", "random", "decided", answers, shown)]).precision.value
        1.0
    """
    drawn = [each for each in decisions if each.order == "random"]
    if not drawn:
        raise ReviewError("no poster of a random sample has been decided yet: review one with --order random")
    classifier = drawn[-1].shown["classifier"]
    drawn = [each for each in drawn if each.shown["classifier"] == classifier]
    decided = [each for each in drawn if each.kind == "decided"]
    reviewers = Counter(each.poster for each in decided)
    # A poster counts as one, by the mean of its reviewers.
    counts = {id: np.zeros(3) for id in reviewers}
    for each in decided:
        counts[each.poster] += np.array(_counts(each)) / reviewers[each.poster]
    hits, predicted, positive = np.reshape(list(counts.values()), (-1, 3)).T
    return Measurement(
        classifier,
        len(reviewers),
        len({each.poster for each in drawn} - reviewers.keys()),
        clustered_share(hits, predicted),
        clustered_share(hits, positive),
        *agreement(decided),
    )


def agreement(decisions: Iterable[Decision]) -> tuple[float, int]:
    """Return Krippendorff's alpha of reviewers, and the number of posters that several decided about.

    Args:
        decisions: of which a genre that a reviewer calls unknown counts for nothing.

    Examples:
        >>> genres = [{"War": "yes", "Drama": "no"}, {"War": "yes", "Drama": "no"}]
        >>> agreement(Decision(1, "tt1", str(n), "", "doubts", "decided", each, {}) for n, each in enumerate(genres))
        (1.0, 1)
    """
    decided = [each for each in decisions if each.kind == "decided"]
    reviewers = Counter(each.poster for each in decided)
    return krippendorff_alpha(_units(decided)), sum(count > 1 for count in reviewers.values())


def _counts(decision: Decision) -> tuple[int, int, int]:
    """Return how many genres were predicted rightly, predicted, and seen by the reviewer."""
    known = {name for name, answer in decision.genres.items() if answer != "unknown"}
    yes = {name for name in known if decision.genres[name] == "yes"}
    predicted = known.intersection(decision.shown["predicted"])
    return len(predicted & yes), len(predicted), len(yes)


def _units(decisions: Iterable[Decision]) -> list[list[str]]:
    units: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in decisions:
        for name, answer in each.genres.items():
            if answer != "unknown":
                units[each.poster, name].append(answer)
    return list(units.values())


def clustered_share(hits: np.ndarray, counts: np.ndarray) -> Share:
    """Return the share of hits among counts that come in clusters, with an interval that knows of the clusters.

    Wilson's interval (1927, "Probable Inference, the Law of Succession, and Statistical Inference") on the effective
    sample size: as many independent counts as would have the variance of the ratio (Korn and Graubard 1998, "Confidence
    Intervals for Proportions with Small Expected Number of Positive Counts Estimated from Survey Data"). Where all
    counts are hits, or none is, each cluster counts as one.

    Args:
        hits: (N,), of each cluster; from 0 to its count.
        counts: (N,), of each cluster.

    Examples:
        >>> print(clustered_share(np.array([1, 0, 2, 1]), np.array([1, 1, 2, 2])))
        0.67 (0.29 to 0.91)
    """
    total, clusters = counts.sum(), int((counts > 0).sum())
    if not total:
        return Share(math.nan)
    p = hits.sum() / total
    rest = hits - p * counts
    variance = clusters / max(clusters - 1, 1) * (rest**2).sum() / total**2
    # Chance may make the genres of few posters look less alike than independent ones would be.
    n = min(p * (1 - p) / variance, total) if variance > 0 else clusters
    z = NormalDist().inv_cdf((1 + _LEVEL) / 2)
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return Share(float(p), Interval(max(0.0, float(middle - half)), min(1.0, float(middle + half)), _LEVEL))


def krippendorff_alpha(units: Iterable[Sequence[str]]) -> float:
    """Return how far several people agree, less what chance would make them: 1 if wholly, 0 as by chance.

    Krippendorff's alpha for nominal data (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability"), in which
    people may leave any unit out.

    Args:
        units: the answers of all who judged a unit; units with fewer than two answers count for nothing.

    Returns:
        float, at most 1; NaN without two answers to one unit, or if all answers are the same, whose agreement tells
        nothing.

    Examples:
        >>> krippendorff_alpha([["yes", "yes"], ["no", "no"], ["yes", "no"]])
        0.4444444444444444
    """
    observed = total = 0.0
    values: Counter[str] = Counter()
    for unit in units:
        if len(unit) < 2:
            continue
        own = Counter(unit)
        # Pairs of different answers, each unit by the number of its answers.
        observed += sum(count * (len(unit) - count) for count in own.values()) / (len(unit) - 1)
        values.update(own)
        total += len(unit)
    expected = sum(count * (total - count) for count in values.values())
    return 1 - (total - 1) * observed / expected if expected else math.nan
