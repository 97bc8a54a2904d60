"""A metric of one's own, added through public names, from the registry to the report."""

import numpy as np
import pytest

from posters import Metric, Scores, evaluate, register_metric
from posters.errors import ConfigError
from posters.evaluation import Evaluation
from posters.metrics import METRICS, unregister_metric
from posters.report import markdown
from posters.thresholds import fixed_thresholds


def genres_per_poster(y_true, y_pred):
    return y_pred.sum(axis=1).astype(float)


OWN = Metric("genres_per_poster", "genres per poster", "decision", "posters", "always defined", genres_per_poster)


@pytest.fixture
def registered():
    register_metric(OWN)
    yield
    unregister_metric("genres_per_poster")


def evaluation():
    scores = Scores(tuple("abcd"), ("Drama", "War"), [[0.9, 0.6], [0.8, 0.2], [0.1, 0.7], [0.3, 0.1]], [[1, 0]] * 4)
    return evaluate(scores, [fixed_thresholds(scores.genre_names)], np.array([0.5, 0.5]), samples=20)


def test_an_evaluation_computes_it_and_a_report_shows_it(registered):
    made = evaluation()
    assert made.of("model", "0.5").figures["genres_per_poster"].value == 1.0
    assert "genres per poster" in markdown(made)


def test_a_report_is_read_without_it_too(registered):
    kept = evaluation().to_dict()
    unregister_metric("genres_per_poster")
    assert "genres per poster" not in markdown(Evaluation.from_dict(kept))


def test_a_report_made_before_it_was_registered_goes_without():
    before = evaluation()
    register_metric(OWN)
    try:
        assert "genres per poster" not in markdown(before)
    finally:
        unregister_metric("genres_per_poster")


@pytest.mark.parametrize("name", ["macro_map", ""])
def test_a_name_that_can_not_be_used_is_refused(name):
    with pytest.raises(ConfigError, match="choose a name that is not built in"):
        register_metric(Metric(name, "x", "score", "pairs", "never", genres_per_poster))
    assert "" not in METRICS
