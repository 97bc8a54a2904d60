"""Every metric of an evaluation by name, and how to add your own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from posters.errors import ConfigError
from posters.metrics.averages import by_poster, mean_of_defined, micro
from posters.metrics.decisions import binary_accuracy, f1, hamming_loss, precision, recall, subset_accuracy, weighted_f1
from posters.metrics.known import all_known, known_columns
from posters.metrics.ranking import (
    average_precision,
    coverage_error,
    label_ranking_average_precision,
    log_loss,
    ndcg_at,
    precision_at,
    ranking_loss,
    recall_at,
    roc_auc,
)


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: its key in `METRICS` and in JSON.
        title: what reports call it.
        needs: what it reads besides `y_true`: "score" (`y_score`) or "decision" (`y_pred`).
        over: what it is the mean of: "genres" (macro), "posters", or "pairs" of poster and genre all at once.
        undefined: when it, or a part of its mean, is undefined.
        parts: (y_true, y_score or y_pred) -> what the mean is taken of, NaN where undefined: (G,), (N,) or one value.
        larger_is_better: False for errors.
        takes_unknown: whether `parts` itself leaves out unknown labels, -1 in `y_true`. Otherwise it never sees one: it
            is called with each genre's known posters alone, or with each poster's known genres. Over pairs that can't
            be done, and the metric is undefined where a label is unknown.

    Examples:
        >>> METRICS["macro_map"].title, METRICS["macro_map"].over
        ('macro mAP', 'genres')
    """

    name: str
    title: str
    needs: Literal["score", "decision"]
    over: Literal["genres", "posters", "pairs"]
    undefined: str
    parts: Callable[[np.ndarray, np.ndarray], np.ndarray | float]
    larger_is_better: bool = True
    takes_unknown: bool = False

    def __call__(self, y_true: np.ndarray, y: np.ndarray) -> float:
        """Return the metric; NaN if it is undefined.

        Examples:
            >>> METRICS["macro_f1"](np.array([[1, 0], [1, 0]]), np.array([[1, 0], [1, 1]]))
            1.0
        """
        return mean_of_defined(self.known_parts(y_true, y))

    def known_parts(self, y_true: np.ndarray, y: np.ndarray) -> np.ndarray | float:
        """Return `parts` of the known labels: unknown ones, -1 in `y_true`, are left out.

        Examples:
            >>> METRICS["macro_recall"].known_parts(np.array([[1, 1], [-1, 1]]), np.array([[1, 1], [0, 0]]))
            array([1. , 0.5])
        """
        if self.takes_unknown or all_known(y_true):
            return self.parts(y_true, y)
        if self.over == "pairs":
            return float("nan")
        if self.over == "genres":
            columns = known_columns(y_true, y)
            return np.array([self._part(labels[:, None], values[:, None]) for labels, values in columns])
        return np.array([self._part(labels[None], values[None]) for labels, values in known_columns(y_true.T, y.T)])

    def _part(self, y_true: np.ndarray, y: np.ndarray) -> float:
        # Somebody's own function need not be ready for nothing at all.
        return float(np.ravel(self.parts(y_true, y))[0]) if y_true.size else float("nan")


_NO_POSITIVES = "a genre without positives is left out"
_ONE_CLASS = "a genre without positives, or without negatives, is left out"
_NO_GENRES = "a poster without genres is left out"
_ALL_OR_NONE = "a poster without genres, or with all of them, is left out"
_NO_POSITIVE_AT_ALL = "undefined without any positive"
_NEVER = "always defined"

# In the order of reports: scores before decisions, and the figure to quote first.
_ALL = (
    Metric("macro_map", "macro mAP", "score", "genres", _NO_POSITIVES, average_precision),
    Metric("micro_map", "micro mAP", "score", "pairs", _NO_POSITIVE_AT_ALL, micro(average_precision)),
    Metric("macro_roc_auc", "macro ROC AUC", "score", "genres", _ONE_CLASS, roc_auc),
    Metric("lrap", "LRAP", "score", "posters", _NO_GENRES, label_ranking_average_precision),
    Metric("coverage_error", "coverage error", "score", "posters", _NO_GENRES, coverage_error, larger_is_better=False),
    Metric(
        "ranking_loss", "label ranking loss", "score", "posters", _ALL_OR_NONE, ranking_loss, larger_is_better=False
    ),
    Metric("precision_at_1", "precision at 1", "score", "posters", _NO_GENRES, precision_at(1)),
    Metric("precision_at_3", "precision at 3", "score", "posters", _NO_GENRES, precision_at(3)),
    Metric("recall_at_3", "recall at 3", "score", "posters", _NO_GENRES, recall_at(3)),
    Metric("ndcg_at_3", "nDCG at 3", "score", "posters", _NO_GENRES, ndcg_at(3)),
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

METRICS: dict[str, Metric] = {metric.name: replace(metric, takes_unknown=True) for metric in _ALL}
# These can't be replaced: figures of one name must mean the same in every report.
_BUILT_IN = frozenset(METRICS)


def register_metric(metric: Metric) -> None:
    """Add a metric of your own, which evaluations then compute and reports show.

    Call it before `posters.evaluate_run` and its siblings, and before a report is written; an installed package does so
    in a module that it names under the entry-point group `posters.extensions`. Registering a name again replaces it.

    Args:
        metric: its name must not be one of this package's.

    Raises:
        ConfigError: the name is empty or built in.

    Examples:
        >>> def mean_count(y_true, y_pred):
        ...     return y_pred.sum(axis=1).astype(float)
        >>> some_metric = Metric("mean_count", "genres per poster", "decision", "posters", "always defined", mean_count)
        >>> register_metric(some_metric)
        >>> some_metric(np.array([[1, 0]]), np.array([[1, 1]]))
        2.0
        >>> unregister_metric("mean_count")
    """
    if not metric.name or metric.name in _BUILT_IN:
        raise ConfigError(f"a metric can't be registered as {metric.name!r}: choose a name that is not built in")
    METRICS[metric.name] = metric


def unregister_metric(name: str) -> None:
    """Remove a metric that was added by `register_metric`; see there for an example.

    Examples:
        >>> unregister_metric("no such metric")
    """
    if name not in _BUILT_IN:
        METRICS.pop(name, None)
