"""EfficientNet-Lite: sizes as published, ImageNet's classes recognised, weights read without running code."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import posters
from posters.config import PreprocessConfig, TrainConfig
from posters.errors import MissingExtraError, TrainingError
from posters.network import keras
from posters.network.backbones import build_backbone, find_backbone, scale_pixels
from posters.network.efficientnet_lite import VARIANTS, efficientnet_lite, imagenet_file
from posters.network.model import build_network
from posters.network.torch_weights import read_torch_weights
from posters.network.weights import backbone_of
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


@pytest.mark.parametrize("name", PUBLISHED)
def test_it_has_the_published_size(name):
    side = VARIANTS[name].side
    model = efficientnet_lite(name, weights=None, input_shape=(side, side, 3))
    parameters, millions = PUBLISHED[name]
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert (trainable + CLASSIFIER) / 1e6 == pytest.approx(parameters, abs=0.001)
    # Of convolutions alone: the authors count normalisation, too.
    assert (multiply_adds(model) + CLASSIFIER) / 1e6 == pytest.approx(millions, rel=0.06)


@pytest.mark.parametrize("name", PUBLISHED)
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


def test_a_multilevel_variant_adds_the_maps_of_earlier_stages():
    shape = (96, 64, 3)
    plain = efficientnet_lite("efficientnet_lite0", weights="imagenet", input_shape=shape)
    earlier = [plain.get_layer(f"block{place}_add").output for place in (4, 7, 10, 14)]
    several = keras.Model(plain.input, [plain.output, *earlier])
    pixels = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    last, *maps = (np.asarray(each) for each in several(pixels, training=False))
    given = np.asarray(
        efficientnet_lite("efficientnet_lite0_multilevel", weights="imagenet", input_shape=shape)(
            pixels, training=False
        )
    )
    np.testing.assert_allclose(given[..., :1280], last, atol=1e-4)
    start = 1280
    for each in maps:
        added = given[..., start : (start := start + each.shape[-1])]
        times = round(each.shape[1] / last.shape[1])
        squares = each.reshape(len(each), last.shape[1], times, last.shape[2], times, -1)
        np.testing.assert_allclose(added, squares.mean(axis=(2, 4)) / 32, atol=1e-5)
    assert start == given.shape[-1] == 1704


@pytest.mark.parametrize("height", [32, 33, 47, 75, 100, 300])
def test_a_multilevel_variant_takes_every_size(height):
    model = efficientnet_lite("efficientnet_lite0_multilevel", weights=None, input_shape=(height, height + 9, 3))
    plain = efficientnet_lite("efficientnet_lite0", weights=None, input_shape=(height, height + 9, 3))
    assert model.output.shape[1:3] == plain.output.shape[1:3]


def test_a_multilevel_run_begins_with_a_plain_one_and_says_where_its_evidence_is(colours, small, tmp_path):
    config = replace(
        small, backbone="efficientnet_lite0", weights="imagenet", epochs=0, head_epochs=5,
        preprocess=PreprocessConfig(height=64, width=64),
    )  # fmt: skip
    posters.train(colours, tmp_path / "plain", config, cache=tmp_path / "cache")
    config = replace(config, backbone="efficientnet_lite0_multilevel", weights=str(tmp_path / "plain"))
    classifier = posters.train(colours, tmp_path / "multilevel", config, cache=tmp_path / "cache")
    plain, multilevel = (
        keras.models.load_model(tmp_path / name / "classifier" / "network.keras") for name in ("plain", "multilevel")
    )
    for one, other in zip(backbone_of(plain).get_weights(), backbone_of(multilevel).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert multilevel.get_layer("head").input_shape == (None, 1704)
    explained = classifier.explain(colours.image_path(colours[0]))
    assert np.isfinite(explained.map).all()
    figures = posters.evaluate_run(tmp_path / "multilevel")
    assert figures.of("model").figures["macro_map"].value > figures.of("prior").figures["macro_map"].value


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
