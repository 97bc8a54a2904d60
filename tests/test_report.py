"""Reports: the verdict first, every genre and predictor, whatever strangers call their genres."""

import json
import re

import numpy as np
import pytest

from posters.evaluation import Context, evaluate, read_evaluation
from posters.report import markdown, summary, write_report
from posters.report.markdown import escape
from posters.scores import Scores
from posters.thresholds import Thresholds

NASTY = "Sci|Fi <script>`*x*\n# new\x1b[31m"
GENRES = ("Drama", NASTY, "ドラマ", "N/A")
Y_TRUE = np.array([[1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
Y_SCORE = np.array(
    [[0.9, 0.2, 0.6, 0.1], [0.7, 0.8, 0.7, 0.1], [0.8, 0.1, 0.4, 0.6], [0.1, 0.7, 0.1, 0.2], [0.2, 0.3, 0.2, 0.1]]
)
PRIOR = np.array([0.5, 0.25, 0.25, 0.0])


def evaluated(genre_names=GENRES, **options):
    scores = Scores("abcde", genre_names, Y_SCORE, options.pop("y_true", Y_TRUE))
    thresholds = Thresholds(genre_names, (0.4, 0.3, 0.2, 0.5), "f1", "validation, 50 posters")
    if "provenance" in options:
        options["context"] = Context(provenance=options.pop("provenance"))
    return evaluate(scores, [thresholds], PRIOR, samples=50, **options)


def cells(line):
    """The cells of one line of a Markdown table, as CommonMark splits them."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def tables(text):
    return [[cells(line) for line in block.splitlines()] for block in text.split("\n\n") if block.startswith("|")]


def test_the_verdict_comes_first_and_names_chance_and_the_trap():
    lines = markdown(evaluated()).splitlines()
    # By hand: AP (1 + 2/3) / 2, 1 and (1/2 + 2/3) / 2 beside three prevalences of 2/5; 6 of 20 pairs are positive, and
    # at 0.5 one is decided wrongly for Drama, two for the third genre and one for N/A.
    assert re.match(
        r"\*\*Macro mAP 0\.806 \(95% interval 0\.\d{3} to \d\.\d{3}\) over 3 genres; 0\.400 by chance\.", lines[2]
    )
    assert lines[2].endswith("predicting no genre at all has 0.700, the model at 0.5 has 0.800.")
    assert "0.400 by chance" in summary(evaluated())


def test_without_any_genre_the_verdict_says_so():
    nothing = evaluated(y_true=np.zeros_like(Y_TRUE))
    assert "Macro mAP is undefined" in markdown(nothing)
    assert "4 genres without positives" in summary(nothing)


def test_tables_keep_their_columns_whatever_genres_are_called():
    found = tables(markdown(evaluated()))
    # Predictors, genres, decisions by both rules, and calibration.
    assert len(found) == 5
    for table in found:
        assert len({len(row) for row in table}) == 1
    # By average precision, best first, the undefined one last.
    assert [row[0] for row in found[1][2:]] == [escape("Sci|Fi <script>`*x* # new [31m"), "Drama", "ドラマ", "N/A"]


def test_nothing_of_a_stranger_is_markup():
    text = markdown(evaluated(provenance={"cata<b>logue": "*bold*\n# heading", "sizes": {"<i>": 3}}))
    assert not re.search(r"<\w", text)
    assert "\x1b" not in text
    assert r"\*bold\* \# heading" in text
    assert len([line for line in text.splitlines() if line.startswith("# ")]) == 1


def test_predictors_stand_side_by_side():
    header, _, *rows = tables(markdown(evaluated(head="softmax")))[0]
    assert header[2:] == [
        "model, argmax",
        "prior",
        "two commonest",
        "none",
        "model, f1",
        "model, 0.5",
    ]
    accuracy = next(row for row in rows if row[0] == "binary accuracy")
    assert accuracy[7] == "0.800"
    assert accuracy[5] == "0.700"
    macro = next(row for row in rows if row[0] == "macro mAP")
    assert macro[1:] == ["3 genres", "0.806", "0.400", "-", "-", "", ""]


def test_what_was_left_out_is_counted_and_named():
    for text in (markdown(evaluated()), summary(evaluated())):
        assert "1 genre without positives, left out of every macro figure: N/A." in text
        assert "1 poster without any genre, left out of LRAP, coverage error, samples F1." in text


def test_thresholds_fitted_on_the_evaluated_posters_are_told():
    assert "which flatters them" not in summary(evaluated())
    assert "fitted on the validation posters themselves" in summary(evaluated(side="validation"))


@pytest.mark.parametrize("head", ["sigmoid", "softmax"])
def test_a_summary_fits_the_terminal_and_its_columns_align(head):
    long_names = ("Drama", "A" * 150, "Comedy", "N/A")
    text = summary(evaluated(long_names, head=head))
    assert max(map(len, text.splitlines())) <= 100
    assert "A..." in text
    ends = {len(line) for line in text.split("\n\n")[5].splitlines()[-4:]}
    assert len(ends) == 1


def test_wide_letters_take_two_columns():
    rows = summary(evaluated()).split("\n\n")[5].splitlines()
    drama, wide = (next(row for row in rows if row.startswith(name)) for name in ("Drama", "ドラマ"))
    assert len(drama) == len(wide) + 3
    assert "\x1b" not in summary(evaluated())


def test_what_is_written_is_read_back(tmp_path):
    page, data, text = write_report(evaluated(), tmp_path / "report")
    assert read_evaluation(data) == evaluated()
    assert text.read_text(encoding="utf-8") == markdown(evaluated())
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(data.read_text(encoding="utf-8"))["format"] == 2
    assert sorted(path.name for path in data.parent.iterdir()) == ["evaluation.json", "evaluation.md", "index.html"]
