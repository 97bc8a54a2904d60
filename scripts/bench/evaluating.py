"""Measure the report of 6,000 posters and 20 genres.

Most of the work is the intervals: 1,000 resamples of every genre's average precision. The peer computes the same with
scikit-learn's `average_precision_score`, one resample after the other.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score

from posters.calibration import no_calibration
from posters.evaluation import evaluate
from posters.evaluation.bootstrap import draw_counts, resampled_average_precision
from posters.report import write_report
from posters.scores import Scores
from posters.thresholds import fit_rules
from scripts.bench.bench import Bench
from scripts.bench.contest import Contest, column, in_turn

_POSTERS, _GENRES, _RESAMPLES = 6000, 20, 20


def contests(bench: Bench) -> Iterator[Contest]:
    """Yield what is timed, each beside its peer."""
    scores = drawn_scores()
    yield _intervals(bench, scores)
    seconds = column(in_turn({"figures and page": lambda: (report(scores, bench.work / "report"),)}, 3, "report"))
    yield Contest("The whole report", "s", False, seconds, note="Without thumbnails.")


def drawn_scores() -> Scores:
    """Genres from common to rare, scored a little better than by chance, as posters are."""
    rng = np.random.default_rng(0)
    prevalence = np.geomspace(0.4, 0.01, _GENRES)
    y_true = (rng.random((_POSTERS, _GENRES)) < prevalence).astype(np.uint8)
    logits = np.log(prevalence / (1 - prevalence)) + 1.2 * y_true + rng.normal(size=y_true.shape)
    names = tuple(f"Genre {chr(65 + genre)}" for genre in range(_GENRES))
    return Scores(tuple(map(str, range(_POSTERS))), names, 1 / (1 + np.exp(-logits)), y_true)


def _intervals(bench: Bench, scores: Scores) -> Contest:
    y_true = scores.labelled("a benchmark").y_true
    counts = draw_counts(np.arange(_POSTERS), _RESAMPLES, 0)

    def ours() -> np.ndarray:
        return resampled_average_precision(y_true, scores.y_score, counts)

    def theirs() -> np.ndarray:
        rows = [np.repeat(np.arange(_POSTERS), count) for count in counts]
        return np.array(
            [[average_precision_score(y_true[row, g], scores.y_score[row, g]) for g in range(_GENRES)] for row in rows]
        )

    if not np.allclose(ours(), theirs()):
        raise SystemExit("scikit-learn gives other average precisions")
    contenders = {"ours": _timed(ours), "scikit-learn": _timed(theirs)}
    rates = column(in_turn(contenders, bench.turns, "intervals"))
    return Contest("Resamples of all average precisions", "resamples/s", True, rates)


def _timed(work: Callable[[], np.ndarray]) -> Callable[[], tuple[float, ...]]:
    def measure() -> tuple[float, ...]:
        began = time.perf_counter()
        work()
        return (_RESAMPLES / (time.perf_counter() - began),)

    return measure


def report(scores: Scores, directory: Path) -> float:
    """Evaluate scores, write their report, and return the seconds that this took."""
    began = time.perf_counter()
    calibration = no_calibration(scores.genre_names)
    prior = scores.labelled("a benchmark").y_true.mean(axis=0)
    write_report(evaluate(scores, fit_rules(scores, calibration), prior), directory)
    return time.perf_counter() - began
