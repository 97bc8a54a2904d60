"""Every backbone that can be named: its scaling against its family's own, its shape, its errors."""

import inspect
import sys

import numpy as np
import pytest

from posters.config import PreprocessConfig, TrainConfig
from posters.errors import ConfigError, TrainingError
from posters.network import keras
from posters.network.backbones import backbone_names, build_backbone, find_backbone, scale_pixels
from posters.network.model import build_network

APPLICATIONS = [name for name in backbone_names() if hasattr(keras.applications, name)]
NAMED_BY_THE_ISSUE = [
    "small_cnn",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "efficientnet_v2_b0",
    "efficientnet_v2_b1",
    "efficientnet_v2_b2",
    "efficientnet_v2_b3",
    "resnet50",
    "convnext_tiny",
]


@pytest.mark.parametrize("name", APPLICATIONS)
def test_pixels_are_scaled_as_the_family_scales_them(name):
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 4, 3), np.uint8)
    inputs = keras.Input((5, 4, 3), dtype="uint8")
    ours = keras.Model(inputs, scale_pixels(find_backbone(name), inputs))(pixels)
    family = sys.modules[inspect.unwrap(getattr(keras.applications, name)).__module__]
    np.testing.assert_allclose(ours, family.preprocess_input(pixels.astype(np.float32)), atol=1e-4)


@pytest.mark.parametrize("name", NAMED_BY_THE_ISSUE)
def test_the_named_backbones_are_known(name):
    assert find_backbone(name).name.lower().replace("_", "") == name.replace("_", "")


@pytest.mark.parametrize("name", ["small_cnn", "mobilenet_v3_small", "efficientnet_v2_b0", "resnet50"])
def test_a_backbone_takes_uint8_posters_and_gives_probabilities(name):
    config = TrainConfig(backbone=name, weights="none", preprocess=PreprocessConfig(height=48, width=32))
    network = build_network(config, n_genres=5)
    y_score = network.whole(np.zeros((2, 48, 32, 3), np.uint8)).numpy()
    assert network.whole.input.dtype == "uint8"
    assert y_score.shape == (2, 5)
    np.testing.assert_allclose(network.head(network.features(np.zeros((2, 48, 32, 3), np.uint8))), y_score, atol=1e-6)


def test_an_unknown_backbone_is_refused_by_a_list_of_those_there_are():
    with pytest.raises(ConfigError, match=r"no backbone 'mobilenet_v9'.*small_cnn.*MobileNetV2"):
        find_backbone("mobilenet_v9")


def test_weights_that_cannot_be_had_are_refused():
    small = find_backbone("small_cnn")
    with pytest.raises(TrainingError, match="no ImageNet weights for small_cnn"):
        build_backbone(small, "imagenet", (48, 32, 3))
    with pytest.raises(TrainingError, match=r"no file 'nowhere\.h5'"):
        build_backbone(small, "nowhere.h5", (48, 32, 3))


def test_a_backbone_without_stochastic_depth_refuses_it():
    with pytest.raises(ConfigError, match=r"small_cnn has no drop_path: choose one of efficientnet_lite0"):
        build_backbone(find_backbone("small_cnn"), "none", (48, 32, 3), drop_path=0.1)


@pytest.mark.filterwarnings("ignore:Skipping nested container")  # Keras's own word about such a file.
def test_a_file_that_holds_other_weights_is_refused(tmp_path):
    path = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(path)
    with pytest.raises(TrainingError, match="can't be built with weights"):
        build_backbone(find_backbone("small_cnn"), str(path), (48, 32, 3))
