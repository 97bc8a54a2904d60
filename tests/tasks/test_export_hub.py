"""A classifier as a folder for the Hub, read by huggingface_hub's own parser."""

import json

import pytest
from huggingface_hub import ModelCard

from posters.classifier import load_classifier
from posters.errors import ConfigError
from posters.tasks.export_hub import export_to_hub
from tests.cli.running import calling


@pytest.fixture
def folder(golden, tmp_path):
    return export_to_hub(golden / "classifier", tmp_path / "folder")


def test_the_folder_is_a_classifier(folder, golden):
    poster = golden / "posters" / "dusk.png"
    assert load_classifier(folder).predict(poster) == load_classifier(golden / "classifier").predict(poster)


def test_the_hub_reads_tags_and_figures(folder, golden):
    card = ModelCard.load(folder / "README.md")
    figures = json.loads((golden / "classifier" / "classifier.json").read_text())["metrics"]["validation"]
    assert {"movie-posters", "western"} <= set(card.data.tags)
    assert card.data.pipeline_tag == "image-classification"
    found = {result.metric_name: result.metric_value for result in card.data.eval_results}
    assert found["macro mAP"] == figures["macro_map"]
    assert found["macro mAP of a baseline that never looks"] == figures["macro_map_of_the_prior"]
    assert "# Model card" in card.text


def test_the_licence_is_the_one_that_is_named_or_that_of_the_card(tmp_path, golden, messages):
    named = ModelCard.load(export_to_hub("posters", tmp_path / "named", licence="apache-2.0") / "README.md")
    assert named.data.license == "apache-2.0"
    own = ModelCard.load(export_to_hub("posters", tmp_path / "own") / "README.md")
    assert (own.data.license, own.data.license_link) == ("other", "MODEL_CARD.md")
    assert (tmp_path / "own" / "MODEL_CARD.md").is_file()
    assert messages == []
    none = ModelCard.load(export_to_hub(golden / "classifier", tmp_path / "none") / "README.md")
    assert none.data.license is None
    assert "choose one with --license" in messages[0]


def test_what_is_there_is_replaced_with_force_alone(folder, golden):
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="exists already"):
        export_to_hub(golden / "classifier", folder)
    assert (folder / "notes.txt").read_text() == "mine"
    export_to_hub(golden / "classifier", folder, force=True)
    assert not (folder / "notes.txt").exists()


def test_the_command_writes_it_and_refuses_what_it_does_not_need(golden, tmp_path, capsys):
    posters = calling(capsys)
    place = tmp_path / "hub"
    done = posters("export", golden / "classifier", "--to", "hub", "--output", place, "--license", "mit")
    assert (done.code, done.out) == (0, f"{place}\n")
    assert ModelCard.load(place / "README.md").data.license == "mit"
    assert "exists already" in posters("export", golden / "classifier", "--to", "hub", "--output", place).refusal
    told = posters("export", golden / "classifier", "--to", "hub", "--opset", 13).refusal
    assert told == "--posters, --opset and --check are for formats that convert the network: hub copies it as it is"
    told = posters("export", golden / "classifier", "--to", "onnx", "--license", "mit").refusal
    assert told == "--license is for --to hub, and not for onnx"
