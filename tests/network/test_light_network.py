"""What the light network gives beside probabilities, against Keras and against a gradient tape."""

from dataclasses import replace

import numpy as np
import pytest

from posters.classifier.runtime import LiteNetwork
from posters.errors import TrainingError
from posters.network import keras
from posters.network.light_network import write_light_network
from posters.network.model import build_network
from posters.network.tensorflow import tf


def random_network(config, seed=0):
    """Built as training builds it, with a head whose weights are not zero."""
    keras.utils.set_random_seed(seed)
    network = build_network(config, 3)
    rng = np.random.default_rng(seed)
    head = [rng.normal(0, 0.3, w.shape) if w.ndim == 2 else np.abs(rng.normal(0.5, 0.1, w.shape)) for w in
            network.head.get_weights()]  # fmt: skip
    network.head.set_weights(head)
    return network


@pytest.fixture
def pixels():
    return np.random.default_rng(1).integers(0, 256, (2, 36, 24, 3), dtype=np.uint8)


def exported(network, pixels, path):
    write_light_network(network.whole, path, pixels, network.whole(pixels, training=False).numpy())
    return LiteNetwork(path, (36, 24, 3), 3)


def test_the_maps_are_those_of_grad_cam(small, pixels, tmp_path):
    network = random_network(small)
    light = exported(network, pixels, tmp_path / "network.tflite")
    body = keras.Model(network.whole.input, network.whole.get_layer("average").input)
    for poster in pixels:
        outputs = light.outputs(poster)
        feature_map = tf.constant(body(poster[None]).numpy())
        for genre in range(3):
            with tf.GradientTape() as tape:
                tape.watch(feature_map)
                probability = network.head(tf.reduce_mean(feature_map, axis=(1, 2)), training=False)[0, genre]
                logit = tf.math.log(probability / (1 - probability))
            slope = tape.gradient(logit, feature_map).numpy()[0]
            # Grad-CAM, equations 1 and 2, without the ReLU: mean slope of each channel, times the channel.
            cam = (slope.mean(axis=(0, 1)) * feature_map.numpy()[0]).sum(axis=-1)
            np.testing.assert_allclose(outputs.maps[..., genre], cam, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(outputs.features, network.features(poster[None]).numpy()[0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(outputs.probabilities, network.whole(poster[None]).numpy()[0], atol=1e-5)


def test_other_poolings_give_features_but_no_maps(small, pixels, tmp_path):
    network = random_network(replace(small, pooling="max"))
    outputs = exported(network, pixels, tmp_path / "network.tflite").outputs(pixels[0])
    assert outputs.maps is None
    np.testing.assert_allclose(outputs.features, network.features(pixels[:1]).numpy()[0], rtol=1e-4, atol=1e-5)


def test_a_network_that_differs_from_training_is_not_written(small, pixels, tmp_path):
    network = random_network(small)
    with pytest.raises(TrainingError, match="nothing was written"):
        write_light_network(network.whole, tmp_path / "network.tflite", pixels, np.full((2, 3), 0.123))
    assert not (tmp_path / "network.tflite").exists()
