"""How good a classifier's scores are, beside what costs nothing: every figure of a report as plain data."""

from posters.evaluation.bootstrap import Interval
from posters.evaluation.evaluate import Context, evaluate
from posters.evaluation.evaluation import (
    FREQUENT,
    Bootstrap,
    Evaluation,
    Figure,
    GenreFigures,
    PredictorFigures,
    RuleFigures,
    SeenBefore,
    read_evaluation,
)
from posters.evaluation.predictors import HALF
from posters.runs import Epoch

__all__ = [
    "FREQUENT",
    "HALF",
    "Bootstrap",
    "Context",
    "Epoch",
    "Evaluation",
    "Figure",
    "GenreFigures",
    "Interval",
    "PredictorFigures",
    "RuleFigures",
    "SeenBefore",
    "evaluate",
    "read_evaluation",
]
