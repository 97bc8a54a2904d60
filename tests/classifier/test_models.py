"""The classifier that comes with the package: there, whole, small, and honest about what it has seen."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import posters
from posters.classifier import read_manifest
from posters.classifier.seen_posters import looks_like
from posters.cli import main
from posters.models import CLASSIFIER, MOBILENET, TRAINED_ON, classifier_directory, weights_file
from posters.report.model_card import model_card
from posters.tasks.overlap import record_of, seen_by_posters_weights

MB = 1_000_000


def test_it_is_whole_and_small():
    manifest = read_manifest(CLASSIFIER)
    assert set(manifest.files) == {path.name for path in CLASSIFIER.iterdir()} - {"classifier.json"}
    assert (CLASSIFIER / "network.tflite").stat().st_size <= 14 * MB
    assert sum(path.stat().st_size for path in CLASSIFIER.glob("*.weights.h5")) <= 7 * MB
    # What an install holds altogether.
    assert sum(path.stat().st_size for path in CLASSIFIER.parent.rglob("*") if path.suffix != ".pyc") <= 45 * MB


def test_it_says_where_it_comes_from_and_nothing_of_the_machine_that_made_it():
    text = (CLASSIFIER / "classifier.json").read_text(encoding="utf-8")
    provenance = json.loads(text)["provenance"]
    assert provenance["seed"] == 0
    # The backbone of runs/more-larger, which this package has had since.
    assert provenance["config"]["weights"] == "posters"
    assert "--run runs/more-larger" in provenance["command"]
    assert "scripts/make_model.py" in provenance["command"]
    assert "/" not in provenance["catalogue"]
    assert {"platform", "processor"}.isdisjoint(provenance["versions"])


def test_its_card_gives_the_figures_of_every_genre():
    manifest, card = read_manifest(CLASSIFIER), (CLASSIFIER / "MODEL_CARD.md").read_text(encoding="utf-8")
    figures = manifest.metrics["out_of_fold"]
    assert f"**{figures['macro_map']:.3f}**" in card
    assert [own["name"] for own in figures["genres"]] == list(manifest.genre_names)
    for own in figures["genres"]:
        assert own["low"] <= own["average_precision"] <= own["high"]
        assert f"| {own['name']} | {own['positives']} |" in card
    mean = np.mean([own["average_precision"] for own in figures["genres"]])
    assert figures["macro_map"] == pytest.approx(mean)
    assert figures["macro_map"] > 2 * figures["macro_map_of_the_prior"]


def test_its_card_is_what_its_manifest_gives():
    assert model_card(read_manifest(CLASSIFIER)) == (CLASSIFIER / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_a_card_of_an_earlier_version_has_no_interval_over_the_commonest_genres():
    manifest = read_manifest(CLASSIFIER.parent / "mobilenet_v2_imdb")
    assert "low_20" not in manifest.metrics["out_of_fold"]
    assert f"\n{manifest.metrics['out_of_fold']['macro_map_20']:.3f}. A figure" in model_card(manifest)


def test_it_predicts_at_once(golden, capsys):
    assert main(["predict", str(golden / "posters" / "dusk.png"), "--format", "jsonl", "--all"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said["probabilities"]) == set(read_manifest(CLASSIFIER).genre_names)
    assert posters.load_classifier().predict(golden / "posters" / "dusk.png").probabilities == pytest.approx(
        said["probabilities"], abs=1e-6
    )


def test_the_first_command_of_the_readme_prints_what_it_shows(capsys, monkeypatch):
    repository = Path(__file__).parents[2]
    (command, shown) = re.findall(r"^posters (predict \S+) +# (.*)$", (repository / "README.md").read_text(), re.M)[0]
    monkeypatch.chdir(repository)
    assert main(command.split()) == 0
    assert capsys.readouterr().out.strip() == shown


def test_its_scores_are_what_they_were(golden):
    """Golden scores: another decoder, runtime or calibration shows here."""
    kept = json.loads((golden / "shipped_scores.json").read_text(encoding="utf-8"))
    classifier = posters.load_classifier()
    for name, probabilities in kept.items():
        now = classifier.predict(golden / "posters" / name).probabilities
        assert now == pytest.approx(probabilities, abs=2e-4)


def test_its_name_means_its_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert classifier_directory("posters") == CLASSIFIER
    assert classifier_directory(tmp_path) == tmp_path
    (tmp_path / "run" / "classifier").mkdir(parents=True)
    assert classifier_directory("run").resolve() == tmp_path / "run" / "classifier"
    assert weights_file("posters", "EfficientNet-Lite0").parent == CLASSIFIER
    assert weights_file("posters", "MobileNetV2").parent == MOBILENET
    assert str(weights_file("mine.h5", "small_cnn")) == "mine.h5"


def test_a_copy_without_a_file_is_refused(tmp_path, golden, capsys):
    shutil.copytree(CLASSIFIER, tmp_path / "copy")
    (tmp_path / "copy" / "head.weights.h5").unlink()
    assert main(["predict", str(golden / "posters" / "dusk.png"), "--classifier", str(tmp_path / "copy")]) == 2
    assert "head.weights.h5" in capsys.readouterr().err


def test_posters_that_it_has_seen_are_noticed():
    known = np.load(MOBILENET / TRAINED_ON)
    assert known.dtype == np.uint64
    one = known[[7]]
    near, far = one ^ np.uint64(0b1011), one ^ np.uint64(0xFFFF_FFFF)
    hashes = np.concatenate([one, near, far])
    # An oracle of its own: bits counted one by one.
    distances = [min(bin(int(own) ^ int(other)).count("1") for other in known.tolist()) for own in hashes.tolist()]
    np.testing.assert_array_equal(looks_like(hashes, known, 8), np.array(distances) <= 8)
    assert looks_like(hashes, known, 8)[:2].all()
    assert looks_like(np.zeros(0, np.uint64), known, 8).shape == (0,)


def test_hashes_are_compared_block_by_block_alike():
    known = np.load(MOBILENET / TRAINED_ON)
    rng = np.random.default_rng(0)
    hashes = np.concatenate([rng.integers(0, 2**63, 1500, dtype=np.uint64), known[:600]])
    np.testing.assert_array_equal(looks_like(hashes, known, 0), np.isin(hashes, known))


def test_its_weights_have_seen_other_posters_than_its_head():
    """The backbone learned from posters that are not in the IMDb set, so that training on that set starts clean."""
    seen = record_of(CLASSIFIER, read_manifest(CLASSIFIER))
    assert len(seen.used_for("train")) == 5754
    # Some that chose an epoch of its second stage had trained in its first.
    assert len(np.unique(seen.used_for("weights", "validation").rows["id"])) == 21_557
    assert len(seen_by_posters_weights("efficientnet_lite0")) == len(seen.used_for("weights"))
    # The smaller one was fine-tuned on the IMDb set.
    assert len(seen_by_posters_weights("mobilenet_v2")) == 5754
