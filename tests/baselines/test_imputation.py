"""Unknown labels that are filled in, against scikit-learn's own model and against the truth."""

import hypothesis.extra.numpy as st_numpy
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from posters.baselines.imputation import impute_labels, impute_training_labels

LABELS = st_numpy.arrays(np.int8, st.tuples(st.integers(2, 30), st.integers(1, 5)), elements=st.integers(-1, 1))


def hidden(y, share=0.4, seed=1):
    """The labels with a share unknown, and which."""
    cells = np.random.default_rng(seed).random(y.shape) < share
    return np.where(cells, -1, y).astype(np.int8), cells


@pytest.fixture
def y():
    """400 posters with one of three genres, as one chance or another has it."""
    return np.eye(3, dtype=np.int8)[np.random.default_rng(0).integers(0, 3, 400)]


@given(LABELS)
def test_what_is_known_stays_and_what_is_filled_in_is_a_probability(y):
    filled = impute_labels(y, np.full(y.shape, 0.3))
    np.testing.assert_array_equal(filled[y >= 0], y[y >= 0])
    learnable = [len({*column} - {-1}) == 2 for column in y.T]
    for column, genre in zip(filled.T, learnable, strict=True):
        assert ((column >= 0) & (column <= 1)).all() if genre else set(column) <= {-1, 0, 1}


def test_a_genre_that_nobody_has_stays_unknown(y):
    partly, _ = hidden(y)
    partly[:, 2] = np.where(partly[:, 2] == 1, -1, partly[:, 2])
    filled = impute_labels(partly, np.full(y.shape, 0.3))
    np.testing.assert_array_equal(filled[:, 2], partly[:, 2])
    assert (filled[:, :2] >= 0).all()


def test_it_is_scikit_learns_logistic_regression_on_the_score_and_on_what_is_known(y):
    partly, cells = hidden(y)
    y_score = np.random.default_rng(2).uniform(0.01, 0.99, y.shape)
    filled = impute_labels(partly, y_score)
    for genre, others in ((0, [1, 2]), (1, [0, 2]), (2, [0, 1])):
        known = [[label == value for label in row[others] for value in (0, 1)] for row in partly]
        number = [[(row[others] == 1).sum() == count for count in range(4)] for row in partly]
        x = np.column_stack([np.log(y_score[:, genre] / (1 - y_score[:, genre])), known, number])
        rows = ~cells[:, genre]
        fitted = LogisticRegression(C=0.1, max_iter=500).fit(x[rows], y[rows, genre])
        expected = fitted.predict_proba(x[~rows])[:, 1]
        np.testing.assert_allclose(filled[~rows, genre], expected, atol=2e-3)


def test_the_other_genres_tell_more_than_the_score_alone(y):
    partly, cells = hidden(y)
    y_score = np.clip(0.3 + 0.2 * y + np.random.default_rng(2).normal(0, 0.1, y.shape), 0.02, 0.98)
    filled = impute_labels(partly, y_score)
    assert log_loss(y[cells], filled[cells]) < 0.7 * log_loss(y[cells], y_score[cells])


def test_only_training_posters_are_filled_in_and_looked_at(y):
    features = np.random.default_rng(3).normal(size=(400, 5)) + 2 * y @ np.eye(3, 5)
    partly, _ = hidden(y)
    train, groups = np.arange(300), np.arange(400)
    filled = impute_training_labels(features, partly, train, groups)
    np.testing.assert_array_equal(filled[300:], partly[300:])
    assert (filled[:300] >= 0).all()
    others = partly.copy()
    others[300:] = 1 - np.abs(others[300:])
    np.testing.assert_array_equal(impute_training_labels(features, others, train, groups)[:300], filled[:300])
