"""Scores that a run keeps: reused for the same network and posters, and never when either has changed."""

import json
import shutil

import pytest

from posters._base.atomic_files import sha256_of
from posters.catalogue import Catalogue, Poster
from posters.classifier import load_classifier
from posters.config import TrainConfig
from posters.errors import RunError
from posters.runs import Run
from posters.splitting.splits import Splits
from posters.tasks.scoring import finished_run, split_catalogue, split_scores

POSTERS = (Poster("1", "dusk.png", ("Western",)), Poster("2", "night.png", ("Comedy",)), Poster("3", "ghost.png", ()))
GENRES = ("Comedy", "Drama", "Horror", "Western")


@pytest.fixture
def run(golden, tmp_path):
    shutil.copytree(golden / "posters", tmp_path / "images")
    catalogue = Catalogue(POSTERS, GENRES, tmp_path / "images")
    made = Run(tmp_path / "run")
    made.start(TrainConfig(), Splits((), (), ("1", "2", "3"), 0, catalogue.fingerprint()), catalogue)
    shutil.copytree(golden / "classifier", made.classifier)
    return made


@pytest.fixture
def image(run):
    """The second poster's file."""
    return run.catalogue().image_root / "night.png"


@pytest.fixture
def score(run):
    """Scores the run's test side, or another catalogue; how many posters the network had to look at comes too."""

    def scores(catalogue=None):
        looked = []

        def progress(rows):
            looked.extend(rows)
            return rows

        chosen = catalogue or split_catalogue(run, "test")
        return split_scores(run, load_classifier(run.classifier), "test", chosen, progress), len(looked)

    return scores


def test_the_second_time_nothing_is_scored_and_the_scores_are_the_same(score, run):
    first, looked = score()
    again, looked_again = score()
    assert (looked, looked_again) == (3, 0)
    assert (again.ids, again.genre_names) == (first.ids, first.genre_names)
    assert (again.y_score == first.y_score).all()
    assert (again.y_true == first.y_true).all()
    expected = load_classifier(run.classifier).score_uncalibrated(split_catalogue(run, "test"))
    assert (first.y_score == expected.y_score).all()


def load_manifest(run):
    return json.loads((run.classifier / "classifier.json").read_text())


def change_manifest(run, **changes):
    (run.classifier / "classifier.json").write_text(json.dumps({**load_manifest(run), **changes}))


def test_other_figures_in_the_manifest_change_no_score(score, run):
    score()
    change_manifest(run, metrics={"macro_map": 1.0})
    assert score()[1] == 0


def test_another_network_scores_again(score, run):
    score()
    network = run.classifier / "network.tflite"
    network.write_bytes(network.read_bytes() + b"\0")
    files = load_manifest(run)["files"]
    change_manifest(run, files={**files, "network.tflite": sha256_of(network)})
    assert score()[1] == 3


def test_other_preprocessing_scores_again(score, run):
    score()
    change_manifest(run, preprocess={**load_manifest(run)["preprocess"], "resampling": "lanczos"})
    assert score()[1] == 3


def test_another_image_under_the_same_name_is_scored(score, image, tmp_path):
    before = score()[0].y_score
    shutil.copy(tmp_path / "images" / "ghost.png", image)
    after, looked = score()
    assert looked == 3
    assert (after.y_score[1] != before[1]).any()


def test_other_labels_are_not_taken_from_kept_scores(score, tmp_path):
    score()
    relabelled = (*POSTERS[:2], Poster("3", "ghost.png", ("Drama",)))
    scores, looked = score(Catalogue(relabelled, GENRES, tmp_path / "images"))
    assert looked == 3
    assert scores.y_true[2].tolist() == [0, 1, 0, 0]


def test_other_posters_are_scored(score, tmp_path):
    score()
    scores, looked = score(Catalogue(POSTERS[:2], GENRES, tmp_path / "images"))
    assert (looked, scores.ids) == (2, ("1", "2"))


def test_a_poster_that_can_be_read_again_is_no_longer_missing(score, image):
    good = image.read_bytes()
    image.write_text("no image")
    assert score()[0].ids == ("1", "3")
    image.write_bytes(good)
    assert score()[0].ids == ("1", "2", "3")
    image.write_text("no image")
    assert score()[0].ids == ("1", "3")


def test_an_unreadable_poster_is_named_every_time(score, image, messages):
    image.write_text("no image")
    for _ in range(2):
        messages.clear()
        assert score()[0].ids == ("1", "3")
        assert [message.split(" ")[0] for message in messages] == ["2"]


def test_what_is_no_finished_run_says_why(run, tmp_path):
    assert finished_run(run.path) == run
    (run.classifier / "classifier.json").unlink()
    with pytest.raises(RunError, match="has no classifier yet"):
        finished_run(run.path)
    with pytest.raises(RunError, match="there is no such directory"):
        finished_run(tmp_path / "no")


def test_a_classifier_alone_is_no_run(run):
    with pytest.raises(RunError, match="is a classifier without a split of its own"):
        finished_run(run.classifier)
