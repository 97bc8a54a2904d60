"""The tests of two samples: against scipy and scikit-learn, by hand, and their false alarms."""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import pdist
from sklearn.covariance import ShrunkCovariance
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import rbf_kernel

from posters.drift.two_samples import (
    SHRINKAGE,
    average_ranks,
    chance_beyond,
    classifier_test,
    gaussian_kernel,
    ks_test,
    mmd_test,
    outlier_test,
    ridge_weights,
)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_ranks_are_those_of_scipy(rng):
    values = rng.integers(0, 9, 50).astype(float)
    assert average_ranks(values).tolist() == stats.rankdata(values).tolist()


def test_ridge_is_that_of_scikit_learn(rng):
    x = rng.normal(size=(60, 5))
    x -= x.mean(axis=0)
    y = np.repeat([-1.0, 1.0], [20, 40])
    assert ridge_weights(x, y) == pytest.approx(Ridge(alpha=0.1 * 60).fit(x, y).coef_)


def test_the_kernel_is_that_of_scikit_learn(rng):
    rows = rng.normal(size=(30, 4))
    median = np.median(pdist(rows, "sqeuclidean"))
    assert gaussian_kernel(rows) == pytest.approx(rbf_kernel(rows, gamma=1 / (2 * median)), abs=1e-9)


def test_mmd_by_hand(rng):
    # Two points each, at 0 and at 1: the distances of the six pairs are 0, 0, 1, 1, 1, 1, so the median is 1.
    found, p_value = mmd_test(np.array([[0.0], [0.0]]), np.array([[1.0], [1.0]]), rng)
    assert found == pytest.approx(2 - 2 * np.exp(-0.5))
    # Two of the six ways to deal four points into pairs are as extreme.
    assert p_value == pytest.approx(1 / 3, abs=0.05)


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.5])
def test_kolmogorov_smirnov_is_that_of_scipy(rng, shift):
    one, other = rng.normal(size=300), rng.normal(size=200) + shift
    oracle = stats.ks_2samp(one, other)
    distance, p_value = ks_test(one, other)
    assert distance == pytest.approx(oracle.statistic)
    assert p_value == pytest.approx(stats.kstwobign.sf(distance * np.sqrt(300 * 200 / 500)), abs=1e-9)
    assert p_value == pytest.approx(oracle.pvalue, abs=0.05)


def test_equal_samples_have_no_distance():
    assert ks_test(np.array([0.5] * 30), np.array([0.5] * 40)) == (0.0, 1.0)


@pytest.mark.parametrize(("beyond", "allowed", "held", "new"), [(0, 1, 9, 5), (3, 1, 99, 40), (5, 4, 399, 80)])
def test_the_chance_of_outliers_is_hypergeometric(beyond, allowed, held, new):
    oracle = stats.hypergeom.cdf(allowed - 1, held + new, held, beyond + allowed - 1)
    assert chance_beyond(beyond, allowed, held, new) == pytest.approx(oracle)


def test_outliers_are_those_of_the_mahalanobis_distance_of_scikit_learn(rng):
    reference, new = rng.normal(size=(400, 3)), rng.normal(size=(100, 3)) * 2
    share, expected, p_value = outlier_test(reference, new, np.random.default_rng(1))
    fitted, held = np.array_split(np.random.default_rng(1).permutation(reference), 2)
    oracle = ShrunkCovariance(shrinkage=SHRINKAGE).fit(fitted)
    threshold = np.sort(oracle.mahalanobis(held))[-2]
    assert share == (oracle.mahalanobis(new) > threshold).mean()
    assert (expected, p_value < 0.001) == (2 / 201, True)


@pytest.mark.parametrize("test", [classifier_test, mmd_test])
def test_a_shift_is_found_and_none_is_not(test, rng):
    one, other = rng.normal(size=(2, 200, 10))
    assert test(one, other, rng)[1] > 0.01
    assert test(one, other + 0.5, rng)[1] == 0.001


def test_features_that_never_vary_are_no_error(rng):
    same = np.ones((40, 3))
    assert classifier_test(same, same, rng) == (0.5, 1.0)
    assert mmd_test(same, same, rng)[1] == 1.0
    assert outlier_test(same, same, rng)[0] == 0.0


@pytest.mark.parametrize("test", [classifier_test, mmd_test, lambda *samples: outlier_test(*samples)[1:]])
def test_the_false_alarm_rate_is_at_most_the_level(test):
    """Two halves of one set, 100 times: at 10%, 10 alarms are expected, and more than 20 in one of 1,000 such runs."""
    rng = np.random.default_rng(11)
    found = [test(rng.normal(size=(40, 6)), rng.normal(size=(30, 6)), rng)[1] for _ in range(100)]
    assert sum(p_value <= 0.1 for p_value in found) <= 20
