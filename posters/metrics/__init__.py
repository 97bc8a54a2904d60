"""Figures for multi-label predictions, in NumPy; the same numbers as scikit-learn's wherever both are defined.

`y_true` (N, G) holds 0 and 1, or -1 where a label is unknown, `y_score` (N, G) probabilities, `y_pred` (N, G) decisions
of 0 and 1, for N posters and G genres. Nothing is checked here: `posters.scores.Scores` is where arrays are checked,
once.

**What is undefined, and how it is treated.** One rule: *a genre without positives has no figure*.

1. A genre without positives among the evaluated posters has no average precision, ROC AUC, precision, recall or F1,
   whatever was predicted. It is NaN here and null in JSON, it is left out of every macro figure, and every macro figure
   states how many genres it counts. (scikit-learn scores such a genre 0, its ROC AUC NaN; torchmetrics counts it as 0
   and warns.)
2. A genre without negatives has no ROC AUC either. Its other figures are defined.
3. A genre that has positives, but of which nothing was predicted, has precision 0, recall 0 and F1 0: scikit-learn's
   `zero_division=0`. So every macro figure over decisions counts the same genres, and a predictor can't improve its
   macro precision by predicting nothing.
4. The same rule for rows: a poster without genres has no label ranking average precision, coverage error, ranking
   loss, precision, recall or nDCG at k, or samples F1, and is left out of their means. (scikit-learn counts it as 1 in
   the first and as 0 in the others.) One that has all genres has no ranking loss either.
5. Micro figures, Hamming loss, binary accuracy and log loss count every pair of poster and genre, also those of genres
   without positives. Micro figures are undefined only where there is no positive at all.
6. Weighted F1 weighs by positives, so genres without any have no weight.
7. A mean of nothing is undefined: NaN here, null in JSON. It is never 0.

**What is unknown is left out, cell by cell.** Where `y_true` is -1, whatever was scored or decided there changes
nothing. A genre's figure is that of the posters for which it is known, a poster's figure that of its known genres, and
a figure over pairs that of the known pairs. So label ranking average precision and coverage error see the known genres
alone, a poster is right as a subset if all its known genres are, and one of which nothing is known is left out.

Ties in scores are handled as in scikit-learn: equal scores pass a threshold together, and count half in the ROC AUC.
"""

from posters.metrics.averages import by_poster, mean_of_defined, micro
from posters.metrics.decisions import binary_accuracy, f1, hamming_loss, precision, recall, subset_accuracy, weighted_f1
from posters.metrics.known import all_known, known_cells, known_columns, mean_of_known, without_unknown
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
from posters.metrics.registry import METRICS, Metric, register_metric, unregister_metric

__all__ = [
    "METRICS",
    "Metric",
    "all_known",
    "average_precision",
    "binary_accuracy",
    "by_poster",
    "coverage_error",
    "f1",
    "hamming_loss",
    "known_cells",
    "known_columns",
    "label_ranking_average_precision",
    "log_loss",
    "mean_of_defined",
    "mean_of_known",
    "micro",
    "ndcg_at",
    "precision",
    "precision_at",
    "ranking_loss",
    "recall",
    "recall_at",
    "register_metric",
    "roc_auc",
    "subset_accuracy",
    "unregister_metric",
    "weighted_f1",
    "without_unknown",
]
