"""Training from the weights that come with the package."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import posters
from posters._base.atomic_files import sha256_of
from posters.catalogue import Catalogue
from posters.classifier import read_manifest
from posters.classifier.novelty import NOVELTY, Novelty
from posters.classifier.seen_posters import SeenPosters
from posters.config import PreprocessConfig, TrainConfig
from posters.errors import TrainingError
from posters.images.decoding import decode
from posters.images.perceptual_hash import perceptual_hash
from posters.models import CLASSIFIER, NOVELTIES
from posters.network.backbones import build_backbone, find_backbone
from posters.network.weights import load_shipped_network
from posters.runs import Run
from posters.tasks import overlap
from posters.tasks.scoring import split_catalogue


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
    for name, advice in (("small_cnn", "pass weights=none"), ("ResNet50", "pass weights=imagenet or none")):
        with pytest.raises(TrainingError, match=f"posters weights of .* and mobilenet_v2: for .* {advice}"):
            build_backbone(find_backbone(name), "posters", (64, 48, 3))


def test_a_run_starts_from_them_unless_it_is_told_otherwise(colours, tmp_path):
    config = TrainConfig(preprocess=PreprocessConfig(height=64, width=48), epochs=0, head_epochs=2)
    classifier = posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache")
    assert classifier.manifest.provenance["backbone"] == "efficientnet_lite0, weights posters"
    assert "seen before" not in classifier.manifest.provenance
    # The backbone is the package's, and so is what tells pictures that are no posters; but not of posters like these.
    own, package = (
        Novelty.read(path).rows for path in (classifier.directory / NOVELTY, NOVELTIES["efficientnetlite0"])
    )
    np.testing.assert_array_equal(own[0], package[0])
    scale = np.float64(package[1] @ own[1].astype(float)) / np.float64(own[1] @ own[1].astype(float))
    np.testing.assert_allclose(own[1] * scale, package[1], atol=0.01 * np.abs(package[1]).max())
    validation = [colours.image_path(poster) for poster in split_catalogue(Run(tmp_path / "run"), "validation")]
    assert scale > 1
    assert max(prediction.novelty for prediction in classifier.predict_many(validation)) == pytest.approx(1, abs=0.01)


def test_a_backbone_that_was_changed_has_a_novelty_of_its_own(colours, tmp_path):
    config = TrainConfig(preprocess=PreprocessConfig(height=64, width=48), epochs=0, head_epochs=2, pooling="max")
    classifier = posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache")
    assert len(Novelty.read(classifier.directory / NOVELTY).rows) > 2


@pytest.fixture
def seen(colours, monkeypatch):
    """Pretend that the weights were trained on every second of the posters."""
    shape = PreprocessConfig(height=64, width=48)
    hashes = [perceptual_hash(decode(colours.image_path(poster), shape)) for poster in colours.posters[::2]]
    record = SeenPosters.of_hashes(np.array(hashes, np.uint64), "weights")
    monkeypatch.setattr(overlap, "seen_by_posters_weights", lambda backbone: record)
    return {poster.id for poster in colours.posters[::2]}


def test_posters_that_they_have_seen_are_counted_aloud(colours, tmp_path, seen, messages):
    config = TrainConfig(preprocess=PreprocessConfig(height=64, width=48), epochs=0, head_epochs=2)
    posters.train(colours, tmp_path / "run", config, cache=tmp_path / "cache")
    assert any("are ones that the weights (posters) have seen in training" in message for message in messages)
    tested = {id for id, split in Run(tmp_path / "run").splits().items() if split == "test"}
    evaluation = posters.evaluate_run(tmp_path / "run")
    # Others may look like one of them, too: these pictures are bands of noise.
    assert evaluation.seen.weights == evaluation.seen.look_alike >= len(tested & seen) > 0
    again = posters.train(colours, tmp_path / "fair", replace(config, weights="none"), cache=tmp_path / "cache")
    assert "seen before" not in again.manifest.provenance
    assert posters.evaluate_run(tmp_path / "fair").seen.weights == 0


def test_a_table_of_posters_that_it_has_seen_is_counted_too(colours, tmp_path):
    shape = PreprocessConfig(height=64, width=48)
    directory = Path(shutil.copytree(CLASSIFIER, tmp_path / "copy"))
    hashes = [perceptual_hash(decode(colours.image_path(poster), shape)) for poster in colours.posters[:3]]
    np.save(directory / "trained_on.npy", np.array(hashes, np.uint64))
    manifest = json.loads((directory / "classifier.json").read_text())
    manifest["files"]["trained_on.npy"] = sha256_of(directory / "trained_on.npy")
    # Of version 0.2, which kept hashes alone.
    del manifest["files"]["seen.npy"]
    (directory / "classifier.json").write_text(json.dumps(manifest))
    few = [replace(poster, genres=manifest["genre_names"][:1]) for poster in colours.posters[:10]]
    catalogue = Catalogue(tuple(few), tuple(manifest["genre_names"][:1]), colours.image_root)
    evaluation = posters.evaluate_classifier(posters.load_classifier(directory), catalogue)
    assert evaluation.posters == 10
    assert 3 <= evaluation.seen.train == evaluation.seen.look_alike < 10
