"""`posters thresholds`: what it prints and changes."""

import shutil
from functools import partial

import numpy as np
import pytest

from posters.classifier import load_classifier
from posters.runs import Run
from posters.scores import Scores, write_scores
from tests.cli.running import GENRES


@pytest.fixture
def run_with_scores(tiny_classifier, tmp_path):
    """A run of the golden classifier with 40 validation posters, half of them positives, alike for every genre."""
    run = Run(tmp_path / "run")
    shutil.copytree(tiny_classifier, run.classifier)
    y_score = np.concatenate([np.linspace(0.5, 0.88, 20), np.linspace(0.01, 0.4, 20)])
    columns = [np.tile(values[:, None], 4) for values in (y_score, np.arange(40) < 20)]
    write_scores(Scores(tuple(map(str, range(40))), GENRES, *columns), run.scores("validation"))
    return run.path


class TestThresholds:
    def test_the_rules_of_a_classifier_are_shown_the_default_first(self, posters, golden):
        outcome = posters("thresholds", golden / "classifier")
        assert (outcome.code, outcome.err) == (0, "")
        lines = outcome.out.splitlines()
        assert lines[0].split() == ["genre", "f1", "fixed", "precision=0.8"]
        assert lines[1].split() == ["Comedy", "0.500", "0.500", "never"]

    def test_another_rule_decides(self, posters, golden):
        poster = golden / "posters" / "dusk.png"
        predict = partial(posters, "predict", poster, "--classifier", golden / "classifier")
        assert "Western" in predict().out
        outcome = predict("--rule", "precision=0.8")
        assert outcome.out == f"{poster}: no genre is sure enough (likeliest: Western 0.66)\n"
        assert "no rule 'best', but f1, fixed, precision=0.8" in predict("--rule", "best").refusal

    def test_a_rule_is_fitted_on_the_runs_validation_scores_and_kept(self, posters, run_with_scores):
        outcome = posters("thresholds", run_with_scores, "--add", "recall=0.4", "--default", "recall=0.4")
        assert outcome.code == 0
        rules = load_classifier(run_with_scores).manifest.rules
        assert [rule.rule for rule in rules] == ["recall=0.4", "f1", "fixed", "precision=0.8"]
        assert rules[0].fitted_on == "validation, 40 posters"
        # Of 20 positives from 0.88 down by 0.02, finding 12 shows a recall of 0.4 (lower bound 0.43; of 11, 0.38).
        assert rules[0].values == pytest.approx((0.65,) * 4)
        assert "recall=0.4" in (run_with_scores / "classifier" / "MODEL_CARD.md").read_text()
        assert "recall=0.4 decides unless another is asked for" in posters("thresholds", run_with_scores).out

    def test_what_can_not_be_fitted_is_refused_and_changes_nothing(self, posters, run_with_scores, golden, tmp_path):
        before = (run_with_scores / "classifier" / "classifier.json").read_bytes()
        assert "a rule is " in posters("thresholds", run_with_scores, "--add", "recall=2").refusal
        assert "has no rule 'best'" in posters("thresholds", run_with_scores, "--default", "best").refusal
        assert (run_with_scores / "classifier" / "classifier.json").read_bytes() == before
        lone = tmp_path / "lone"
        shutil.copytree(golden / "classifier", lone)
        assert "keeps no validation scores" in posters("thresholds", lone, "--add", "recall=0.4").refusal
        assert "is not a classifier" in posters("thresholds", tmp_path / "none").refusal

    @pytest.mark.parametrize(("rule", "how"), [("recall=0.99", "always"), ("precision=0.99", "never")])
    def test_what_looks_at_no_poster_is_no_default(self, posters, run_with_scores, rule, how):
        """20 positives can show neither."""
        before = load_classifier(run_with_scores).manifest.rules
        outcome = posters("thresholds", run_with_scores, "--add", rule, "--default", rule)
        assert outcome.code == 2
        assert f"{rule} {how} predicts 4 of 4 genres (Comedy, Drama, Horror...)" in outcome.err
        assert load_classifier(run_with_scores).manifest.rules == before
        assert posters("thresholds", run_with_scores, "--add", rule).code == 0
