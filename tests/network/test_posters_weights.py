"""Training from the weights that come with the package."""

from dataclasses import replace

import numpy as np
import pytest

import posters
from posters.catalogue import Catalogue
from posters.classifier import read_manifest
from posters.config import PreprocessConfig, TrainConfig
from posters.duplicates import perceptual_hash
from posters.errors import TrainingError
from posters.images import decode
from posters.models import CLASSIFIER
from posters.models import seen as seen_module
from posters.network.backbones import build_backbone, find_backbone
from posters.network.shipped import load_shipped_network
from posters.runs import Run


def test_the_keras_weights_are_the_light_network(golden):
    manifest = read_manifest(CLASSIFIER)
    network = load_shipped_network(CLASSIFIER, manifest).whole
    classifier = posters.load_classifier()
    for name in ("dusk.png", "night.png"):
        pixels = decode(golden / "posters" / name, manifest.preprocess)
        kept = manifest.calibration.apply(network(pixels[None], training=False).numpy())[0]
        light = list(classifier.predict(golden / "posters" / name).probabilities.values())
        np.testing.assert_allclose(light, kept, atol=1e-4)


def test_other_backbones_have_no_such_weights():
    for name, advice in (("small_cnn", "pass --weights none"), ("ResNet50", "pass --weights imagenet or none")):
        with pytest.raises(TrainingError, match=f"posters weights are MobileNetV2's: for .* {advice}"):
            build_backbone(find_backbone(name), "posters", (64, 48, 3))


def test_a_run_starts_from_them_unless_it_is_told_otherwise(colours, tmp_path):
    config = TrainConfig(preprocess=PreprocessConfig(height=64, width=48), epochs=0, head_epochs=2)
    classifier = posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache")
    assert classifier.manifest.provenance["backbone"] == "mobilenet_v2, weights posters"
    assert "seen before" not in classifier.manifest.provenance


@pytest.fixture
def seen(colours, monkeypatch, tmp_path):
    """Pretend that the weights were trained on every second of the posters."""
    shape = PreprocessConfig(height=64, width=48)
    hashes = [perceptual_hash(decode(colours.image_path(poster), shape)) for poster in colours.posters[::2]]
    monkeypatch.setattr(seen_module, "CLASSIFIER", tmp_path)
    np.save(tmp_path / "trained_on.npy", np.array(hashes, np.uint64))
    return {poster.id for poster in colours.posters[::2]}


def test_posters_that_they_have_seen_are_counted_aloud(colours, tmp_path, seen, messages):
    config = TrainConfig(preprocess=PreprocessConfig(height=64, width=48), epochs=0, head_epochs=2)
    posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache")
    assert any("look like ones that the posters weights were trained on" in message for message in messages)
    tested = {id for id, side in Run(tmp_path / "run").sides().items() if side == "test"}
    evaluation = posters.evaluate_run(tmp_path / "run")
    count = int(evaluation.provenance["seen before"].split()[0])
    # Others may look like one of them, too: these pictures are bands of noise.
    assert count >= len(tested & seen) > 0
    again = posters.train(colours, tmp_path / "fair", replace(config, weights="none"), cache=tmp_path / "cache")
    assert "seen before" not in again.manifest.provenance


def test_a_table_of_posters_that_it_has_seen_is_counted_too(colours, seen, monkeypatch):
    names = read_manifest(CLASSIFIER).genre_names
    few = [replace(poster, genres=names[:1]) for poster in colours.posters[:10]]
    catalogue = Catalogue(tuple(few), names[:1], colours.image_root)
    evaluation = posters.evaluate_classifier(posters.load_classifier(), catalogue)
    assert "of 10 posters look like ones that the weights were trained on" in evaluation.provenance["seen before"]
