"""Two samples compared as a whole: alarms, false alarms, and what is refused."""

import json

import numpy as np
import pytest

from posters.drift import DriftSample, measure_drift
from posters.errors import ScoresError
from posters.scores import Scores

GENRES = ("Drama", "War")


def sample(count, rng, *, shift=0.0, scale=1.0, labelled=False):
    """Features of a Gaussian, and scores that follow the first two of them."""
    features = rng.normal(shift, scale, (count, 8))
    y_score = 1 / (1 + np.exp(-features[:, :2]))
    y_true = (rng.random(y_score.shape) < y_score).astype(int) if labelled else None
    return DriftSample("sample", features, Scores(tuple(map(str, range(count))), GENRES, y_score, y_true))


def decide(y_score):
    return y_score >= 0.5


def test_a_shift_raises_alarms_and_is_plain_data():
    rng = np.random.default_rng(7)
    found = measure_drift(sample(200, rng, labelled=True), sample(200, rng, shift=-1.5), decide)
    assert {"features", "scores", "f1"} <= set(found.alarms)
    assert found.fails("any")
    assert not found.fails("never")
    assert found.f1[1] < found.f1[0]
    assert [genre.new < genre.reference for genre in found.labels] == [True, True]
    plain = json.loads(json.dumps(found.to_dict()))
    assert (plain["posters"], plain["alarms"]) == ({"reference": 200, "new": 200}, list(found.alarms))
    assert sum(plain["genres"][0]["histograms"][0]) == 200


def test_wider_features_are_outliers():
    rng = np.random.default_rng(7)
    assert "outliers" in measure_drift(sample(200, rng), sample(200, rng, scale=4.0), decide).alarms


@pytest.mark.slow
def test_two_halves_of_one_set_rarely_alarm():
    """Four tests at 1% each: 50 pairs raise 2 alarms on average, and more than 7 in one of 1,000 runs."""
    rng = np.random.default_rng(11)
    found = [measure_drift(sample(60, rng), sample(40, rng), decide) for _ in range(50)]
    assert sum(len(each.alarms) for each in found) <= 7


def test_features_and_scores_must_be_of_the_same_posters():
    scores = sample(20, np.random.default_rng(7)).scores
    with pytest.raises(ScoresError, match="features of 21 posters and scores of 20"):
        DriftSample("sample", np.zeros((21, 8)), scores)
