"""Unknown labels in every form of a report: counted at the head, and of each genre."""

import json
from dataclasses import replace

import numpy as np
import pytest

from posters.classifier import read_manifest
from posters.evaluation import evaluate
from posters.evaluation.comparison import compare
from posters.evaluation.evaluation import Evaluation
from posters.models import classifier_directory
from posters.report.comparison import comparison_text
from posters.report.html.galleries import Thumbnails
from posters.report.html.page import page
from posters.report.markdown import markdown
from posters.report.model_card import model_card
from posters.report.terminal import summary
from posters.scores import Scores
from posters.tasks.decide import validation_metrics
from posters.thresholds import fixed_thresholds

NAMES = ("Drama", "War")
HEAD = "3 of 16 labels (19%) are unknown: neither yes nor no, and left out of every figure."


@pytest.fixture
def scores():
    y_true = np.tile([[1, 0], [0, 1], [1, 1], [0, 0]], (2, 1))
    y_true[0, 1] = y_true[1, 1] = y_true[4, 0] = -1
    y_score = np.linspace(0.1, 0.9, 16).reshape(8, 2)
    return Scores(tuple("abcdefgh"), NAMES, y_score, y_true)


def evaluated(scores):
    return evaluate(scores, [fixed_thresholds(NAMES)], np.array([0.5, 0.4]), samples=20)


def test_terminal_and_markdown_count_them_at_the_head_and_genre_by_genre(scores):
    for text in (summary(evaluated(scores)), markdown(evaluated(scores))):
        flat = " ".join(text.replace("\\", "").split())
        assert flat.count(HEAD) == 1
        assert flat.index(HEAD) < flat.index("Macro mAP")
        rows = [line.replace("|", " ").split() for line in text.splitlines()]
        assert next(row for row in rows if row[:1] == ["Drama"])[:3] == ["Drama", "3", "7"]
        assert next(row for row in rows if row[:1] == ["War"])[:3] == ["War", "3", "6"]


def test_the_page_counts_them_at_the_head_and_genre_by_genre(scores):
    html = page(evaluated(scores), Thumbnails({}, []))
    assert html.count(HEAD) == 1
    assert html.index(HEAD) < html.index("<h2>")
    assert '<th scope="col" class=" sorts">known</th>' in html
    assert '<td data-value="7">7</td>' in html


def test_json_has_the_counts_and_reads_back(scores):
    found = evaluated(scores)
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["unknown_labels"] == 3
    assert [(each["positives"], each["unknown"]) for each in plain["genres"]] == [(3, 1), (3, 2)]
    assert Evaluation.from_dict(plain) == found


def test_an_evaluation_of_before_reads_as_one_that_knows_all_labels(scores):
    found = evaluated(replace(scores, y_true=np.abs(scores.y_true)))
    plain = found.to_dict()
    del plain["unknown_labels"]
    for each in plain["genres"]:
        del each["unknown"]
    assert Evaluation.from_dict(plain) == found


def test_reports_of_known_labels_have_no_word_on_it(scores):
    found = evaluated(replace(scores, y_true=np.abs(scores.y_true)))
    for text in (summary(found), markdown(found), page(found, Thumbnails({}, []))):
        assert "unknown" not in text
        assert ">known<" not in text


def test_a_comparison_counts_them(scores):
    text = " ".join(comparison_text(compare({"a": scores, "b": scores}, samples=20)).split())
    assert HEAD in text
    assert "genre positives known AP" in text
    assert "Drama under 10 3 7" in text


def test_a_model_card_counts_them(scores):
    manifest = read_manifest(classifier_directory("posters"))
    names = manifest.genre_names[:2]
    known = validation_metrics(replace(scores, genre_names=names), np.arange(8), np.array([0.5, 0.4]), "sigmoid")
    small = replace(
        manifest,
        genre_names=names,
        prior=manifest.prior[:2],
        calibration=replace(manifest.calibration, genre_names=names, curves=manifest.calibration.curves[:2]),
        rules=(fixed_thresholds(names),),
        metrics=known,
    )
    card = model_card(small)
    assert HEAD in " ".join(card.split())
    assert f"| {names[0]} | 0." in card
    assert "| share of the training posters | known validation posters | fixed |" in card
    assert " | 7 | 0.500 |" in card
