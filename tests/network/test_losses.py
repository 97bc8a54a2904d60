"""Losses against definitions written out in NumPy."""

import numpy as np
import pytest

from posters.network import keras
from posters.network.losses import (
    AsymmetricLoss,
    SharedCategoricalCrossentropy,
    WeightedBinaryCrossentropy,
    loss_names,
    make_loss,
    positive_weights,
)

Y = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 0]], np.float32)
P = np.array([[0.9, 0.2, 0.4], [0.1, 0.03, 0.6], [0.5, 0.7, 0.01]], np.float32)
PREVALENCE = np.array([0.5, 0.1, 0.001])


def cross_entropy(y, p, weight=1.0):
    return -(weight * y * np.log(p) + (1 - y) * np.log(1 - p)).mean(axis=1)


def per_poster(loss, y=Y, p=P):
    return np.asarray(loss.call(keras.ops.convert_to_tensor(y), keras.ops.convert_to_tensor(p)))


def test_binary_cross_entropy():
    np.testing.assert_allclose(per_poster(make_loss("binary_crossentropy", PREVALENCE)), cross_entropy(Y, P), rtol=1e-5)


def test_positive_weights_count_the_positive_terms():
    weights = np.array([1.0, 9.0, 20.0], np.float32)
    np.testing.assert_allclose(positive_weights(PREVALENCE), [1, 9, 20])
    expected = cross_entropy(Y, P, weights)
    np.testing.assert_allclose(per_poster(WeightedBinaryCrossentropy(weights)), expected, rtol=1e-5)


def test_focal_loss_is_equation_4_with_gamma_2():
    expected = -(Y * (1 - P) ** 2 * np.log(P) + (1 - Y) * P**2 * np.log(1 - P)).mean(axis=1)
    np.testing.assert_allclose(per_poster(make_loss("focal", PREVALENCE)), expected, rtol=1e-4)


def test_asymmetric_loss_by_hand():
    """p = 0.8 true, p = 0.55 and 0.03 false: margin 0.05 moves the last two to 0.5 and 0."""
    y, p = np.array([[1, 0, 0]], np.float32), np.array([[0.8, 0.55, 0.03]], np.float32)
    expected = -(0.2 * np.log(0.8) + 0.5**4 * np.log(0.5) + 0) / 3
    np.testing.assert_allclose(per_poster(AsymmetricLoss(gamma_positive=1.0), y, p), [expected], rtol=1e-4)


def test_asymmetric_loss_without_focus_and_margin_is_cross_entropy():
    np.testing.assert_allclose(per_poster(AsymmetricLoss(0.0, 0.0, 0.0)), cross_entropy(Y, P), rtol=1e-5)


def test_a_softmax_shares_one_unit_between_the_genres():
    p = np.array([[0.2, 0.3, 0.5], [0.2, 0.3, 0.5], [0.25, 0.25, 0.5]], np.float32)
    expected = [-(np.log(0.2) + np.log(0.5)) / 2, 0.0, -np.log(0.25)]
    np.testing.assert_allclose(per_poster(SharedCategoricalCrossentropy(), p=p), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", loss_names())
def test_every_loss_and_its_slope_stay_finite_at_certainty(name):
    import tensorflow as tf

    certain = tf.Variable([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    with tf.GradientTape() as tape:
        loss = make_loss(name, PREVALENCE).call(tf.constant(Y), certain)
    assert np.isfinite(loss).all()
    assert np.isfinite(tape.gradient(loss, certain)).all()


@pytest.mark.parametrize("name", loss_names())
def test_every_loss_survives_saving(name):
    loss = make_loss(name, PREVALENCE)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    np.testing.assert_array_equal(per_poster(again), per_poster(loss))
