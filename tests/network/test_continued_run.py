"""Training that goes on from a run of one's own: same genres, some more, other ones."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

import posters
from posters.catalogue import Catalogue
from posters.classifier.seen_posters import SEEN, SeenPosters
from posters.errors import ClassifierError, PostersError, TrainingError
from posters.runs import Run
from tests.network.test_training import Killed, save_every_step_until


@pytest.fixture(scope="module")
def first(colours, small, tmp_path_factory):
    """A run on 80 of the 120 posters."""
    folder = tmp_path_factory.mktemp("first")
    some = replace(colours, posters=colours.posters[:80])
    posters.train(some, folder / "run", small, cache=folder / "cache")
    return folder / "run"


def go_on(catalogue, first, tmp_path, small, **options):
    config = replace(small, weights=str(first), epochs=0, head_epochs=0)
    return posters.train(catalogue, tmp_path / "second", config, cache=tmp_path / "cache", **options)


def with_genre(colours, name):
    """Every third poster has a genre more."""
    rows = [
        replace(poster, genres=tuple(sorted((*poster.genres, name))) if row % 3 == 0 else poster.genres)
        for row, poster in enumerate(colours)
    ]
    return Catalogue(tuple(rows), tuple(sorted((*colours.genre_names, name))), colours.image_root)


@pytest.mark.parametrize("where", ["run", "classifier"])
def test_without_training_it_predicts_what_the_first_run_predicts_and_the_new_genre_by_its_share(
    colours, first, small, tmp_path, where
):
    more = with_genre(colours, "Dark")
    second = go_on(more, first if where == "run" else first / "classifier", tmp_path, small)
    assert second.genre_names == ("Blue", "Dark", "Green", "Red")
    few = more.take(range(100, 110))
    then = posters.load_classifier(first).score_uncalibrated(colours.among(few.ids))
    now = second.score_uncalibrated(few)
    np.testing.assert_allclose(now.y_score[:, [0, 2, 3]], then.y_score, atol=1e-5)
    assert np.ptp(now.y_score[:, 1]) < 1e-6


def test_other_genres_begin_anew_on_the_same_features(colours, first, small, tmp_path):
    rows = tuple(replace(poster, genres=tuple(name.upper() for name in poster.genres)) for poster in colours)
    other = Catalogue(rows, ("BLUE", "GREEN", "RED"), colours.image_root)
    second = go_on(other, first, tmp_path, small)
    scores = second.score_uncalibrated(other.take(range(5))).y_score
    assert np.ptp(scores, axis=0).max() < 1e-6


def test_it_learns_on(colours, first, small, tmp_path):
    config = replace(small, weights=str(first), epochs=1)
    posters.train(with_genre(colours, "Dark"), tmp_path / "second", config, cache=tmp_path / "cache")
    history = Run(tmp_path / "second").epochs()
    assert {epoch.stage for epoch in history} == {"head", "network"}
    assert posters.evaluate_run(tmp_path / "second").of("model").figures["macro_map"].value > 0.6


def test_posters_keep_their_split_whatever_their_id_and_new_ones_are_drawn(colours, first, small, tmp_path):
    renamed = replace(colours, posters=tuple(replace(poster, id=f"new {poster.id}") for poster in colours))
    go_on(renamed, first, tmp_path, small)
    then, now = Run(first).splits(), Run(tmp_path / "second").splits()
    moved = [id for id, split in then.items() if now[f"new {id}"] != split]
    # Pictures that look alike stay together, in training if one of them was.
    assert all(now[f"new {id}"] == "train" for id in moved)
    assert len(moved) < 8
    assert {now[f"new {n}"] for n in range(80, 120)} == {"train", "validation", "test"}


def test_what_the_first_run_has_seen_is_on_record(colours, first, small, tmp_path, messages):
    splits = {id: "train" if split == "test" else "test" for id, split in Run(first).splits().items()}
    splits |= {str(n): "validation" for n in range(80, 100)}
    go_on(colours, first, tmp_path, small, splits=splits)
    assert any("have seen in training" in message for message in messages)
    record = SeenPosters.read(tmp_path / "second" / "classifier" / SEEN)
    trained = sum(split == "train" for split in Run(first).splits().values())
    assert len(record.used_for("weights")) == trained
    assert posters.evaluate_run(tmp_path / "second").seen.weights >= trained


def test_a_chain_of_runs_remembers_the_first(colours, first, small, tmp_path):
    go_on(replace(colours, posters=colours.posters[80:]), first, tmp_path, small)
    table = replace(colours, posters=colours.posters[:80])
    seen = posters.evaluate_classifier(posters.load_classifier(tmp_path / "second"), table).seen
    assert seen.weights >= sum(split == "train" for split in Run(first).splits().values())


def light_only(first, tmp_path):
    """A classifier directory without the network for Keras."""
    directory = shutil.copytree(first / "classifier", tmp_path / "light")
    (directory / "network.keras").unlink()
    manifest = json.loads((directory / "classifier.json").read_text())
    del manifest["files"]["network.keras"]
    (directory / "classifier.json").write_text(json.dumps(manifest))
    return directory


@pytest.mark.parametrize(
    ("weights", "options", "error", "message"),
    [
        ("runs/none", {}, TrainingError, "a run, a classifier or a file of weights, and there is no 'runs/none'"),
        ("empty", {}, ClassifierError, "empty is not a classifier: it has no classifier.json"),
        ("begun", {}, ClassifierError, "has no classifier yet: train it to the end"),
        ("light", {}, ClassifierError, "holds only the network for LiteRT"),
        ("first", {"backbone": "mobilenet_v2"}, TrainingError, "has the backbone small_cnn.*pass backbone=small_cnn"),
        ("posters", {}, TrainingError, "there are posters weights of .*: for small_cnn pass weights="),
    ],
)
def test_what_can_not_be_gone_on_from_is_one_line_before_anything_is_packed(
    colours, first, small, tmp_path, weights, options, error, message
):
    (tmp_path / "empty").mkdir()
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "config.toml").write_text("epochs = 1\n")
    places = {"light": light_only(first, tmp_path), "first": first}
    named = weights if weights in ("posters", "runs/none") else str(places.get(weights, tmp_path / weights))
    config = replace(small, weights=named, **options)
    with pytest.raises(error, match=message) as caught:
        posters.train(colours, tmp_path / "second", config, cache=tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "cache").exists()
    assert not (tmp_path / "second").exists()


def test_a_run_without_test_posters(colours, small, tmp_path, messages):
    posters.train(colours, tmp_path / "run", replace(small, test=0), cache=tmp_path / "cache")
    assert set(Run(tmp_path / "run").splits().values()) == {"train", "validation"}
    assert any(f"posters evaluate {tmp_path / 'run'} TABLE" in message for message in messages)
    with pytest.raises(PostersError, match="was trained without test posters: evaluate it on a table"):
        posters.evaluate_run(tmp_path / "run")


@pytest.mark.parametrize("step", [3, 9])
def test_a_killed_run_that_went_on_from_another_resumes_as_if_nothing_had_happened(
    step, colours, first, small, tmp_path, monkeypatch
):
    config, more = replace(small, weights=str(first), epochs=2, head_epochs=2), with_genre(colours, "Dark")
    whole = posters.train(more, tmp_path / "whole", config, cache=tmp_path / "cache")
    with monkeypatch.context() as patch:
        save_every_step_until(step, patch)
        with pytest.raises(Killed):
            posters.train(more, tmp_path / "cut", config, cache=tmp_path / "cache")
    resumed = posters.train(more, tmp_path / "cut", config, cache=tmp_path / "cache", resume=True)
    assert resumed.manifest.metrics == whole.manifest.metrics
    assert resumed.manifest.rules == whole.manifest.rules
