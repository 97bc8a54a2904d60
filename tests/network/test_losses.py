"""Losses against definitions written out in NumPy."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from posters.extensions import LOSSES, register_loss
from posters.network import keras
from posters.network.data import Batches
from posters.network.fit import FitState, compile_model, fit
from posters.network.losses import (
    AsymmetricLoss,
    KnownLabels,
    SharedCategoricalCrossentropy,
    WeightedBinaryCrossentropy,
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


@pytest.mark.parametrize("name", LOSSES.built_in)
def test_every_loss_and_its_slope_stay_finite_at_certainty(name):
    import tensorflow as tf

    certain = tf.Variable([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    with tf.GradientTape() as tape:
        loss = make_loss(name, PREVALENCE).call(tf.constant(Y), certain)
    assert np.isfinite(loss).all()
    assert np.isfinite(tape.gradient(loss, certain)).all()


@pytest.mark.parametrize("name", LOSSES.built_in)
def test_every_loss_survives_saving(name):
    loss = make_loss(name, PREVALENCE)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    np.testing.assert_array_equal(per_poster(again), per_poster(loss))


# Unknown labels, which are -1

PARTLY = np.array([[1, -1, 1], [0, 0, -1], [-1, -1, -1], [1, 1, 0]], np.float32)
OF_PARTLY = np.array([[0.9, 0.2, 0.4], [0.1, 0.03, 0.6], [0.3, 0.3, 0.4], [0.5, 0.7, 0.01]], np.float32)
KNOWN = 7 / 12

CELLS = {
    "binary_crossentropy": lambda y, p, g: -np.log(p if y else 1 - p),
    "weighted_binary_crossentropy": lambda y, p, g: -np.log(p) * (1, 9, 20)[g] if y else -np.log(1 - p),
    "focal": lambda y, p, g: -((1 - p) ** 2) * np.log(p) if y else -(p**2) * np.log(1 - p),
    "asymmetric": lambda y, p, g: -np.log(p) if y else -(max(p - 0.05, 0) ** 4) * np.log(1 - max(p - 0.05, 0)),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_loss_is_the_mean_over_the_known_cells(name):
    total, cells = 0.0, 0
    for labels, probabilities in zip(PARTLY, OF_PARTLY, strict=True):
        for genre, (y, p) in enumerate(zip(labels, probabilities, strict=True)):
            if y >= 0:
                total, cells = total + CELLS[name](y, float(p), genre), cells + 1
    loss = per_poster(make_loss(name, PREVALENCE, known=KNOWN), PARTLY, OF_PARTLY)
    assert cells == 7
    np.testing.assert_allclose(loss.mean(), total / cells, rtol=2e-5)
    np.testing.assert_allclose(loss[2], 0, atol=1e-6)


def test_a_softmax_shares_its_unit_among_the_known_genres():
    loss = per_poster(make_loss("categorical_crossentropy", PREVALENCE, known=KNOWN), PARTLY, OF_PARTLY)
    expected = [-(np.log(0.9 / 1.3) + np.log(0.4 / 1.3)) / 2, 0, 0, -(np.log(0.5 / 1.21) + np.log(0.7 / 1.21)) / 2]
    np.testing.assert_allclose(loss, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LOSSES.built_in)
def test_an_unknown_label_pulls_nothing_even_at_certainty(name):
    import tensorflow as tf

    p = tf.Variable([[0.9, 1.0, 0.4], [0.1, 0.03, 0.0], [0.0, 1.0, 0.0], [0.5, 0.7, 0.01]])
    with tf.GradientTape() as tape:
        loss = make_loss(name, PREVALENCE, known=KNOWN).call(tf.constant(PARTLY), p)
    slopes = tape.gradient(loss, p).numpy()
    assert np.isfinite(slopes).all()
    np.testing.assert_array_equal(slopes[PARTLY < 0], 0)
    if name != "categorical_crossentropy":  # Which may lower one genre of a poster to raise another.
        assert (slopes[PARTLY > 0] < 0).all()


@pytest.mark.parametrize("name", LOSSES.built_in)
def test_a_loss_of_known_labels_is_the_same_object_and_the_mask_changes_no_bit(name):
    plain = make_loss(name, PREVALENCE)
    assert not isinstance(plain, KnownLabels)
    if name != "categorical_crossentropy":
        np.testing.assert_array_equal(per_poster(KnownLabels(plain, known=1.0)), per_poster(plain))


@pytest.mark.parametrize("name", LOSSES.built_in)
def test_a_loss_of_partly_known_labels_survives_saving(name):
    loss = make_loss(name, PREVALENCE, known=KNOWN)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    np.testing.assert_array_equal(per_poster(again, PARTLY, OF_PARTLY), per_poster(loss, PARTLY, OF_PARTLY))


class Seen(keras.losses.Loss):
    """Squared error that notes which labels it was given."""

    def __init__(self):
        super().__init__()
        self.labels = []

    def call(self, y_true, y_pred):
        self.labels.append(np.unique(y_true).tolist())
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def test_an_own_loss_is_given_no_unknown_label_and_becomes_a_mean_over_the_known_cells():
    seen = Seen()
    register_loss("noted_squares", lambda prevalence: seen)
    loss = per_poster(make_loss("noted_squares", PREVALENCE, known=KNOWN), PARTLY, OF_PARTLY)
    assert seen.labels == [[0.0, 1.0]]
    known = PARTLY >= 0
    np.testing.assert_allclose(loss.mean(), ((PARTLY - OF_PARTLY)[known] ** 2).mean(), rtol=1e-5)


def test_an_own_loss_that_takes_unknown_labels_is_given_them():
    seen = Seen()
    register_loss("takes_all", lambda prevalence: seen, takes_unknown=True)
    assert make_loss("takes_all", PREVALENCE, known=KNOWN) is seen
    per_poster(seen, PARTLY, OF_PARTLY)
    assert seen.labels == [[-1.0, 0.0, 1.0]]


# Far from the labels, where probabilities round to 0 and 1


def slopes_at(loss, logit, label, activation="sigmoid"):
    """Return the slopes by the logits of what a Dense layer with an activation gives, genre by genre."""
    import tensorflow as tf

    logits = tf.Variable([[0.0, logit]])
    layer = keras.layers.Activation(activation)
    with tf.GradientTape() as tape:
        value = loss.call(tf.constant([[0.0, label]]), layer(logits))
    return tape.gradient(value, logits).numpy()[0]


@pytest.mark.parametrize("known", [1.0, 0.5])
@pytest.mark.parametrize("name", ["binary_crossentropy", "weighted_binary_crossentropy", "focal", "asymmetric"])
@pytest.mark.parametrize("logit", [-8.0, -17.0, -40.0, -80.0])
def test_a_positive_that_is_held_for_impossible_pulls_with_its_whole_weight(name, logit, known):
    """The slope of -log p is -1; of two genres it is the mean, and a genre of 1 in 10 weighs 9."""
    loss = make_loss(name, np.array([0.5, 0.1]), known=known)
    weight = 9 if name == "weighted_binary_crossentropy" else 1
    np.testing.assert_allclose(slopes_at(loss, logit, 1.0)[1], -weight / 2 / known, rtol=0.02)


@pytest.mark.parametrize("known", [1.0, 0.5])
@pytest.mark.parametrize("name", ["binary_crossentropy", "weighted_binary_crossentropy", "focal"])
@pytest.mark.parametrize("logit", [8.0, 17.0, 40.0, 80.0])
def test_a_negative_that_is_held_for_certain_pulls_as_much(name, logit, known):
    loss = make_loss(name, np.array([0.5, 0.1]), known=known)
    np.testing.assert_allclose(slopes_at(loss, logit, 0.0)[1], 1 / 2 / known, rtol=0.02)


@pytest.mark.parametrize("logit", [8.0, 17.0, 40.0, 80.0])
def test_asymmetric_pulls_a_certain_negative_unless_its_margin_forbids(logit):
    np.testing.assert_allclose(slopes_at(AsymmetricLoss(0.0, 4.0, 0.0), logit, 0.0)[1], 0.5, rtol=0.02)
    # By equation 5, 1 - q is at least the margin, so that the slope falls with p (1 - p): in the paper too.
    assert 0 <= slopes_at(AsymmetricLoss(), logit, 0.0)[1] < 0.01


@pytest.mark.parametrize("known", [1.0, 0.5])
@pytest.mark.parametrize("logit", [-17.0, -40.0, -80.0])
def test_a_softmax_pulls_a_genre_that_it_holds_for_impossible(logit, known):
    loss = make_loss("categorical_crossentropy", PREVALENCE[:2], known=known)
    np.testing.assert_allclose(slopes_at(loss, logit, 1.0, "softmax"), [1.0, -1.0], rtol=1e-3)


@pytest.mark.parametrize("name", ["binary_crossentropy", "weighted_binary_crossentropy", "focal", "asymmetric"])
def test_unknown_labels_pull_nothing_through_the_logits_either(name):
    for logit in (-80.0, -3.0, 0.0, 3.0, 80.0):
        assert slopes_at(make_loss(name, PREVALENCE[:2], known=0.5), logit, -1.0)[1] == 0


@pytest.mark.parametrize("name", ["weighted_binary_crossentropy", "asymmetric", "focal"])
def test_the_real_training_step_reaches_the_logits_through_head_and_whole_network(name):
    """Keras keeps a sigmoid's logits beside its output; if a release stopped that, losses would go flat here."""
    inputs = keras.Input((1,))
    head = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, activation="sigmoid", kernel_initializer="ones")])
    whole = keras.Model(inputs, head(inputs))
    compile_model(whole, make_loss(name, np.array([0.1]), known=0.5), schedule=1.0, weight_decay=0.0)
    state = FitState("head", whole, ema=0.0)
    x, y = np.full((4, 1), -40, np.float32), np.ones((4, 1), np.float32)
    before = whole.get_weights()[1].item()
    batches = Batches(x, y, rows=np.arange(4), batch_size=4, seed=0)
    with tempfile.TemporaryDirectory() as folder:
        fit(state, batches, lambda: {"macro_map": 0.0}, epochs=1, patience=1, checkpoint=Path(folder) / "head.npz")
    # AdamW's step is the learning rate for any slope but 0, where it is none.
    assert whole.get_weights()[1].item() - before > 0.5
