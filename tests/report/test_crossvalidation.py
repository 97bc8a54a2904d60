"""A cross-validation for people: text that fits the terminal, and tables that programs and LaTeX read."""

import csv
import json
from dataclasses import replace

import pytest

from posters.evaluation import Figure, Interval
from posters.evaluation.comparison import Difference
from posters.evaluation.crossvalidation import CrossValidatedPredictor, CrossValidation
from posters.metrics import METRICS
from posters.report.crossvalidation import crossvalidation_text, write_crossvalidation


def predictor(name, values, low, high):
    figures = dict.fromkeys(METRICS, 0.25) if name == "model" else dict.fromkeys(METRICS, None) | {"log_loss": 0.3}
    by_fold = Figure(sum(sum(each) for each in values) / 4, 22, None if low is None else Interval(low, high, 0.95))
    return CrossValidatedPredictor(name, by_fold, Figure(0.3, 22, by_fold.interval), values, (0.3, 0.31), figures)


FIGURES = CrossValidation(
    folds=2,
    repeats=2,
    posters=5754,
    films=5747,
    genre_names=("Drama", "War"),
    unknown_labels=12,
    predictors=(
        predictor("model", ((0.31, 0.35), (0.32, 0.36)), 0.292, 0.346),
        predictor("logistic regression", ((0.27, 0.33), (0.28, 0.30)), 0.26, 0.32),
        predictor("prior", ((0.1, 0.1), (0.1, 0.1)), None, None),
    ),
    ahead=Difference(0.034, Interval(0.029, 0.041, 0.95), 1.0, 0.001, "better"),
)


def test_the_text_fits_the_terminal_and_says_what_is_better():
    text = crossvalidation_text(FIGURES)
    assert max(map(len, text.splitlines())) <= 100
    flat = " ".join(text.split())
    assert flat.startswith("2 folds, 2 repeats: 5,754 posters of 5,747 films, 2 genres")
    assert "12 of 11,508 labels (under 1%) are unknown" in flat
    assert (
        "Macro mAP 0.335 (95% interval 0.292 to 0.346) fold by fold, 0.300 pooled; 0.100 and 0.300 by chance." in flat
    )
    assert "It is better than logistic regression" in flat
    assert "+0.034 fold by fold (95% interval +0.029 to +0.041)" in flat
    assert "SD over repeats is that of" in flat


def test_one_repeat_has_no_spread_over_repeats():
    alone = tuple(replace(each, of_folds=each.of_folds[:1], of_repeats=(0.3,)) for each in FIGURES.predictors)
    text = crossvalidation_text(replace(FIGURES, repeats=1, predictors=alone, ahead=None))
    assert "SD over repeats is that of" not in text
    assert "logistic regression on the frozen features" not in text


def test_files_hold_what_programs_need(tmp_path):
    data, markdown, cells, tex = write_crossvalidation(FIGURES, tmp_path)
    with cells.open(newline="") as file:
        model, baseline, prior = csv.DictReader(file)
    assert (model["predictor"], model["macro mAP by fold"], model["95% interval"]) == (
        "model",
        "0.335",
        "0.292 to 0.346",
    )
    assert float(model["SD over folds"]) == pytest.approx(0.028, abs=5e-4)
    assert float(model["SD over repeats"]) == pytest.approx(0.007, abs=5e-4)
    # Empty, not a dash, where there is nothing.
    assert (baseline["macro F1"], prior["95% interval"]) == ("", "")
    assert json.loads(data.read_text())["predictors"][0]["of_folds"] == [[0.31, 0.35], [0.32, 0.36]]
    assert r"95\% interval" in tex.read_text()
    assert tex.read_text().count(r"\\") == 4
    assert "| 2      | 1    |" in markdown.read_text()
