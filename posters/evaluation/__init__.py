"""How good a classifier's scores are, beside what costs nothing: every figure of a report as plain data."""

from posters.evaluation.evaluate import evaluate
from posters.evaluation.evaluation import (
    FREQUENT,
    Evaluation,
    Figure,
    GenreFigures,
    PredictorFigures,
    RuleFigures,
    read_evaluation,
)

__all__ = [
    "FREQUENT",
    "Evaluation",
    "Figure",
    "GenreFigures",
    "PredictorFigures",
    "RuleFigures",
    "evaluate",
    "read_evaluation",
]
