"""How good a classifier's scores are, beside what costs nothing: every figure of a report as plain data."""

from posters.evaluation.context import Context
from posters.evaluation.evaluate import evaluate
from posters.evaluation.evaluation import (
    FREQUENT,
    Bootstrap,
    Evaluation,
    Figure,
    GenreFigures,
    PredictorFigures,
    RuleFigures,
    read_evaluation,
)
from posters.evaluation.interval import Interval
from posters.evaluation.learning import Epoch
from posters.evaluation.predictors import HALF

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
    "evaluate",
    "read_evaluation",
]
