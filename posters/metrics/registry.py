"""All figures of a whole evaluation by name: what an `Evaluation` holds, and what the invariance tests run over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from posters.metrics.averages import by_poster, mean_of_defined, micro
from posters.metrics.decisions import (
    binary_accuracy,
    f1,
    hamming_loss,
    precision,
    recall,
    subset_accuracy,
    weighted_f1,
)
from posters.metrics.ranking import (
    average_precision,
    coverage_error,
    label_ranking_average_precision,
    log_loss,
    roc_auc,
)


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        name: its key in `METRICS` and in JSON.
        title: what a report calls it.
        needs: what it reads beside `y_true`: "score" (`y_score`) or "decision" (`y_pred`).
        over: what it is the mean of: "genres" (macro), "posters", or "pairs" of poster and genre all at once.
        undefined: when it, or a part of its mean, is undefined.
        parts: (y_true, y_score or y_pred) -> what the mean is taken of, NaN where undefined: (G,), (N,) or one value.
        larger_is_better: whether it is a gain or a loss.
    """

    name: str
    title: str
    needs: Literal["score", "decision"]
    over: Literal["genres", "posters", "pairs"]
    undefined: str
    parts: Callable[[np.ndarray, np.ndarray], np.ndarray | float]
    larger_is_better: bool = True

    def __call__(self, y_true: np.ndarray, y: np.ndarray) -> float:
        """The figure; NaN when undefined.

        >>> METRICS["macro_f1"](np.array([[1, 0], [1, 0]]), np.array([[1, 0], [1, 1]]))
        1.0
        """
        return mean_of_defined(self.parts(y_true, y))


_NO_POSITIVES = "a genre without positives is left out"
_ONE_CLASS = "a genre without positives, or without negatives, is left out"
_NO_GENRES = "a poster without genres is left out"
_NO_POSITIVE_AT_ALL = "undefined without any positive"
_NEVER = "always defined"

_ALL = (
    Metric("macro_map", "macro mAP", "score", "genres", _NO_POSITIVES, average_precision),
    Metric("micro_map", "micro mAP", "score", "pairs", _NO_POSITIVE_AT_ALL, micro(average_precision)),
    Metric("macro_roc_auc", "macro ROC AUC", "score", "genres", _ONE_CLASS, roc_auc),
    Metric("lrap", "LRAP", "score", "posters", _NO_GENRES, label_ranking_average_precision),
    Metric("coverage_error", "coverage error", "score", "posters", _NO_GENRES, coverage_error, larger_is_better=False),
    Metric("log_loss", "log loss", "score", "pairs", _NEVER, log_loss, larger_is_better=False),
    Metric("macro_f1", "macro F1", "decision", "genres", _NO_POSITIVES, f1),
    Metric("micro_f1", "micro F1", "decision", "pairs", _NO_POSITIVE_AT_ALL, micro(f1)),
    Metric("weighted_f1", "weighted F1", "decision", "pairs", _NO_POSITIVE_AT_ALL, weighted_f1),
    Metric("samples_f1", "samples F1", "decision", "posters", _NO_GENRES, by_poster(f1)),
    Metric("macro_precision", "macro precision", "decision", "genres", _NO_POSITIVES, precision),
    Metric("macro_recall", "macro recall", "decision", "genres", _NO_POSITIVES, recall),
    Metric("micro_precision", "micro precision", "decision", "pairs", _NO_POSITIVE_AT_ALL, micro(precision)),
    Metric("micro_recall", "micro recall", "decision", "pairs", _NO_POSITIVE_AT_ALL, micro(recall)),
    Metric("subset_accuracy", "subset accuracy", "decision", "posters", _NEVER, subset_accuracy),
    Metric("hamming_loss", "Hamming loss", "decision", "pairs", _NEVER, hamming_loss, larger_is_better=False),
    Metric("binary_accuracy", "binary accuracy", "decision", "pairs", _NEVER, binary_accuracy),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in _ALL}
