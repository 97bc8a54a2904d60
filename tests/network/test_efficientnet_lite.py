"""EfficientNet-Lite: sizes as published, ImageNet's classes recognised, weights read without running code."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from posters.config import PreprocessConfig, TrainConfig
from posters.errors import MissingExtraError, TrainingError
from posters.network import keras
from posters.network.backbones import build_backbone, find_backbone, scale_pixels
from posters.network.efficientnet_lite import VARIANTS, efficientnet_lite, imagenet_file
from posters.network.model import build_network
from posters.network.torch_weights import read_torch_weights
from scripts.soaking.samples import make_torch_weights

# Trainable parameters with the classifier and multiply-adds at the size of training, in millions, as published.
PUBLISHED = {"efficientnet_lite0": (4.652, 407), "efficientnet_lite1": (5.416, 631), "efficientnet_lite2": (6.092, 899)}
CLASSIFIER = 1280 * 1000 + 1000
# ImageNet's numbers for tabby, tiger and Egyptian cat, and for espresso.
PHOTOGRAPHS = {"cat.jpg": {281, 282, 285}, "espresso.jpg": {967}}


def multiply_adds(model):
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            _, height, width, _ = layer.output.shape
            kernel = layer.weights[0].shape
            total += height * width * int(np.prod(kernel))
    return total


@pytest.mark.parametrize("name", VARIANTS)
def test_it_has_the_published_size(name):
    side = VARIANTS[name].side
    model = efficientnet_lite(name, weights=None, input_shape=(side, side, 3))
    parameters, millions = PUBLISHED[name]
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert (trainable + CLASSIFIER) / 1e6 == pytest.approx(parameters, abs=0.001)
    # Of convolutions alone: the authors count normalisation, too.
    assert (multiply_adds(model) + CLASSIFIER) / 1e6 == pytest.approx(millions, rel=0.06)


@pytest.mark.parametrize("name", VARIANTS)
def test_its_imagenet_weights_recognise_photographs(name, golden):
    side = VARIANTS[name].side
    backbone = find_backbone(name)
    body = build_backbone(backbone, "imagenet", (side, side, 3))
    classifier = read_torch_weights(imagenet_file(name))
    for photograph, classes in PHOTOGRAPHS.items():
        image = Image.open(golden / "imagenet" / photograph).resize((side, side), Image.Resampling.BICUBIC)
        pixels = np.asarray(image, np.uint8)[None]
        features = np.asarray(body(scale_pixels(backbone, pixels))).mean((1, 2))
        logits = features @ classifier["_fc.weight"].T + classifier["_fc.bias"]
        assert int(logits.argmax()) in classes


@pytest.mark.parametrize("spelling", ["efficientnet_lite0", "EfficientNetLite0", "efficientnet-lite0"])
def test_it_trains_by_name(spelling):
    config = TrainConfig(backbone=spelling, weights="imagenet", preprocess=PreprocessConfig(height=64, width=32))
    network = build_network(config, n_genres=3)
    assert network.whole(np.zeros((2, 64, 32, 3), np.uint8)).shape == (2, 3)


def test_stochastic_depth_skips_blocks_of_some_posters_while_training_alone():
    # From ImageNet: a network with initial weights gives next to nothing, whatever is dropped.
    plain, dropping = (
        efficientnet_lite("efficientnet_lite0", weights="imagenet", input_shape=(64, 32, 3), drop_path=rate)
        for rate in (0.0, 0.8)
    )
    for layer in dropping.layers:
        # Statistics of the batch would differ between posters that are one and the same.
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    one = np.random.default_rng(0).normal(size=(1, 64, 32, 3)).astype(np.float32)
    np.testing.assert_allclose(dropping(one, training=False), plain(one, training=False), atol=1e-5)
    eight = np.asarray(dropping(np.repeat(one, 8, axis=0), training=True)).reshape(8, -1)
    assert np.ptp(eight, axis=0).max() > 0.1
    rates = [layer.rate for layer in dropping.layers if layer.name.endswith("drop_path")]
    assert rates == sorted(rates)
    assert 0 < rates[0] < rates[-1] < 0.8


def test_what_is_not_dropped_counts_for_more():
    """On average, a block adds as much while training as it does when predicting."""
    drop = keras.layers.Dropout(0.5, noise_shape=(None, 1, 1, 1))
    kept = np.asarray(drop(np.ones((4000, 2, 1, 3), np.float32), training=True))
    assert kept.mean() == pytest.approx(1, abs=0.1)
    assert (kept == kept[:, :1, :, :1]).all()


def test_weights_that_are_not_installed_are_named_with_their_extra(monkeypatch):
    monkeypatch.setattr("posters._base.optional_imports.find_spec", lambda module: None)
    with pytest.raises(MissingExtraError, match=r"posters\[efficientnet-lite\]"):
        build_backbone(find_backbone("efficientnet_lite0"), "imagenet", (64, 32, 3))


def test_its_own_weights_come_back(tmp_path):
    model = efficientnet_lite("efficientnet_lite0", weights=None, input_shape=(64, 32, 3))
    path = tmp_path / "lite.weights.h5"
    model.save_weights(path)
    again = efficientnet_lite("efficientnet_lite0", weights=str(path), input_shape=(96, 64, 3))
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


class TestTorchWeights:
    def test_a_file_that_is_cut_anywhere_is_refused(self, tmp_path):
        data = imagenet_file("efficientnet_lite0").read_bytes()
        path = tmp_path / "cut.pth"
        for length in (0, 1, 10, 100, 1000, 20_000, 60_000, len(data) // 2, len(data) - 1):
            path.write_bytes(data[:length])
            with pytest.raises(TrainingError, match=r"cut\.pth: can't be read as PyTorch weights"):
                read_torch_weights(path)

    def test_no_code_runs(self, tmp_path):
        class Hostile:
            def __reduce__(self):
                return Path.touch, (tmp_path / "ran",)

        path = tmp_path / "hostile.pth"
        start = imagenet_file("efficientnet_lite0").read_bytes()[:15]  # PyTorch's magic number
        for data in (pickle.dumps(Hostile()), start + pickle.dumps(Hostile())):
            path.write_bytes(data)
            with pytest.raises(TrainingError, match="which is no tensor"):
                read_torch_weights(path)
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize(
        "sizes", [b"(J\x00\x00\x00\x40K\x02t(K\x00K\x01t", b"(J\xff\xff\xff\xffK\x02t(K\x02K\x01t"]
    )
    def test_a_tensor_that_repeats_its_numbers_without_end_is_refused(self, tmp_path, sizes):
        make_torch_weights(tmp_path)
        path = tmp_path / "weights.pth"
        assert read_torch_weights(path)["w"].tolist() == [[0, 1], [2, 3]]
        path.write_bytes(path.read_bytes().replace(b"(K\x02K\x02t(K\x02K\x01t", sizes))
        with pytest.raises(TrainingError, match="a tensor is larger than its storage"):
            read_torch_weights(path)

    def test_statistics_are_those_of_a_network(self):
        tensors = read_torch_weights(imagenet_file("efficientnet_lite0"))
        assert len(tensors) == 296
        assert tensors["_conv_stem.weight"].shape == (32, 3, 3, 3)
        variances = [tensor for name, tensor in tensors.items() if name.endswith("running_var")]
        assert all((variance >= 0).all() for variance in variances)
